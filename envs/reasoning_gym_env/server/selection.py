"""What a reset asks for: which dataset, configured how. Plain data, checked as far as that goes without the library."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from .errors import SelectionError, did_you_mean, shown

COMPOSITE: Final = "composite"
ADAPTIVE: Final = "adaptive"

_SPEC_KEYS: Final = ("name", "weight", "config", "curriculum")


@dataclass(frozen=True)
class Part:
    """One dataset.

    Attributes:
        config: values of its configuration, besides seed and size.
        weight: how often it is drawn in a composite, relative to the others.
        levels: levels of its curriculum by attribute, one level for all of them, or None for no curriculum.
    """

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1
    levels: Mapping[str, int] | int | None = None


@dataclass(frozen=True)
class Selection:
    """A dataset, or several of them mixed, and how many questions it has.

    Attributes:
        is_composite: whether the questions are drawn from all parts; if not, there is exactly one.
        is_adaptive: whether the levels are yet to be drawn; see :meth:`at`.
    """

    parts: tuple[Part, ...]
    seed: int
    size: int
    is_composite: bool = False
    is_adaptive: bool = False

    @property
    def name(self) -> str:
        """The dataset's name, or ``composite``."""
        return COMPOSITE if self.is_composite else self.parts[0].name

    @cached_property
    def key(self) -> str:
        """The same text for the same selection, in every process."""
        parts = [[part.name, part.config, part.weight, part.levels] for part in self.parts]
        return json.dumps([parts, self.seed, self.size, self.is_composite, self.is_adaptive], sort_keys=True)

    def at(self, levels: Mapping[str, int]) -> "Selection":
        """The selection with the curriculum of each dataset at one level."""
        parts = tuple(replace(part, levels=levels[part.name]) for part in self.parts)
        return replace(self, parts=parts, is_adaptive=False)


DEFAULT = Selection((Part("leg_counting"),), seed=42, size=1000)
"""What a first reset without arguments poses."""


def selection_of(
    dataset_name: Any = None,
    dataset_config: Any = None,
    dataset_specs: Any = None,
    seed: Any = None,
    size: Any = None,
    curriculum: Any = None,
    difficulty: Any = None,
) -> Selection | None:
    """The selection that the arguments of a reset ask for; None if they leave the dataset as it is.

    Raises:
        SelectionError: naming the argument that is wrong or missing. Whether the datasets exist and take their
            configuration is for :mod:`.configs` to say.
    """
    if dataset_name is None:
        given = {
            "dataset_config": dataset_config,
            "dataset_specs": dataset_specs,
            "size": size,
            "curriculum": curriculum,
            "difficulty": difficulty,
        }
        for name, value in given.items():
            if value is not None:
                hint = f": {COMPOSITE!r} for dataset_specs" if name == "dataset_specs" else ""
                raise SelectionError(f"{name} needs a dataset_name{hint}")
        return None
    if not isinstance(dataset_name, str) or not dataset_name:
        raise SelectionError(f"dataset_name must be the name of a dataset, not {shown(dataset_name)}")
    for name, value in (("seed", seed), ("size", size)):
        if value is None:
            raise SelectionError(f"{name} must be given with dataset_name: reset(dataset_name=..., seed=..., size=...)")
    seed = _whole_number("seed", seed, 0)
    size = _whole_number("size", size, 1)
    levels, is_adaptive = _levels(curriculum, difficulty)
    if dataset_name != COMPOSITE:
        if dataset_specs is not None:
            raise SelectionError(f"dataset_specs needs dataset_name={COMPOSITE!r}, not {shown(dataset_name)}")
        config = _config("dataset_config", dataset_config, forbidden=("seed", "size"))
        return Selection((Part(dataset_name, config, levels=levels),), seed, size, is_adaptive=is_adaptive)
    if dataset_config is not None:
        raise SelectionError(f"dataset_name={COMPOSITE!r} takes dataset_specs, not dataset_config")
    if curriculum is not None:
        raise SelectionError("in a composite, give each of the dataset_specs a curriculum of its own")
    parts = _parts(dataset_specs)
    if levels is not None or is_adaptive:
        if with_own := [part.name for part in parts if part.levels is not None]:
            first = shown(with_own[0])
            raise SelectionError(f"difficulty sets the curriculum of every dataset: leave out that of {first}")
        parts = tuple(replace(part, levels=levels) for part in parts)
    return Selection(parts, seed, size, is_composite=True, is_adaptive=is_adaptive)


