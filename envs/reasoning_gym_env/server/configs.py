"""From a part of a selection to a configuration the library accepts, or to a message that says why not.

Runs in worker processes: it imports the library.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time
from enum import Enum
from functools import cache, partial
from importlib import resources
from typing import Any, get_args, get_origin

from reasoning_gym.coaching import BaseCurriculum, RangeAttributeDefinition
from reasoning_gym.factory import CURRICULA, DATASETS

from .errors import SelectionError, brief, did_you_mean, shown
from .selection import COMPOSITE, Part

_ALL_ATTRIBUTES = "*"

# acre makes all its questions at once, half a millisecond each, and they depend on how many there are.
_MOST_QUESTIONS = {"acre": 10_000}

# Levels with a valid configuration for which the library's generators (of 0.1.25) find no question in a minute.
_HOPELESS_LEVELS = {"jugs": (2, 3), "n_queens": (4,), "sokoban": (0,), "zebra_puzzles": (4, 5)}


def configured(part: Part, seed: int, size: int) -> Any:
    """The library's configuration object for ``part``, validated.

    Raises:
        SelectionError: for an unknown dataset, key, attribute or level, or values the library refuses.
    """
    config_cls = _config_class(part.name)
    _check_keys(part.name, config_cls, part.config)
    _check_data_file(part)
    values = _values(part, seed, size)
    if values["size"] > _MOST_QUESTIONS.get(part.name, values["size"]):
        most = _MOST_QUESTIONS[part.name]
        raise SelectionError(f"{part.name} makes all its questions at once: size must be at most {most}")
    if part.levels is None:
        return _validated(part.name, partial(config_cls, **values))
    if isinstance(part.levels, int):
        usable = ladder(part)
        level = usable[min(part.levels, len(usable) - 1)]
        return _validated(part.name, partial(_at_global_level, part.name, values, level))
    curriculum = _with_levels(part)
    return _validated(f"{part.name} at these levels", partial(curriculum.generate_configuration, values))


def ladder(part: Part) -> list[int]:
    """The levels of the library's curriculum that can be used, lowest first. Difficulty k is the k-th of them.

    Some curricula have levels their own datasets refuse, or make no questions for.

    Raises:
        SelectionError: if there is none.
    """
    curriculum = _curriculum(part)
    top = max((len(attribute.levels) for attribute in curriculum.attributes.values()), default=1) - 1
    values = _values(part, 0, 1)
    usable, reason = [], ""
    for level in range(top + 1):
        if level in _HOPELESS_LEVELS.get(part.name, ()):
            continue
        try:
            _validated(part.name, partial(_at_global_level, part.name, values, level))
        except SelectionError as error:
            reason = str(error)
        else:
            usable.append(level)
    if not usable:
        raise SelectionError(f"no level of the curriculum of {part.name} can be used: {reason}")
    return usable


def _config_class(name: str) -> Any:
    if name not in DATASETS or name == COMPOSITE:
        names = sorted({*DATASETS} - {COMPOSITE})
        raise SelectionError(f"unknown dataset {shown(name)}{did_you_mean(name, names)} (there are {len(names)})")
    return DATASETS[name][1]


@cache
def _field_names(config_cls: Any) -> list[str]:
    return [each.name for each in dataclasses.fields(config_cls) if each.init]


def _check_keys(name: str, config_cls: Any, config: Mapping[str, Any]) -> None:
    known = _field_names(config_cls)
    for key in config:
        if key not in known:
            own = ", ".join(each for each in known if each not in ("seed", "size")) or "nothing"
            hint = did_you_mean(key, known)
            raise SelectionError(f"the configuration of {name} has no {shown(key)}{hint} (it takes: {own})")


def _check_data_file(part: Part) -> None:
    """A path would show any file of the server to whoever asks."""
    if part.name != "spell_backward" or "data_file" not in part.config:
        return
    name, names = part.config["data_file"], [file.name for file in resources.files("reasoning_gym.data").iterdir()]
    if name not in names:
        raise SelectionError(
            f"data_file of {part.name} must be the name of a data file of the library, not {shown(name)}"
        )


def _values(part: Part, seed: int, size: int) -> dict[str, Any]:
    """What the configuration is made from."""
    kinds = {each.name: each.type for each in dataclasses.fields(_config_class(part.name))}
    with refusals(part.name):
        return {"seed": seed, "size": size} | {name: _typed(kinds[name], each) for name, each in part.config.items()}


def _typed(kind: Any, value: Any) -> Any:
    """The value, as what the library takes where JSON has no word for it: dates, members of an enum, options."""
    if isinstance(value, list) and get_origin(kind) is list and (kinds := get_args(kind)):
        return [_typed(kinds[0], each) for each in value]
    if not isinstance(kind, type):
        return value
    if isinstance(value, str) and issubclass(kind, date | time):
        return kind.fromisoformat(value)
    if isinstance(value, str) and issubclass(kind, Enum):
        members = [str(member.value) for member in kind]
        if value not in members:
            raise ValueError(f"{shown(value)} is none of {', '.join(members)}")
        return kind(value)
    if isinstance(value, dict) and dataclasses.is_dataclass(kind):
        return kind(**value)
    return value


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """What the library raises for a configuration becomes a SelectionError in its words."""
    try:
        yield
    except (SelectionError, MemoryError):
        raise
    except (AssertionError, ValueError) as error:
        raise SelectionError(f"{name}: {brief(error) or 'the library refuses this configuration'}") from None
    except Exception as error:  # a value of a type the library did not think of
        raise SelectionError(f"{name}: invalid configuration ({type(error).__name__}: {brief(error)})") from None


def _validated(name: str, make: Callable[[], Any]) -> Any:
    with refusals(name):
        config = make()
        if hasattr(config, "validate"):
            config.validate()
    return config


def _curriculum(part: Part) -> BaseCurriculum:
    """The dataset's curriculum; the configuration must not set what it sets."""
    _config_class(part.name)
    if part.name not in CURRICULA:
        raise SelectionError(f"{part.name} has no curriculum: use its dataset_config instead")
    curriculum = CURRICULA[part.name]()
    for attribute in curriculum.attributes.values():
        for field_name in _fields_of(attribute):
            if field_name in part.config:
                raise SelectionError(
                    f"{field_name} of {part.name} is set by its curriculum ({attribute.name}): "
                    "leave it out of the configuration"
                )
    return curriculum


