"""Answer formats."""

from .base import Format, filled_lines, marked, require
from .formula import Formula
from .lists import Integers, Pairs, Permutation, Rows, is_increasing, is_permutation
from .numbers import Integer, Quotient, Real, Reals
from .texts import CharacterGrid, Choice, Text, Tokens

__all__ = [
    "CharacterGrid",
    "Choice",
    "Format",
    "Formula",
    "Integer",
    "Integers",
    "Pairs",
    "Permutation",
    "Quotient",
    "Real",
    "Reals",
    "Rows",
    "Text",
    "Tokens",
    "filled_lines",
    "is_increasing",
    "is_permutation",
    "marked",
    "require",
]
