"""The worker processes of a server, what they are making, and what they have made."""

import logging
import os
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import RLock
from typing import Final

from openenv.core.workers import PoolClosedError, WorkerError, WorkerPool

from . import work
from .questions import Question, Verdict
from .selection import Selection
from .settings import GymSettings

logger = logging.getLogger("openenv.reasoning_gym")

KEPT_BYTES: Final = 64 * 1024 * 1024
"""How much of what was made is kept, for sessions that want the same."""

_START_TIMEOUT_S: Final = 300.0  # loading the library takes seconds of computing, and much longer on a busy machine

_Key = tuple[str, int]


class Order:
    """A question on its way to one session. Sessions that want the same one share the work.

    Attributes:
        selection: the dataset it is from, its levels drawn.
        future: the question, or the error.
    """

    def __init__(
        self,
        selection: Selection,
        future: "Future[Question]",
        hurry: Callable[[], None] | None = None,
        give_up: Callable[[], None] | None = None,
    ) -> None:
        self.selection = selection
        self.future = future
        self._hurry = hurry
        self._give_up = give_up

    def result(self) -> Question:
        """Wait for the question, ahead of those that nobody waits for; raises what making it raised."""
        if self._hurry is not None:
            self._hurry()
        return self.future.result()

    def cancel(self) -> None:
        """This session wants it no more. Work that nobody wants is dropped if it has not begun. Idempotent."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            give_up()


class _Job:
    def __init__(self, selection: Selection, index: int) -> None:
        self.selection = selection
        self.index = index
        self.key: _Key = (selection.key, index)
        self.future: Future[Question] = Future()
        self.wanted = 0
        self.has_begun = False


class Workshop:
    """Makes questions and scores answers in worker processes, under hard limits. Thread-safe.

    At most half of the workers make questions, so no score waits behind a slow question; and those that sessions wait
    for come before those that are made ahead. Workers start with the first call.
    """

    def __init__(self, settings: GymSettings) -> None:
        self._settings = settings
        self._makers = settings.workers or _usable_cores()
        self._lock = RLock()
        self._pool: WorkerPool | None = None
        self._jobs: dict[_Key, _Job] = {}
        self._awaited: deque[_Job] = deque()
        self._ahead: deque[_Job] = deque()
        self._making = 0
        self._made: OrderedDict[_Key, Question] = OrderedDict()
        self._made_bytes = 0

    def order(self, selection: Selection, index: int) -> Order:
        """Have a question made, unless it is being made or was made lately."""
        key = (selection.key, index)
        with self._lock:
            question = self._made.get(key)
            if question is not None:
                self._made.move_to_end(key)
                ready: Future[Question] = Future()
                ready.set_result(question)
                return Order(selection, ready)
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = _Job(selection, index)
                self._ahead.append(job)
            job.wanted += 1
            self._begin_jobs()
            return Order(selection, job.future, partial(self._hurry, job), partial(self._drop, job))

    def judge(self, question: Question, answer: str, timeout_s: float | None = None) -> "Future[Verdict]":
        """The verdict on an answer.

        Args:
            timeout_s: a limit below that of the settings, in seconds.
        """
        limit = self._settings.scoring_timeout_s
        limit = limit if timeout_s is None else min(limit, timeout_s)
        return self._workers().submit(work.judge, question, answer, timeout_s=limit)

    def warm_up(self) -> None:
        """Start the workers, so that the first session need not wait for the library to be loaded."""
        self._workers().submit(int).add_done_callback(_log_failure)

    def close(self) -> None:
        """Stop the workers at once; idempotent, and the next call starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
            waiting = [*self._awaited, *self._ahead]
            self._awaited.clear()
            self._ahead.clear()
            for job in waiting:
                self._jobs.pop(job.key, None)
        for job in waiting:
            job.future.cancel()
        if pool is not None:
            pool.terminate()

    # Making questions

    def _workers(self) -> WorkerPool:
        with self._lock:
            if self._pool is None:
                self._pool = make_pool(2 * self._makers, self._settings)
            return self._pool

    def _next_job(self) -> _Job | None:
        if self._awaited and self._making < self._makers:
            return self._awaited.popleft()
        if self._ahead and self._making < max(1, self._makers - 1):  # one is left for those that are waited for
            return self._ahead.popleft()
        return None

    def _begin_jobs(self) -> None:
        while (job := self._next_job()) is not None:
            job.has_begun = True
            self._making += 1
            limit = self._settings.generation_timeout_s
            try:
                made = self._workers().submit(work.pose, job.selection, job.index, timeout_s=limit)
            except (WorkerError, OSError) as error:
                self._finish(job, error)
            else:
                made.add_done_callback(partial(self._finish, job))

    def _finish(self, job: _Job, outcome: "Future[Question] | Exception") -> None:
        error = outcome if isinstance(outcome, Exception) else outcome.exception()
        with self._lock:
            self._making -= 1
            self._jobs.pop(job.key, None)
            if error is None and not isinstance(outcome, Exception):
                self._keep(job.key, outcome.result())
            self._begin_jobs()
        if error is not None:  # not kept: one that was a matter of time may succeed the next time
            job.future.set_exception(error)
        elif not isinstance(outcome, Exception):
            job.future.set_result(outcome.result())

    def _keep(self, key: _Key, question: Question) -> None:
        self._made[key] = question
        self._made_bytes += question.size_bytes()
        while self._made_bytes > KEPT_BYTES:
            self._made_bytes -= self._made.popitem(last=False)[1].size_bytes()

    def _hurry(self, job: _Job) -> None:
        with self._lock:
            if job in self._ahead:
                self._ahead.remove(job)
                self._awaited.append(job)
                self._begin_jobs()

    def _drop(self, job: _Job) -> None:
        with self._lock:
            job.wanted -= 1
            if job.wanted or job.has_begun:
                return
            for line in (self._awaited, self._ahead):
                if job in line:
                    line.remove(job)
            self._jobs.pop(job.key, None)
        job.future.cancel()


def make_pool(workers: int, settings: GymSettings) -> WorkerPool:
    """Worker processes with the library in them."""
    # Some datasets go through sets of text: their questions are the same in every process only if text hashes alike.
    # That is settled when an interpreter starts, by its environment.
    os.environ["PYTHONHASHSEED"] = "0"
    return WorkerPool(
        workers,
        preload=[f"{__package__}.library", *settings.modules],
        initializer=work.start,
        memory_limit_mb=settings.memory_limit_mb,
        start_timeout_s=_START_TIMEOUT_S,
    )


def _log_failure(done: "Future[int]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None and not isinstance(error, PoolClosedError):
        logger.error("worker processes cannot be started: %s", error)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
