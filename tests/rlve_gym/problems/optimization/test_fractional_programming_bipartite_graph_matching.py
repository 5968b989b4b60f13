from fractions import Fraction
from itertools import permutations
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.optimization.fractional_programming_bipartite_graph_matching import assignment, best_ratio, total


def oracle(a: list[list[int]], b: list[list[int]]) -> Fraction:
    """The best ratio over all permutations."""
    rows = range(len(a))
    return max(
        Fraction(sum(a[i][chosen[i]] for i in rows), sum(b[i][chosen[i]] for i in rows))
        for chosen in permutations(rows)
    )


def test_the_gold_is_the_best_ratio() -> None:
    for seed in range(40):
        p = problems.get("FractionalProgramming_BipartiteGraphMatching").generate(seed, seed % 4).parameter
        assert Fraction(p["gold_SumA"], p["gold_SumB"]) == oracle(p["A"], p["B"])


def test_the_solver_is_exact_where_many_ratios_are_equal_or_close() -> None:
    rng = Random(0)
    for turn in range(60):
        n, most = rng.randint(1, 6), (2, 1000)[turn % 2]
        a, b = ([[rng.randint(1, most) for _ in range(n)] for _ in range(n)] for _ in "AB")
        best = best_ratio(a, b)
        assert sorted(best) == list(range(n))
        assert Fraction(total(a, best), total(b, best)) == oracle(a, b)


def test_assignments_are_cheapest() -> None:
    rng = Random(1)
    for _ in range(100):
        n, most = rng.randint(1, 6), rng.choice((1, 5, 10**30))
        costs = [[rng.randint(-most, most) for _ in range(n)] for _ in range(n)]
        chosen = assignment(costs)
        assert sorted(chosen) == list(range(n))
        assert total(costs, chosen) == min(total(costs, list(other)) for other in permutations(range(n)))
