"""The worker processes of a server, what they are making, and what they have made."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import RLock
from typing import Final

from openenv.core.workers import WorkerPool

from .configuration import Episode
from .parts import batch, problems

CACHE_BYTES: Final = 64 * 1024 * 1024
"""How much of what was made is kept, for sessions that want the same."""


class Order:
    """A problem on its way to one session. Sessions that want the same one share the work.

    Attributes:
        future: the problem, or the error.
    """

    def __init__(self, future: "Future[batch.Posed]", give_up: Callable[[], None] | None = None) -> None:
        self.future = future
        self._give_up = give_up

    def cancel(self) -> None:
        """This session wants it no more. Work that nobody wants is dropped if it has not begun. Idempotent."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            give_up()


class _Job:
    def __init__(self, future: "Future[batch.Posed]") -> None:
        self.future = future
        self.wanted = 0


class Workshop:
    """Generates and judges in worker processes, under hard limits. Thread-safe.

    Generation and judgement have workers of their own, so that no verdict waits behind slow problems. Both start with
    the first call that needs them.

    Args:
        workers: processes of each kind; None for one per core.
        generation_timeout_s: the limit of one problem.
        verification_timeout_s: the limit of one verdict.
        memory_limit_mb: the limit of one worker; None for none.
    """

    def __init__(
        self,
        workers: int | None = None,
        generation_timeout_s: float = batch.GENERATION_TIMEOUT_S,
        verification_timeout_s: float = batch.VERIFICATION_TIMEOUT_S,
        memory_limit_mb: int | None = None,
    ) -> None:
        self.generation_timeout_s = generation_timeout_s
        self.verification_timeout_s = verification_timeout_s
        self._make_pool = partial(batch.make_pool, workers, memory_limit_mb)
        self._lock = RLock()
        self._pools: dict[str, WorkerPool] = {}
        self._making: dict[Episode, _Job] = {}
        self._made: OrderedDict[Episode, batch.Posed] = OrderedDict()
        self._made_bytes = 0

    def order(self, episode: Episode) -> Order:
        """Have a problem made, unless it is being made or was made lately."""
        with self._lock:
            posed = self._made.get(episode)
            if posed is not None:
                self._made.move_to_end(episode)
                ready: Future[batch.Posed] = Future()
                ready.set_result(posed)
                return Order(ready)
            job = self._making.get(episode)
            if job is None:
                job = self._making[episode] = _Job(self._generate(episode))
                job.future.add_done_callback(lambda _: self._finish(episode, job))
            job.wanted += 1
            return Order(job.future, lambda: self._drop(episode, job))

    def judge(self, packed: bytes, outputs: Sequence[str]) -> "Future[list[problems.Verdict]]":
        """The verdicts on outputs. The limit is that of one verdict, however many there are."""
        limit = self.verification_timeout_s
        return self._pool("judgement").submit(batch.judge, packed, outputs, timeout_s=limit)

    def close(self) -> None:
        """Stop the workers at once; idempotent, and the next call starts new ones."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.terminate()

    def _generate(self, episode: Episode) -> "Future[batch.Posed]":
        return self._pool("generation").submit(
            batch.pose,
            episode.identifier,
            episode.seed,
            episode.level,
            episode.answer_markers,
            episode.argument_values(),
            timeout_s=self.generation_timeout_s,
        )

    def _pool(self, name: str) -> WorkerPool:
        with self._lock:
            pool = self._pools.get(name)
            if pool is None:
                pool = self._pools[name] = self._make_pool()
            return pool

    def _finish(self, episode: Episode, job: _Job) -> None:
        with self._lock:
            if self._making.get(episode) is job:
                del self._making[episode]
            if job.future.cancelled() or job.future.exception() is not None or episode in self._made:
                return  # failures are not kept: one that was a matter of time may succeed the next time
            posed = self._made[episode] = job.future.result()
            self._made_bytes += _size(posed)
            while self._made_bytes > CACHE_BYTES:
                self._made_bytes -= _size(self._made.popitem(last=False)[1])

    def _drop(self, episode: Episode, job: _Job) -> None:
        with self._lock:
            job.wanted -= 1
            if job.wanted == 0 and not job.future.done() and self._making.get(episode) is job:
                del self._making[episode]
                job.future.cancel()


def _size(posed: "batch.Posed") -> int:
    return len(posed.packed) + 4 * len(posed.prompt) + 512