def _fields_of(attribute: Any) -> tuple[str, ...]:
    if isinstance(attribute, RangeAttributeDefinition):
        return attribute.lower_field_name, attribute.upper_field_name
    return (attribute.field_name,)


def _at_global_level(name: str, values: dict[str, Any], level: int) -> Any:
    curriculum = CURRICULA[name]()
    curriculum.set_global_level(level)
    return curriculum.generate_configuration(values)


def _with_levels(part: Part) -> BaseCurriculum:
    assert isinstance(part.levels, Mapping)
    curriculum = _curriculum(part)
    known = list(curriculum.attributes)
    for attribute in part.levels:
        if attribute != _ALL_ATTRIBUTES and attribute not in known:
            raise SelectionError(
                f"the curriculum of {part.name} has no attribute {shown(attribute)}"
                f"{did_you_mean(attribute, known)} (there are: {', '.join(known)})"
            )
    everywhere = part.levels.get(_ALL_ATTRIBUTES)
    levels = {} if everywhere is None else dict.fromkeys(known, everywhere)
    levels.update({name: level for name, level in part.levels.items() if name != _ALL_ATTRIBUTES})
    for attribute, level in levels.items():
        highest = len(curriculum.attributes[attribute].levels) - 1
        if level > highest:
            raise SelectionError(f"{attribute} of {part.name} has the levels 0 to {highest}, not {shown(level)}")
        curriculum.set_attr_level(attribute, level)
    return curriculum
