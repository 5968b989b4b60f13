"""The Josephus game."""

from random import Random

from ..kit import Int, Parameter, Permutation, Problem, Schedule, is_permutation, scale


class Josephus(Problem[list[int]]):
    """In which order do people in a circle go out, every M-th at a time?"""

    invalid_answer: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("MAX_N", 3),)
    schedule = Schedule(start={"MAX_N": 3}, grow={"MAX_N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = rng.randint(3, p["MAX_N"])
        m = rng.randint(2, n)
        gold = elimination(n, m)
        return {"N": n, "M": m, "gold_answer": gold, "reference_answer": self.show({"N": n}, gold)}

    def question(self, p: Parameter) -> str:
        n, m = p["N"], p["M"]
        return f"""
{n} people numbered 1, 2, ..., {n} stand in a circle in this order, person {n} next to person 1. They count off along
the circle: person 1 says 1, person 2 says 2, and so on. Whoever says {m} leaves the circle at once, and the next person
who is still there starts again with 1. This goes on until nobody is left.

In which order do the people leave?
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation("the numbers of the people in the order in which they leave", p["N"], first=1)

    def score(self, p: Parameter, answer: list[int]) -> float:
        n, gold = p["N"], p["gold_answer"]
        if not is_permutation(answer, n, first=1):
            return self.invalid_answer
        return self.share(sum(a == b for a, b in zip(gold, answer, strict=True)), n)


def elimination(n: int, m: int) -> list[int]:
    """The people 1, ..., n in the order in which every m-th goes out."""
    circle, place, order = list(range(1, n + 1)), 0, []
    while circle:
        place = (place + m - 1) % len(circle)
        order.append(circle.pop(place))
    return order
