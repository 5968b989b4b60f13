"""The heaviest non-decreasing subsequence."""

from itertools import pairwise
from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, is_increasing, scale
from ..kit.render import series


class WeightedLIS(Problem[list[int]]):
    """Choose a non-decreasing subsequence of the greatest total weight."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 1),)
    schedule = Schedule(start={"N": 4}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        values = [rng.randint(0, n) for _ in range(n)]
        weights = [rng.randint(1, n) for _ in range(n)]
        chosen = heaviest(values, weights)
        return {
            "arrayA": values,
            "arrayB": weights,
            "gold_answer": sum(weights[i] for i in chosen),
            "reference_answer": self.show(p, chosen),
        }

    def solve(self, p: Parameter) -> list[int]:
        return heaviest(p["arrayA"], p["arrayB"])

    def question(self, p: Parameter) -> str:
        return f"""
Here are two arrays A and B of {p["N"]} integers each, indexed from 0:
{series("A", p["arrayA"])}
{series("B", p["arrayB"])}

Choose indices i_1 < i_2 < ... < i_k such that A[i_1] <= A[i_2] <= ... <= A[i_k] and B[i_1] + B[i_2] + ... + B[i_k] is
as large as possible. You choose how many indices there are.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the chosen indices i_1, ..., i_k in increasing order")

    def score(self, p: Parameter, answer: list[int]) -> float:
        values, weights = p["arrayA"], p["arrayB"]
        if not is_increasing(answer) or not all(0 <= i < len(values) for i in answer):
            return self.invalid_solution
        if any(values[i] > values[j] for i, j in pairwise(answer)):
            return self.invalid_solution
        return self.ratio(p["gold_answer"], sum(weights[i] for i in answer))


def heaviest(values: list[int], weights: list[int]) -> list[int]:
    """The indices of an optimum: dynamic programming over the last index chosen, O(N^2)."""
    best: list[int] = []  # best[i]: the greatest weight of a subsequence that ends with i
    previous: list[int | None] = []
    for i, weight in enumerate(weights):
        last = max((j for j in range(i) if values[j] <= values[i]), key=best.__getitem__, default=None)
        previous.append(last)
        best.append(weight + (0 if last is None else best[last]))
    chosen = []
    end = max(range(len(best)), key=best.__getitem__, default=None)
    while end is not None:
        chosen.append(end)
        end = previous[end]
    return chosen[::-1]
