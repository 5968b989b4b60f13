"""Difficulty: from a level to the list of starting parameters one is drawn from."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import ParameterError
from .instance import Parameter

Step = Callable[[Any], Any]


def add(amount: int) -> Step:
    """N <- N + amount."""
    return lambda value: value + amount


def scale(factor: float, plus: int = 1) -> Step:
    """N <- floor(N * factor + plus), evaluated in doubles as written."""
    return lambda value: int(value * factor + plus)


class Schedule:
    """What a problem starts from at level 0, how that grows, and which choices there are at a level.

    Args:
        start: The state at level 0.
        grow: A step for each name that grows; or, where they grow together, a function that takes the state as
            keyword arguments and returns the next state.
        choices: Takes the state and the arguments as keyword arguments and gives the starting parameters, repeats
            included (they are drawn more often). Without it there is one choice: the state and the arguments.
        arguments: The keyword arguments of the schedule that users may override, with their defaults.
    """

    def __init__(
        self,
        start: Parameter,
        grow: Mapping[str, Step] | Callable[..., Parameter],
        choices: Callable[..., Iterable[Parameter]] | None = None,
        **arguments: Any,
    ) -> None:
        self.start = start
        self.grow = grow
        self.arguments = arguments
        self._choices = choices

    def with_arguments(self, **overrides: Any) -> "Schedule":
        """The same schedule with other arguments; None means the default.

        Raises:
            TypeError: an argument this schedule does not have.
        """
        unknown = sorted(set(overrides) - set(self.arguments))
        if unknown:
            known = ", ".join(self.arguments) or "none"
            raise TypeError(f"unknown schedule arguments {unknown}; there are: {known}")
        chosen = {name: value for name, value in overrides.items() if value is not None}
        return Schedule(self.start, self.grow, self._choices, **{**self.arguments, **chosen})

    def state(self, level: int) -> Parameter:
        """The state after `level` steps from the start."""
        if type(level) is not int or level < 0:
            raise ParameterError(f"a level is an integer >= 0, not {level!r}")
        state = dict(self.start)
        for _ in range(level):
            if callable(self.grow):
                state = self.grow(**state)
            else:
                state |= {name: step(state[name]) for name, step in self.grow.items()}
        return state

    def choices(self, level: int) -> list[Parameter]:
        """The starting parameters at a level, possibly none."""
        state = self.state(level)
        if self._choices is None:
            return [{**state, **self.arguments}]
        return [dict(choice) for choice in self._choices(**state, **self.arguments)]
