"""A number with given residues."""

from random import Random

from ..kit import GenerationError, Int, Integer, Parameter, Problem, Schedule

LARGEST = 2**63
"""The hidden number up to which the moduli can be sampled; levels up to 156 stay below it."""


def harder(MAX_X: int, MAX_M: int, stage: int) -> Parameter:
    """Every third step adds a congruence, the others make the number larger."""
    stage += 1
    if stage % 3 == 0:
        return {"MAX_X": MAX_X, "MAX_M": MAX_M + 1, "stage": stage}
    return {"MAX_X": int(MAX_X * 1.5), "MAX_M": MAX_M, "stage": stage}


class CRT(Problem[int]):
    """Find a non-negative integer that satisfies congruences with moduli that need not be coprime."""

    rewarding_strategy: str = "(satisfied/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("MAX_X", 2), Int("M", 1))
    schedule = Schedule(
        start={"MAX_X": 5, "MAX_M": 2, "stage": 0},
        grow=harder,
        choices=lambda MAX_X, MAX_M, stage: [{"MAX_X": MAX_X, "M": m} for m in range(2, MAX_M + 1)],
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        if p["MAX_X"] > LARGEST:
            raise GenerationError(f"moduli are not drawn from more than {LARGEST} numbers; take a lower level")
        x = rng.randint(2, p["MAX_X"])
        moduli = rng.sample(range(2, x + 1), min(p["M"], x - 1))
        return {"reference_answer": x, "B": moduli, "X_mod_B": [x % modulus for modulus in moduli]}

    def question(self, p: Parameter) -> str:
        lines = "\n".join(f"x = {r} (mod {b})" for r, b in zip(p["X_mod_B"], p["B"], strict=True))
        return f"""
Find a non-negative integer x that satisfies all of these congruences ("x = r (mod b)" means that x divided by b leaves
the remainder r):
{lines}

There are infinitely many such integers; any of them counts.
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer("x", low=0, exact=True)

    def score(self, p: Parameter, answer: int) -> float:
        satisfied = sum(answer % b == r for b, r in zip(p["B"], p["X_mod_B"], strict=True))
        return self.share(satisfied, len(p["B"]))
