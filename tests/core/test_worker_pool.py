import asyncio
import contextlib
import functools
import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path
from typing import Any

import pytest

from openenv.core.workers import (
    PoolClosedError,
    WorkerCallError,
    WorkerDiedError,
    WorkerError,
    WorkerPool,
    WorkerResultError,
    WorkerStartError,
    WorkerTimeoutError,
)
from openenv.core.workers.calls import Call

FUNCTIONS = Path(__file__).with_name("worker_functions")
sys.path.insert(0, str(FUNCTIONS))
do: Any = importlib.import_module("pool_functions")

PATIENCE_S = 60.0
A_MOMENT_S = 0.2


@pytest.fixture(scope="module")
def shared() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool


def until(condition: Callable[[], Any]) -> Any:
    give_up = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)
    return value


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return sys.platform != "linux"
    return state not in "ZX"


def result(future: Future[Any]) -> Any:
    return future.result(PATIENCE_S)


# Calls


def test_arguments_and_results_travel(shared: WorkerPool) -> None:
    assert result(shared.submit(do.add, 1, 2, c=3)) == 6
    assert result(shared.submit(functools.partial(do.add, 1), b=1, timeout_s=60)) == 2
    assert result(shared.submit(do.pid)) != os.getpid()
    data = {"rows": list(range(300_000)), "text": "é" * 1000}
    assert result(shared.submit(do.identity, data, timeout_s=60)) == data


