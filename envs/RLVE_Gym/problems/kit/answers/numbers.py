"""Answers that are one number: an integer, a real, a fraction."""

from collections.abc import Iterable

from ..numerals import integer_text, parse_integer, parse_real
from .base import Format, require


class Integer(Format[int]):
    """One integer. A value outside [low, high] is a wrong format, so give bounds only where that is the rule.

    Args:
        what: What the integer is, as in "Answer with <what>: one integer".
        exact: Wrong format, rather than merely wrong, beyond 200,000 digits: for answers any integer may satisfy.
    """

    def __init__(self, what: str, *, low: int | None = None, high: int | None = None, exact: bool = False) -> None:
        self.what, self.low, self.high, self.exact = what, low, high, exact

    def parse(self, text: str) -> int:
        value = parse_integer(text.strip(), exact=self.exact)
        require(self.low is None or value >= self.low, "below the smallest value allowed")
        require(self.high is None or value <= self.high, "above the largest value allowed")
        return value

    def show(self, answer: int) -> str:
        return integer_text(answer)

    def describe(self) -> str:
        bounds = {
            (False, False): "",
            (True, False): f" that is at least {self.low}",
            (False, True): f" that is at most {self.high}",
            (True, True): f" from {self.low} to {self.high}",
        }[self.low is not None, self.high is not None]
        return f"Answer with {self.what}: one integer{bounds} in decimal digits, nothing else."

    def examples(self) -> Iterable[int]:
        low = self.low if self.low is not None else -1
        high = self.high if self.high is not None else max(low, 0) + 100
        return [value for value in (42, 17, 5, 2, 1, 0, -1, low, high) if low <= value <= high]


class Real(Format[float]):
    """One finite real number in decimal notation, exponent allowed."""

    def __init__(self, what: str) -> None:
        self.what = what

    def parse(self, text: str) -> float:
        return parse_real(text.strip())

    def show(self, answer: float) -> str:
        return repr(float(answer))

    def describe(self) -> str:
        return f"Answer with {self.what}: one decimal number (such as 2, -0.125 or 1.5e-3), nothing else."

    def examples(self) -> Iterable[float]:
        return [1.25, -3.5, 1000.5]


class Reals(Format[list[float]]):
    """A fixed number of finite reals on one line.

    Args:
        what: What the numbers are, in order.
        count: How many there are; any other number of them is a wrong format.
    """

    def __init__(self, what: str, count: int) -> None:
        self.what, self.count = what, count

    def parse(self, text: str) -> list[float]:
        tokens = text.split()
        require(len(tokens) == self.count, f"{len(tokens)} numbers instead of {self.count}")
        return [parse_real(token) for token in tokens]

    def show(self, answer: list[float]) -> str:
        return " ".join(repr(float(value)) for value in answer)

    def describe(self) -> str:
        return f"Answer with {self.what}: {self.count} decimal numbers separated by spaces, nothing else."

    def examples(self) -> Iterable[list[float]]:
        return [[1.5 + i / 4 for i in range(self.count)], [0.25 for _ in range(self.count)]]


class Quotient(Format[tuple[int, int]]):
    """A fraction p/q as the pair of its two integers, not reduced and not checked for a zero denominator."""

    def __init__(self, what: str, *, reduced: bool = True) -> None:
        self.what, self.reduced = what, reduced

    def parse(self, text: str) -> tuple[int, int]:
        parts = text.split("/")
        require(len(parts) == 2, "not two integers with one slash between them")
        return parse_integer(parts[0].strip()), parse_integer(parts[1].strip())

    def show(self, answer: tuple[int, int]) -> str:
        return "/".join(map(integer_text, answer))

    def describe(self) -> str:
        form = "in lowest terms " if self.reduced else ""
        return f"Answer with {self.what}: a fraction p/q {form}(two integers and one slash, also where q is 1)."

    def examples(self) -> Iterable[tuple[int, int]]:
        return [(3, 7), (5, 9)]
