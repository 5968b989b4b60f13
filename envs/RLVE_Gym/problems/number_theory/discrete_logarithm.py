"""The smallest discrete logarithm for a modulus that need not be prime."""

from math import gcd, isqrt
from random import Random

from ..kit import GenerationError, Int, Integer, Parameter, Problem, Schedule, scale

LARGEST = 10**13
"""The modulus up to which sqrt(Z) steps take seconds."""


class DiscreteLogarithm(Problem[int]):
    """Find the smallest y >= 0 with X^y = K modulo Z."""

    invalid_answer: float = 0.0
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_beta: float = 2.0
    rewarding_weight: float = 1.0

    given = (Int("MAX_Z", 2),)
    schedule = Schedule(start={"MAX_Z": 10}, grow={"MAX_Z": scale(1.2)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        if p["MAX_Z"] > LARGEST:
            raise GenerationError(f"the smallest logarithm is not searched for beyond a modulus of {LARGEST}")
        z = rng.randint(2, p["MAX_Z"])
        x, y = rng.randint(2, z), rng.randint(2, z)
        k = pow(x, y, z)
        return {"Z": z, "X": x, "Y": y, "K": k, "reference_answer": logarithm(x, k, z)}

    def question(self, p: Parameter) -> str:
        return f"""
Find the smallest integer y >= 0 such that {p["X"]}^y and {p["K"]} leave the same remainder when divided by {p["Z"]},
that is, {p["X"]}^y = {p["K"]} (mod {p["Z"]}). Here {p["X"]}^0 = 1. A solution exists.
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer("y", low=0)

    def score(self, p: Parameter, answer: int) -> float:
        gold = p["reference_answer"]
        if answer != gold and pow(p["X"], answer, p["Z"]) != p["K"] % p["Z"]:
            return self.invalid_answer
        return self.ratio(gold, answer)


def logarithm(x: int, k: int, z: int) -> int:
    """The smallest y >= 0 with x^y = k modulo z: extended baby-step giant-step, O(sqrt(z)).

    As long as x and z share a factor g, one factor x is split off: x^y = k (mod z) with y > 0 is the same as
    (x/g) * x^(y-1) = k/g (mod z/g). What is left is a search in the group of units modulo z.

    Raises:
        ValueError: there is no such y.
    """
    factor, steps = 1 % z, 0  # looked for: the y >= steps with factor * x^(y-steps) = k (mod z)
    k %= z
    while factor != k and (g := gcd(x, z)) > 1:
        if k % g:
            raise ValueError("no power is congruent")
        z, k, steps = z // g, k // g, steps + 1
        factor = factor * (x // g) % z
    if factor == k:
        return steps
    width = isqrt(z) + 1
    baby, power = {}, k
    for j in range(width):
        baby[power] = j  # the largest j with k * x^j = power, for the smallest i * width - j
        power = power * x % z
    stride = pow(x, width, z)
    for i in range(1, width + 1):
        factor = factor * stride % z
        if factor in baby:
            return steps + i * width - baby[factor]
    raise ValueError("no power is congruent")