def test_many_calls_from_many_threads(shared: WorkerPool) -> None:
    totals: list[int] = []

    def submit_some(start: int) -> None:
        futures = [shared.submit(do.identity, start + i) for i in range(50)]
        totals.append(sum(result(future) for future in futures))

    threads = [threading.Thread(target=submit_some, args=(1000 * i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sum(totals) == sum(1000 * i + j for i in range(6) for j in range(50))


def test_an_error_is_raised_with_the_workers_traceback(shared: WorkerPool) -> None:
    with pytest.raises(ValueError, match="no such number") as caught:
        result(shared.submit(do.raise_error, "value"))
    assert "in raise_error" in str(caught.value.__cause__)


@pytest.mark.parametrize(("kind", "words"), [("exit", "SystemExit: bye"), ("lock", "held"), ("picky", "Picky: a-b")])
def test_an_error_that_cannot_travel_is_told_in_words(shared: WorkerPool, kind: str, words: str) -> None:
    with pytest.raises(WorkerCallError, match=words) as caught:
        result(shared.submit(do.raise_error, kind))
    assert "raise_error" in str(caught.value)


def test_a_result_that_cannot_travel(shared: WorkerPool) -> None:
    with pytest.raises(WorkerResultError, match=r"the result of unpicklable cannot be sent, a function"):
        result(shared.submit(do.unpicklable))
    with pytest.raises(
        WorkerResultError, match="the result of odd_result cannot be loaded here: RuntimeError: not here"
    ):
        result(shared.submit(do.odd_result))


def test_a_call_that_cannot_travel_is_refused_at_once(shared: WorkerPool) -> None:
    with pytest.raises(TypeError, match="at the top level of a module"):
        shared.submit(lambda: None)
    with pytest.raises(TypeError, match="identity cannot be sent"):
        shared.submit(do.identity, threading.Lock())


def test_what_only_exists_here_is_told(shared: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def newcomer() -> None: ...

    newcomer.__module__, newcomer.__qualname__ = "pool_functions", "newcomer"
    monkeypatch.setattr(do, "newcomer", newcomer, raising=False)
    with pytest.raises(WorkerCallError, match=r"must be importable there.*newcomer"):
        result(shared.submit(newcomer))


def test_a_function_of_the_main_script_is_refused() -> None:
    script = (
        "from openenv.core.workers import WorkerPool\n"
        "def mine(): ...\n"
        "with WorkerPool(1) as pool:\n"  # no __main__ guard: none is needed
        "    try:\n"
        "        pool.submit(mine)\n"
        "    except TypeError as error:\n"
        "        print(error)\n"
        "    print(pool.submit(abs, -3).result(60))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_S, env=environment()
    )
    assert "mine cannot be sent to a worker process: it is defined in the script" in run.stdout
    assert run.stdout.endswith("3\n")
    assert run.stderr == ""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


# Limits


@pytest.mark.parametrize("endless", ["spin", "spin_in_c", "close_everything_and_spin"])
def test_a_call_over_its_limit_is_stopped_and_only_that_one(shared: WorkerPool, endless: str) -> None:
    late = shared.submit(getattr(do, endless), timeout_s=A_MOMENT_S)
    others = [shared.submit(do.identity, i, timeout_s=60) for i in range(20)]
    with pytest.raises((WorkerTimeoutError, WorkerDiedError)) as caught:
        result(late)
    if endless != "close_everything_and_spin":  # which may be found out sooner
        assert isinstance(caught.value, TimeoutError)
        assert str(caught.value) == f"{endless} was still at work after 0.2 s and was stopped"
    assert [result(other) for other in others] == list(range(20))


def test_the_clock_starts_when_the_work_starts(tmp_path: Path) -> None:
    with WorkerPool(1) as pool:
        go = tmp_path / "go"
        first = pool.submit(do.wait_for, str(go))
        queued = [pool.submit(do.identity, i, timeout_s=1) for i in range(3)]
        time.sleep(1.5)  # longer than the limit of those in the queue
        go.touch()
        assert result(first) == str(go)
        assert [result(future) for future in queued] == [0, 1, 2]


def test_loading_a_call_does_not_count(shared: WorkerPool) -> None:
    assert result(shared.submit(do.identity, do.SlowToLoad(1.5), timeout_s=1)) == 1.5


def test_loading_a_call_is_bounded_all_the_same() -> None:
    with WorkerPool(1) as pool:
        pool._dispatcher._start_timeout_s = 1.5  # of calls only: new workers keep their minute
        result(pool.submit(do.identity, 0))
        with pytest.raises(WorkerCallError, match=r"could not be loaded within 1\.5 s"):
            result(pool.submit(do.identity, do.SlowToLoad(600)))
        assert result(pool.submit(do.identity, 1)) == 1


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_limits_are_checked(shared: WorkerPool, limit: float) -> None:
    with pytest.raises(ValueError, match="positive number of seconds"):
        shared.submit(do.identity, 1, timeout_s=limit)


async def test_what_a_stopped_call_had_started_goes_with_it(shared: WorkerPool, tmp_path: Path) -> None:
    path = tmp_path / "child"
    call = asyncio.create_task(shared.run(do.start_child_and_spin, str(path)))
    child = int(await asyncio.to_thread(until, lambda: path.exists() and path.read_text()))
    assert is_running(child)
    call.cancel()
    await asyncio.to_thread(until, lambda: not is_running(child))


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits need Linux")
def test_memory_limit() -> None:
    with WorkerPool(1, memory_limit_mb=200) as pool:
        assert result(pool.submit(do.allocate, 100)) == 100 << 20
        with pytest.raises(MemoryError):
            result(pool.submit(do.allocate, 400))
        assert result(pool.submit(do.allocate, 100)) == 100 << 20


# Deaths


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("segfault", "was killed by signal 11"),
        ("kill", "was killed by signal 9"),
        ("exit 0", "exited with code 0"),
        ("exit 7", "exited with code 7"),
    ],
)
def test_a_worker_that_dies_fails_its_own_call_only(shared: WorkerPool, how: str, words: str) -> None:
    futures = [shared.submit(do.identity, i) for i in range(5)]
    dying = shared.submit(do.die, how, timeout_s=60)
    futures += [shared.submit(do.identity, i) for i in range(5)]
    with pytest.raises(WorkerDiedError, match=f"the worker process {words} during die"):
        result(dying)
    assert [result(future) for future in futures] == [*range(5), *range(5)]


def test_an_idle_worker_that_dies_is_replaced() -> None:
    with WorkerPool(2) as pool:
        assert [result(future) for future in [pool.submit(do.identity, i) for i in range(4)]] == [0, 1, 2, 3]
        before = until(lambda: len(pool.worker_pids) == 2 and pool.worker_pids)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert [result(future) for future in [pool.submit(do.identity, i) for i in range(9)]] == list(range(9))
        after = until(lambda: len(pool.worker_pids) == 2 and pool.worker_pids)
        assert not set(before) & set(after)


def test_workers_are_killed_at_random_and_no_work_is_lost(tmp_path: Path) -> None:
    with WorkerPool(2) as pool:
        futures = [pool.submit(do.identity, i) for i in range(2000)]
        for _ in range(10):
            for pid in pool.worker_pids[:1]:
                with contextlib.suppress(ProcessLookupError):  # the last one killed, not noticed yet
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        done, waiting = wait(futures, PATIENCE_S)
        assert not waiting
        died = [future for future in done if isinstance(future.exception(), WorkerDiedError)]
        assert len(died) <= 10
        assert all(future.result() == i for i, future in enumerate(futures) if future not in died)


def test_a_dead_fork_server_is_replaced_and_takes_its_workers_along(tmp_path: Path) -> None:
    with WorkerPool(1) as pool:
        mark = tmp_path / "mark"
        at_work = pool.submit(do.mark_and_spin, str(mark))
        worker = int(until(lambda: mark.exists() and mark.read_text()))
        launcher = pool._dispatcher._crew._launcher
        assert launcher is not None
        os.kill(launcher.pid, signal.SIGKILL)
        with pytest.raises(WorkerDiedError, match="fork server"):
            result(at_work)
        if sys.platform == "linux":
            until(lambda: not is_running(worker))
        assert result(pool.submit(do.identity, 1)) == 1


# Starting


def test_workers_start_when_needed_and_no_more_than_that() -> None:
    with WorkerPool(4) as pool:
        assert pool.worker_pids == []
        for i in range(5):
            result(pool.submit(do.identity, i))
        assert len(pool.worker_pids) == 1


def test_preload_and_initializer() -> None:
    with WorkerPool(1, preload=["colorsys"], initializer=do.initialize, initargs=["model"]) as pool:
        assert result(pool.submit(do.is_loaded, "colorsys")) is True
        assert result(pool.submit(do.get_initialized)) == ["model"]
        with pytest.raises(WorkerDiedError):
            result(pool.submit(do.die, "kill"))
        assert result(pool.submit(do.get_initialized)) == ["model"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"initializer": do.initialize, "initargs": ["fail"]}, "the model file is missing"),
        ({"initializer": do.initialize, "initargs": ["exit"]}, "exited with code 3"),
        ({"initializer": do.initialize, "initargs": ["hang"], "start_timeout_s": 1.0}, "not ready after 1 s"),
        ({"preload": ["pool_broken_preload"]}, "broken module"),
        ({"preload": ["no_such_module_anywhere"]}, "No module named 'no_such_module_anywhere'"),
    ],
)
def test_workers_that_cannot_start_fail_what_waits(settings: dict[str, Any], words: str) -> None:
    with WorkerPool(2, **settings) as pool:
        for _ in range(2):  # and the pool goes on trying for later calls
            futures = [pool.submit(do.identity, i) for i in range(3)]
            for future in futures:
                with pytest.raises(WorkerStartError, match=words):
                    result(future)


