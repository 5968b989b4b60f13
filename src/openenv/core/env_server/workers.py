"""Threads that run environment code, one call at a time each.

An own small thread class rather than ``concurrent.futures``: these threads are daemons, so an environment that hangs
cannot keep the server from exiting, and their results go straight to an asyncio future, with a deadline.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from .exceptions import CallTimeoutError

T = TypeVar("T")

_Job = tuple[Callable[[], Any], asyncio.Future[Any], Callable[[], None] | None]

logger = logging.getLogger("openenv.server")


class WorkerThread:
    """One thread. ``run`` may be called from the event loop only."""

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        threading.Thread(target=self._work, name="openenv-worker", daemon=True).start()

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

    async def run(self, name: str, call: Callable[[], T], timeout_s: float | None, *, in_line: bool = False) -> T:
        """Run ``call`` on the thread. The clock starts when the thread starts to work on it.

        Args:
            in_line: put the call in line even if the thread is busy, and start the clock at once.

        Raises:
            CallTimeoutError: past the deadline, or if a call that passed its own deadline is still at work then.
        """
        if self._running and not in_line and not self.shared:
            await self.until_idle(name, timeout_s)
        result: asyncio.Future[T] = self._loop.create_future()
        timer: asyncio.TimerHandle | None = None

        def start_clock() -> None:
            nonlocal timer
            if timeout_s is not None and not result.done():
                timer = self._loop.call_later(timeout_s, _expire, result, name, timeout_s)

        self._running += 1
        self._idle.clear()
        if self.shared and not in_line:
            self._jobs.put((call, result, start_clock))
        else:
            self._jobs.put((call, result, None))
            start_clock()
        try:
            return await result
        finally:
            if timer is not None:
                timer.cancel()

    def stop(self) -> None:
        """End the thread once its present call is over."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            call, result, on_start = job
            value, error = None, None
            try:
                if on_start is not None:
                    self._loop.call_soon_threadsafe(on_start)
                value = call()
            except BaseException as raised:  # SystemExit in an environment ends its call, not the server
                error = raised
            try:
                self._loop.call_soon_threadsafe(self._deliver, result, value, error)
            except RuntimeError:  # the loop is closed: nobody is left to tell
                return

    def _deliver(self, result: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()
        if result.done():  # its caller has given up
            if error is not None:
                logger.warning("a call failed after its deadline: %r", error)
        elif error is None:
            result.set_result(value)
        elif isinstance(error, Exception) and not isinstance(error, StopIteration):
            result.set_exception(error)
        else:
            wrapped = RuntimeError(f"{type(error).__name__}: {error}")
            wrapped.__cause__ = error
            result.set_exception(wrapped)


def _expire(result: asyncio.Future[Any], name: str, timeout_s: float) -> None:
    if not result.done():
        result.set_exception(CallTimeoutError(name, timeout_s))


class WorkerThreads:
    """Threads to lend: one that comes back is lent again, one that hangs is left behind."""

    def __init__(self, keep_idle: int = 64) -> None:
        self._idle: list[WorkerThread] = []
        self._keep_idle = keep_idle
        self._shared: WorkerThread | None = None

    def take(self) -> WorkerThread:
        return self._idle.pop() if self._idle else WorkerThread()

    def give_back(self, worker: WorkerThread) -> None:
        if worker.shared:
            return
        if worker.busy or len(self._idle) >= self._keep_idle:
            worker.stop()
        else:
            self._idle.append(worker)

    def shared(self) -> WorkerThread:
        """The one thread for environments that must all run on the same."""
        if self._shared is None:
            self._shared = WorkerThread(shared=True)
        return self._shared

    def stop(self) -> None:
        for worker in self._idle:
            worker.stop()
        self._idle.clear()
        if self._shared is not None:
            self._shared.stop()
            self._shared = None
