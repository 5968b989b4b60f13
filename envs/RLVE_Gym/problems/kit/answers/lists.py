"""Answers that are several integers: a list, a permutation, pairs, rows."""

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from ..numerals import integer_text, parse_integers
from .base import Format, filled_lines, require


class Integers(Format[list[int]]):
    """Integers separated by white space.

    The optional checks make a wrong format; where a specification calls it an invalid solution, leave them out
    and check in `score`.

    Args:
        what: What the integers are, as in "Answer with <what>: integers ...".
        count: How many there must be.
        low, high: The range of every integer.
        empty: How an empty list is to be understood, for "... leave the answer empty"; None: a list is never empty.
        nonempty: An empty list is a wrong format.
        shown: How many integers the example has, where `count` is not given.
        within: The range of the example's integers, where `low` and `high` are not given.
        wrong: An answer that is surely not right, for the example where many are.
        exact: Wrong format, rather than merely wrong, beyond 200,000 digits: for answers any integers may satisfy.
    """

    def __init__(
        self,
        what: str,
        *,
        count: int | None = None,
        low: int | None = None,
        high: int | None = None,
        empty: str | None = None,
        nonempty: bool = False,
        shown: int = 3,
        within: tuple[int, int] | None = None,
        wrong: list[int] | None = None,
        exact: bool = False,
    ) -> None:
        self.what, self.count, self.low, self.high = what, count, low, high
        self.empty, self.nonempty, self.shown, self.exact = empty, nonempty, shown, exact
        self.within = (low, high) if within is None else within
        self.wrong = wrong

    def parse(self, text: str) -> list[int]:
        tokens = text.split()
        require(bool(tokens) or not self.nonempty, "no integer at all")
        require(self.count is None or len(tokens) == self.count, f"{len(tokens)} integers, not {self.count}")
        values = parse_integers(tokens, exact=self.exact)
        require(self.low is None or min(values, default=self.low) >= self.low, "an integer too small")
        require(self.high is None or max(values, default=self.high) <= self.high, "an integer too large")
        return values

    def show(self, answer: Sequence[int]) -> str:
        return " ".join(map(integer_text, answer))

    def describe(self) -> str:
        number = f"{self.count} integers" if self.count is not None else "integers"
        empty = f" If {self.empty}, leave the answer empty." if self.empty else ""
        return f"Answer with {self.what}: {number} separated by spaces on one line, nothing else.{empty}"

    def examples(self) -> Iterable[list[int]]:
        length = self.shown if self.count is None else self.count
        least, greatest = self.within
        low = least if least is not None else min(0, greatest or 0)
        high = greatest if greatest is not None else low + 3
        lengths = (length, max(length - 1, 1), length + 1) if self.count is None else (length,)
        for size in lengths:
            for pattern in ((2, 0, 1), (0, 1, 2), (1, 2, 0), (3, 1), (1, 0)):
                yield [min(low + pattern[i % len(pattern)], high) for i in range(size)]
        yield [low] * length
        yield [high] * length
        if self.wrong is not None:
            yield self.wrong


class Permutation(Format[list[int]]):
    """All of first, first + 1, ..., first + size - 1 in some order.

    Parses any integers: that they are a permutation is for `score` to check (`is_permutation`).
    """

    def __init__(self, what: str, size: int, first: int = 0) -> None:
        self.what, self.size, self.first = what, size, first
        self._integers = Integers(what)

    def parse(self, text: str) -> list[int]:
        return self._integers.parse(text)

    def show(self, answer: Sequence[int]) -> str:
        return self._integers.show(answer)

    def describe(self) -> str:
        last = self.first + self.size - 1
        return (
            f"Answer with {self.what}: the {self.size} integers from {self.first} to {last}, each exactly once, "
            "separated by spaces on one line, nothing else."
        )

    def examples(self) -> Iterable[list[int]]:
        size = min(self.size, 10)
        labels = list(range(self.first, self.first + size))
        yield labels[::-1]
        yield labels[1:] + labels[:1]
        yield labels
        yield [self.first + i for i in (2, 0, 3, 1, 4)][: 5 if size != 5 else 4]  # of another size: never right


