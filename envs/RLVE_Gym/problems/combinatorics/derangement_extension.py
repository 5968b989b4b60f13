"""Permutations with a given number of fixed points."""

from math import comb
from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, add

MODULI = (666623333, 998244353, 1000000007)


class DerangementExtension(Problem[int]):
    """Count the permutations of 1..N with exactly M fixed points."""

    wrong_range: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("N", 4),)
    schedule = Schedule(start={"N": 4}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        m, mod = rng.randint(0, n), rng.choice(MODULI)
        return {"M": m, "MOD": mod, "reference_answer": comb(n, m) * derangements(n - m) % mod}

    def question(self, p: Parameter) -> str:
        n, mod = p["N"], p["MOD"]
        return f"""
How many permutations p[1], p[2], ..., p[{n}] of the integers 1, 2, ..., {n} are there for which p[i] = i holds for
exactly {p["M"]} of the indices i? Give the number modulo {mod}, that is, its remainder, which is at least 0 and less
than {mod}.
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer(f"the number of permutations modulo {p['MOD']}")

    def score(self, p: Parameter, answer: int) -> float:
        if not 0 <= answer < p["MOD"]:
            return self.wrong_range
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def derangements(n: int) -> int:
    """The permutations of n elements without a fixed point: D(k) = (k-1) * (D(k-1) + D(k-2))."""
    current, following = 1, 0  # D(0), D(1)
    for k in range(2, n + 2):
        current, following = following, (k - 1) * (current + following)
    return current
