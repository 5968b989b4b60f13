from itertools import permutations
from random import Random

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.strings.max_permutation import joined, largest


def oracle(strings: list[str]) -> int:
    """The largest integer over all orders."""
    return max(int("".join(order)) for order in permutations(strings))


def test_the_gold_is_the_largest_integer() -> None:
    for seed in range(30):
        p = problems.get("MaxPermutation").generate(seed, seed % 5).parameter
        assert p["gold"] == oracle(p["array"])


def test_the_order_is_right_for_any_digits() -> None:
    rng = Random(0)
    for _ in range(60):
        strings = ["".join(rng.choices("0129", k=rng.randint(1, 4))) for _ in range(rng.randint(1, 6))]
        assert joined(strings, largest(strings)) == oracle(strings)


def test_an_order_that_is_worse_in_late_digits_only_does_not_pass() -> None:
    gold = 222222222211
    p = {"N": 4, "MAX_DIGIT_NUM": 5, "array": ["22222", "22221", "2", "1"], "gold": gold}
    problem, instance = problems.get("MaxPermutation"), problems.Instance("MaxPermutation", 0, None, p)
    best = problem.verify(instance, "<answer>0 2 1 3</answer>")
    assert (best.reward, best.accuracy) == (1.0, 1)
    for order, value in {"0 1 2 3": 222222222121, "2 0 3 1": 222222122221}.items():
        verdict = problem.verify(instance, f"<answer>{order}</answer>")
        assert value < gold
        assert verdict.accuracy == 0
        assert verdict.reward == pytest.approx(1 - 1e-5)
    worst = problem.reward(instance, "<answer>3 1 0 2</answer>")
    assert worst == pytest.approx((122221222222 / gold) ** 5)


def test_more_digits_than_json_can_carry_are_refused() -> None:
    with pytest.raises(problems.GenerationError, match="the limit is 4300"):
        problems.get("MaxPermutation").generate_from(0, {"N": 10, "MAX_DIGIT_NUM": 5000})
