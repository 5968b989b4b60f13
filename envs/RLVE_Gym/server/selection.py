"""Which problems are posed, and how often: `"Sorting"`, a family, `"all"`, a list, or names with weights."""

import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any, Final

from openenv.core.errors import OpenEnvError

from .parts import problems

ALL: Final = "all"


class ConfigurationError(OpenEnvError, ValueError):
    """A configuration that cannot be: the message says what is wrong and what would be right."""


@dataclass(frozen=True)
class Selection:
    """Problems to draw from.

    Attributes:
        identifiers: the problems, each once.
        bounds: the sums of their weights so far, ascending.
    """

    identifiers: tuple[str, ...]
    bounds: tuple[float, ...]

    @classmethod
    def of(cls, names: Any) -> "Selection":
        """The selection that `names` describes.

        Args:
            names: an identifier, a family or `"all"`; several, separated by commas; a list of them; or a mapping
                from them to weights. A text may hold weights, too: `"Sorting=3,graphs=1"`. The weight of a family
                is shared by its problems.

        Raises:
            ConfigurationError: for an unknown name, with the nearest ones, and for a weight that is none.
        """
        if isinstance(names, str):
            return _from_text(names)
        if isinstance(names, Mapping):
            return cls._weighted(names)
        if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
            return cls._weighted(Counter(names))
        raise ConfigurationError(
            "environment_identifier must be a name, a list of names or a mapping from names to weights, "
            f"not {names!r:.100}"
        )

    @classmethod
    def _weighted(cls, weights: Mapping[Any, Any]) -> "Selection":
        shares: dict[str, float] = {}
        for name, weight in weights.items():
            number = isinstance(weight, int | float) and not isinstance(weight, bool)
            if not (number and 0 <= weight <= sys.float_info.max):
                raise ConfigurationError(f"the weight of {name!r:.100} must be a number >= 0, not {weight!r:.100}")
            members = _members(name)
            for identifier in members if weight else ():
                shares[identifier] = shares.get(identifier, 0.0) + weight / len(members)
        if not shares:
            raise ConfigurationError("environment_identifier must name at least one problem of a weight above 0")
        return cls(tuple(shares), tuple(accumulate(shares.values())))

    def draw(self, seed: int) -> str:
        """The problem of this seed: the same on every machine."""
        if len(self.identifiers) == 1:
            return self.identifiers[0]
        point = Random(f"which problem: {seed}").random() * self.bounds[-1]
        return self.identifiers[min(bisect_right(self.bounds, point), len(self.identifiers) - 1)]


@lru_cache(maxsize=64)
def _from_text(text: str) -> Selection:
    weights: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, weight = part.partition("=")
        try:
            weights[name.strip()] = weights.get(name.strip(), 0.0) + (float(weight) if weight else 1.0)
        except ValueError:
            raise ConfigurationError(
                f"the weight of {name!r:.100} must be a number >= 0, not {weight!r:.100}"
            ) from None
    return Selection._weighted(weights)


def _members(name: Any) -> list[str]:
    """The identifiers that a name stands for."""
    if name == ALL or name in problems.families():
        members = [entry.identifier for entry in problems.find(family=None if name == ALL else name)]
        if not members:
            raise ConfigurationError(f"this installation has no problem of the family {name!r}")
        return members
    try:
        return [problems.entry(name).identifier]
    except problems.UnknownProblem as error:
        near = get_close_matches(str(name)[:100].lower(), [ALL, *problems.families()], n=1, cutoff=0.8)
        hint = f"; or is {near[0]!r} meant?" if near else f" (a family or {ALL!r} can be named, too)"
        raise ConfigurationError(f"{error}{hint}") from None
