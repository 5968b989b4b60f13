"""The checks find what is wrong, and count only what a problem does itself."""

import gc
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from RLVE_Gym.problems import checks
from RLVE_Gym.problems.checks import CheckFailed, check_generation, check_hostile, check_reference
from RLVE_Gym.problems.kit import Int, Integer, Parameter, Problem, Schedule, add

SECONDS = 0.05


class Successor(Problem[int]):
    """Give n + 1."""

    given = (Int("N", 1),)
    schedule = Schedule(start={"N": 10}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = rng.randrange(p["N"]) + 1000
        return {"n": n, "reference_answer": n + 1}

    def question(self, p: Parameter) -> str:
        return f"What comes after {p['n']}?"

    def answer(self, p: Parameter) -> Integer:
        return Integer("the number")

    def score(self, p: Parameter, answer: int) -> float:
        return float(answer == p["reference_answer"])


def successor(**methods: Callable[..., Any]) -> Problem[Any]:
    """The problem with some methods replaced."""
    return type("Changed", (Successor,), methods)()


def test_generation_from_a_global_state_is_found() -> None:
    import random

    def draw(self: Any, rng: Random, p: Parameter) -> Parameter:
        return {"reference_answer": random.randrange(10**9)}

    with pytest.raises(CheckFailed, match="global random state"):
        check_generation(successor(draw=draw), 0)


def test_a_wrong_reference_is_found() -> None:
    with pytest.raises(CheckFailed, match="the reference is not right"):
        check_reference(successor(score=lambda self, p, answer: 0.0), 0)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little processor time allowed, so that tests need not spend much."""
    monkeypatch.setattr(checks, "SECONDS", SECONDS)
    monkeypatch.setattr(checks.hostile, "answers", lambda: iter(["7"]))
    monkeypatch.setattr(checks.hostile, "OUTPUTS", ())


def burn(seconds: float) -> None:
    """Use the processor for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.mark.usefixtures("short")
def test_slow_verdicts_are_found() -> None:
    def score(self: Any, p: Parameter, answer: int) -> float:
        burn(2 * SECONDS)
        return 0.0

    with pytest.raises(CheckFailed, match=r"takes over 0\.05 s"):
        check_hostile(successor(score=score), 0)


@pytest.mark.usefixtures("short")
def test_what_other_threads_do_does_not_count() -> None:
    def score(self: Any, p: Parameter, answer: int) -> float:
        other = threading.Thread(target=burn, args=(2 * SECONDS,))
        other.start()
        other.join()
        return float(answer == p["reference_answer"])

    check_hostile(successor(score=score), 0)


@pytest.fixture
def collections() -> Iterator[list[str]]:
    """What the garbage collector does, as it does it."""
    seen: list[str] = []

    def note(phase: str, _: object) -> None:
        seen.append(phase)

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def test_the_collector_does_not_run_while_a_verdict_is_timed(collections: list[str]) -> None:
    during = []

    def score(self: Any, p: Parameter, answer: int) -> float:
        before = len(collections)
        lists = [[i] for i in range(5000)]
        during.append(len(collections) - before)
        return float(answer == p["reference_answer"] + len(lists) - 5000)

    check_hostile(successor(score=score), 0)
    assert set(during) == {0}
    assert gc.isenabled()
