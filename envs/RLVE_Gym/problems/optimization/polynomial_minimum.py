"""The minimum of a polynomial of even degree."""

from fractions import Fraction
from math import comb, inf
from random import Random

from ..kit import Int, Parameter, ParameterError, Problem, Real, Schedule, add
from ..kit.render import polynomial


class PolynomialMinimum(Problem[float]):
    """Find a real number at which f is as small as possible."""

    max_weight: int = 2
    rewarding_strategy: str = "piecewise"
    rewarding_threshold: float = 0.95
    rewarding_beta: float = 5.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 2}, grow={"N": add(2)})
    differences = (
        "The reference is the minimizer to the last bit and f is evaluated exactly, so `reference_value` is 0 where "
        "the minimum is 0 (the original's numeric roots leave about 1e-124 there) and no reward is off through "
        "cancellation at high degrees.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        if p["N"] % 2:
            raise ParameterError(f"N must be even, not {p['N']}: a polynomial of odd degree has no minimum")
        coefficients = [0] * (p["N"] + 1)
        for degree in range(p["N"], 0, -2):
            a, s = rng.randint(1, self.max_weight), rng.randint(-self.max_weight, self.max_weight)
            for i in range(degree + 1):
                coefficients[i] += a * comb(degree, i) * (-s) ** (degree - i)
        best = minimizer(coefficients, self.max_weight)
        return {
            "coeffs": coefficients,
            "reference_answer": best,
            "reference_value": rounded(evaluate(coefficients, best)),
            "worst_value": float(coefficients[0]),
        }

    def question(self, p: Parameter) -> str:
        return f"""
Let f(x) = {polynomial(p["coeffs"])}.

Find a real number x0 at which f is as small as possible. Your answer is read as a double-precision number; the
closer f(x0) is to the minimum of f, compared with f(0), the better.
"""

    def answer(self, p: Parameter) -> Real:
        return Real("x0")

    def score(self, p: Parameter, answer: float) -> float:
        value, full = rounded(evaluate(p["coeffs"], answer)), self.rewarding_threshold
        best: float = p["reference_value"]
        worst: float = p["worst_value"]
        if value >= worst:
            return full if value <= best else 0.0
        if value >= best:
            return full * float(((worst - value) / (worst - best)) ** self.rewarding_beta)
        return full + (1 - full) / (1 + 1 / max(best - value, 1e-8))

    def threshold(self, p: Parameter) -> float:
        return self.rewarding_threshold * float(0.999**self.rewarding_beta)


def evaluate(coefficients: list[int], x: float) -> Fraction:
    """f(x), exactly: with x = a/b, the sum of c_i a^i b^(N-i) over b^N."""
    a, b = x.as_integer_ratio()
    total, power = 0, 1
    for coefficient in reversed(coefficients):
        total = total * a + coefficient * power
        power *= b
    return Fraction(total * b, power)


def rounded(value: Fraction) -> float:
    """The nearest double, infinite where there is none."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def minimizer(coefficients: list[int], radius: int) -> float:
    """The double in [-radius, radius] at which a convex polynomial is least: bisection on the sign of f'."""
    slope = [i * c for i, c in enumerate(coefficients)][1:]
    if slope[0] == 0:
        return 0.0
    low, high = -float(radius), float(radius)
    while low < (middle := (low + high) / 2) < high:
        if evaluate(slope, middle) < 0:
            low = middle
        else:
            high = middle
    return min(low, high, key=lambda x: evaluate(coefficients, x))