def test_a_fork_that_fails_costs_no_call() -> None:
    with WorkerPool(2, preload=["pool_no_fork"]) as pool:
        assert [result(future) for future in [pool.submit(do.identity, i) for i in range(20)]] == list(range(20))
        assert len(pool.worker_pids) == 1


@pytest.mark.parametrize("settings", [{"max_workers": 0}, {"memory_limit_mb": 0}, {"start_timeout_s": 0}])
def test_settings_are_checked(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        WorkerPool(**settings)


# Batches


@pytest.mark.parametrize("chunk_size", [1, 7, 1000])
def test_map_keeps_the_order(shared: WorkerPool, chunk_size: int) -> None:
    numbers = range(200)
    assert list(shared.map(do.add, numbers, numbers, timeout_s=60, chunk_size=chunk_size)) == [2 * i for i in numbers]


@pytest.mark.parametrize("chunk_size", [1, 4])
def test_map_limits_and_failures_are_those_of_single_calls(shared: WorkerPool, chunk_size: int) -> None:
    hows = ["fine", "die", "fine", "spin", "error", "fine", "die", "fine"]
    outcomes = list(shared.map(do.mixed, hows, timeout_s=2.0, chunk_size=chunk_size, return_errors=True))
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "str", "WorkerDiedError", "str", "WorkerTimeoutError", "ValueError", "str", "WorkerDiedError", "str",
    ]  # fmt: skip


