from itertools import product
from math import gcd

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.number_theory.bezout_identity import extended_gcd


def oracle(values: list[int], reach: int) -> int:
    """The least positive combination with coefficients up to `reach` in magnitude."""
    sums = (sum(a * x for a, x in zip(values, xs, strict=True)) for xs in product(range(-reach, reach + 1), repeat=2))
    return min(total for total in sums if total > 0)


def test_the_gold_is_the_least_positive_combination() -> None:
    for seed in range(15):
        p = problems.get("BezoutIdentity").generate(seed, 0).parameter
        assert p["gold_answer"] == oracle(p["A"], 33)


def test_instances_are_as_specified() -> None:
    signs = set()
    for seed in range(30):
        p = problems.get("BezoutIdentity").generate(seed, 4).parameter
        assert len(p["A"]) == p["N"]
        assert all(2 <= abs(a) <= p["MAX_A"] for a in p["A"])
        assert sum(gcd(a, b) > 1 for a in p["A"] for b in p["A"]) > p["N"] ** 2 / 2
        signs |= {a > 0 for a in p["A"]}
    assert signs == {True, False}


def test_extended_gcd() -> None:
    for a, b in product(range(-12, 13), repeat=2):
        g, s, t = extended_gcd(a, b)
        assert g == gcd(a, b) == s * a + t * b


def test_rewards() -> None:
    bezout = problems.get("BezoutIdentity")
    parameter = {"N": 2, "MAX_A": 32, "A": [-27, 18], "reference_answer": "-1 -1", "gold_answer": 9}
    instance = problems.Instance("BezoutIdentity", 0, 0, parameter)
    expected = {"-1 -1": 1.0, "1 2": 1.0, "0 1": 2.0**-5, "0 0": -0.5, "1 1": -0.5, "-1": -0.5, "": -0.5, "-1 x": -1.0}
    for answer, reward in expected.items():
        assert bezout.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
    huge = 10**5000
    assert bezout.reward(instance, f"<answer>{2 * 10**3000} {3 * 10**3000}</answer>") == -0.5  # the sum is 0
    assert bezout.reward(instance, f"<answer>0 1{'0' * 5000}</answer>") == pytest.approx(float(9 / huge))


def test_coefficients_too_long_to_add_up_are_a_wrong_format() -> None:
    """They are not taken for one another, or their difference for 0 and the rest for the whole sum."""
    parameter = {"N": 3, "MAX_A": 32, "A": [4, 4, 3], "reference_answer": "0 1 -1", "gold_answer": 1}
    instance = problems.Instance("BezoutIdentity", 0, 0, parameter)
    long, longer = "1" + "0" * 250_000, "1" + "0" * 260_000
    for answer in (f"{long} -{longer} 3", f"{long} -{longer} -3", f"1 -{long} 0"):
        assert problems.get("BezoutIdentity").reward(instance, f"<answer>{answer}</answer>") == -1.0


def test_the_sum_is_written_once_for_two_numbers() -> None:
    bezout = problems.get("BezoutIdentity")
    prompt = bezout.prompt(bezout.generate(0, 0))
    assert prompt.count("A[2]*X[2]") == 1
