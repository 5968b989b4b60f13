"""A lamp of a circle in which each copies whether it differs from the next."""

from random import Random

from ..kit import Choice, GenerationError, Int, Parameter, Problem, Schedule, scale
from ..kit.render import listing

STATES = ("OFF", "ON")

MOST = 10**6
"""Lamps up to which instances are drawn: far above what a prompt can show."""


class LampChanging(Problem[str]):
    """Is lamp K on at time T?"""

    invalid_answer: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("MAX_N_T", 3),)
    schedule = Schedule(start={"MAX_N_T": 8}, grow={"MAX_N_T": scale(1.5, 0)})
    differences = (
        "Generation fails with a reason where MAX_N_T is above 1,000,000 (level 29 and up), as no prompt can list "
        "that many lamps; the original runs out of time.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        limit = p["MAX_N_T"]
        if limit > MOST:
            raise GenerationError(f"up to {limit} lamps are too many for a prompt; the limit is {MOST}")
        wanted = rng.randrange(2)
        while True:
            n, probability = rng.randint(3, limit), rng.random()
            lamps = [int(rng.random() < probability) for _ in range(n)]
            time, k = rng.randint(2, limit), rng.randint(1, n)
            if state(lamps, time, k) == wanted:
                return {"N": n, "B": lamps, "T": time, "K": k, "reference_answer": STATES[wanted]}

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
{n} lamps are arranged in a circle and numbered 1, 2, ..., {n} clockwise; clockwise after lamp {n} comes lamp 1. At
time 0 their states, from lamp 1 to lamp {n}, are (1 is ON, 0 is OFF):
{listing(p["B"])}

From each time to the next all lamps change at once: lamp i is ON at time t + 1 if, at time t, the states of lamp i and
of the next lamp clockwise differ, and OFF if they are the same.

What is the state of lamp {p["K"]} at time {p["T"]}?
"""

    def answer(self, p: Parameter) -> Choice:
        return Choice("the state of that lamp", STATES)

    def score(self, p: Parameter, answer: str) -> float:
        if answer not in STATES:
            return self.invalid_answer
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def state(lamps: list[int], time: int, k: int) -> int:
    """The state of lamp k (from 1) at a time.

    2^i steps at once change every lamp by the lamp 2^i places on, since (1 + x)^(2^i) = 1 + x^(2^i) modulo 2. The
    circle is kept as the bits of an integer.
    """
    n, steps = len(lamps), 1
    circle = int("".join(map(str, reversed(lamps))), 2)
    while steps <= time:
        if time & steps:
            turn = steps % n
            circle ^= circle >> turn | (circle & (1 << turn) - 1) << n - turn
        steps *= 2
    return circle >> k - 1 & 1
