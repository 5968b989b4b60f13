"""A sum whose digits are written with unknown symbols."""

from itertools import zip_longest
from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, add
from ..kit.answers import is_permutation


class Cryptarithmetic(Problem[list[int]]):
    """Find out which digit each symbol stands for."""

    not_permutation: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 3.0

    given = (Int("N", 2), Int("addend_length", 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N: [{"N": N, "addend_length": n} for n in range(N + 3, max(N + 3, 2 * N) + 1)],
    )
    differences = (
        "Where the sum under the answer has one digit more than the sum shown, that position never matches; the "
        "original may count it as a match, and a false equation as right.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, length = p["N"], p["addend_length"]
        digits = list(range(n))
        rng.shuffle(digits)
        # Least significant digit first.
        addends = [[rng.randrange(n) for _ in range(length - 1)] + [rng.randint(1, n - 1)] for _ in range(2)]
        return {
            "digits": digits,
            "addend_1": addends[0],
            "addend_2": addends[1],
            "sum_result": added(addends[0], addends[1], n),
            "reference_answer": self.show(p, digits),
        }

    def question(self, p: Parameter) -> str:
        first, second, total = (
            " ".join(f"d[{symbol}]" for symbol in reversed(symbols(p, key)))
            for key in ("addend_1", "addend_2", "sum_result")
        )
        return f"""
The symbols d[0], d[1], ..., d[{p["N"] - 1}] stand for the digits 0, 1, ..., {p["N"] - 1} in base {p["N"]}, each symbol
for another digit. Written with these symbols, the most significant digit first, this addition is right:

  {first}
+ {second}
= {total}

Find digits for the symbols that make it right. Numbers may begin with the digit 0; any digits that fit will do.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"the digits d[0], d[1], ..., d[{p['N'] - 1}] in this order", shown=min(p["N"], 10))

    def score(self, p: Parameter, answer: list[int]) -> float:
        n = p["N"]
        if not is_permutation(answer, n):
            return self.not_permutation
        first, second = ([answer[s] for s in symbols(p, key)] for key in ("addend_1", "addend_2"))
        found = added(first, second, n)
        shown = [answer[s] for s in symbols(p, "sum_result")]
        # A digit short is a leading zero; a digit too many fits nothing.
        found += [0] * (len(shown) - len(found))
        matches = [a == b for a, b in zip_longest(found, shown)]
        return self.share(sum(matches), len(matches))


def symbols(p: Parameter, key: str) -> list[int]:
    """The symbols that a number is written with, least significant first."""
    symbol_of = {digit: symbol for symbol, digit in enumerate(p["digits"])}
    return [symbol_of[digit] for digit in p[key]]


def added(first: list[int], second: list[int], base: int) -> list[int]:
    """The digits of the sum, least significant first."""
    total, carry = [], 0
    for a, b in zip(first, second, strict=True):
        carry, digit = divmod(a + b + carry, base)
        total.append(digit)
    return [*total, carry] if carry else total
