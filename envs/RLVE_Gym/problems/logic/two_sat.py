"""Satisfying assignment of a formula of clauses with two literals."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from .sat import is_true, written


class TwoSAT(Problem[list[int]]):
    """Find values of the variables that make every clause of two literals true."""

    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2), Int("M", 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": scale(1.1)},
        choices=lambda N, M_multiple_list: [{"N": N, "M": int(multiple * N)} for multiple in M_multiple_list],
        M_multiple_list=tuple(tenths / 10 for tenths in range(10, 51)),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        hidden = [rng.randrange(2) for _ in range(p["N"])]
        clauses: list[list[tuple[int, bool]]] = []
        while len(clauses) < p["M"]:
            clause = [(i, rng.random() < 0.5) for i in rng.sample(range(p["N"]), 2)]
            if is_true(clause, hidden):
                clauses.append(clause)
        return {"x": hidden, "clauses": clauses, "reference_answer": self.show(p, hidden)}

    def question(self, p: Parameter) -> str:
        return f"""
There are {p["N"]} Boolean variables x[0], x[1], ..., x[{p["N"] - 1}], each 0 (false) or 1 (true). Find values for which
every one of these {p["M"]} clauses is true:
{written(p["clauses"])}
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the values of x[0], x[1], ... in order, each 0 or 1", count=p["N"], low=0, high=1)

    def score(self, p: Parameter, answer: list[int]) -> float:
        return self.share(sum(is_true(clause, answer) for clause in p["clauses"]), p["M"])
