import math

import pytest

from RLVE_Gym import problems

MATH = {name: getattr(math, name) for name in ("sin", "cos", "exp", "log", "sqrt", "pi")} | {"E": math.e}


def oracle(function: str, x: float) -> float:
    """A central difference, NaN where the function is not real."""
    step = 1e-5
    try:
        high, low = (eval(function, MATH, {"x": x + h}) for h in (step, -step))  # noqa: S307 - our own text
        return float(high - low) / (2 * step)
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):
        return math.nan


@pytest.mark.parametrize("level", range(10))
def test_the_reference_is_the_derivative(level: int) -> None:
    compared = 0
    for seed in range(5):
        p = problems.get("Differentiate").generate(seed, level).parameter
        for x in (-1.7, -0.6, 0.3, 0.9, 1.6):
            try:
                derivative = eval(p["reference_answer"], MATH, {"x": x})  # noqa: S307 - our own text
            except (ValueError, ZeroDivisionError, OverflowError, TypeError):
                continue
            difference = oracle(p["function"], x)
            if isinstance(derivative, (int, float)) and not math.isnan(difference) and abs(derivative) < 1e3:
                assert derivative == pytest.approx(difference, rel=1e-3, abs=1e-3), p
                compared += 1
    assert compared >= 10


def instance(function: str, derivative: str) -> problems.Instance:
    parameter = {"node_num": 2, "function": function, "reference_answer": derivative}
    return problems.Instance("Differentiate", 0, 0, parameter)


def reward(answer: str, function: str = "x**2*sin(x)", derivative: str = "x**2*cos(x) + 2*x*sin(x)") -> float:
    return problems.get("Differentiate").reward(instance(function, derivative), f"<answer>{answer}</answer>")


@pytest.mark.parametrize(
    "answer",
    [
        "2*x*sin(x) + x**2*cos(x)",
        "x*(x*cos(x) + 2*sin(x))",
        "x*(x*cos(x) + 2.0*sin(x))",
        "x**2*cos(x)\n + x*sin(x)*2",
        "x**2*cos(x) + 2*x**2*sin(x)/x",
        "x**2*cos(x) + 4*x*sin(x/2)*cos(x/2)",
        "x**2*(exp(ln(cos(x)))) + 2*x*sin(x)",
    ],
)
def test_equal_expressions_are_right(answer: str) -> None:
    assert reward(answer) == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "x**2*cos(x) + 2*x*sin(x) + 1/10**9",  # a constant is decided exactly
        "x**2*cos(x) + 2*x*sin(x) + x/1000",
        "x**2*cos(x)",
        "7",
        "sin(x)**2 + cos(x)**2",
        "+".join(["x**2*cos(x)/9"] * 9 + [f"2*x*sin(x)*cos({i}*x)**2/9" for i in range(9)]),
    ],
)
def test_other_expressions_are_wrong(answer: str) -> None:
    assert reward(answer) == 0.0


def test_a_right_answer_may_have_four_times_the_operations_of_the_reference() -> None:
    assert reward("x + x + x", "3*x**2/2", "3*x") == 1.0
    assert reward("3*x + sin(x)**2 + cos(x)**2 - 1", "3*x**2/2", "3*x") == 0.0
    assert reward("2 + 1", "3*x", "3") == 1.0  # simplified on reading
    assert reward("2 + sin(x)**2 + cos(x)**2", "3*x", "3") == 0.0
    prompt = problems.get("Differentiate").prompt(instance("x**2*sin(x)", "x**2*cos(x) + 2*x*sin(x)"))
    assert "at most 28\noperations" in prompt


@pytest.mark.parametrize(
    "answer",
    [
        "diff(x**2*sin(x), x)",
        "Derivative(x**2*sin(x), x)",
        "Subs(x, x, x)",
        "x**2*cso(x)",
        "y",
        "x**2 = 1",
        "2x",
        "(x, x)",
        "x > 1",
        "True",
        "__import__('os').getcwd()",
        "x." + "diff()",
        "x +" * 6000 + "x",
        "",
    ],
)
def test_what_is_no_expression_of_x_is_a_wrong_format(answer: str) -> None:
    assert reward(answer) == -1.0


ZERO = "(sin(1)**2 + cos(1)**2 - 1)"
for _ in range(12):
    ZERO = f"(exp({ZERO}) - 1)"


@pytest.mark.parametrize(
    "answer",
    [
        "9**9**9",
        "exp(exp(exp(20)))",
        "3 + 0*exp(exp(exp(20*x/x)))",
        "3 + 0*(((2*x)**1000)**1000)**1000",
        f"3 + ({ZERO})**(1/2)",
        "3 + 0*" + "*".join(["9**999"] * 1000),
        "3" + "".join(f" + sin({i}*x) - sin({i}*x)" for i in range(2, 300)),
    ],
)
def test_work_without_bounds_is_refused(answer: str) -> None:
    assert reward(answer, "3*x", "3") == -1.0


def test_domains_do_not_matter_where_one_side_is_undefined() -> None:
    assert reward("1/x + 0*log(x)", "log(x)", "1/x") == 1.0
    assert reward("log(x)/(x*log(x))", "log(x)", "1/x") == 1.0
    assert reward("exp(-ln(x))", "log(x)", "1/x") == 1.0


def test_weights_of_the_generator_can_be_given() -> None:
    problem = problems.get(
        "Differentiate",
        node_type_probs=[0, 1],
        unary_ops_probs={"const_mul": 1},
        binary_ops_probs={"+": 2},
    )
    for seed in range(5):
        assert set(problem.generate(seed, 4).parameter["function"]) <= set("0123456789*x-")
    for bad in (
        {"node_type_probs": [1]},
        {"node_type_probs": [1, 1, 1]},
        {"unary_ops_probs": {"sinus": 1}},
        {"unary_ops_probs": {"sin": -1, "cos": 2}},
        {"binary_ops_probs": {}},
        {"binary_ops_probs": 3},
    ):
        with pytest.raises(ValueError, match="must be weights"):
            problems.get("Differentiate", **bad)


def test_an_instance_that_holds_no_expression_is_an_error_of_the_instance() -> None:
    with pytest.raises(problems.ParameterError, match="no expression of x"):
        reward("x", "f(x)", "Derivative(f(x), x)")
