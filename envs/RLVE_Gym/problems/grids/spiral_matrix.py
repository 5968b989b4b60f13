"""A matrix read in a spiral."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.render import grid


class SpiralMatrix(Problem[list[int]]):
    """List the entries of a matrix in clockwise spiral order."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("MAX_M_N", 2),)
    schedule = Schedule(start={"MAX_M_N": 3}, grow={"MAX_M_N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        m, n = rng.randint(2, p["MAX_M_N"]), rng.randint(2, p["MAX_M_N"])
        matrix = [[rng.randint(1, m * n) for _ in range(n)] for _ in range(m)]
        gold = spiral(matrix)
        return {"M": m, "N": n, "matrix": matrix, "gold_answer": gold, "reference_answer": self.show(p, gold)}

    def question(self, p: Parameter) -> str:
        return f"""
Below is a matrix of {p["M"]} rows and {p["N"]} columns:
{grid(p["matrix"])}

List all its entries in clockwise spiral order: start at the top left corner, go right along the top row, down the last
column, left along the bottom row and up the first column, then inward in the same way, until every cell was listed
once.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("all entries in that order")

    def score(self, p: Parameter, answer: list[int]) -> float:
        gold = p["gold_answer"]
        if len(answer) != len(gold):
            return self.invalid_solution
        return self.share(sum(a == b for a, b in zip(gold, answer, strict=True)), len(gold))


def spiral(matrix: list[list[int]]) -> list[int]:
    """Take off the top row and turn the rest a quarter counter-clockwise, until nothing is left."""
    entries: list[int] = []
    rest = [list(row) for row in matrix]
    while rest:
        entries += rest[0]
        rest = [list(column) for column in zip(*rest[1:], strict=True)][::-1]
    return entries
