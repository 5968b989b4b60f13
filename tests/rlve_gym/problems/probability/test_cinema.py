from fractions import Fraction
from itertools import product

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.probability.cinema import MOST_PEOPLE, all_seated


def oracle(n: int, k: int) -> Fraction:
    """Plays all picks of all people."""

    def nobody_stands(picks: tuple[int, ...]) -> bool:
        free = set(range(k))
        for pick in picks:
            right = [seat for seat in free if seat >= pick]
            if not right:
                return False
            free.remove(min(right))
        return True

    return Fraction(sum(map(nobody_stands, product(range(k), repeat=n))), k**n)


def test_the_probability_is_right() -> None:
    for k in range(2, 6):
        for n in range(2, k + 1):
            assert all_seated(n, k) == oracle(n, k)


def test_the_gold_is_reduced() -> None:
    problem = problems.get("Cinema")
    for seed in range(20):
        instance = problem.generate(seed, 0)
        p = instance.parameter
        gold = oracle(p["N"], p["K"])
        assert p["gold_answer"] == [gold.numerator, gold.denominator]
        assert problem.reward(instance, f"<answer>{2 * gold.numerator} {2 * gold.denominator}</answer>") == 0.0


def test_numbers_of_any_level_can_be_stored() -> None:
    assert MOST_PEOPLE**MOST_PEOPLE >= 10**4300
    problem = problems.get("Cinema")
    for level in (15, 20, 40, 100):
        for seed in range(10):
            p = problem.generate(seed, level).parameter
            assert 2 <= p["N"] <= p["K"] <= problem.schedule.state(level)["MAX_N_K"]
            assert p["gold_answer"][1] < 10**4300


def test_seats_without_end_are_an_error() -> None:
    with pytest.raises(problems.GenerationError, match="4300 digits"):
        problems.get("Cinema").generate_from(0, {"MAX_N_K": 10**6000})
