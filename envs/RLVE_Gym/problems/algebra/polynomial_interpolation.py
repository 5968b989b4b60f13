"""The polynomial through given points."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.numerals import integer_text


class PolynomialInterpolation(Problem[list[int]]):
    """Find the integer coefficients of a polynomial of degree N from N+1 of its values."""

    max_weight: int = 5
    invalid_solution: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_beta: float = 10.0
    rewarding_weight: float = 1.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 2}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, largest = p["N"], self.max_weight
        coefficients = [rng.randint(-largest, largest) for _ in range(n)] + [rng.randint(1, largest)]
        points = rng.sample(range(-n, n + 1), n + 1)
        return {
            "coeffs": coefficients,
            "reference_answer": self.show(p, coefficients),
            "X": points,
            "Y": [horner(coefficients, x) for x in points],
        }

    def question(self, p: Parameter) -> str:
        n = p["N"]
        values = "\n".join(f"f({x}) = {integer_text(y)}" for x, y in zip(p["X"], p["Y"], strict=True))
        return f"""
The polynomial f(x) = a_0 + a_1*x + ... + a_{n}*x^{n} of degree {n} has integer coefficients and these values:
{values}

Find its coefficients, a_0, the constant term, first.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"all {p['N'] + 1} coefficients a_0 a_1 ... a_{p['N']}, zeros included", shown=p["N"] + 1)

    def score(self, p: Parameter, answer: list[int]) -> float:
        gold = p["coeffs"]
        if len(answer) != len(gold):
            return self.invalid_solution
        return self.share(sum(a == b for a, b in zip(gold, answer, strict=True)), len(gold))


def horner(coefficients: list[int], x: int) -> int:
    """The value at x of the polynomial with coefficient i of power i."""
    value = 0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value
