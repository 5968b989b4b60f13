import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from RLVE_Gym.problems.kit.calculus import GRAMMAR
from RLVE_Gym.problems.kit.curves import POINTS, Curve, curve
from RLVE_Gym.problems.kit.expressions import parse

X = [-2 + 4 * i / (POINTS - 1) for i in range(POINTS)]


def of(text: str, *, slope: bool = False) -> Curve:
    return curve(parse(text, GRAMMAR), slope=slope)


def python_value(text: str, x: float) -> float:
    """The same text in Python's real arithmetic; NaN where it fails."""
    try:
        value = eval(text, {**vars(math), "ln": math.log, "E": math.e}, {"x": x})  # noqa: S307 - texts of this test
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan
    return value if isinstance(value, (int, float)) and math.isfinite(value) else math.nan


TEXTS = ["x", "7", "-x**2 + 3*x/4", "1/(x - x/3)", "log(x)", "sqrt(1 - x)*ln(x + 1)", "x**x", "(x + 1)**(1/3)"]
TEXTS += ["exp(sin(3*x))/cos(x)", "tan(x) - tanh(x)**3", "asin(x) + acos(x)*atan(x)", "sinh(x) - cosh(E*x/pi)"]
TEXTS += ["exp(exp(3*x))", "2**-x", "(x**2)**0.5", "sin(x)**200"]


@pytest.mark.parametrize("text", TEXTS)
def test_values_are_those_of_real_arithmetic(text: str) -> None:
    values = of(text).values
    for x, value in list(zip(X, values, strict=True))[::31]:
        assert value == pytest.approx(python_value(text, x), rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("text", TEXTS)
def test_slopes_are_limits_of_differences(text: str) -> None:
    slopes, step = of(text, slope=True).values, 1e-6
    for x, slope in list(zip(X, slopes, strict=True))[::31]:
        difference = (python_value(text, x + step) - python_value(text, x - step)) / (2 * step)
        if not math.isnan(slope) and not math.isnan(difference) and abs(slope) < 1e4:
            assert slope == pytest.approx(difference, rel=1e-4, abs=1e-4)


@given(st.integers(-4, 4), st.integers(0, 5), st.fractions(max_denominator=20))
def test_powers_of_x(k: int, n: int, c: Fraction) -> None:
    text = f"({k})*x**{n} + ({c})"
    assert of(text, slope=True).values[700] == pytest.approx(k * n * X[700] ** (n - 1) if n else 0.0)


def test_what_complex_arithmetic_computes_is_computable_but_has_no_value() -> None:
    beyond = of("log(x - 5)")
    assert beyond.computable
    assert len(beyond.defined()) == 0
    assert of("log(x - 5)", slope=True).computable


@pytest.mark.parametrize("text", ["1/0", "exp(exp(exp(20*x/x)))", "9**9**9", "log(0)", "0/(x - x)"])
def test_what_overflows_or_divides_by_zero_everywhere_is_not_computable(text: str) -> None:
    assert not of(text).computable


def test_clear_differences() -> None:
    assert of("x + 1/100").is_clearly_not(of("x"))
    assert not of("x + 1/10**6").is_clearly_not(of("x"))
    assert not of("sqrt(x)").is_clearly_not(of("sqrt(-x) + 5"))  # nowhere both real
    assert not of("(x + 10**12) - 10**12").is_clearly_not(of("x"))  # rounding errors
