from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.probability.random_range_max_expectation import summed_values


def oracle(array: list[int], operations: int) -> list[int]:
    """The sum of the final arrays over all sequences of operations, not reduced."""
    if not operations:
        return array
    n = len(array)
    total = [0] * n
    for left in range(n):
        for right in range(left + 1, n + 1):
            flat = [max(array[left:right])] * (right - left)
            after = oracle([*array[:left], *flat, *array[right:]], operations - 1)
            total = [a + b for a, b in zip(total, after, strict=True)]
    return total


def test_the_sums_are_right() -> None:
    rng = Random(0)
    for n, operations in [(2, 1), (2, 5), (3, 1), (3, 2), (3, 4), (4, 1), (4, 3), (5, 2), (6, 2), (8, 1)]:
        for largest in (1, 3, n, 5000):  # few values make ties
            array = [rng.randint(0, largest) for _ in range(n)]
            assert summed_values(array, operations) == [value % 10_000 for value in oracle(array, operations)]


def test_the_gold_is_right() -> None:
    for seed in range(20):
        p = problems.get("RandomRangeMaxExpectation").generate_from(seed, {"N": 2 + seed % 3}).parameter
        assert 1 <= p["Q"] <= p["N"]
        assert p["gold_answer"] == [value % 10_000 for value in oracle(p["array"], p["Q"])]


def test_the_score_is_the_cube_of_the_share_that_is_right() -> None:
    problem = problems.get("RandomRangeMaxExpectation")
    instance = problem.generate(0, 2)
    gold = instance.parameter["gold_answer"]
    wrong = " ".join(map(str, [gold[0] + 10_000, *gold[1:]]))  # congruent is not equal
    assert problem.reward(instance, f"<answer>{wrong}</answer>") == (1 - 1 / len(gold)) ** 3
    assert problem.reward(instance, f"<answer>{wrong} 1</answer>") == -0.5