def test_map_raises_the_first_error_and_stops_the_rest(tmp_path: Path) -> None:
    with WorkerPool(2) as pool:
        mark = tmp_path / "mark"
        results = pool.map(do.mixed, ["wait", "error", *["mark"] * 20], [str(mark)] * 22)
        mark.touch()
        assert next(results) == "wait"
        with pytest.raises(ValueError, match="no such number"):
            next(results)
        assert list(results) == []
        assert result(pool.submit(do.identity, 1)) == 1


def test_map_of_much_is_lazy(shared: WorkerPool) -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for i in range(10_000):
            taken.append(i)
            yield i

    results = shared.map(do.identity, numbers())
    assert next(results) == 0
    assert len(taken) < 100
    results.close()  # type: ignore[attr-defined]


def test_chunks_are_checked(shared: WorkerPool) -> None:
    with pytest.raises(ValueError, match="chunk_size must be at least 1"):
        next(shared.map(do.identity, [1], chunk_size=0))


# In an event loop


async def test_run(shared: WorkerPool) -> None:
    assert await shared.run(do.add, 1, b=2, timeout_s=60) == 3
    with pytest.raises(WorkerTimeoutError):
        await shared.run(do.spin, timeout_s=A_MOMENT_S)
    assert await shared.run_all(do.identity, range(50), chunk_size=5) == list(range(50))
    outcomes = await shared.run_all(do.raise_error, ["value", "value"], return_errors=True)
    assert [str(outcome) for outcome in outcomes] == ["no such number"] * 2


async def test_a_cancelled_run_is_stopped(tmp_path: Path) -> None:
    with WorkerPool(1) as pool:
        mark = tmp_path / "mark"
        at_work = asyncio.create_task(pool.run(do.mark_and_spin, str(mark)))
        await asyncio.to_thread(until, lambda: mark.exists() and mark.read_text())
        queued = asyncio.create_task(pool.run(do.mark_and_spin, str(tmp_path / "never")))
        await asyncio.sleep(0)
        for task in (queued, at_work):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await pool.run(do.identity, 1) == 1
        until(lambda: not is_running(int(mark.read_text())))
        assert not (tmp_path / "never").exists()


async def test_a_cancelled_batch_is_stopped(tmp_path: Path) -> None:
    with WorkerPool(2) as pool:
        marks = [tmp_path / str(i) for i in range(4)]
        batch = asyncio.create_task(pool.run_all(do.mark_and_spin, map(str, marks)))
        await asyncio.to_thread(until, lambda: marks[0].exists() and marks[1].exists())
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch
        assert await pool.run(do.identity, 1) == 1
        assert not marks[3].exists()


async def test_what_a_worker_was_given_ahead_is_given_up_with_its_batch(tmp_path: Path) -> None:
    with WorkerPool(1) as pool:
        marks = [tmp_path / str(i) for i in range(4)]
        batch = asyncio.create_task(pool.run_all(do.mark_and_spin, map(str, marks), chunk_size=4))
        await asyncio.to_thread(until, marks[0].exists)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch
        assert await pool.run(do.identity, 1) == 1
        assert not any(mark.exists() for mark in marks[1:])


def test_a_call_that_was_given_up_ahead_of_its_turn_is_stopped_when_it_comes(tmp_path: Path) -> None:
    """The calls before it are somebody else's: its worker may not be killed for it before."""
    with WorkerPool(1) as pool:
        go, spins = tmp_path / "go", tmp_path / "spins"
        calls = [
            Call.of(do.wait_for, [str(go)], {}, None, 3),
            Call.of(do.mark_and_spin, [str(spins)], {}, None, 3),
            Call.of(do.identity, [3], {}, None, 3),
        ]
        pool._submit(calls)
        until(calls[1].future.running)
        pool._give_up([calls[1].future])
        assert not calls[0].future.done()
        go.touch()
        result(calls[0].future)
        assert result(calls[2].future) == 3
        with pytest.raises(WorkerError, match="mark_and_spin was abandoned"):
            result(calls[1].future)


# Futures


