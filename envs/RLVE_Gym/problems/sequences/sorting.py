"""Sorting a list of integers."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.render import listing


class Sorting(Problem[list[int]]):
    """Give the integers in non-decreasing order, repeats kept."""

    weight_multiple: int = 5
    invalid_solution: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 1),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        array = [rng.randint(0, n * self.weight_multiple) for _ in range(n)]
        return {"array": array, "gold_answer": sorted(array), "reference_answer": listing(sorted(array))}

    def question(self, p: Parameter) -> str:
        return f"""
Here are {p["N"]} integers:
{listing(p["array"])}

Sort them in non-decreasing order. An integer that occurs several times is repeated as often.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"the {p['N']} sorted integers", shown=min(p["N"], 10))

    def score(self, p: Parameter, answer: list[int]) -> float:
        gold = p["gold_answer"]
        if len(answer) != len(gold):
            return self.invalid_solution
        return self.share(sum(a == b for a, b in zip(gold, answer, strict=True)), len(gold))
