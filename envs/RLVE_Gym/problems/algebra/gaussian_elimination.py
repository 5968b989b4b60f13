"""A system of linear equations in integers."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.linear import dot, sparse_row
from ..kit.render import linear


class GaussianElimination(Problem[list[int]]):
    """Find integers that satisfy M linear equations."""

    coefficient_non_zero_probability: float = 0.5
    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2), Int("M", 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": scale(1.1)},
        choices=lambda N, M_multiple_list: [{"N": N, "M": int(multiple * N)} for multiple in M_multiple_list],
        M_multiple_list=(2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        x = [rng.randint(1, n) for _ in range(n)]
        equations = [self.draw_row(rng, n) for _ in range(p["M"])]
        return {
            "x": x,
            "reference_answer": self.show(p, x),
            "equations": equations,
            "results": [dot(row, x) for row in equations],
        }

    def draw_row(self, rng: Random, n: int) -> list[int]:
        """The coefficients of one equation, not all zero."""
        largest = max(1, n // 5)
        return sparse_row(rng, n, self.coefficient_non_zero_probability, lambda: rng.randint(1, largest))

    def question(self, p: Parameter) -> str:
        lines = "\n".join(f"{linear(row)} = {result}" for row, result in zip(p["equations"], p["results"], strict=True))
        return f"""
Here are {p["M"]} linear equations in the {p["N"]} integer unknowns x[0], ..., x[{p["N"] - 1}]:
{lines}

Find integers x[0], ..., x[{p["N"] - 1}], negative ones allowed, that satisfy all the equations. There is at least one
solution; if there are several, any of them counts.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"x[0], ..., x[{p['N'] - 1}] in this order", count=p["N"], exact=True)

    def score(self, p: Parameter, answer: list[int]) -> float:
        pairs = zip(p["equations"], p["results"], strict=True)
        return self.share(sum(dot(row, answer) == result for row, result in pairs), p["M"])
