from itertools import combinations
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.optimization.knapsack import best_items


def oracle(weights: list[int], values: list[int], limit: int) -> int:
    """The best value over all subsets."""
    items = range(len(weights))
    subsets = (subset for size in range(len(weights) + 1) for subset in combinations(items, size))
    return max(sum(values[i] for i in s) for s in subsets if sum(weights[i] for i in s) <= limit)


def by_capacity(weights: list[int], values: list[int], limit: int) -> int:
    """The textbook table over capacities, for sizes at which subsets are too many."""
    best = [0] * (limit + 1)
    for weight, value in zip(weights, values, strict=True):
        for room in range(limit, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + value)
    return best[limit]


def test_the_gold_is_the_best_value() -> None:
    for seed in range(60):
        p = problems.get("Knapsack").generate(seed, seed % 6).parameter
        assert p["gold_answer"] == oracle(p["W"], p["V"], p["W_max"])


def test_the_solver_is_exact_on_larger_and_tighter_instances() -> None:
    rng = Random(0)
    for _ in range(60):
        n = rng.randint(10, 40)
        weights = [rng.randint(1, n) for _ in range(n)]
        values = [rng.choice((weight, rng.randint(1, 2 * weight))) for weight in weights]  # many equal densities
        limit = rng.randint(0, sum(weights))
        chosen = best_items(weights, values, limit)
        assert len(set(chosen)) == len(chosen)
        assert sum(weights[i] for i in chosen) <= limit
        assert sum(values[i] for i in chosen) == by_capacity(weights, values, limit)