def test_a_queued_call_can_be_cancelled(tmp_path: Path) -> None:
    with WorkerPool(1) as pool:
        go = tmp_path / "go"
        first = pool.submit(do.wait_for, str(go))
        until(first.running)
        second = pool.submit(do.identity, 2)
        third = pool.submit(do.identity, 3)
        assert second.cancel()
        assert not first.cancel()
        go.touch()
        assert result(third) == 3
        with pytest.raises(CancelledError):
            result(second)


def test_a_callback_may_submit_more(shared: WorkerPool) -> None:
    more: Future[Any] = Future()
    shared.submit(do.identity, 1).add_done_callback(
        lambda first: shared.submit(do.add, first.result(), 1).add_done_callback(
            lambda second: more.set_result(second.result())
        )
    )
    assert result(more) == 2


# The end


def test_close_finishes_what_was_submitted() -> None:
    pool = WorkerPool(2)
    futures = [pool.submit(do.identity, i) for i in range(50)]
    pool.close()
    pids = pool.worker_pids
    assert [future.result(0) for future in futures] == list(range(50))
    assert pids == []
    pool.close()
    pool.terminate()
    with pytest.raises(PoolClosedError):
        pool.submit(do.identity, 1)


def test_terminate_stops_everything_at_once() -> None:
    pool = WorkerPool(2)
    futures = [pool.submit(do.spin) for _ in range(4)]
    pids = until(lambda: len(pool.worker_pids) == 2 and pool.worker_pids)
    pool.terminate()
    for future in futures:
        with pytest.raises(PoolClosedError):
            future.result(0)
    assert not any(is_running(pid) for pid in pids)


def test_an_error_in_a_with_block_terminates() -> None:
    def fail_inside() -> None:
        with WorkerPool(1) as pool:
            futures.append(pool.submit(do.spin))
            raise RuntimeError("outside")

    futures: list[Future[Any]] = []
    with pytest.raises(RuntimeError, match="outside"):
        fail_inside()
    assert isinstance(futures[0].exception(0), PoolClosedError)


def test_a_pool_that_is_dropped_leaves_nothing_behind() -> None:
    def drop_one() -> tuple[Future[Any], list[int], threading.Thread]:
        pool = WorkerPool(1)
        future = pool.submit(do.spin)
        return future, until(lambda: future.running() and pool.worker_pids), pool._dispatcher._thread

    future, pids, thread = drop_one()
    gc.collect()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert not any(is_running(pid) for pid in pids)
    assert isinstance(future.exception(PATIENCE_S), PoolClosedError)


HOLDER = """
import sys, time
import pool_functions as do
from openenv.core.workers import WorkerPool
pool = WorkerPool(2)
futures = [pool.submit(do.spin_in_c), pool.submit(do.start_child_and_spin, sys.argv[1])]
while len(pool.worker_pids) < 2 or not all(future.running() for future in futures):
    time.sleep(0.01)
launcher = pool._dispatcher._crew._launcher
print(*pool.worker_pids, launcher.pid, flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["sys.stdin.read()", "sys.exit(0)", "__import__('os')._exit(0)"])
def test_nothing_outlives_the_process(then: str, tmp_path: Path) -> None:
    child = tmp_path / "child"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(then=then), str(child)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    pids = [int(pid) for pid in holder.stdout.readline().split()]
    assert len(pids) == 3
    if then.startswith("sys.stdin"):
        pids.append(int(until(lambda: child.exists() and child.read_text())))
        holder.kill()
    holder.wait(PATIENCE_S)
    holder.stdin.close()
    holder.stdout.close()
    until(lambda: not any(is_running(pid) for pid in pids))


def test_a_forked_process_is_told_to_make_its_own(shared: WorkerPool) -> None:
    result(shared.submit(do.identity, 1))
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking with threads: what is at stake here
        pid = os.fork()
    if pid == 0:
        try:
            shared.submit(do.identity, 1)
        except RuntimeError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        assert "make another here" in told.read()
    os.waitpid(pid, 0)
    assert result(shared.submit(do.identity, 2)) == 2


def test_the_errors_are_of_one_family() -> None:
    kinds = [
        WorkerTimeoutError,
        WorkerDiedError,
        WorkerStartError,
        WorkerCallError,
        WorkerResultError,
        PoolClosedError,
    ]
    assert all(issubclass(kind, WorkerError) and issubclass(kind, RuntimeError) for kind in kinds)
