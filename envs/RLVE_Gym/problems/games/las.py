"""Equilibrium of a game of choosing food in a circle."""

from itertools import product
from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.render import series


class LAS(Problem[list[int]]):
    """Let everyone in a circle choose one of two foods so that nobody would rather have taken the other."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        calories = [rng.randint(1, 2 * n) for _ in range(n)]
        return {"A": calories, "reference_answer": self.show(p, equilibrium(calories))}

    def solve(self, p: Parameter) -> list[int]:
        return equilibrium(p["A"])

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
There are {n} people and {n} foods around a circle, both numbered from 1. Food i has C[i] calories:
{series("C", p["A"], 1)}

Each person i < {n} chooses food i or food i + 1; person {n} chooses food {n} or food 1. A person who is alone with a
food gets all its calories; two people with the same food get half of them each.

Find choices such that no person would get strictly more by switching to the other food while all others keep theirs.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the foods chosen by person 1, person 2, and so on", count=p["N"], within=(1, p["N"]))

    def score(self, p: Parameter, answer: list[int]) -> float:
        n = p["N"]
        if any(food not in (i + 1, (i + 1) % n + 1) for i, food in enumerate(answer)):
            return self.invalid_solution
        onward = [food != i + 1 for i, food in enumerate(answer)]
        satisfied = sum(content(p["A"], i, onward[i - 1], onward[i], onward[(i + 1) % n]) for i in range(n))
        return self.share(satisfied, n)


def content(calories: list[int], i: int, before: bool, own: bool, after: bool) -> bool:
    """Whether person i does not gain by switching; True stands for choosing the food after one's own number."""
    n = len(calories)
    here = calories[i] * (1 if before else 2)
    there = calories[(i + 1) % n] * (2 if after else 1)
    return there >= here if own else here >= there


def equilibrium(calories: list[int]) -> list[int]:
    """Foods by person: a walk around the circle over the choices of two neighbours, closed where it began."""
    n = len(calories)
    for start in product((False, True), (False, True)):
        # paths[a, b]: choices of the persons so far, the last two being a and b, all but the ends content.
        paths = {start: list(start)}
        for i in range(1, n - 1):
            longer: dict[tuple[bool, bool], list[bool]] = {}
            for (a, b), path in paths.items():
                for c in (False, True):
                    if content(calories, i, a, b, c):
                        longer.setdefault((b, c), [*path, c])
            paths = longer
        for (a, b), path in paths.items():
            if content(calories, n - 1, a, b, start[0]) and content(calories, 0, b, *start):
                return [(i + onward) % n + 1 for i, onward in enumerate(path)]
    raise AssertionError("every such game has an equilibrium")