class Pairs(Format[list[tuple[int, int]]]):
    """Pairs of integers, one after the other on one line: u_1 v_1 u_2 v_2 ..."""

    def __init__(self, what: str, *, names: str = "u v", empty: str | None = None) -> None:
        self.what, self.names, self.empty = what, names, empty

    def parse(self, text: str) -> list[tuple[int, int]]:
        tokens = text.split()
        require(len(tokens) % 2 == 0, "an odd number of integers")
        values = parse_integers(tokens)
        return list(zip(values[::2], values[1::2], strict=True))

    def show(self, answer: Sequence[tuple[int, int]]) -> str:
        return " ".join(f"{integer_text(u)} {integer_text(v)}" for u, v in answer)

    def describe(self) -> str:
        first, second = self.names.split()
        form = f"{first}_1 {second}_1 {first}_2 {second}_2 ..."
        empty = f" If {self.empty}, leave the answer empty." if self.empty else ""
        return f"Answer with {self.what}: `{form}`, integers separated by spaces on one line, nothing else.{empty}"

    def examples(self) -> Iterable[list[tuple[int, int]]]:
        return [[(0, 2), (2, 1)], [(1, 0), (0, 2)], [(0, 1)], [(0, 1), (0, 1)]]


class Rows(Format[list[list[int]]]):
    """Lines of integers; blank lines do not count.

    Args:
        what: What the rows are.
        rows, columns: The shape, where another shape is a wrong format; `columns` may be given alone.
        empty: How an answer without lines is to be understood; None: there is always a line.
        shown: Rows and columns of the example, where the shape is not given.
    """

    def __init__(
        self,
        what: str,
        *,
        rows: int | None = None,
        columns: int | None = None,
        empty: str | None = None,
        shown: tuple[int, int] = (2, 3),
    ) -> None:
        self.what, self.rows, self.columns, self.empty, self.shown = what, rows, columns, empty, shown

    def parse(self, text: str) -> list[list[int]]:
        lines = filled_lines(text)
        require(self.rows is None or len(lines) == self.rows, f"{len(lines)} lines, not {self.rows}")
        widths = [len(line.split()) for line in lines]
        require(self.columns is None or set(widths) <= {self.columns}, f"a line without {self.columns} integers")
        values = iter(parse_integers(text.split()))  # all at once: an answer may have 10^5 lines
        return [list(islice(values, width)) for width in widths]

    def show(self, answer: Sequence[Sequence[int]]) -> str:
        return "\n".join(" ".join(map(integer_text, row)) for row in answer)

    def describe(self) -> str:
        lines = f"{self.rows} lines" if self.rows is not None else "lines"
        integers = f"{self.columns} integers" if self.columns is not None else "integers"
        empty = f" If {self.empty}, leave the answer empty." if self.empty else ""
        return f"Answer with {self.what}: {lines} of {integers} separated by spaces, nothing else.{empty}"

    def examples(self) -> Iterable[list[list[int]]]:
        rows = self.rows if self.rows is not None else self.shown[0]
        columns = self.columns if self.columns is not None else self.shown[1]
        for turn in range(3):
            yield [[(i + j + turn) % 3 for j in range(columns)] for i in range(rows)]
        for value in (1, 0):
            yield [[value] * columns for _ in range(rows)]


def is_permutation(values: Sequence[int], size: int, first: int = 0) -> bool:
    """Whether the values are first, ..., first + size - 1 in some order."""
    return len(values) == size and set(values) == set(range(first, first + size))


def is_increasing(values: Sequence[int]) -> bool:
    """Whether every value is greater than the one before."""
    return all(a < b for a, b in pairwise(values))
