"""Linear equations and inequalities in integers."""

from collections.abc import Callable, Sequence
from random import Random

from .errors import GenerationError

_TRIES = 1000


def dot(row: Sequence[int], x: Sequence[int]) -> int:
    """The sum of the products."""
    return sum(a * b for a, b in zip(row, x, strict=True))


def sparse_row(rng: Random, length: int, chance: float, coefficient: Callable[[], int]) -> list[int]:
    """A row that has a drawn coefficient in each place with this chance, 0 elsewhere, and is not all zero.

    Raises:
        GenerationError: if many rows in turn are all zero.
    """
    for _ in range(_TRIES):
        row = [coefficient() if rng.random() < chance else 0 for _ in range(length)]
        if any(row):
            return row
    raise GenerationError(f"{_TRIES} rows of coefficients were all zero; raise coefficient_non_zero_probability")
