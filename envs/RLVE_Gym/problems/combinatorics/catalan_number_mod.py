"""Catalan numbers modulo any number."""

from math import comb
from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, scale


class CatalanNumberMod(Problem[int]):
    """Count the arrangements of 1..2N in two increasing rows, one below the other."""

    max_MOD: int = 1000000000
    wrong_range: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("MAX_N", 2),)
    schedule = Schedule(start={"MAX_N": 3}, grow={"MAX_N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, mod = rng.randint(2, p["MAX_N"]), rng.randint(2, self.max_MOD)
        return {"N": n, "MOD": mod, "reference_answer": catalan(n) % mod}

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
Consider the permutations A[1], A[2], ..., A[{2 * n}] of the integers 1, 2, ..., {2 * n} that satisfy all of these:
- The elements at odd positions increase: A[1] < A[3] < ... < A[{2 * n - 1}].
- The elements at even positions increase: A[2] < A[4] < ... < A[{2 * n}].
- A[2i-1] < A[2i] for every i = 1, 2, ..., {n}.

How many such permutations are there? Give the number modulo {p["MOD"]}, that is, its remainder, which is at least 0 and
less than {p["MOD"]}.
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer(f"the number of permutations modulo {p['MOD']}")

    def score(self, p: Parameter, answer: int) -> float:
        if not 0 <= answer < p["MOD"]:
            return self.wrong_range
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def catalan(n: int) -> int:
    """The number of standard Young tableaux of shape 2 x n (hook length formula)."""
    return comb(2 * n, n) // (n + 1)