def _levels(curriculum: Any, difficulty: Any) -> tuple[Mapping[str, int] | int | None, bool]:
    if difficulty is None:
        return (None if curriculum is None else _attribute_levels("curriculum", curriculum)), False
    if curriculum is not None:
        raise SelectionError("give curriculum (a level per attribute) or difficulty (one for all), not both")
    if difficulty == ADAPTIVE:
        return None, True
    if isinstance(difficulty, str):
        raise SelectionError(f"difficulty must be a level from 0 or {ADAPTIVE!r}, not {shown(difficulty)}")
    return _whole_number("difficulty", difficulty, 0), False


def _attribute_levels(name: str, value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping) or not value:
        raise SelectionError(f"{name} must map attributes to levels, such as {{'num_animals': 3}}, not {shown(value)}")
    return {str(key): _whole_number(f"{name}[{shown(str(key))}]", level, 0) for key, level in value.items()}


def _parts(specs: Any) -> tuple[Part, ...]:
    if not isinstance(specs, list | tuple) or not specs:
        example = "[{'name': 'leg_counting', 'weight': 1, 'config': {}}]"
        raise SelectionError(f"{COMPOSITE} needs dataset_specs, a list such as {example}; got {shown(specs)}")
    parts = tuple(_part(f"dataset_specs[{index}]", spec) for index, spec in enumerate(specs))
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise SelectionError(
                f"dataset_specs holds {shown(name)} more than once: a composite takes each dataset once"
            )
    if not math.isfinite(sum(part.weight for part in parts)):
        raise SelectionError("the weights of dataset_specs are too large: their sum must be a number, too")
    return parts


def _part(where: str, spec: Any) -> Part:
    if not isinstance(spec, Mapping):
        raise SelectionError(f"{where} must be a mapping with the key 'name', not {shown(spec)}")
    for key in spec:
        if key not in _SPEC_KEYS:
            hint = did_you_mean(str(key), _SPEC_KEYS)
            raise SelectionError(f"{where} has the unknown key {shown(key)}{hint} (there are: {', '.join(_SPEC_KEYS)})")
    name, weight, levels = spec.get("name"), spec.get("weight", 1), spec.get("curriculum")
    if not isinstance(name, str) or not name:
        raise SelectionError(f"{where}['name'] must be the name of a dataset, not {shown(name)}")
    if name == COMPOSITE:
        raise SelectionError(f"{where}: a composite cannot hold another one")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not (math.isfinite(weight) and weight > 0):
        raise SelectionError(f"{where}['weight'] must be a positive number, not {shown(weight)}")
    config = _config(f"{where}['config']", spec.get("config"))
    for key, least in (("seed", 0), ("size", 1)):
        if key in config:
            _whole_number(f"{where}['config'][{key!r}]", config[key], least)
    return Part(name, config, weight, None if levels is None else _attribute_levels(f"{where}['curriculum']", levels))


def _config(name: str, value: Any, forbidden: tuple[str, ...] = ()) -> dict[str, Any]:
    """A configuration as plain JSON data."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise SelectionError(f"{name} must map names to values, not {shown(value)}")
    for key in forbidden:
        if key in value:
            raise SelectionError(f"{name} must not hold {key!r}: it is an argument of reset itself")
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise SelectionError(f"{name} must hold what JSON can hold: {error}") from None
    return plain


def _whole_number(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SelectionError(f"{name} must be a whole number from {least}, not {shown(value)}")
    return value
