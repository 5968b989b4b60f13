"""Numbers as models write them: strict to read, bounded in time, without a limit on digits that would matter.

`int()` accepts `1_000` and digits of other scripts, refuses more than 4300 digits, and takes seconds for a
megabyte of them; `float()` accepts `nan` and `1_0.0`. Neither may decide what a right answer is.
"""

import math
import re
from collections.abc import Sequence

from .errors import WrongFormat

LONGEST = 200_000
"""Digits up to which an integer is read exactly."""

PORTABLE_DIGITS = 4300
"""Digits that an integer in an instance may have at most: Python, and so its JSON, refuses more by default."""

PORTABLE = 10**PORTABLE_DIGITS - 1
"""The largest integer an instance may hold."""

_LEAF = 512
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def parse_integer(token: str, *, exact: bool = False) -> int:
    """Reads ASCII digits with an optional sign.

    An integer of more than LONGEST digits becomes plus or minus 10**LONGEST, which no reference reaches: it
    stays an integer and stays wrong. Where any integer could be right, `exact` makes it a wrong format.
    """
    if len(token) <= _LEAF and token.isascii() and token.isdigit():
        return int(token)  # the common case, worth a short way: answers may have 10^5 of them
    digits = token[1:] if token[:1] in ("+", "-") else token
    if not (digits.isascii() and digits.isdigit()):
        raise WrongFormat(f"not an integer: {token[:40]!r}")
    if len(digits) > _LEAF:
        digits = digits.lstrip("0") or "0"
    if len(digits) <= _LEAF:
        value = int(digits)
    elif len(digits) <= LONGEST:
        value = _join(digits, {})
    elif exact:
        raise WrongFormat(f"an integer of more than {LONGEST} digits")
    else:
        value = 10**LONGEST
    return -value if token[0] == "-" else value


def parse_integers(tokens: Sequence[str], *, exact: bool = False) -> list[int]:
    """Reads every token, see `parse_integer`; several times faster than one by one where none has a sign."""
    digits = "".join(tokens)
    if digits.isascii() and digits.isdigit() and max(map(len, tokens)) <= _LEAF:
        return list(map(int, tokens))
    return [parse_integer(token, exact=exact) for token in tokens]


def integer_text(value: int) -> str:
    """The decimal digits of an integer of any size."""
    if value < 0:
        return "-" + integer_text(-value)
    if value.bit_length() <= 3 * _LEAF:
        return str(value)
    half = value.bit_length() * 3 // 20  # about half of its digits
    high, low = divmod(value, 10**half)
    return integer_text(high) + integer_text(low).zfill(half)


def parse_real(token: str) -> float:
    """Reads a finite decimal number, exponent allowed."""
    if not _REAL.fullmatch(token):
        raise WrongFormat(f"not a decimal number: {token[:40]!r}")
    value = float(token)
    if not math.isfinite(value):
        raise WrongFormat(f"too large for a real number: {token[:40]!r}")
    return value


def _join(digits: str, powers: dict[int, int]) -> int:
    """Divide and conquer: far below the quadratic time of `int()` on long texts."""
    if len(digits) <= _LEAF:
        return int(digits)
    low = 1 << ((len(digits) - 1).bit_length() - 1)
    if low not in powers:
        powers[low] = 10**low
    return _join(digits[:-low], powers) * powers[low] + _join(digits[-low:], powers)
