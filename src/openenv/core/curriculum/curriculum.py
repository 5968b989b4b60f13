"""Difficulty that follows the learner, for any number of problems."""

import os
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypedDict

from .rule import Progress, Rule, checked_problem, checked_report
from .stores import MemoryStore, SQLiteStore, Store

_MOST: Final = 2**63  # what an SQLite integer holds

_dice = random.Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_dice.seed)  # or forked processes would draw the same levels


class Standing(TypedDict):
    """Where a problem stands, for people to read.

    Attributes:
        lowest_level, upper_level: the levels that are drawn, both included.
        samples: how many rollouts at the upper level count so far.
        minimum_samples: how many there must be.
        accuracy: their mean so far; None without any.
    """

    lowest_level: int
    upper_level: int
    samples: int
    minimum_samples: int
    accuracy: float | None


class Curriculum:
    """An upper level of difficulty per problem, raised as the learner gets better; see :class:`Rule` for how.

    Problems are named by any text; one that is new starts at ``initial_difficulty``. May be used from any
    thread, and, with a file, from several processes at once.

    Args:
        path: an SQLite file, made where there is none; None or ``":memory:"`` keeps nothing.
        problems: names to list from the start, before anything is known of them.
        initial_difficulty, window_size, accuracy_threshold, minimum_prompts, group_size: of :class:`Rule`.

    Raises:
        ValueError: for settings out of range.
        CurriculumStoreError: if the file cannot be used.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        problems: Iterable[str] = (),
        initial_difficulty: int = 0,
        window_size: int = 4,
        accuracy_threshold: float = 0.9,
        minimum_prompts: int = 8,
        group_size: int = 8,
    ) -> None:
        self.rule = Rule(initial_difficulty, window_size, accuracy_threshold, minimum_prompts, group_size)
        self._store: Store = MemoryStore() if path is None or str(path) == ":memory:" else SQLiteStore(path)
        listed = list(problems)
        for problem in listed:
            checked_problem(problem)
        if any(self._store.get(problem) is None for problem in listed):
            with self._store.transaction():
                for problem in listed:
                    self._store.put(problem, self._progress(problem))

    def _progress(self, problem: str) -> Progress:
        return self._store.get(problem) or self.rule.beginning

    # Drawing

    def upper_level(self, problem: str) -> int:
        """The upper level of ``problem``."""
        return self._progress(problem).level

    def levels(self, problem: str) -> range:
        """The levels ``problem`` is drawn from."""
        return self.rule.levels(self.upper_level(problem))

    def draw(self, problem: str, rng: random.Random | int | None = None) -> int:
        """A level for the next rollouts of ``problem``, each level of the window as likely as the others.

        Args:
            rng: a generator, or a seed that always gives the same level of the same window; None for chance.
        """
        generator = _dice if rng is None else random.Random(rng) if isinstance(rng, int) else rng
        return generator.choice(self.levels(problem))

    def next_seed(self) -> int:
        """A seed for generating a problem: 0, 1, 2, ...; none is given out twice, by any process."""
        return self.next_seeds(1)[0]

    def next_seeds(self, count: int) -> range:
        """The next ``count`` seeds."""
        if count < 0:
            raise ValueError(f"count must be at least 0, got {count}")
        with self._store.transaction():
            first = self._store.get_seed()
            self._store.put_seed(first + count)
        return range(first, first + count)

    # Reporting

    def report(self, problem: str, level: int, accuracy: float) -> bool:
        """Take in the result of one rollout; only one at the upper level counts.

        Args:
            level: the level the problem was generated at.
            accuracy: from 0 to 1.

        Returns:
            Whether the upper level rose.

        Raises:
            ValueError: if ``level`` or ``accuracy`` is out of range.
        """
        checked_report(problem, level, accuracy)
        if self._progress(problem).level != level:
            return False  # most are of lower levels, and need no transaction
        with self._store.transaction():
            return self._take(problem, level, accuracy)

    def report_many(self, reports: Iterable[tuple[str, int, float]]) -> set[str]:
        """Take in ``(problem, level, accuracy)`` of several rollouts, in order, at once.

        Returns:
            The problems whose upper level rose.

        Raises:
            ValueError: if one of them is out of range; then none is taken in.
        """
        reports = list(reports)
        for report in reports:
            checked_report(*report)
        with self._store.transaction():
            return {problem for problem, level, accuracy in reports if self._take(problem, level, accuracy)}

    def _take(self, problem: str, level: int, accuracy: float) -> bool:
        before = self._progress(problem)
        after = self.rule.after(before, level, accuracy)
        if after is before:
            return False
        self._store.put(problem, after)
        return after.level > before.level

    # Reading, exporting, restoring

    def snapshot(self) -> dict[str, Standing]:
        """Where every problem stands that was listed or reported, ready for JSON."""
        return {problem: self._standing(progress) for problem, progress in sorted(self._store.all().items())}

    def _standing(self, progress: Progress) -> Standing:
        return {
            "lowest_level": self.rule.levels(progress.level)[0],
            "upper_level": progress.level,
            "samples": progress.samples,
            "minimum_samples": self.rule.minimum_samples,
            "accuracy": progress.accuracy / progress.samples if progress.samples else None,
        }

    def get_state(self) -> dict[str, Any]:
        """The whole state, ready for JSON.

        ``environment2difficulty`` has the upper level of each problem, ``environment2accuracy`` the sum of
        the accuracies (``accuracy``) and the number (``num_samples``) of the rollouts that count so far, and
        ``problem_generation_seed`` is the next seed.
        """
        with self._store.transaction():
            problems, seed = self._store.all(), self._store.get_seed()
        return {
            "environment2difficulty": {name: progress.level for name, progress in problems.items()},
            "environment2accuracy": {
                name: {"accuracy": progress.accuracy, "num_samples": progress.samples}
                for name, progress in problems.items()
            },
            "problem_generation_seed": seed,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Replace the whole state by one that :meth:`get_state` gave.

        Raises:
            ValueError: if it is malformed; then nothing is changed.
        """
        problems, seed = _parse_state(state)
        with self._store.transaction():
            self._store.replace(problems)
            self._store.put_seed(seed)

    def close(self) -> None:
        """Let go of the file; idempotent."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _parse_state(state: Mapping[str, Any]) -> tuple[dict[str, Progress], int]:
    try:
        levels, accuracies = state["environment2difficulty"], state.get("environment2accuracy", {})
        seed = _integer("problem_generation_seed", state.get("problem_generation_seed", 0))
        if stray := set(accuracies) - set(levels):
            raise ValueError(f"environment2accuracy has {sorted(stray)[0]!r}, environment2difficulty has not")
        problems = {name: _parse_progress(name, level, accuracies.get(name)) for name, level in levels.items()}
    except KeyError as error:
        raise ValueError(f"a curriculum's state has no {error}") from None
    except (AttributeError, TypeError) as error:
        raise ValueError(f"a curriculum's state is malformed: {error}") from None
    return problems, seed


def _parse_progress(problem: str, level: Any, counted: Mapping[str, Any] | None) -> Progress:
    checked_problem(problem)
    level = _integer(f"environment2difficulty[{problem!r}]", level)
    if counted is None:
        return Progress(level)
    samples = _integer(f"environment2accuracy[{problem!r}]['num_samples']", counted["num_samples"])
    accuracy = float(counted["accuracy"])
    if not 0 <= accuracy <= samples:
        raise ValueError(f"the accuracies of {samples} samples of {problem!r} cannot sum to {accuracy!r}")
    return Progress(level, accuracy, samples)


def _integer(name: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError(f"{name} must be an integer of at least 0, got {value!r}")
    return value
