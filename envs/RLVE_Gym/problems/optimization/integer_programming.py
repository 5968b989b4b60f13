"""An integer point that satisfies linear inequalities."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, add
from ..kit.linear import dot, sparse_row
from ..kit.render import linear


class IntegerProgramming(Problem[list[int]]):
    """Find integers that satisfy M linear inequalities."""

    number_range: int = 4
    coefficient_non_zero_probability: float = 0.5
    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 2), Int("M", 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N, M_multiple_list: [{"N": N, "M": int(multiple * N)} for multiple in M_multiple_list],
        M_multiple_list=(1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        x = [rng.randint(-n, n) for _ in range(n)]
        rows = [self.draw_row(rng, n) for _ in range(p["M"])]
        results = [dot(row, x) - rng.randint(0, 2) for row in rows]
        drawn = {"x": x, "inequations": rows, "results": results}
        return {**drawn, "reference_answer": self.show(drawn, x)}

    def draw_row(self, rng: Random, n: int) -> list[int]:
        """The coefficients of one inequality, not all zero."""

        def coefficient() -> int:
            return rng.randint(1, self.number_range) * rng.choice((1, -1))

        return sparse_row(rng, n, self.coefficient_non_zero_probability, coefficient)

    def question(self, p: Parameter) -> str:
        pairs = zip(p["inequations"], p["results"], strict=True)
        lines = "\n".join(f"{linear(row)} >= {result}" for row, result in pairs)
        return f"""
Here are {p["M"]} linear inequalities in the {p["N"]} integer unknowns x[0], ..., x[{p["N"] - 1}]:
{lines}

Find integers x[0], ..., x[{p["N"] - 1}], negative ones allowed, that satisfy all the inequalities. There is at least
one solution; if there are several, any of them counts.
"""

    def answer(self, p: Parameter) -> Integers:
        row, result = p["inequations"][0], p["results"][0]
        return Integers(
            f"x[0], ..., x[{len(row) - 1}] in this order",
            count=len(row),
            exact=True,
            # Against the coefficients: the left side of the first inequality is at most -(|result| + 1).
            wrong=[-(abs(result) + 1) * coefficient for coefficient in row],
        )

    def score(self, p: Parameter, answer: list[int]) -> float:
        pairs = zip(p["inequations"], p["results"], strict=True)
        return self.share(sum(dot(row, answer) >= result for row, result in pairs), p["M"])
