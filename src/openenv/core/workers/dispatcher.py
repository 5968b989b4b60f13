"""The thread behind a pool: hands out calls, watches limits, replaces workers."""

import functools
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from .calls import Call, Outcome, failure, load
from .crew import Crew, Ended, Worker
from .errors import (
    PoolClosedError,
    WorkerCallError,
    WorkerDiedError,
    WorkerError,
    WorkerStartError,
    WorkerTimeoutError,
)
from .frames import Tag

_RECEIVE = 1 << 18
_LONGEST_SLEEP_S = 30.0
_PREFETCH_BYTES = 1 << 15  # what a socket surely holds while the worker is at work
_MOST_ATTEMPTS = 3
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 5.0

logger = logging.getLogger("openenv.workers")


class Dispatcher:
    """Gives calls to workers and outcomes to futures.

    ``submit`` hands a call to an idle worker itself; everything else happens on the thread. What is shared is
    under the lock; futures are settled without it, as their callbacks may submit more.
    """

    def __init__(self, max_workers: int, preload: Sequence[str], config: bytes, start_timeout_s: float) -> None:
        self._max_workers = max_workers
        self._start_timeout_s = start_timeout_s
        self._lock = threading.Lock()
        self._queue: deque[Call] = deque()
        self._idle: list[Worker] = []
        self._outcomes: list[tuple[Call, Outcome]] = []
        self._wanted = 0
        self._pause_s = 0.0
        self._no_start_before = 0.0
        self._closing = False
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._crew = Crew(self._selector, preload, config, start_timeout_s)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="openenv-worker-pool", daemon=True)
        self._thread.start()

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that are ready."""
        with self._lock:
            return [worker.pid for worker in self._crew if worker.ready and worker.pid is not None]

    # From any thread

    def submit(self, calls: Iterable[Call]) -> None:
        """Queue calls.

        Raises:
            PoolClosedError: if the pool is closed.
        """
        with self._lock:
            if self._closing or self._stopping:
                raise PoolClosedError("the pool is closed")
            self._queue.extend(calls)
            self._assign()
            wanting = bool(self._queue) and len(self._crew) < self._max_workers
        if wanting:
            self._wake()

    def abandon(self, futures: Iterable[Future[Any]]) -> None:
        """Stop calls nobody waits for any more: a worker that is at work on one, or comes to it, is killed."""
        unwanted = set(futures)
        with self._lock:
            for call in [*self._queue, *(call for worker in self._crew for call in worker.calls)]:
                call.abandoned = call.abandoned or call.future in unwanted
            waiting, self._queue = self._queue, deque()
            self._wait_again(waiting)
            for worker in self._crew:
                if worker.calls and worker.calls[0].abandoned:
                    self._drop(worker, _abandoned)
        self._wake()

    def close(self, *, wait: bool) -> None:
        """Take no more calls; end when those there are done, or, without ``wait``, at once."""
        with self._lock:
            self._closing = True
            self._stopping = self._stopping or not wait
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def stop_soon(self) -> None:
        """End without waiting for anything: safe where the lock may be held, as in a finalizer."""
        self._closing = self._stopping = True
        self._wake()

    def _wake(self) -> None:
        try:
            self._wake_writer.send(b"\0")
        except OSError:
            return  # it is awake, or it has ended

    # On the thread

    def _run(self) -> None:
        try:
            while not self._turn():
                continue
        except BaseException:
            logger.exception("the worker pool failed and is closed")
            raise
        finally:
            self._end()

    def _turn(self) -> bool:
        """Wait for something to happen and see to it; True when everything is done."""
        with self._lock:
            timeout = self._sleep_s()
        events = self._selector.select(timeout)
        with self._lock:
            for key, _ in events:
                self._hear(key)
            self._stop_late_ones(time.monotonic())
            self._start_workers()
            self._assign()
            done = self._stopping or (self._closing and not self._queue and not self._busy())
            outcomes, self._outcomes = self._outcomes, []
        for call, outcome in outcomes:
            call.settle(outcome)
        return done

    def _sleep_s(self) -> float:
        times = [worker.deadline for worker in self._crew if worker.deadline is not None]
        if self._queue and len(self._crew) < self._max_workers:
            times.append(self._no_start_before)
        # submit() does not wake this thread for the time a call may take to load, which is therefore watched with
        # some delay. A call's own limit is set here, when its worker says that it has started.
        soonest = min(times, default=float("inf"))
        return min(max(soonest - time.monotonic(), 0.0), _LONGEST_SLEEP_S, self._start_timeout_s)

    def _busy(self) -> int:
        return sum(bool(worker.calls) for worker in self._crew)

    def _hear(self, key: selectors.SelectorKey) -> None:
        if key.data is None:
            self._wake_reader.recv(4096)
        elif key.data is self._crew:
            for ended in self._crew.hear():
                self._replace(ended)
        elif key.data.token in self._crew.workers:  # not one discarded a moment ago
            self._hear_worker(key.data)

    def _start_workers(self) -> None:
        if self._stopping:
            return
        self._wanted = max(self._wanted, min(self._busy() + len(self._queue), self._max_workers))
        while len(self._crew) < self._wanted and time.monotonic() >= self._no_start_before:
            try:
                self._crew.start()
            except OSError as error:
                self._start_failed(f"{type(error).__name__}: {error}")
                return

    def _start_failed(self, reason: str) -> None:
        """Start no worker for a while; if there is none at all, what waits fails."""
        logger.warning("a worker process could not be started: %s", reason)
        self._wanted = len(self._crew)
        self._pause_s = min(max(2 * self._pause_s, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        self._no_start_before = time.monotonic() + self._pause_s
        if not len(self._crew):
            self._no_start_before = 0.0
            for call in self._queue:
                error = WorkerStartError(f"no worker process could be started for {call.name}: {reason}")
                self._outcomes.append((call, failure(error)))
            self._queue.clear()

    # Calls go out

    def _assign(self) -> None:
        while self._queue and self._idle:
            batch = self._next_batch()
            if not batch:
                continue
            worker = self._idle.pop()
            worker.calls.extend(batch)
            worker.deadline = time.monotonic() + self._start_timeout_s
            try:
                worker.socket.sendall(b"".join(call.message for call in batch))
            except OSError:
                self._drop(worker, None)  # it has ended or is stuck; nothing has started, others will do it

    def _next_batch(self) -> list[Call]:
        batch: list[Call] = []
        size = 0
        while self._queue and len(batch) < self._queue[0].batch:
            call = self._queue[0]
            size += len(call.message)
            if batch and (size > _PREFETCH_BYTES or call.batch != batch[0].batch):
                break
            self._queue.popleft()
            if call.start():
                batch.append(call)
        return batch

    # Outcomes come in

    def _hear_worker(self, worker: Worker) -> None:
        piece = _receive(worker)
        if piece is None:
            return
        if not piece:
            # Its fork server will say how it ended. One that merely closed its socket is made to.
            self._crew.mute(worker)
            self._crew.kill(worker)
            return
        self._read(worker, piece)
        if worker.started and worker.frames.partial:
            worker.deadline = None  # the work is done, and its result on the way

    def _read(self, worker: Worker, piece: bytes) -> None:
        for tag, payload in worker.frames.feed(piece):
            if tag is Tag.STARTED and worker.calls[0].abandoned:
                self._drop(worker, _abandoned)  # it had been sent ahead
                return
            if tag is Tag.STARTED:
                worker.started = True
                limit = worker.calls[0].timeout_s
                worker.deadline = None if limit is None else time.monotonic() + limit
            elif tag is Tag.READY:
                self._pause_s = self._no_start_before = 0.0
                worker.ready = True
                self._next_call(worker)
            elif tag is Tag.FAILED:
                self._crew.discard(worker)
                self._start_failed(payload.decode())
                return
            else:
                call = worker.calls.popleft()
                self._outcomes.append((call, functools.partial(load, call.name, tag, payload)))
                self._next_call(worker)

    def _next_call(self, worker: Worker) -> None:
        worker.started = False
        if worker.calls:
            worker.deadline = time.monotonic() + self._start_timeout_s
        else:
            worker.deadline = None
            self._idle.append(worker)

    # Workers go

    def _stop_late_ones(self, now: float) -> None:
        for worker in self._crew:
            if worker.deadline is None or worker.deadline > now:
                continue
            if worker.started:
                self._drop(worker, lambda call: WorkerTimeoutError(call.name, call.timeout_s or 0.0))
            elif worker.ready:
                self._drop(worker, self._not_loaded)
            else:
                self._crew.discard(worker)
                self._start_failed(f"it was not ready after {self._start_timeout_s:g} s")

    def _not_loaded(self, call: Call) -> WorkerCallError:
        return WorkerCallError(f"{call.name} could not be loaded within {self._start_timeout_s:g} s")

    def _drop(self, worker: Worker, error: Callable[[Call], Exception] | None) -> None:
        """Kill a worker. Its first call fails with ``error``; those that have not started wait again."""
        if worker in self._idle:
            self._idle.remove(worker)
        self._crew.discard(worker)
        if error is not None:
            call = worker.calls.popleft()
            self._outcomes.append((call, failure(error(call))))
        self._wait_again(worker.calls)

    def _wait_again(self, calls: deque[Call]) -> None:
        """Put calls that have not started first in the queue, but for those nobody waits for."""
        self._outcomes += [(call, failure(_abandoned(call))) for call in calls if call.abandoned]
        self._queue.extendleft(call for call in reversed(calls) if not call.abandoned)

    def _replace(self, ended: Ended) -> None:
        """See to the calls of a worker that has ended."""
        worker = ended.worker
        while piece := _receive(worker):  # what it had to say before
            self._read(worker, piece)
        if worker.token not in self._crew.workers:
            return
        if not worker.ready:
            self._crew.discard(worker)
            self._start_failed(f"it {ended.how}")
            return
        error = None
        if worker.calls:
            worker.calls[0].attempts += 1
            if worker.started or worker.calls[0].attempts >= _MOST_ATTEMPTS:
                error = lambda call: WorkerDiedError(call.name, ended.exit_code, ended.how)  # noqa: E731
        self._drop(worker, error)

    def _end(self) -> None:
        with self._lock:
            self._closing = self._stopping = True
            pending = [*self._queue, *(call for worker in self._crew for call in worker.calls)]
            self._queue.clear()
            outcomes = self._outcomes
            for worker in self._crew:
                worker.socket.close()
            self._crew.workers.clear()
            self._idle.clear()
            self._crew.close_launcher()
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()
        closed = failure(PoolClosedError("the pool was closed"))
        for call, outcome in [*outcomes, *((call, closed) for call in pending)]:
            call.settle(outcome)


def _abandoned(call: Call) -> WorkerError:
    return WorkerError(f"{call.name} was abandoned")


def _receive(worker: Worker) -> bytes | None:
    """What a worker has sent: nothing at the end of the stream, None if nothing is there yet."""
    try:
        return worker.socket.recv(_RECEIVE, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""
