"""Threads that run environment code, one call at a time each.

An own small thread class rather than ``concurrent.futures``: these threads are daemons, so an environment that hangs
cannot keep the server from exiting, and their results go straight to an asyncio future, with a deadline.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from .exceptions import CallTimeoutError, describe

T = TypeVar("T")

logger = logging.getLogger("openenv.server")

BEHIND_ANOTHER: Final = " waits for an earlier call that is still running and"
"""Put after a call's name where it did not get its turn in time."""


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
    margin_s: float = 0.0
    timer: asyncio.TimerHandle | None = None
    skipped: bool = False  # its caller gave up before its turn came

    def start_clock(self, expire: Callable[["_Job", float], None]) -> None:
        self.stop_clock()
        if self.timeout_s is not None and not self.result.done():
            loop = self.result.get_loop()
            self.timer = loop.call_later(self.timeout_s + self.margin_s, expire, self, self.timeout_s)

    def stop_clock(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class WorkerThread:
    """One thread. Its methods may be called from the event loop only."""

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._line: deque[_Job] = deque()  # the first one is at work
        self._loop = asyncio.get_running_loop()
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
        return bool(self._line)

    async def until_idle(self, name: str, timeout_s: float | None) -> None:
        """Wait for a call that passed its deadline to end after all.

        Raises:
            CallTimeoutError: if it is still at work after ``timeout_s``.
        """
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            raise CallTimeoutError(name + BEHIND_ANOTHER, timeout_s or 0.0) from None

    def submit(
        self, name: str, call: Callable[[], T], timeout_s: float | None, margin_s: float = 0.0
    ) -> asyncio.Future[T]:
        """Put ``call`` in line; what it returns or raises, or :class:`.CallTimeoutError` past the deadline.

        The clock starts when it is the call's turn; behind one that nobody waits for any more, such as one that has
        passed its deadline, at once: such a call may never end. A call whose turn comes too late is not made.

        Args:
            margin_s: how much longer it may take, to tell itself that it has passed its deadline.
        """
        job = _Job(name, call, self._loop.create_future(), timeout_s, margin_s)
        if self.shared:
            job.result.add_done_callback(self._on_given_up)
        self._put(job)
        return job.result

    def post(self, name: str, call: Callable[[], None]) -> None:
        """Put ``call`` in line; nobody waits for it."""
        job = _Job(name, call, self._loop.create_future(), None)
        job.result.cancel()
        self._put(job)

    def _put(self, job: _Job) -> None:
        if not self._line or self._line[0].result.done():
            job.start_clock(self._expire)
        self._line.append(job)
        self._idle.clear()
        self._jobs.put(job)

    def _on_given_up(self, result: asyncio.Future[Any]) -> None:
        if self._line and self._line[0].result is result:
            self._set_clocks()

    def _set_clocks(self) -> None:
        first, *behind = self._line
        first.start_clock(self._expire)
        for job in behind:
            if first.result.done():
                job.start_clock(self._expire)
            else:
                job.stop_clock()

    def _expire(self, job: _Job, timeout_s: float) -> None:
        if job.result.done():
            return
        job.skipped = job is not self._line[0]
        job.result.set_exception(CallTimeoutError(job.name + (BEHIND_ANOTHER if job.skipped else ""), timeout_s))

    def stop(self) -> None:
        """End the thread once its present calls are over."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            value, error = None, None
            try:
                if not job.skipped:
                    value = job.call()
            except BaseException as raised:
                error = raised
            try:
                self._loop.call_soon_threadsafe(self._deliver, job, value, error)
            except RuntimeError:  # the loop is closed: nobody is left to tell
                return

    def _deliver(self, job: _Job, value: Any, error: BaseException | None) -> None:
        self._line.popleft()
        job.stop_clock()
        if self._line:
            self._set_clocks()
        else:
            self._idle.set()
        if job.result.done():  # its caller has given up
            if error is not None and not isinstance(error, CallTimeoutError):
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
