"""The permutation with the greatest ratio of two sums."""

from fractions import Fraction
from random import Random

from ..kit import Int, Parameter, Permutation, Problem, Schedule, is_permutation, scale
from ..kit.render import grid


class FractionalProgramming_BipartiteGraphMatching(Problem[list[int]]):
    """Choose one entry in every row and column so that the sum in A over the sum in B is as large as possible."""

    max_proportion: int = 2
    invalid_solution: float = -0.5
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})
    differences = (
        "The optimum is found in integers (Dinkelbach's iteration over assignments) instead of by bisection with "
        "floats, which may stop at a permutation that is not the best and times out on large matrices.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        b = [[rng.randint(1, n) for _ in range(n)] for _ in range(n)]
        a = [[rng.randint(1, self.max_proportion * entry) for entry in row] for row in b]
        best = best_ratio(a, b)
        return {
            "A": a,
            "B": b,
            "gold_SumA": total(a, best),
            "gold_SumB": total(b, best),
            "reference_answer": self.show(p, best),
        }

    def solve(self, p: Parameter) -> list[int]:
        return best_ratio(p["A"], p["B"])

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
A and B are two matrices of {n} rows and {n} columns, both numbered from 0 to {n - 1}.
A:
{grid(p["A"])}
B:
{grid(p["B"])}

Find a permutation P[0], ..., P[{n - 1}] of 0, ..., {n - 1} such that
(A[0][P[0]] + ... + A[{n - 1}][P[{n - 1}]]) / (B[0][P[0]] + ... + B[{n - 1}][P[{n - 1}]]) is as large as possible, where
X[i][j] is the entry of X in row i and column j.
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation("P[0], P[1], ... in this order", p["N"])

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not is_permutation(answer, p["N"]):
            return self.invalid_solution
        gold = Fraction(p["gold_SumA"], p["gold_SumB"])
        return self.ratio(gold, Fraction(total(p["A"], answer), total(p["B"], answer)))


def total(matrix: list[list[int]], permutation: list[int]) -> int:
    """The sum of the chosen entries."""
    return sum(row[column] for row, column in zip(matrix, permutation, strict=True))


def best_ratio(a: list[list[int]], b: list[list[int]]) -> list[int]:
    """The permutation with the greatest ratio of sums, by Dinkelbach's iteration (1967).

    From a ratio r/s reached, go on to the permutation with the largest total of s*A - r*B until that total is 0.
    """
    chosen = list(range(len(a)))
    while True:
        r, s = total(a, chosen), total(b, chosen)
        costs = [[r * y - s * x for x, y in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]
        better = assignment(costs)
        if total(costs, better) == 0:
            return chosen
        chosen = better


def assignment(costs: list[list[int]]) -> list[int]:
    """The column of each row in a cheapest assignment: Hungarian algorithm by shortest augmenting paths, O(n^3)."""
    n = len(costs)
    of_row, of_column = [0] * n, [0] * n  # potentials: no cost is below the sum of its two
    owner = [-1] * n  # the row that has a column
    for row in range(n):
        distance = [cost - of_row[row] - v for cost, v in zip(costs[row], of_column, strict=True)]
        before, ahead, passed = [-1] * n, list(range(n)), []
        while owner[column := min(ahead, key=distance.__getitem__)] >= 0:
            ahead.remove(column)
            passed.append(column)
            line, base = costs[owner[column]], distance[column] - of_row[owner[column]]
            for k in ahead:
                if base + line[k] - of_column[k] < distance[k]:
                    distance[k], before[k] = base + line[k] - of_column[k], column
        of_row[row] += distance[column]
        for k in passed:
            of_row[owner[k]] += distance[column] - distance[k]
            of_column[k] -= distance[column] - distance[k]
        while before[column] >= 0:
            owner[column] = owner[before[column]]
            column = before[column]
        owner[column] = row
    return sorted(range(n), key=owner.__getitem__)
