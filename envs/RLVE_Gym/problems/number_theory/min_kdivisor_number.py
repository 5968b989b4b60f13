"""The smallest number with a given number of divisors."""

from array import array
from collections.abc import Sequence
from functools import cache
from itertools import compress
from math import isqrt
from random import Random

from ..kit import GenerationError, Int, Integer, Parameter, Problem, Schedule, scale
from ..kit.numerals import PORTABLE

TRIAL = 200_000
"""The trial divisor at which factoring an answer is given up."""

FARTHEST = 10**320
"""An answer beyond this many times the reference earns 0.0 in double precision and is not factored."""


class MinKDivisorNumber(Problem[int]):
    """Find the least positive integer with exactly K divisors."""

    invalid_answer: float = 0.0
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_beta: float = 2.0
    rewarding_weight: float = 1.0

    given = (Int("MAX_K", 1),)
    schedule = Schedule(start={"MAX_K": 5}, grow={"MAX_K": scale(2, 0)})
    differences = (
        "K is drawn again until the reference has at most 4300 digits; the original draws any K and then cannot read "
        "a right answer of more digits.",
        "Trial division of a wrong answer is given up at 200,000 instead of 10^7, which takes seconds, and an answer "
        "beyond 10^320 times the reference is not factored: a number with K divisors and a larger prime factor is "
        "over 1000 times the reference (at all levels up to 40), which earns less than 10^-6 and here 0.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        for _ in range(3000):
            k = rng.randint(1, p["MAX_K"])
            least = least_number(k)
            if least is not None:
                return {"K": k, "reference_answer": least}
        raise GenerationError("none of 3000 K had a least number of at most 4300 digits")

    def question(self, p: Parameter) -> str:
        return f"""
Find the smallest positive integer M that has exactly {p["K"]} distinct positive divisors (1 and M itself are counted).
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer("M", low=1)

    def score(self, p: Parameter, answer: int) -> float:
        gold = p["reference_answer"]
        if answer != gold:
            divisors = count_divisors(answer) if answer <= gold * FARTHEST else None
            if divisors is None:
                return 0.0
            if divisors != p["K"]:
                return self.invalid_answer
        return self.ratio(gold, answer)


def least_number(k: int) -> int | None:
    """The least number with exactly k divisors, None where it is beyond PORTABLE.

    Such a number is a product of p_i^(d_i - 1) over the first primes p_i with d_1 * d_2 * ... = k, found by
    recursion over the primes. Where d = u * v, exchanging p^(uv-1) for p^(u-1) * q^(v-1) with an unused prime q
    makes the number smaller if q < p^u, so only such d are tried for which this does not happen.
    """
    primes = primes_upto(PORTABLE.bit_length())
    counts = {q: 0 for q in primes if k % q == 0}
    rest = k
    for q in counts:
        while rest % q == 0:
            rest, counts[q] = rest // q, counts[q] + 1
    if rest > 1:
        return None  # 2^(q-1) with the large prime q is beyond PORTABLE already
    unused = primes[sum(counts.values())]
    parts = [(u * v, u) for v in counts for u in range(1, unused.bit_length()) if k % (u * v) == 0]
    bits = PORTABLE.bit_length()

    @cache
    def least(i: int, rest: int) -> int | None:
        if rest == 1:
            return 1
        p, best = primes[i], None
        for d, u in parts:
            if rest % d == 0 and p**u <= unused and (d - 1) * (p.bit_length() - 1) <= bits:
                tail = least(i + 1, rest // d)
                if tail is not None and (best is None or tail * p ** (d - 1) < best):
                    best = tail * p ** (d - 1)
        return best

    number = least(0, k)
    return number if number is not None and number <= PORTABLE else None


def count_divisors(n: int) -> int | None:
    """How many divisors n has; None where trial division up to TRIAL does not factor it.

    The limit loses nothing of value: exchanging a prime factor q of a number with K divisors for the least prime that
    does not divide it, which is below 200 where K < 2^45, gives another number with K divisors. So the number is more
    than q / 200 times the least one.
    """
    count = 1
    for q in primes_upto(TRIAL):
        if q * q > n:
            break
        exponent = 0
        while n % q == 0:
            n, exponent = n // q, exponent + 1
        count *= exponent + 1
    if n > TRIAL**2:
        return None
    return count if n == 1 else 2 * count


@cache
def primes_upto(limit: int) -> Sequence[int]:
    """The primes up to the limit, in order."""
    prime = bytearray([1]) * (limit + 1)
    prime[:2] = b"\0\0"
    for i in range(2, isqrt(limit) + 1):
        if prime[i]:
            prime[i * i :: i] = bytes(len(range(i * i, limit + 1, i)))
    return array("I", compress(range(limit + 1), prime))
