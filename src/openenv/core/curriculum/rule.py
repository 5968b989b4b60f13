"""When difficulty rises: the rule itself, without any storage."""

from dataclasses import dataclass
from typing import NamedTuple

# Averages of fractions such as 0.9 miss it by rounding.
_ROUNDING = 1e-9


class Progress(NamedTuple):
    """Where a problem stands: its upper level, and the rollouts at that level that count so far.

    Attributes:
        level: the upper level.
        accuracy: the sum of their accuracies.
        samples: how many they are.
    """

    level: int
    accuracy: float = 0.0
    samples: int = 0


@dataclass(frozen=True)
class Rule:
    """How difficulty follows the learner.

    Levels are drawn from the ``window_size`` levels up to a problem's upper level. Rollouts at the upper
    level count, others do not. As soon as ``minimum_samples`` of them are in, their mean accuracy is looked
    at: if it reaches ``accuracy_threshold``, the upper level rises by one. Either way counting starts again
    from zero, so that each look is at what the learner can do now, not at what it once could not.

    Attributes:
        initial_difficulty: the upper level of a problem that is new.
        window_size: how many levels are drawn from; fewer near level 0.
        accuracy_threshold: from 0 to 1.
        minimum_prompts: how many prompts a look takes; each has ``group_size`` rollouts.
        group_size: how many rollouts the trainer makes of a prompt.

    Raises:
        ValueError: for values out of range.
    """

    initial_difficulty: int = 0
    window_size: int = 4
    accuracy_threshold: float = 0.9
    minimum_prompts: int = 8
    group_size: int = 8

    def __post_init__(self) -> None:
        for name, least in (
            ("initial_difficulty", 0),
            ("window_size", 1),
            ("minimum_prompts", 1),
            ("group_size", 1),
        ):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
        if not 0 <= self.accuracy_threshold <= 1:
            raise ValueError(f"accuracy_threshold must be from 0 to 1, got {self.accuracy_threshold!r}")

    @property
    def minimum_samples(self) -> int:
        """How many rollouts at the upper level a look takes."""
        return self.minimum_prompts * self.group_size

    @property
    def beginning(self) -> Progress:
        """Where a new problem stands."""
        return Progress(self.initial_difficulty)

    def levels(self, upper: int) -> range:
        """The levels to draw from where ``upper`` is the upper one."""
        return range(max(0, upper - self.window_size + 1), upper + 1)

    def after(self, progress: Progress, level: int, accuracy: float) -> Progress:
        """Where a problem stands after a rollout at ``level``; the same object if that does not count."""
        if level != progress.level:
            return progress
        total, samples = progress.accuracy + accuracy, progress.samples + 1
        if samples < self.minimum_samples:
            return Progress(level, total, samples)
        return Progress(level + (total / samples >= self.accuracy_threshold - _ROUNDING))


def checked_report(problem: str, level: int, accuracy: float) -> None:
    """Raise for what is no report.

    Raises:
        ValueError: naming what is wrong.
    """
    checked_problem(problem)
    if type(level) is not int or level < 0:
        raise ValueError(f"level must be an integer of at least 0, got {level!r}")
    if not isinstance(accuracy, (int, float)) or not 0 <= accuracy <= 1:
        raise ValueError(f"accuracy must be a number from 0 to 1, got {accuracy!r}")


def checked_problem(problem: str) -> None:
    """Raise for what names no problem.

    Raises:
        ValueError: then.
    """
    if not isinstance(problem, str) or not problem:
        raise ValueError(f"a problem is named by a text, got {problem!r}")
