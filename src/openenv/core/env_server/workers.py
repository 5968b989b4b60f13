"""Threads that run environment code, one call at a time each.

An own small thread class rather than ``concurrent.futures``: these threads are daemons, so an environment that hangs
cannot keep the server from exiting, and their results go straight to an asyncio future, with a deadline.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from .exceptions import CallTimeoutError, describe

T = TypeVar("T")

logger = logging.getLogger("openenv.server")


def contained(error: BaseException) -> Exception:
    """``error``, or what stands for it where asyncio would take it for a message to itself.

    A ``SystemExit`` in an environment ends its call, not the server.
    """
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    name, text = type(error).__name__, describe(error)
    wrapped = RuntimeError(name if text == name else f"{name}: {text}")
    wrapped.__cause__ = error
    return wrapped


class _Containment:
    """Context in which errors are :func:`contained`."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and contained(error) is not error:
            raise contained(error) from error


CONTAINED = _Containment()


@dataclass(slots=True)
class _Job:
    """A call, where its result goes, and its deadline."""

    name: str
    call: Callable[[], Any]
    result: asyncio.Future[Any]
    timeout_s: float | None
    timer: asyncio.TimerHandle | None = None

    def start_clock(self) -> None:
        if self.timeout_s is not None and not self.result.done():
            self.timer = self.result.get_loop().call_later(self.timeout_s, self._expire, self.timeout_s)

    def _expire(self, timeout_s: float) -> None:
        if not self.result.done():
            self.result.set_exception(CallTimeoutError(self.name, timeout_s))


class WorkerThread:
    """One thread. Its methods may be called from the event loop only."""

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        threading.Thread(target=self._work, name="openenv-worker", daemon=True).start()

    @property
    def at_home(self) -> bool:
        """Whether the event loop that runs now is this thread's own. An app may be used on one loop after another."""
        return self._loop is asyncio.get_running_loop()

    @property
    def busy(self) -> bool:
        """Whether a call is still at work here, be it one whose caller has given up."""
        return self._running > 0

    async def until_idle(self, name: str, timeout_s: float | None) -> None:
        """Wait for a call that passed its deadline to end after all.

        Raises:
            CallTimeoutError: if it is still at work after ``timeout_s``.
        """
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            waited = timeout_s or 0.0
            raise CallTimeoutError(f"{name} waits for an earlier call that is still running and", waited) from None

    def submit(self, name: str, call: Callable[[], T], timeout_s: float | None) -> asyncio.Future[T]:
        """Put ``call`` in line; what it returns or raises, or :class:`.CallTimeoutError` past the deadline.

        The clock starts when the thread starts to work on it.
        """
        job = _Job(name, call, self._loop.create_future(), timeout_s)
        if not self.busy:
            job.start_clock()  # its turn is now: no need to hear so from the thread
        self._put(job)
        return job.result

    def post(self, name: str, call: Callable[[], None]) -> None:
        """Put ``call`` in line; nobody waits for it."""
        job = _Job(name, call, self._loop.create_future(), None)
        job.result.cancel()
        self._put(job)

    def _put(self, job: _Job) -> None:
        self._running += 1
        self._idle.clear()
        self._jobs.put(job)

    def stop(self) -> None:
        """End the thread once its present calls are over."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            value, error = None, None
            try:
                if job.timer is None and job.timeout_s is not None:
                    self._loop.call_soon_threadsafe(job.start_clock)
                value = job.call()
            except BaseException as raised:
                error = raised
            try:
                self._loop.call_soon_threadsafe(self._deliver, job, value, error)
            except RuntimeError:  # the loop is closed: nobody is left to tell
                return

    def _deliver(self, job: _Job, value: Any, error: BaseException | None) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()
        if job.timer is not None:
            job.timer.cancel()
        if job.result.done():  # its caller has given up
            if error is not None:
                logger.warning("%s failed when nobody waited for it any more: %r", job.name, contained(error))
        elif error is None:
            job.result.set_result(value)
        else:
            job.result.set_exception(contained(error))


class WorkerThreads:
    """Threads to lend: one that comes back is lent again, one that hangs is left behind."""

    def __init__(self, *, single: bool = False, keep_idle: int = 64) -> None:
        """``single``: there is only one, lent to everybody, for environments that must all run on the same."""
        self._single = single
        self._idle: list[WorkerThread] = []
        self._keep_idle = keep_idle
        self._shared: WorkerThread | None = None

    def take(self) -> WorkerThread:
        if self._single:
            if self._shared is None or not self._shared.at_home:
                self._shared = WorkerThread(shared=True)
            return self._shared
        while self._idle:
            worker = self._idle.pop()
            if worker.at_home:
                return worker
            worker.stop()
        return WorkerThread()

    def give_back(self, worker: WorkerThread) -> None:
        if worker.shared:
            return
        if worker.busy or len(self._idle) >= self._keep_idle:
            worker.stop()
        else:
            self._idle.append(worker)

    def stop(self) -> None:
        for worker in self._idle:
            worker.stop()
        self._idle.clear()
        if self._shared is not None:
            self._shared.stop()
            self._shared = None
