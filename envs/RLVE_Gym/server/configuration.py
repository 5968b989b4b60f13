"""What a session poses: which problems, how hard, marked how."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .parts import check_markers, problems
from .selection import ConfigurationError, Selection

ADAPTIVE: Final = "adaptive"


@dataclass(frozen=True)
class Episode:
    """One problem to pose: enough to generate it again on any machine.

    Attributes:
        arguments: the problem's overridden arguments as canonical JSON, so that episodes can be compared and hashed.
    """

    identifier: str
    seed: int
    level: int
    answer_markers: tuple[str, str]
    arguments: str = "{}"

    def argument_values(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(self.arguments)
        return values


@dataclass(frozen=True)
class Configuration:
    """How episodes are made.

    Attributes:
        difficulty: a level, or None for the levels of the curriculum.
        arguments: overridden arguments per problem, as canonical JSON.
    """

    selection: Selection
    difficulty: int | None
    answer_markers: tuple[str, str]
    arguments: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        environment_identifier: Any = "Multiplication",
        difficulty: Any = 0,
        answer_markers: Any = None,
        arguments: Any = None,
    ) -> "Configuration":
        """The configuration of an environment's arguments.

        Raises:
            ConfigurationError: naming the argument that is wrong, and what would be right.
        """
        return cls(
            Selection.of(environment_identifier),
            _difficulty(difficulty),
            _markers(answer_markers),
            _arguments({} if arguments is None else arguments),
        )

    def overridden(
        self,
        environment_identifier: Any = None,
        difficulty: Any = None,
        answer_markers: Any = None,
        arguments: Any = None,
    ) -> "Configuration":
        """This configuration with what is not None in place of its own; raises as `of`."""
        changes: dict[str, Any] = {}
        if environment_identifier is not None:
            changes["selection"] = Selection.of(environment_identifier)
        if difficulty is not None:
            changes["difficulty"] = _difficulty(difficulty)
        if answer_markers is not None:
            changes["answer_markers"] = _markers(answer_markers)
        if arguments is not None:
            changes["arguments"] = _arguments(arguments)
        return replace(self, **changes) if changes else self

    def episode(self, identifier: str, seed: int, level: int) -> Episode:
        return Episode(identifier, seed, level, self.answer_markers, self.arguments.get(identifier, "{}"))


def checked_seed(seed: Any) -> int:
    """A seed.

    Raises:
        ConfigurationError: for anything but an integer >= 0.
    """
    if type(seed) is not int or seed < 0:
        raise ConfigurationError(f"seed must be an integer >= 0, not {seed!r}")
    return seed


def _difficulty(difficulty: Any) -> int | None:
    if difficulty == ADAPTIVE:
        return None
    if type(difficulty) is not int or difficulty < 0:
        raise ConfigurationError(f"difficulty must be an integer >= 0 or {ADAPTIVE!r}, not {difficulty!r}")
    return difficulty


def _markers(markers: Any) -> tuple[str, str]:
    if markers is not None and not isinstance(markers, list | tuple):
        raise ConfigurationError(f"answer_markers must be two non-empty strings, not {markers!r}")
    try:
        return check_markers(markers)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _arguments(arguments: Any) -> dict[str, str]:
    """Checks the arguments by making the problems they are for."""
    if not isinstance(arguments, Mapping) or not all(isinstance(value, Mapping) for value in arguments.values()):
        raise ConfigurationError(
            f"arguments must map problems to their arguments, as in {{'Sorting': {{'wrong_format': 0.0}}}}, "
            f"not {arguments!r}"
        )
    for identifier, values in arguments.items():
        if "answer_markers" in values:
            raise ConfigurationError("arguments: answer_markers is an argument of its own, for all problems")
        try:
            problems.get(identifier, **values)
        except (LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(f"arguments: {error}") from None
    return {str(name): json.dumps(dict(values), sort_keys=True) for name, values in arguments.items()}
