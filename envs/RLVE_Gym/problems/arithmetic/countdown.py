"""Combining numbers by + - * / to reach a target, or to come as near to it as possible."""

import re
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations
from math import prod
from random import Random
from typing import ClassVar

from ..kit import (
    Expression,
    Format,
    Formula,
    GenerationError,
    Grammar,
    Int,
    Parameter,
    Problem,
    Schedule,
    add,
    value_of,
)
from ..kit.render import listing

MOST = 6
"""The number of operands up to which all expressions are searched."""

Value = int | Fraction
Leaf = tuple[Value, str]  # a number, and how it is written


class Countdown(Problem[Expression | None]):
    """Write an expression that uses every operand once. The answer is None where it uses other numbers."""

    invalid_expression: float = -0.5

    given = (Int("num_operands", 2), Int("max_operand", 1), Int("max_target", 0))
    schedule = Schedule(
        start={"num_operands": 3},
        grow={"num_operands": add(1)},
        choices=lambda num_operands, max_operands: [
            {"num_operands": num_operands, "max_operand": largest, "max_target": 10 * largest}
            for largest in max_operands
        ],
        max_operands=(8, 16, 24, 32, 40, 48),
    )
    differences = (
        "Only binary + - * / of integers and parentheses are read, with exact values: the original also evaluates "
        "`**`, `//`, signs, and `2.1` for the numbers 2 and 1, which can beat the optimum or never end.",
        "A line break may stand anywhere between numbers and operators; the original refuses it outside parentheses.",
        "With more than 6 operands, where a full search does not end, numbers are drawn again until an expression of "
        "exactly the target is found by combining some operands first, so full reward can be reached.",
    )
    integral: ClassVar[bool]
    """Whether the target is to be reached by non-negative integers only."""
    wish: ClassVar[str]
    """What the value is to be."""

    def solve(self, p: Parameter) -> Expression:
        return EachOnce(p["operands"]).formula.parse(closest(p["operands"], p["target"], integral=self.integral)[1])

    def question(self, p: Parameter) -> str:
        return f"""
Given are {p["num_operands"]} numbers: {listing(p["operands"])}

Write an arithmetic expression that uses each of these numbers exactly once (a number listed several times as many times
as it is listed), combined by +, -, *, / and parentheses, with a value {self.wish.format(p["target"])}. Digits must not
be joined into other numbers. Division is exact; intermediate results may be fractions or negative.
"""

    def answer(self, p: Parameter) -> "EachOnce":
        return EachOnce(p["operands"])

    def score(self, p: Parameter, answer: Expression | None) -> float:
        if answer is None:
            return self.invalid_expression
        try:
            return self.rate(abs(value_of(answer) - p["target"]))
        except ZeroDivisionError:
            return self.wrong_format

    @abstractmethod
    def rate(self, distance: Fraction) -> float:
        """The reward of a value this far from the target."""


