"""One way to write code that runs synchronously as long as nothing has to be awaited.

Scoring may meet an async judge anywhere in a tree of rubrics. Written twice, once per world, the two copies
would drift; so it is written once, as a generator that yields what has to be awaited, and :func:`run` drives
it.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Coroutine, Generator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[Awaitable[Any], Any, T]
"""Yields awaitables, is sent what they give, returns the result."""


def run(steps: Steps[T]) -> T | Coroutine[Any, Any, T]:
    """Drive ``steps``: the result if nothing had to be awaited, else a coroutine that finishes the work."""
    try:
        awaitable = next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    return _finish(steps, _Unstarted(awaitable))


class _Unstarted:
    """An awaitable nobody awaits yet; closed with the coroutine that holds it, should nobody ever."""

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._awaitable: Awaitable[Any] | None = awaitable

    def take(self) -> Awaitable[Any]:
        awaitable, self._awaitable = self._awaitable, None
        assert awaitable is not None
        return awaitable

    def __del__(self) -> None:
        discard([self._awaitable])


async def _finish(steps: Steps[T], first: _Unstarted) -> T:
    awaitable = first.take()
    try:
        while True:
            try:
                value = await awaitable
            except BaseException as error:
                awaitable = steps.throw(error)
            else:
                awaitable = steps.send(value)
    except StopIteration as end:
        result: T = end.value
        return result


def value_of(value: T | Awaitable[T]) -> Steps[T]:
    """The value itself, awaited where it has to be."""
    if inspect.isawaitable(value):
        result: T = yield value
        return result
    return value


def all_of(values: Sequence[Any]) -> Steps[list[Any]]:
    """The values, with those that are awaitable awaited in parallel."""
    waiting = [_Unstarted(value) for value in values if inspect.isawaitable(value)]
    if not waiting:
        return list(values)
    results = iter((yield _gather(waiting)))
    return [next(results) if inspect.isawaitable(value) else value for value in values]


async def _gather(waiting: Sequence[_Unstarted]) -> list[Any]:
    tasks = [asyncio.ensure_future(each.take()) for each in waiting]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        # One failed, or the caller gave up: nobody waits for the others any more.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def discard(values: Sequence[Any]) -> None:
    """Close the coroutines among ``values`` that will never be awaited."""
    for value in values:
        if inspect.iscoroutine(value):
            value.close()
