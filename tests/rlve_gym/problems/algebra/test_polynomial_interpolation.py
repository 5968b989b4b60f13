from fractions import Fraction

import pytest

from RLVE_Gym import problems


def oracle(points: list[int], values: list[int]) -> list[Fraction]:
    """Lagrange's formula: the sum of y_i times the product of (x - x_j) / (x_i - x_j)."""
    total = [Fraction(0)] * len(points)
    for x, y in zip(points, values, strict=True):
        basis = [Fraction(y)]
        for other in points:
            if other != x:  # times (X - other) / (x - other)
                shifted, scaled = [Fraction(0), *basis], [other * c for c in basis] + [Fraction(0)]
                basis = [(a - b) / (x - other) for a, b in zip(shifted, scaled, strict=True)]
        total = [a + b for a, b in zip(total, basis, strict=True)]
    return total


def test_the_points_determine_the_reference() -> None:
    for seed in range(40):
        p = problems.get("PolynomialInterpolation").generate(seed, seed % 8).parameter
        assert len(set(p["X"])) == p["N"] + 1
        assert oracle(p["X"], p["Y"]) == p["coeffs"]
        assert 1 <= p["coeffs"][-1] <= 5
        assert all(-5 <= c <= 5 for c in p["coeffs"])


def test_rewards() -> None:
    problem = problems.get("PolynomialInterpolation")
    parameter = {"N": 2, "coeffs": [2, 3, 5], "reference_answer": "2 3 5", "X": [1, 0, 2], "Y": [10, 2, 28]}
    instance = problems.Instance("PolynomialInterpolation", 0, 0, parameter)
    assert "f(1) = 10\nf(0) = 2\nf(2) = 28\n" in problem.prompt(instance)
    assert problem.reward(instance, "<answer>2 3 4</answer>") == pytest.approx((2 / 3) ** 10)
    assert problem.reward(instance, "<answer>2 3</answer>") == -0.5
    assert problem.reward(instance, "<answer></answer>") == -0.5
    assert problem.reward(instance, "<answer>2 3 five</answer>") == -1.0
    strict = problems.get("PolynomialInterpolation", rewarding_strategy="gold=answer")
    assert strict.reward(instance, "<answer>2 3 4</answer>") == 0.0
