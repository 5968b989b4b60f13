from itertools import combinations, pairwise
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.sequences.weighted_lis import heaviest


def oracle(values: list[int], weights: list[int]) -> int:
    """The greatest weight over all non-decreasing subsequences."""
    n = len(values)
    subsets = (subset for size in range(n + 1) for subset in combinations(range(n), size))
    fitting = (subset for subset in subsets if all(values[i] <= values[j] for i, j in pairwise(subset)))
    return max(sum(weights[i] for i in subset) for subset in fitting)


def test_the_gold_is_the_greatest_weight() -> None:
    for seed in range(50):
        p = problems.get("WeightedLIS").generate(seed, seed % 6).parameter
        assert p["gold_answer"] == oracle(p["arrayA"], p["arrayB"])


def test_the_solver_is_right_with_many_ties() -> None:
    rng = Random(0)
    for _ in range(100):
        n = rng.randint(1, 9)
        values, weights = [rng.randint(0, 3) for _ in range(n)], [rng.randint(1, 4) for _ in range(n)]
        chosen = heaviest(values, weights)
        assert all(i < j and values[i] <= values[j] for i, j in pairwise(chosen))
        assert sum(weights[i] for i in chosen) == oracle(values, weights)


def test_what_is_no_subsequence_is_invalid() -> None:
    problem = problems.get("WeightedLIS")
    p = {"N": 3, "arrayA": [1, 3, 2], "arrayB": [1, 1, 1], "gold_answer": 2}
    instance = problems.Instance("WeightedLIS", 0, 0, p)
    rewards = {
        "0 1": 1.0,
        "0 2": 1.0,
        "1": 0.5**5,
        "": 0.0,
        "1 2": -0.5,
        "1 0": -0.5,
        "0 0": -0.5,
        "3": -0.5,
        "-1 0": -0.5,
    }
    for answer, reward in rewards.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == reward