class CountdownEqual(Countdown):
    """Combine all numbers by + - * / to hit a target exactly."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    integral = True
    wish = "of exactly {}"

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        return draw_reached(rng, p)

    def rate(self, distance: Fraction) -> float:
        return self.correct_answer if distance < Fraction(1, 10**5) else self.wrong_answer


class CountdownClose(Countdown):
    """Combine all numbers by + - * / to get as near as possible to a target."""

    rewarding_strategy: str = "1/(1+|answer-target|)"
    rewarding_weight: float = 1.0

    integral = False
    wish = "as close to {} as possible"

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        if p["num_operands"] > MOST:
            return draw_reached(rng, p)
        target, operands = draw_numbers(rng, p)
        value, text = closest(operands, target, integral=False)
        return {"target": target, "operands": operands, "reference_answer": text, "reference_result": float(value)}

    def rate(self, distance: Fraction) -> float:
        return self.rewarding_weight * float(1 / (1 + distance))

    def threshold(self, p: Parameter) -> float:
        return 1 / (1 + abs(p["reference_result"] - p["target"])) if p["num_operands"] <= MOST else 1.0


class EachOnce(Format[Expression | None]):
    """An expression; None where its numbers are not the operands, whether it is an expression otherwise or not."""

    def __init__(self, operands: list[int]) -> None:
        self.operands = operands
        samples = [sign.join(map(str, operands)) for sign in (" + ", " * ", " - ")]
        self.formula = Formula("the expression", Grammar(), samples)

    def parse(self, text: str) -> Expression | None:
        numbers = [digits.lstrip("0") or "0" for digits in re.findall("[0-9]+", text)]
        return self.formula.parse(text) if sorted(numbers) == sorted(map(str, self.operands)) else None

    def show(self, answer: Expression | None) -> str:
        return self.formula.show(answer) if answer else ""

    def describe(self) -> str:
        return self.formula.describe()

    def examples(self) -> Iterable[Expression | None]:
        return self.formula.examples()


def draw_numbers(rng: Random, p: Parameter) -> tuple[int, list[int]]:
    """A target and operands."""
    target = rng.randint(0, p["max_target"])
    return target, [rng.randint(1, p["max_operand"]) for _ in range(p["num_operands"])]


def draw_reached(rng: Random, p: Parameter) -> Parameter:
    """A target and operands from which it is reached by non-negative integers."""
    for _ in range(1000):
        target, operands = draw_numbers(rng, p)
        value, text = closest(operands, target, integral=True)
        if value == target:
            return {"target": target, "operands": operands, "reference_answer": text}
    raise GenerationError("none of 1000 targets was reached from the operands drawn with it")


def closest(operands: list[int], target: int, *, integral: bool) -> Leaf:
    """The value nearest to the target that an expression with every operand once can have, and the expression.

    With `integral` only non-negative integers occur on the way, and only the target itself is found for certain.
    With more than MOST operands some are combined to one first, in several ways until the target is reached.
    """
    leaves: list[Leaf] = [(value, str(value)) for value in operands]
    if len(leaves) <= MOST:
        found = Search(leaves, integral=True).closest(target)  # fast, and mostly all that is needed
        return found if integral or found[0] == target else Search(leaves, integral=False).closest(target)
    rng, attempts = Random(0), []
    for _ in range(20):
        shuffled = rng.sample(leaves, len(leaves))
        kept, extra = shuffled[: MOST - 1], shuffled[MOST - 1 :]
        while len(extra) > 1:  # differences: a small number spoils little
            low, high = sorted(extra[:2])
            extra = [*extra[2:], (high[0] - low[0], f"({high[1]} - {low[1]})")]
        attempts.append(Search(kept + extra, integral=True).closest(target))
        if attempts[-1][0] == target:
            break
    return min(attempts, key=lambda found: distance(found, target))


def distance(leaf: Leaf, target: int) -> Fraction:
    """How far a value is from the target."""
    return abs(Fraction(leaf[0]) - target)


class Search:
    """The values of all expressions with up to six numbers, each used once.

    Only values >= 0 are kept: an expression with a negative value has the same form as one with the opposite value.
    Sets of up to four numbers (as bits) have a table of their values; larger ones are split in two, and for every
    value of the smaller part the nearest values of the larger one are looked for.
    """

    def __init__(self, leaves: list[Leaf], *, integral: bool) -> None:
        self.leaves = [(value if integral else Fraction(value), text) for value, text in leaves]
        self.integral = integral
        self.largest = prod(max(value, 2) for value, _ in leaves)
        self.tables: dict[int, tuple[list[Value], dict[Value, str]]] = {}

    def closest(self, target: int) -> Leaf:
        """The value nearest to the target, and its expression."""
        found = self.near((1 << len(self.leaves)) - 1, target)
        value, text = min(found, key=lambda leaf: distance(leaf, target))
        return value, text[1:-1]

    def near(self, numbers: int, target: Value) -> list[Leaf]:
        """The greatest value <= target and the least >= target, as far as there are any."""
        if numbers.bit_count() <= 4:
            values, texts = self.table(numbers)
            i = bisect_left(values, target)
            return [(value, texts[value]) for value in values[max(i - 1, 0) : i + 1]]
        below: Leaf | None = None
        above: Leaf | None = None
        for small, large in splits(numbers):
            for a, left in self.table(small)[1].items():
                for form, wanted in self.wanted(a, target):
                    for b, right in self.near(large, wanted):
                        value = self.apply(form, a, b)
                        if value is None:
                            continue
                        if value == target:
                            return [(value, form.format(left, right))]
                        if value < target and (below is None or value > below[0]):
                            below = value, form.format(left, right)
                        if value > target and (above is None or value < above[0]):
                            above = value, form.format(left, right)
        return [leaf for leaf in (below, above) if leaf]

    def table(self, numbers: int) -> tuple[list[Value], dict[Value, str]]:
        """The values of a set of numbers in order, and an expression for each."""
        if numbers not in self.tables:
            texts = {}
            if numbers.bit_count() == 1:
                value, text = self.leaves[numbers.bit_length() - 1]
                texts[value] = text
            for small, large in splits(numbers):
                for a, left in self.table(small)[1].items():
                    for b, right in self.table(large)[1].items():
                        for form in FORMS:
                            result = self.apply(form, a, b)
                            if result is not None and result not in texts:
                                texts[result] = form.format(left, right)
            self.tables[numbers] = sorted(texts), texts
        return self.tables[numbers]

    def apply(self, form: str, a: Value, b: Value) -> Value | None:
        """The value of a form, None where it is negative, undefined, or not an integer though it must be."""
        if form == "({0} + {1})":
            return a + b
        if form == "({0} * {1})":
            return a * b
        if form in ("({1} - {0})", "({1} / {0})"):
            a, b = b, a
        if form in ("({0} - {1})", "({1} - {0})"):
            return a - b if a >= b else None
        return self.quotient(a, b)

    def wanted(self, a: Value, target: Value) -> Iterator[tuple[str, Value]]:
        """For each form the b with which it would hit the target."""
        yield "({0} + {1})", target - a
        yield "({0} - {1})", a - target
        yield "({1} - {0})", a + target
        yield "({1} / {0})", a * target
        for form, b in (("({0} * {1})", self.quotient(target, a)), ("({0} / {1})", self.quotient(a, target))):
            if b is not None:
                yield form, b
        if not a:
            yield "({0} * {1})", 0  # any b gives 0
        if not target:
            yield "({0} / {1})", self.largest

    def quotient(self, a: Value, b: Value) -> Value | None:
        if not b or (self.integral and a % b):
            return None
        return a // b if self.integral else Fraction(a) / b


FORMS = ("({0} + {1})", "({0} - {1})", "({1} - {0})", "({0} * {1})", "({0} / {1})", "({1} / {0})")


def splits(numbers: int) -> Iterator[tuple[int, int]]:
    """The set as two sets that are not empty, the smaller first, equal sizes before unequal ones, each once."""
    bits = [1 << i for i in range(numbers.bit_length()) if numbers >> i & 1]
    for size in range(len(bits) // 2, 0, -1):
        for chosen in combinations(bits, size):
            small = sum(chosen)
            if 2 * size < len(bits) or small & bits[0]:
                yield small, numbers - small
