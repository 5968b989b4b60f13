"""The starting parameters a problem accepts, and their bounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ParameterError
from .instance import Parameter


@dataclass(frozen=True, slots=True)
class Int:
    """An integer in [low, high]; None leaves that side open."""

    name: str
    low: int | None = None
    high: int | None = None

    def accepts(self, value: Any) -> bool:
        return type(value) is int and _within(value, self.low, self.high)

    def __str__(self) -> str:
        return f"{self.name} (an integer{_bounds(self.low, self.high)})"


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number in [low, high]; None leaves that side open."""

    name: str
    low: float | None = None
    high: float | None = None

    def accepts(self, value: Any) -> bool:
        return type(value) in (int, float) and math.isfinite(value) and _within(value, self.low, self.high)

    def __str__(self) -> str:
        return f"{self.name} (a number{_bounds(self.low, self.high)})"


Given = Int | Number


def check_given(identifier: str, given: Sequence[Given], parameter: Parameter) -> None:
    """Raises ParameterError unless the parameter has exactly the given keys, each within its bounds."""
    names = [item.name for item in given]
    wanted = ", ".join(map(str, given))
    if set(parameter) != set(names):
        raise ParameterError(f"{identifier} starts from {wanted}; got the keys {sorted(map(str, parameter))}")
    for item in given:
        if not item.accepts(parameter[item.name]):
            raise ParameterError(f"{identifier} starts from {wanted}; got {item.name} = {parameter[item.name]!r}")


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _bounds(low: float | None, high: float | None) -> str:
    parts = [f">= {low}"] if low is not None else []
    parts += [f"<= {high}"] if high is not None else []
    return " " + " and ".join(parts) if parts else ""
