"""Subset sum."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.render import series


class SubsetSum(Problem[list[int]]):
    """Choose elements of an array that sum to a target."""

    invalid_solution: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        values = [rng.randint(1, n) for _ in range(n)]
        chosen = rng.sample(range(n), rng.randint(2, n - 1))
        return {
            "A": values,
            "target": sum(values[i] for i in chosen),
            "reference_answer": self.show(p, chosen),
        }

    def question(self, p: Parameter) -> str:
        return f"""
Here is an array A of {p["N"]} positive integers, indexed from 0:
{series("A", p["A"])}

Choose distinct indices so that the elements of A at these indices sum to exactly {p["target"]}. Such a choice
exists; any one counts.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the chosen indices, each once, in any order")

    def score(self, p: Parameter, answer: list[int]) -> float:
        if len(set(answer)) != len(answer) or not all(0 <= i < p["N"] for i in answer):
            return self.invalid_solution
        return self.correct_answer if sum(p["A"][i] for i in answer) == p["target"] else self.wrong_answer
