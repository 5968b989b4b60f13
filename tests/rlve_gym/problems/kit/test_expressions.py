from fractions import Fraction
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from RLVE_Gym.problems.kit import Grammar, WrongFormat, to_sympy, value_of
from RLVE_Gym.problems.kit.expressions import parse

PLAIN = Grammar()
FULL = Grammar(
    names=frozenset({"x", "pi", "E"}),
    functions=frozenset({"sin", "cos", "exp", "log", "sqrt"}),
    signs=True,
    powers=True,
    decimals=True,
)


@st.composite
def sums(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.integers(0, 99)))
    left, right = draw(sums(depth - 1)), draw(sums(depth - 1))
    text = f"{left}{draw(st.sampled_from(['+', ' - ', '*', ' / ']))}{right}"
    return f"({text})" if draw(st.booleans()) else text


@given(sums())
def test_values_are_those_of_the_same_arithmetic_in_python(text: str) -> None:
    expression = parse(text, PLAIN)
    try:
        expected = eval(text, {"__builtins__": {}}, {})  # noqa: S307 - texts of this test's own making
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            value_of(expression)
        return
    assert float(value_of(expression)) == pytest.approx(expected)


def test_values_are_exact() -> None:
    assert value_of(parse("1/3 + 1 / 3\n+ 1/3", PLAIN)) == 1
    assert value_of(parse("8/(3-8/3)", PLAIN)) == 24
    assert value_of(parse("2-3-4", PLAIN)) == -5
    assert value_of(parse("-2.5", FULL)) == Fraction(-5, 2)
    assert parse("(10+2)*10", PLAIN).numbers == [10, 2, 10]


WRONG = "|1 2|1+|()|(1|1)|2**3|2//3|-1|+1|1.5|007|1_0|x|1e3|2(3)|\uff11|__import__('os')|1,2|1=1|abs(1)|((1))((1))"


@pytest.mark.parametrize("text", WRONG.split("|"))
def test_other_texts_are_wrong_formats(text: str) -> None:
    with pytest.raises(WrongFormat):
        parse(text, PLAIN)


@pytest.mark.parametrize(
    "text",
    ["2x", "x(2)", "sin x", "diff(x**2, x)", "Integral(x, x)", "tan(x)", "y", "x.is_zero", "lambda: x"],
)
def test_only_the_whitelist_passes(text: str) -> None:
    with pytest.raises(WrongFormat):
        parse(text, FULL)


def test_expressions_mean_the_same_in_sympy() -> None:
    sympy = import_module("sympy")
    texts = [
        "-x**2",
        "2**-x",
        "x**2**3",
        "-x*-x",
        "sin(x)/cos(x)",
        "sqrt(x + 1)/(2*x**(3/2))",
        "exp(-x) - log(pi*x)",
    ]
    for text in [*texts, "E**x", "-(x - 1)/3", "+x - -x"]:
        assert to_sympy(parse(text, FULL)) == sympy.sympify(text), text


@pytest.mark.parametrize(
    "text", ["9**9**9", "x**100000", "(2**1000)**1000", "2**(10**9)", "(x**999)**999", "10**999/10**999**9"]
)
def test_powers_are_bounded(text: str) -> None:
    with pytest.raises(WrongFormat):
        to_sympy(parse(text, FULL))


def test_depth_is_bounded_and_length_is_not() -> None:
    assert value_of(parse("1" + "+1" * 4000, PLAIN)) == 4001
    deep = "(" * 90 + "1" + ")" * 90
    assert value_of(parse(deep, PLAIN)) == 1
    with pytest.raises(WrongFormat, match="deep"):
        parse("(" * 200 + "1" + ")" * 200, PLAIN)
    with pytest.raises(WrongFormat, match="deep"):
        parse("-" * 200 + "1", FULL)
