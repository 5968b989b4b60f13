"""Nim after whole heaps were removed."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, add
from ..kit.render import series


class NewNimGame(Problem[list[int]]):
    """Remove heaps of the fewest matches so that the opponent cannot make you lose at Nim."""

    match_number_range_coefficient: int = 2
    invalid_solution: float = -0.5
    unsuccessful_solution: float = -0.2
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 3.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        sizes = [rng.randint(1, self.match_number_range_coefficient * n) for _ in range(n)]
        removed = fewest_matches(sizes)
        return {
            "A": sizes,
            "gold_answer": sum(sizes[i - 1] for i in removed),
            "reference_answer": self.show(p, removed),
        }

    def solve(self, p: Parameter) -> list[int]:
        return fewest_matches(p["A"])

    def question(self, p: Parameter) -> str:
        return f"""
Two players play with {p["N"]} heaps of matches, numbered from 1, of these sizes:
{series("A", p["A"], 1)}

- First you remove any number of whole heaps, possibly none, but not all of them.
- Then your opponent removes any number of whole heaps of those left, possibly none, but not all of them.
- Then you both play ordinary Nim with the rest, you moving first: a move takes one or more matches from one heap, and
  whoever takes the last match wins.

Choose the heaps to remove at first so that you can win whatever your opponent does, and so that the total number of
matches in the heaps you remove is as small as possible.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(
            "the numbers of the heaps you remove, in any order", empty="you remove no heap", within=(1, p["N"])
        )

    def score(self, p: Parameter, answer: list[int]) -> float:
        n = p["N"]
        if len(set(answer)) != len(answer) or not all(1 <= i <= n for i in answer) or len(answer) == n:
            return self.invalid_solution
        removed = set(answer)
        if not independent([size for i, size in enumerate(p["A"], 1) if i not in removed]):
            return self.unsuccessful_solution
        return self.ratio(p["gold_answer"], sum(p["A"][i - 1] for i in answer))


def fewest_matches(sizes: list[int]) -> list[int]:
    """Numbers of the heaps to remove: all but an independent set of greatest total (matroid greedy)."""
    kept: list[int] = []
    removed = []
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        if independent([*kept, sizes[i]]):
            kept.append(sizes[i])
        else:
            removed.append(i + 1)
    return sorted(removed)


def independent(sizes: list[int]) -> bool:
    """Whether no non-empty subset has the exclusive-or 0, by Gaussian elimination over GF(2)."""
    basis: list[int] = []
    for size in sizes:
        for vector in basis:
            size = min(size, size ^ vector)
        if size == 0:
            return False
        basis.append(size)
    return True
