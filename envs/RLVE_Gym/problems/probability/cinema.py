"""Seats in a cinema, or parking functions."""

from fractions import Fraction
from random import Random

from ..kit import GenerationError, Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.numerals import PORTABLE

MOST_PEOPLE = 1400
"""More people than a probability of at most 4300 digits allows, as N^N then has more than that."""


class Cinema(Problem[list[int]]):
    """Give the probability that all find a seat when each looks only to the right of a random one."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("MAX_N_K", 2),)
    schedule = Schedule(start={"MAX_N_K": 4}, grow={"MAX_N_K": scale(1.5, 0)})
    differences = (
        "N and K are drawn again until K^N has at most 4300 digits (from level 15 on it may have more); the original "
        "draws any and then cannot read a right answer.",
        "An instance read back from JSON is judged like a new one; the original compares a tuple with a list there, so "
        "that no answer is right.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        most = p["MAX_N_K"]
        for _ in range(10_000):
            n = rng.randint(2, min(most, MOST_PEOPLE))
            k = rng.randint(n, most)
            if n * (k.bit_length() - 1) < PORTABLE.bit_length() and k**n <= PORTABLE:
                gold = all_seated(n, k)
                pair = [gold.numerator, gold.denominator]
                return {"N": n, "K": k, "gold_answer": pair, "reference_answer": self.show(p, pair)}
        raise GenerationError("with so many seats the probability has more than 4300 digits; take a lower level")

    def question(self, p: Parameter) -> str:
        n, k = p["N"], p["K"]
        return f"""
{n} people enter a cinema one after the other. There are {k} seats in a row, numbered from 1 to {k}, all free at first.
Each person picks an integer L uniformly at random from 1 to {k}, independently of the others, and sits down on the
first free seat among the seats L, L + 1, ..., {k}. If all of these are taken, the person stands.

What is the probability that nobody has to stand? Write it as a fraction A/B in lowest terms.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the numerator A and the denominator B of the reduced fraction, in this order", count=2)

    def score(self, p: Parameter, answer: list[int]) -> float:
        return self.correct_answer if answer == list(p["gold_answer"]) else self.wrong_answer


def all_seated(n: int, k: int) -> Fraction:
    """The probability that n people all find one of k seats.

    On a circle of k + 1 seats everyone finds one; all picks are equally likely, and the share that leaves seat k + 1
    free is (k + 1 - n) / (k + 1) by symmetry (Pollak's proof for parking functions).
    """
    return Fraction((k + 1) ** (n - 1) * (k + 1 - n), k**n)
