"""Where two values differ."""

import math
from collections.abc import Collection, Mapping
from typing import Any


def first_difference(left: Any, right: Any, path: str = "") -> str | None:
    """Where and how ``right`` first differs from ``left``; None if they are the same.

    As after a trip through JSON: tuples count as lists, arrays as lists of their numbers. Keys and everything
    else must be equal, NaN included.
    """
    left, right = _plain(left), _plain(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in left:
            if key not in right:
                return f"{_at(path)} has no {key!r} the second time"
        for key in right:
            if key not in left:
                return f"{_at(path)} has {key!r} only the second time"
        pairs = [(left[key], right[key], f"{path}.{key}" if path else str(key)) for key in left]
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return f"{_at(path)} has {len(left)} items, then {len(right)}"
        pairs = [(a, b, f"{path}[{index}]") for index, (a, b) in enumerate(zip(left, right, strict=True))]
    else:
        return None if _equal(left, right) else f"{_at(path)} is {_short(left)}, then {_short(right)}"
    for a, b, where in pairs:
        if (difference := first_difference(a, b, where)) is not None:
            return difference
    return None


def without(value: Any, ignore: Collection[str], path: str = "") -> Any:
    """``value`` without the fields whose dotted paths are in ``ignore``, such as ``"metadata.elapsed_s"``."""
    if not ignore or not isinstance(value, Mapping):
        return value
    kept = {}
    for key, item in value.items():
        where = f"{path}.{key}" if path else str(key)
        if where not in ignore:
            kept[key] = without(item, ignore, where)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    to_list = getattr(value, "tolist", None)
    return value if to_list is None else to_list()


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _at(path: str) -> str:
    return path or "it"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
