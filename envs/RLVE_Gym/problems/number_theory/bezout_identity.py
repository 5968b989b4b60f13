"""The smallest positive linear combination of given integers."""

from math import gcd
from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, add, scale
from ..kit.render import series


class BezoutIdentity(Problem[list[int]]):
    """Find coefficients whose linear combination of A is as small as possible but positive."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 2), Int("MAX_A", 2))
    schedule = Schedule(start={"N": 2, "MAX_A": 32}, grow={"N": add(1), "MAX_A": scale(2, 0)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        values: list[int] = []
        for _ in range(p["N"]):
            values.append(draw_related(rng, p["MAX_A"], values))
        values = [rng.choice((value, -value)) for value in values]
        rng.shuffle(values)
        return {
            "A": values,
            "reference_answer": self.show(p, combination(values)),
            "gold_answer": gcd(*values),
        }

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
Given are {n} non-zero integers:
{series("A", p["A"], 1)}

Find integers X[1], ..., X[{n}], zero and negative ones allowed, such that
S = A[1]*X[1] + ... + A[{n}]*X[{n}]
is positive (S > 0) and as small as possible.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"all {p['N']} numbers X[1], ..., X[{p['N']}] in this order", shown=p["N"], exact=True)

    def score(self, p: Parameter, answer: list[int]) -> float:
        if len(answer) != p["N"]:
            return self.invalid_solution
        total = sum(a * x for a, x in zip(p["A"], answer, strict=True))
        return self.ratio(p["gold_answer"], total) if total > 0 else self.invalid_solution


def draw_related(rng: Random, largest: int, earlier: list[int]) -> int:
    """Of up to 1024 integers from 2 to `largest` the first that shares a factor with the most earlier ones."""
    best, most = 0, -1
    for _ in range(1024):
        value = rng.randint(2, largest)
        related = sum(gcd(value, other) > 1 for other in earlier)
        if related > most:
            best, most = value, related
        if most == len(earlier):
            break
    return best


def combination(values: list[int]) -> list[int]:
    """Coefficients of the greatest common divisor: extended Euclid, one value after the other."""
    divisor = 0
    coefficients: list[int] = []
    for value in values:
        divisor, s, t = extended_gcd(divisor, value)
        coefficients = [s * coefficient for coefficient in coefficients] + [t]
    return coefficients


def extended_gcd(a: int, b: int) -> tuple[int, int, int]:
    """The greatest common divisor g >= 0 of a and b, and s and t with s*a + t*b = g."""
    (g, s, t), (r, u, v) = (a, 1, 0), (b, 0, 1)
    while r:
        q = g // r
        (g, s, t), (r, u, v) = (r, u, v), (g - q * r, s - q * u, t - q * v)
    return (g, s, t) if g >= 0 else (-g, -s, -t)
