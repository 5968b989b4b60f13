import math

import pytest

from RLVE_Gym import problems

MATH = {name: getattr(math, name) for name in ("sin", "cos", "exp", "log", "sqrt", "pi")} | {"E": math.e}


def oracle(derivative: str, low: float, high: float) -> float:
    """The integral by Simpson's rule with 400 intervals, NaN where the function is not real."""
    step = (high - low) / 400
    try:
        values = [eval(derivative, MATH, {"x": low + i * step}) for i in range(401)]  # noqa: S307 - our own text
        return float(values[0] + 4 * sum(values[1::2]) + 2 * sum(values[2:-1:2]) + values[-1]) * step / 3
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):
        return math.nan


@pytest.mark.parametrize("level", range(8))
def test_the_reference_is_an_antiderivative(level: int) -> None:
    compared = 0
    for seed in range(6):
        p = problems.get("Integral").generate(seed, level).parameter
        for low, high in ((-1.6, -1.4), (0.4, 0.6), (1.3, 1.5)):
            try:
                ends = [eval(p["reference_answer"], MATH, {"x": x}) for x in (low, high)]  # noqa: S307 - our own text
            except (ValueError, ZeroDivisionError, OverflowError, TypeError):
                continue
            area = oracle(p["f_prime"], low, high)
            if all(isinstance(end, (int, float)) for end in ends) and abs(area) < 100:
                assert ends[1] - ends[0] == pytest.approx(area, rel=1e-3, abs=1e-3), p
                compared += 1
    assert compared >= 6


def reward(answer: str, f_prime: str, reference: str) -> float:
    parameter = {"node_num": 2, "reference_answer": reference, "f_prime": f_prime}
    instance = problems.Instance("Integral", 0, 0, parameter)
    return problems.get("Integral").reward(instance, f"<answer>{answer}</answer>")


@pytest.mark.parametrize(
    ("answer", "f_prime", "reference"),
    [
        ("x**3/3 + 17", "x**2", "x**3/3"),
        ("log(3*x) - pi", "1/x", "log(x)"),
        ("log(-x)", "1/x", "log(x)"),
        ("-cos(2*x)/4", "sin(x)*cos(x)", "sin(x)**2/2"),
        ("sin(x)**2/2 + sqrt(2)", "sin(x)*cos(x)", "-cos(2*x)/4"),
        ("sinh(x) + 3", "exp(x)/2 + exp(-x)/2", "(exp(x) - exp(-x))/2"),
        ("log(x/4 - 3/4)", "1/(x - 3)", "log(x - 3)"),
        ("x**(1/3)*3", "x**(-2/3)", "3*x**(1/3)"),
    ],
)
def test_any_antiderivative_is_right(answer: str, f_prime: str, reference: str) -> None:
    assert reward(answer, f_prime, reference) == 1.0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("x**3", 0.0),
        ("x**2", 0.0),
        ("x**3/3 + x/10**9", 0.0),  # the derivatives differ by a constant
        ("x**3/3 + sin(x)**4 + 2*sin(x)**2*cos(x)**2 + cos(x)**4", 0.0),  # right, but too long
        ("Integral(x**2, x)", -1.0),
        ("integrate(x**2, x)", -1.0),
        ("x**3/3 + C", -1.0),
        ("F(x) = x**3/3", -1.0),
        ("exp(exp(exp(20))) + x**3/3", -1.0),
    ],
)
def test_other_answers(answer: str, expected: float) -> None:
    assert reward(answer, "x**2", "x**3/3") == expected


def test_the_derivative_shown_is_never_constant() -> None:
    problem = problems.get("Integral")
    for seed in range(30):
        assert "x" in problem.generate(seed, 0).parameter["f_prime"]
    with pytest.raises(problems.GenerationError, match="1 nodes"):
        problem.generate_from(0, {"node_num": 1})
