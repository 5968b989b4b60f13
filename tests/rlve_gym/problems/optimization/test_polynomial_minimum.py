from fractions import Fraction

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.optimization.polynomial_minimum import evaluate, minimizer


def oracle(coefficients: list[int]) -> Fraction:
    """The least value on a fine grid, refined around the best point: f is convex."""

    def f(x: Fraction) -> Fraction:
        return sum((c * x**i for i, c in enumerate(coefficients)), Fraction(0))

    centre, step = Fraction(0), Fraction(2)
    for _ in range(12):
        centre = min((centre + step * i / 8 for i in range(-8, 9)), key=f)
        step /= 4
    return f(centre)


def test_the_reference_is_the_minimum() -> None:
    problem = problems.get("PolynomialMinimum")
    for seed in range(40):
        p = problem.generate(seed, seed % 4).parameter
        least = oracle(p["coeffs"])
        assert p["reference_value"] == pytest.approx(float(least), abs=1e-9)
        assert evaluate(p["coeffs"], p["reference_answer"]) <= least
        assert -2 <= p["reference_answer"] <= 2


def test_odd_degrees_have_no_minimum_and_are_refused() -> None:
    with pytest.raises(problems.ParameterError, match="even"):
        problems.get("PolynomialMinimum").generate_from(0, {"N": 3})


def test_minimizers_are_exact_to_the_last_bit() -> None:
    assert minimizer([9, -12, 4], 2) == 1.5
    assert minimizer([1, 0, 1], 2) == 0.0
    third = minimizer([1, -6, 9], 2)
    assert third == pytest.approx(1 / 3, abs=1e-16)


def test_scores_follow_the_three_pieces() -> None:
    problem = problems.get("PolynomialMinimum")
    p = {"N": 2, "coeffs": [8, -8, 2], "reference_answer": 2.0, "reference_value": 0.5, "worst_value": 8.0}
    instance = problems.Instance("PolynomialMinimum", 0, 0, p)
    rewards = {
        "0": 0.0,  # no better than f(0)
        "-1e308": 0.0,
        "1": 0.95 * (6 / 7.5) ** 5,
        "1.5": 0.95,
        "2": 0.95 + 0.05 / 3,  # better than the reference value given here by 0.5
        "nan": -1.0,
        "1e400": -1.0,
        "2_0": -1.0,
    }
    for answer, reward in rewards.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
