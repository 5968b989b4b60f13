"""The workers of a server: shared work, kept results, hard limits."""

import sys
from collections.abc import Iterator

import pytest

from openenv.core.workers import WorkerTimeoutError
from RLVE_Gym import problems
from RLVE_Gym.server import workshop as module
from RLVE_Gym.server.configuration import Episode
from RLVE_Gym.server.workshop import Workshop

ENDLESS = 10**12


def episode(seed: int, level: int = 2, identifier: str = "Multiplication") -> Episode:
    return Episode(identifier, seed, level, ("<answer>", "</answer>"))


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop(1, generation_timeout_s=1.5, verification_timeout_s=1.5)
    yield made
    made.close()


def test_a_problem_and_its_verdicts(workshop: Workshop) -> None:
    posed = workshop.order(episode(1)).future.result()
    problem = problems.get("Multiplication")
    instance = problem.generate(1, 2)
    outputs = ["no", f"<answer>{problem.reference(instance)}</answer>"]
    assert posed.prompt == problem.prompt(instance)
    assert workshop.judge(posed.packed, outputs).result() == [problem.verify(instance, output) for output in outputs]


def test_sessions_that_want_the_same_share_the_work(workshop: Workshop) -> None:
    endless = workshop.order(episode(0, ENDLESS))  # keeps the one worker busy
    first, second = workshop.order(episode(1)), workshop.order(episode(1))
    assert first.future is second.future
    first.cancel()
    first.cancel()
    assert not second.future.done()
    with pytest.raises(WorkerTimeoutError):
        endless.future.result()
    assert second.future.result() is workshop.order(episode(1)).future.result()


def test_work_nobody_wants_is_dropped(workshop: Workshop) -> None:
    endless = workshop.order(episode(0, ENDLESS))
    orders = [workshop.order(episode(1)), workshop.order(episode(1))]
    for order in orders:
        order.cancel()
    assert orders[0].future.cancelled()
    assert workshop.order(episode(1)).future is not orders[0].future  # made anew for who wants it later
    with pytest.raises(WorkerTimeoutError):
        endless.future.result()


def test_a_failure_is_not_kept(workshop: Workshop) -> None:
    first = workshop.order(Episode("KnightsAndKnaves", 0, 1000, ("<", ">")))
    assert isinstance(first.future.exception(), problems.ParameterError)
    again = workshop.order(Episode("KnightsAndKnaves", 0, 1000, ("<", ">")))
    assert again.future is not first.future
    assert isinstance(again.future.exception(), problems.ParameterError)


def test_what_is_kept_is_bounded(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHE_BYTES", 10_000)
    made = [workshop.order(episode(seed)).future.result() for seed in range(40)]
    assert workshop.order(episode(39)).future.result() is made[39]
    assert workshop.order(episode(0)).future.result() is not made[0]
    assert workshop.order(episode(0)).future.result() == made[0]


def test_verdicts_do_not_wait_for_problems() -> None:
    workshop = Workshop(1, generation_timeout_s=600.0)
    packed = workshop.order(episode(1)).future.result().packed
    endless = workshop.order(episode(0, ENDLESS))
    workshop.judge(packed, ["no"]).result()
    assert not endless.future.done()
    workshop.close()
    assert endless.future.exception() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_memory_is_limited() -> None:
    workshop = Workshop(1, generation_timeout_s=100.0, memory_limit_mb=16)
    hungry = workshop.order(Episode("Sorting", 0, 150, ("<", ">"))).future.exception()  # ten million integers
    assert isinstance(hungry, MemoryError)
    assert workshop.order(episode(1)).future.result().prompt
    workshop.close()


def test_closing_ends_the_workers_and_tells_who_waits(workshop: Workshop) -> None:
    endless = workshop.order(episode(0, ENDLESS))
    workshop.close()
    assert endless.future.exception() is not None
    workshop.close()
    assert workshop.order(episode(1)).future.result().prompt
