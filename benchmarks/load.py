"""The load generator: sessions that step in a closed loop, each with one step in flight.

``python -m benchmarks.load --port P --kind plain steady --sessions 64`` measures steps per second and latency;
``... burst --sessions 1024 --steps 20`` opens them all at once and counts what goes wrong. The result is one JSON
object on stdout. Every reply is checked: it has to be an observation that holds the message sent.
"""

import argparse
import asyncio
import gc
import json
import resource
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable
from typing import Any

import uvloop

from benchmarks.exchange import MESSAGES, RESET, Checker, Exchange, Kind, WrongReplyError, exchanges
from benchmarks.websocket import WebSocketClient


class Session(WebSocketClient):
    """Resets once, then steps until told to stop or until its steps are done.

    Args:
        host: for the ``Host`` header.
        steps: what to cycle through.
        checker: sees every reply to a step.
        limit: number of steps; None for no end.
        ended: called once with what went wrong, or None when all steps are done.
    """

    latencies: "array[int]"

    def __init__(
        self,
        host: str,
        steps: list[Exchange],
        checker: Checker,
        limit: int | None,
        ended: Callable[["Session", str | None], None],
    ) -> None:
        super().__init__(host, "/ws")
        self._steps = steps
        self._checker = checker
        self._limit = -1 if limit is None else limit
        self._ended: Callable[[Session, str | None], None] | None = ended
        self._index = -1
        self._sent_ns = 0
        self.latencies = array("Q")
        self.done = 0
        self.stepping = asyncio.get_running_loop().create_future()

    def on_open(self) -> None:
        self.transport.write(RESET)

    def on_message(self, payload: bytes) -> None:
        now = time.perf_counter_ns()
        index = self._index
        try:
            if index >= 0:
                self.latencies.append(now - self._sent_ns)
                self.done += 1
                self._checker(index, payload, self._steps[index].message)
                if self.done == self._limit:
                    self.finish(None)
                    return
            elif json.loads(payload).get("type") != "observation":
                raise WrongReplyError(f"reset failed: {payload[:200]!r}")
            elif not self.stepping.done():
                self.stepping.set_result(None)
        except (WrongReplyError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.finish(f"{type(error).__name__}: {error}")
            return
        if self._ended is not None:
            index = self._index = (index + 1) % MESSAGES
            self._sent_ns = time.perf_counter_ns()
            self.transport.write(self._steps[index].frame)

    def on_end(self, reason: str) -> None:
        self.finish(reason)

    def finish(self, error: str | None) -> None:
        """Stop stepping; the connection stays open."""
        if self._ended is not None:
            ended, self._ended = self._ended, None
            if not self.stepping.done():
                self.stepping.set_result(None)
            ended(self, error)


class Crowd:
    """The sessions of one measurement and what became of them."""

    def __init__(self, port: int, kind: Kind, count: int, limit: int | None) -> None:
        self.errors: Counter[str] = Counter()
        self.sessions: list[Session] = []
        self.all_ended = asyncio.get_running_loop().create_future()
        self._port = port
        self._count = count
        self._left = count
        steps, checker = exchanges(kind), Checker(kind)
        self._make = lambda: Session(f"127.0.0.1:{port}", steps, checker, limit, self._ended)

    async def connect(self) -> None:
        """Open them all at once; a connection refused is counted as an error."""
        await asyncio.gather(*(self._connect_one() for _ in range(self._count)))

    async def _connect_one(self) -> None:
        try:
            _, session = await asyncio.get_running_loop().create_connection(self._make, "127.0.0.1", self._port)
        except OSError as error:
            self._ended(None, f"cannot connect: {error}")
        else:
            self.sessions.append(session)

    def _ended(self, session: Session | None, error: str | None) -> None:
        if error is not None:
            self.errors[error] += 1
        self._left -= 1
        if self._left == 0 and not self.all_ended.done():
            self.all_ended.set_result(None)

    def close(self) -> None:
        """End every session."""
        for session in self.sessions:
            session.finish(None)
            session.close()

    @property
    def done(self) -> int:
        """Steps answered so far."""
        return sum(session.done for session in self.sessions)


async def steady(port: int, kind: Kind, sessions: int, warm_up_s: float, duration_s: float) -> dict[str, Any]:
    """``sessions`` sessions step as fast as they are answered, for ``duration_s`` after a warm-up."""
    crowd = Crowd(port, kind, sessions, None)
    await crowd.connect()
    await asyncio.wait_for(asyncio.gather(*(session.stepping for session in crowd.sessions)), 60)
    await asyncio.sleep(warm_up_s)
    for session in crowd.sessions:
        del session.latencies[:]
    before, used, started = crowd.done, time.process_time(), time.perf_counter()
    await asyncio.sleep(duration_s)
    elapsed, used, steps = time.perf_counter() - started, time.process_time() - used, crowd.done - before
    all_steps = crowd.done
    latencies = sorted(latency for session in crowd.sessions for latency in session.latencies)
    result = {
        "steps": steps,
        "all_steps": all_steps,
        "steps_per_s": steps / elapsed,
        **percentiles(latencies),
        "generator_load": used / elapsed,
        "errors": dict(crowd.errors),
        "failed": sum(crowd.errors.values()),
    }
    crowd.close()
    return result


async def burst(port: int, kind: Kind, sessions: int, steps: int, timeout_s: float) -> dict[str, Any]:
    """``sessions`` sessions connect at once, reset, step ``steps`` times and stay open until the last is done."""
    started, used = time.perf_counter(), time.process_time()
    crowd = Crowd(port, kind, sessions, steps)
    try:
        async with asyncio.timeout(timeout_s):
            await crowd.connect()
            await crowd.all_ended
    except TimeoutError:
        crowd.errors[f"not done after {timeout_s:g} s"] += sessions - sum(crowd.errors.values())
    elapsed, used = time.perf_counter() - started, time.process_time() - used
    result = {
        "steps": crowd.done,
        "all_steps": crowd.done,
        "elapsed_s": elapsed,
        "steps_per_s": crowd.done / elapsed,
        **percentiles(sorted(latency for session in crowd.sessions for latency in session.latencies)),
        "generator_load": used / elapsed,
        "errors": dict(crowd.errors),
        "failed": sum(crowd.errors.values()),
    }
    crowd.close()
    return result


def percentiles(sorted_ns: list[int]) -> dict[str, float]:
    """``p50_ms``, ``p99_ms`` and ``max_ms`` of latencies in nanoseconds, by nearest rank; nothing for none."""
    if not sorted_ns:
        return {}
    last = len(sorted_ns) - 1
    return {
        "p50_ms": sorted_ns[round(last * 0.5)] / 1e6,
        "p99_ms": sorted_ns[round(last * 0.99)] / 1e6,
        "max_ms": sorted_ns[last] / 1e6,
    }


def main() -> int:
    """Run one measurement and print its result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="load generator for /ws")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kind", choices=["plain", "mcp"], default="plain")
    verbs = parser.add_subparsers(dest="verb", required=True)
    loop = verbs.add_parser("steady")
    loop.add_argument("--sessions", type=int, default=64)
    loop.add_argument("--warm-up", type=float, default=1.0, metavar="S")
    loop.add_argument("--duration", type=float, default=5.0, metavar="S")
    once = verbs.add_parser("burst")
    once.add_argument("--sessions", type=int, default=1024)
    once.add_argument("--steps", type=int, default=20)
    once.add_argument("--timeout", type=float, default=180.0, metavar="S")
    options = parser.parse_args()

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a collection in the generator would be counted as the server's latency
    if options.verb == "steady":
        work = steady(options.port, options.kind, options.sessions, options.warm_up, options.duration)
    else:
        work = burst(options.port, options.kind, options.sessions, options.steps, options.timeout)
    print(json.dumps(uvloop.run(work)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
