"""Satisfying assignment of a formula in conjunctive normal form."""

from math import comb
from random import Random

from ..kit import Int, Integers, Number, Parameter, Problem, Schedule, add


class SAT(Problem[list[int]]):
    """Find values of the variables that make every clause true."""

    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2), Int("M", 1), Number("density", 1e-9, 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N, density_list, M_multiple_list: [
            {"N": N, "M": int(multiple * N), "density": density}
            for density in density_list
            for multiple in M_multiple_list
        ],
        density_list=(0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
        M_multiple_list=tuple(tenths / 10 for tenths in range(10, 51)),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, density = p["N"], p["density"]
        hidden = [rng.randrange(2) for _ in range(n)]
        # A clause of k literals comes with its binomial probability, and is true for all but one choice of signs.
        sizes = range(2, n + 1)
        weights = [comb(n, k) * density**k * (1 - density) ** (n - k) * (1 - 0.5**k) for k in sizes]
        clauses: list[list[tuple[int, bool]]] = []
        while len(clauses) < p["M"]:
            (size,) = rng.choices(sizes, weights)
            variables = sorted(rng.sample(range(n), size))
            clause: list[tuple[int, bool]] = []
            while not is_true(clause, hidden):
                clause = [(i, rng.random() < 0.5) for i in variables]
            clauses.append(clause)
        drawn = {"clauses": clauses}
        return {**drawn, "reference_answer": self.show({**p, **drawn}, hidden)}

    def question(self, p: Parameter) -> str:
        return f"""
There are {p["N"]} Boolean variables x[0], x[1], ..., x[{p["N"] - 1}], each 0 (false) or 1 (true). Find values for which
every one of these {p["M"]} clauses is true:
{written(p["clauses"])}
"""

    def answer(self, p: Parameter) -> Integers:
        literals = dict(p["clauses"][0])
        return Integers(
            "the values of x[0], x[1], ... in order, each 0 or 1",
            count=p["N"],
            low=0,
            high=1,
            wrong=[int(i in literals and not literals[i]) for i in range(p["N"])],  # the first clause is false
        )

    def score(self, p: Parameter, answer: list[int]) -> float:
        return self.share(sum(is_true(clause, answer) for clause in p["clauses"]), p["M"])


def is_true(clause: list[tuple[int, bool]], values: list[int]) -> bool:
    return any(values[i] == positive for i, positive in clause)


def written(clauses: list[list[tuple[int, bool]]]) -> str:
    """One clause a line."""
    return "\n".join(
        "(" + " or ".join(f"{'' if positive else 'not '}x[{i}]" for i, positive in clause) + ")" for clause in clauses
    )
