"""Weights of what is drawn, which whoever uses a problem may give."""

from collections.abc import Mapping
from math import inf
from random import Random
from typing import Any


def weights_of(name: str, default: Mapping[str, float], given: Any) -> Mapping[str, float]:
    """The given weights, or the default ones for None.

    Raises:
        ValueError: weights of other names than the default has, negative or infinite ones, or none above 0.
    """
    if given is None:
        return default
    weights = given.values() if isinstance(given, Mapping) and set(given) <= set(default) else ()
    if not (any(weights) and all(isinstance(w, (int, float)) and 0 <= w < inf for w in weights)):
        raise ValueError(f"{name} must be weights >= 0 of {', '.join(default)}, not {given!r}")
    return dict(given)


def pick(rng: Random, weights: Mapping[str, float]) -> str:
    """One of the names, each as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]
