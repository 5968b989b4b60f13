"""A pool of worker processes with hard time limits."""

import asyncio
import atexit
import math
import os
import pickle
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from .calls import Call, pack
from .dispatcher import Dispatcher
from .frames import Tag, frame

T = TypeVar("T")
P = ParamSpec("P")

_CALLS_AHEAD = 4  # per worker, so that none waits for the thread that reads the results

_dispatchers: "weakref.WeakSet[Dispatcher]" = weakref.WeakSet()


class WorkerPool:
    """Runs functions in worker processes that can be stopped for certain.

    A call over its limit is stopped by killing its worker, with whatever that has started; a worker that dies
    is replaced; only the call it was at work on fails. Workers are started when they are first needed and end
    with the pool, at the latest when this process ends, in whatever way.

    Functions live at the top level of an importable module; arguments and results are pickled. Linux, macOS.

    Args:
        max_workers: how many at once; default one per usable core.
        preload: modules to import once, in the process workers are forked from: heavy ones that most calls
            need. They must not start threads when imported.
        initializer: called in every new worker, with ``initargs``.
        memory_limit_mb: how much a worker may allocate beyond what it has when ready, in MiB; a call that
            wants more gets ``MemoryError`` (Linux).
        start_timeout_s: how long a worker may take to be ready, and a call to be imported before its own
            clock starts.

    Raises:
        ValueError: for settings out of range.
        OSError: where processes cannot be forked.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        preload: Sequence[str] = (),
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        memory_limit_mb: int | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        if not hasattr(os, "fork"):
            raise OSError(f"worker processes need Linux or macOS, not {sys.platform}")
        if max_workers is not None and max_workers < 1:
            raise ValueError(f"max_workers must be at least 1, got {max_workers}")
        if memory_limit_mb is not None and (memory_limit_mb < 1 or sys.platform != "linux"):
            raise ValueError(f"memory_limit_mb must be at least 1, and needs Linux; got {memory_limit_mb}")
        self.max_workers = max_workers or _usable_cores()
        starter = None
        if initializer is not None:
            starter = pack(initializer, tuple(initargs), {})
        limit = None if memory_limit_mb is None else memory_limit_mb << 20
        config = frame(Tag.CONFIG, pickle.dumps((sys.path, limit, starter)))
        start_timeout_s = cast(float, _checked_limit(start_timeout_s))
        self._dispatcher = Dispatcher(self.max_workers, tuple(preload), config, start_timeout_s)
        self._pid = os.getpid()
        _dispatchers.add(self._dispatcher)
        # A pool that is dropped without being closed must not leave its processes behind.
        weakref.finalize(self, self._dispatcher.stop_soon).atexit = False

    @property
    def worker_pids(self) -> list[int]:
        """The process ids of the workers that are ready."""
        return self._dispatcher.pids

    def submit(self, fn: Callable[..., T], /, *args: Any, timeout_s: float | None = None, **kwargs: Any) -> Future[T]:
        """Run ``fn(*args, **kwargs)`` in a worker.

        The future's callbacks run on the pool's own thread and should be quick.

        Args:
            timeout_s: how long it may be at work, in seconds. The clock starts when it starts.

        Returns:
            A future that gives the result, or raises what ``fn`` raised, or a :class:`WorkerError`
            (:class:`WorkerTimeoutError`, :class:`WorkerDiedError`, ...).

        Raises:
            TypeError: if the call cannot be pickled.
            PoolClosedError: if the pool is closed.
        """
        call = Call.of(fn, args, kwargs, _checked_limit(timeout_s))
        self._submit([call])
        return call.future

    async def run(self, fn: Callable[..., T], /, *args: Any, timeout_s: float | None = None, **kwargs: Any) -> T:
        """As :meth:`submit`, awaited. If the awaiting task is cancelled, the call is stopped."""
        future = self.submit(fn, *args, timeout_s=timeout_s, **kwargs)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._dispatcher.abandon([future])
            raise

    def map(
        self,
        fn: Callable[..., T],
        /,
        *iterables: Iterable[Any],
        timeout_s: float | None = None,
        chunk_size: int = 1,
        return_errors: bool = False,
    ) -> Iterator[T]:
        """``fn`` for the items of the iterables, as the built-in ``map``; results in order, as they come.

        Args:
            timeout_s: the limit of each single call.
            chunk_size: up to how many calls a worker is given at a time: more than 1 pays for calls of less
                than a millisecond. Limits and failures stay those of single calls.
            return_errors: give a failed call's error as its result, instead of raising it there and then.
        """
        calls = self._calls(fn, iterables, timeout_s, chunk_size)
        ahead = self.max_workers * max(_CALLS_AHEAD, 2 * chunk_size)
        pending: deque[Future[T]] = deque()
        try:
            for chunk in _chunks(calls, chunk_size):
                self._submit(chunk)
                pending.extend(call.future for call in chunk)
                while len(pending) >= ahead:
                    yield _result(pending.popleft(), return_errors)
            while pending:
                yield _result(pending.popleft(), return_errors)
        finally:
            self._give_up(pending)  # the caller has had enough, or a call has failed

    async def run_all(
        self,
        fn: Callable[..., T],
        /,
        *iterables: Iterable[Any],
        timeout_s: float | None = None,
        chunk_size: int = 1,
        return_errors: bool = False,
    ) -> list[T]:
        """As :meth:`map`, awaited. If the awaiting task is cancelled, the calls are stopped."""
        calls = list(self._calls(fn, iterables, timeout_s, chunk_size))
        self._submit(calls)
        waiting = asyncio.gather(*(asyncio.wrap_future(call.future) for call in calls), return_exceptions=return_errors)
        try:
            return cast(list[T], await waiting)
        except BaseException:
            self._give_up(call.future for call in calls)
            raise

    def close(self) -> None:
        """Finish what was submitted, end the workers, and return when they are gone; idempotent."""
        self._dispatcher.close(wait=True)

    def terminate(self) -> None:
        """End the workers at once; calls that are not done raise :class:`PoolClosedError`; idempotent."""
        self._dispatcher.close(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.terminate()

    def _calls(
        self,
        fn: Callable[..., Any],
        iterables: Sequence[Iterable[Any]],
        timeout_s: float | None,
        chunk_size: int,
    ) -> Iterator[Call]:
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1, got {chunk_size}")
        limit = _checked_limit(timeout_s)
        return (Call.of(fn, arguments, {}, limit, chunk_size) for arguments in zip(*iterables, strict=False))

    def _give_up(self, futures: Iterable[Future[Any]]) -> None:
        self._dispatcher.abandon([future for future in futures if not future.cancel()])

    def _submit(self, calls: Iterable[Call]) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("this pool belongs to the process this one was forked from: make another here")
        self._dispatcher.submit(calls)


def _result(future: Future[T], return_errors: bool) -> T:
    error = future.exception()
    if error is None or not return_errors:
        return future.result()
    return cast(T, error)


def _chunks(calls: Iterator[Call], size: int) -> Iterator[list[Call]]:
    chunk: list[Call] = []
    for call in calls:
        chunk.append(call)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _checked_limit(timeout_s: float | None) -> float | None:
    if timeout_s is not None and not (timeout_s > 0 and math.isfinite(timeout_s)):
        raise ValueError(f"a limit must be a positive number of seconds, got {timeout_s!r}")
    return timeout_s


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# A forked process has the parent's dispatchers without their threads: ending them is not its business.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_dispatchers.clear)


@atexit.register
def _end_all() -> None:
    for dispatcher in list(_dispatchers):
        dispatcher.close(wait=False)
