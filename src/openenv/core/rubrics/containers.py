"""Rubrics made of rubrics."""

import asyncio
import inspect
import math
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ._steps import Steps, all_of, discard, run, value_of
from .base import Rubric, Score


def _numbered(index: int) -> str:
    return f"rubric_{index}"


_synchronous: ContextVar[bool] = ContextVar("synchronous", default=False)


@contextmanager
def synchronously() -> Iterator[None]:
    """For callers that cannot await: a :class:`Sequential` gives its score as if no event loop ran."""
    token = _synchronous.set(True)
    try:
        yield
    finally:
        _synchronous.reset(token)


class Sequential(Rubric):
    """One after the other: 0.0 at the first that scores 0, else the last one's score; 1.0 when empty.

    Called while an event loop runs in the same thread, it returns a coroutine even if no part of it is async.
    """

    def __init__(self, *rubrics: Rubric) -> None:
        for index, rubric in enumerate(rubrics):
            setattr(self, _numbered(index), rubric)

    def forward(self, action: Any, observation: Any) -> Score:
        result = run(self._in_order(action, observation))
        if inspect.isawaitable(result) or _synchronous.get() or not _loop_is_running():
            return result
        return _later(result)

    def _in_order(self, action: Any, observation: Any) -> Steps[float]:
        score = 1.0
        for rubric in tuple(self.children()):
            score = yield from value_of(rubric(action, observation))
            if score == 0:
                return 0.0
        return score

    def __len__(self) -> int:
        return len(self._child_rubrics)

    def __getitem__(self, index: int) -> Rubric:
        return list(self.children())[index]


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _later(score: float) -> float:
    return score


class Gate(Rubric):
    """The score of ``rubric`` where it reaches ``threshold``, else 0.0."""

    def __init__(self, rubric: Rubric, threshold: float = 1.0) -> None:
        self.rubric = rubric
        self.threshold = threshold

    def forward(self, action: Any, observation: Any) -> Score:
        return run(self._gated(action, observation))

    def _gated(self, action: Any, observation: Any) -> Steps[float]:
        score = yield from value_of(self.rubric(action, observation))
        return score if score >= self.threshold else 0.0


class WeightedSum(Rubric):
    """The sum of every score times its weight. Async rubrics run in parallel.

    Args:
        rubrics: at least one.
        weights: one per rubric, summing to 1.

    Raises:
        ValueError: if the lengths differ or the weights do not sum to 1 (within 1e-6).
    """

    def __init__(self, rubrics: Sequence[Rubric], weights: Sequence[float]) -> None:
        if len(rubrics) != len(weights):
            raise ValueError(f"{len(rubrics)} rubrics need as many weights, got {len(weights)}")
        total = math.fsum(weights)
        if not abs(total - 1.0) <= 1e-6:
            raise ValueError(f"weights must sum to 1, got {total:g}: divide each by their sum")
        for index, rubric in enumerate(rubrics):
            setattr(self, _numbered(index), rubric)
        self._weights = list(weights)

    @property
    def weights(self) -> list[float]:
        """A copy of the weights."""
        return list(self._weights)

    def forward(self, action: Any, observation: Any) -> Score:
        return run(self._sum(action, observation))

    def _sum(self, action: Any, observation: Any) -> Steps[float]:
        outcomes: list[Score] = []
        try:
            for rubric in tuple(self.children()):
                outcomes.append(rubric(action, observation))
        except BaseException:
            discard(outcomes)
            raise
        scores: list[float] = yield from all_of(outcomes)
        return sum(weight * score for weight, score in zip(self._weights, scores, strict=True))


class RubricList(Rubric):
    """A list of rubrics, for a rubric of yours to go through; it has no score of its own."""

    def __init__(self, rubrics: Iterable[Rubric] | None = None) -> None:
        self.extend(rubrics or ())

    def forward(self, action: Any, observation: Any) -> Score:
        raise NotImplementedError("a RubricList has no score of its own: call the rubrics in it")

    def append(self, rubric: Rubric) -> None:
        """Add one at the end."""
        setattr(self, _numbered(len(self)), _checked(rubric))

    def extend(self, rubrics: Iterable[Rubric]) -> None:
        """Add several at the end."""
        for rubric in rubrics:
            self.append(rubric)

    def __len__(self) -> int:
        return len(self._child_rubrics)

    def __getitem__(self, index: int) -> Rubric:
        return list(self.children())[index]

    def __iter__(self) -> Iterator[Rubric]:
        return self.children()


class RubricDict(Rubric):
    """Rubrics by name, for a rubric of yours to choose from; it has no score of its own."""

    def __init__(self, rubrics: Mapping[str, Rubric] | None = None) -> None:
        self.update(rubrics or {})

    def forward(self, action: Any, observation: Any) -> Score:
        raise NotImplementedError("a RubricDict has no score of its own: call the rubrics in it")

    def __setitem__(self, name: str, rubric: Rubric) -> None:
        # Not as an attribute: a rubric may be called "reset" or "forward".
        self._child_rubrics[name] = _checked(rubric)

    def __getitem__(self, name: str) -> Rubric:
        return self._child_rubrics[name]

    def __contains__(self, name: object) -> bool:
        return name in self._child_rubrics

    def __len__(self) -> int:
        return len(self._child_rubrics)

    def __iter__(self) -> Iterator[str]:
        return iter(self._child_rubrics)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._child_rubrics.keys()

    def values(self) -> ValuesView[Rubric]:
        """The rubrics."""
        return self._child_rubrics.values()

    def items(self) -> ItemsView[str, Rubric]:
        """Names and rubrics."""
        return self._child_rubrics.items()

    def update(self, rubrics: Mapping[str, Rubric]) -> None:
        """Add or replace several."""
        for name, rubric in rubrics.items():
            self[name] = rubric


def _checked(rubric: Any) -> Rubric:
    if not isinstance(rubric, Rubric):
        raise TypeError(f"expected a Rubric, got {type(rubric).__name__}")
    return rubric
