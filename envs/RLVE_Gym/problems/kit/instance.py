"""Instances and verdicts: plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from .errors import GenerationError, ParameterError
from .numerals import PORTABLE, PORTABLE_DIGITS

Parameter = dict[str, Any]
"""Everything an instance consists of, by the specification's keys; only what JSON can hold."""

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Instance:
    """One drawn problem: enough to prompt and to verify on any machine.

    `id` is the problem's identifier; `level` is None for an instance of a given starting parameter.
    """

    id: str
    seed: int
    level: int | None
    parameter: Parameter

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Instance":
        """Rebuilds an instance from `to_dict`; other keys are ignored."""
        missing = {"id", "seed", "parameter"} - data.keys()
        if missing:
            raise ParameterError(f"an instance needs the keys {sorted(missing)}")
        return cls(data["id"], data["seed"], data.get("level"), dict(data["parameter"]))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one output: reward in [-1, 1] with the default constants, accuracy and format 0 or 1."""

    reward: float
    accuracy: int
    format_score: int

    @classmethod
    def of(cls, reward: float, threshold: float) -> "Verdict":
        return cls(reward, int(reward >= threshold - TOLERANCE), int(reward >= -1.0 + TOLERANCE))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def plain(value: Any) -> Any:
    """The value as it comes back from JSON: tuples become lists, integer keys become strings.

    Raises:
        TypeError: something JSON cannot hold, a set or a NumPy number for instance.
        GenerationError: an integer so large that Python does not read it from JSON.
    """
    kind = type(value)
    if kind is int:
        if abs(value) > PORTABLE:
            raise GenerationError(f"the instance would hold an integer of more than {PORTABLE_DIGITS} digits")
        return value
    if kind in (str, bool) or value is None or (kind is float and isfinite(value)):
        return value
    if kind in (list, tuple):
        return [plain(item) for item in value]
    if kind is dict:
        return {str(plain(key)): plain(item) for key, item in value.items()}
    raise TypeError(f"a parameter holds {kind.__name__} {value!r}, which JSON cannot")
