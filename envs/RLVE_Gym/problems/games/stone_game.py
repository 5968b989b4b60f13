"""Winner of a game of splitting heaps evenly."""

from functools import cache
from random import Random

from ..kit import Choice, Int, Parameter, Problem, Schedule, scale
from ..kit.render import listing
from .euclid_game import PLAYERS


class StoneGame(Problem[str]):
    """Say who wins when heaps are split into parts as equal as possible."""

    invalid_answer: float = -0.5
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("MAX_SUM", 2),)
    schedule = Schedule(start={"MAX_SUM": 5}, grow={"MAX_SUM": scale(1.2)})
    differences = (
        "The question says that a heap of x stones is split into at most x parts; the original's leaves open whether "
        "parts may be empty.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        winner = rng.choice(PLAYERS)
        while True:
            total = rng.randint(2, p["MAX_SUM"])
            n = rng.randint(1, min(total // 2, 100))
            cuts = [0, *sorted(rng.sample(range(1, total), n - 1)), total]
            stones = [cuts[i + 1] - cuts[i] for i in range(n)]
            threshold = rng.randint(1, max(stones) + 1)
            if PLAYERS[not mover_wins(stones, threshold)] == winner:
                return {"reference_answer": winner, "N": n, "Stones": stones, "F": threshold}

    def question(self, p: Parameter) -> str:
        return f"""
Stan and Ollie play a game with heaps of stones. The sizes of the heaps are: {listing(p["Stones"])}

They move in turns; Stan moves first. A move picks a heap of x stones with x >= {p["F"]} and a number M with
2 <= M <= x, and splits the heap into M heaps as equal as possible: x mod M of them get floor(x / M) + 1 stones, the
others get floor(x / M). A player who cannot move loses.

Who wins if both play optimally?
"""

    def answer(self, p: Parameter) -> Choice:
        return Choice("the name of the winner", PLAYERS)

    def score(self, p: Parameter, answer: str) -> float:
        if answer not in PLAYERS:
            return self.invalid_answer
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def mover_wins(stones: list[int], threshold: int) -> bool:
    """Whether the Grundy numbers of the heaps have an exclusive-or other than 0 (Sprague-Grundy)."""

    @cache
    def grundy(x: int) -> int:
        if x < max(threshold, 2):
            return 0
        reached = set()
        first = 2
        while first <= x:
            # For all M up to `last` the parts have q and q + 1 stones; only the parity of their numbers matters.
            q = x // first
            last = x // q
            for parts in range(first, min(first + 1, last) + 1):
                larger = x % parts
                reached.add((grundy(q + 1) if larger % 2 else 0) ^ (grundy(q) if (parts - larger) % 2 else 0))
            first = last + 1
        return next(value for value in range(len(reached) + 1) if value not in reached)

    total = 0
    for stone in stones:
        total ^= grundy(stone)
    return total != 0
