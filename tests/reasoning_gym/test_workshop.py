"""Hard limits, work that is shared, and questions made ahead."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from openenv.core.env_server.exceptions import CallTimeoutError
from openenv.core.wire import decode
from openenv.core.workers import WorkerDiedError
from reasoning_gym_env import ReasoningGymAction
from reasoning_gym_env.server import workshop as workshop_module
from reasoning_gym_env.server.errors import GenerationError, ScoringError
from reasoning_gym_env.server.gym import Gym
from reasoning_gym_env.server.reasoning_gym_environment import ReasoningGymEnvironment
from reasoning_gym_env.server.selection import Selection, selection_of
from reasoning_gym_env.server.settings import GymSettings, SettingsError
from tests.reasoning_gym.conftest import DIRECTORY, ODD_DATASETS

PATIENCE_S = 120  # far above what anything here takes: a test that hangs fails instead


@pytest.fixture(scope="module")
def strict() -> Iterator[Gym]:
    """A gym with short limits."""
    limits = {"generation_timeout_s": 3, "scoring_timeout_s": 3}
    gym = Gym(GymSettings(workers=1, modules=(ODD_DATASETS,), prepare_ahead=0, **limits))
    yield gym
    gym.close()


@pytest.fixture
def bounded(strict: Gym) -> Iterator[ReasoningGymEnvironment]:
    environment = ReasoningGymEnvironment(strict)
    yield environment
    environment.close()


def selected(name: str, seed: int = 0, **config: Any) -> Selection:
    selection = selection_of(name, config, seed=seed, size=1000)
    assert selection is not None
    return selection


def say(environment: ReasoningGymEnvironment, answer: str, **arguments: Any) -> Any:
    return environment.step(ReasoningGymAction(answer=answer), **arguments)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.01)


def at_work(gate: Path) -> int:
    """The process that makes a gated question, once it does."""
    started = gate.with_name(f"{gate.name}.pid")
    until(started.exists)
    return int(started.read_text())


# Limits


def test_a_question_that_takes_forever_is_given_up(bounded: ReasoningGymEnvironment, tmp_path: Path) -> None:
    bounded.reset(dataset_name="fails_at_one", seed=3, size=5, episode_id="mine")
    gate = {"gate": str(tmp_path / "never")}
    with pytest.raises(CallTimeoutError, match="making question 0 of gated with seed 1 did not finish within 3 s"):
        bounded.reset(dataset_name="gated", dataset_config=gate, seed=1, size=5)
    assert bounded.state.episode_id == "mine"
    assert say(bounded, "3").score == 1.0


def test_an_answer_that_takes_forever_is_no_reward(bounded: ReasoningGymEnvironment, tmp_path: Path) -> None:
    bounded.reset(dataset_name="gated_score", seed=3, size=5)
    never = str(tmp_path / "never")
    for arguments in ({}, {"timeout_s": 0.5}):
        limit = arguments.get("timeout_s", 3)
        with pytest.raises(CallTimeoutError, match=f"gated_score did not finish within {limit:g} s"):
            say(bounded, never, **arguments)
        assert bounded.state.step_count == 0
    assert say(bounded, "3").score == 1.0  # the question is still open


@pytest.mark.parametrize(
    ("answer", "reason"), [("hungry", "it took too much memory"), ("dies", "the worker process exited with code 3")]
)
def test_a_worker_that_ends_ends_nothing_else(answer: str, reason: str, bounded: ReasoningGymEnvironment) -> None:
    bounded.reset(dataset_name="strange", seed=3, size=5)
    with pytest.raises(ScoringError, match=reason):
        say(bounded, answer)
    assert say(bounded, "3").score == 1.0


def test_a_worker_that_is_killed_is_replaced(strict: Gym, tmp_path: Path) -> None:
    gate = tmp_path / "never"
    waiting = strict.workshop.order(selected("gated", gate=str(gate)), 0).future
    pid = at_work(gate)
    assert pid in _pids(strict)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDiedError):
        waiting.result(PATIENCE_S)
    question = strict.workshop.order(selected("fails_at_one", seed=78), 0).future.result(PATIENCE_S)
    assert decode(question.metadata)["pid"] != pid


def _pids(gym: Gym) -> set[int]:
    pool = gym.workshop._pool
    assert pool is not None
    return set(pool.worker_pids)


# Who waits for whom


def test_no_score_waits_behind_a_slow_question(gym: Gym, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    scored, slow = ReasoningGymEnvironment(gym), ReasoningGymEnvironment(gym)
    scored.reset(dataset_name="fails_at_one", seed=5, size=5)
    with ThreadPoolExecutor(1) as thread:
        arguments: dict[str, Any] = {"dataset_name": "gated", "dataset_config": {"gate": str(gate)}}
        waiting = thread.submit(slow.reset, **arguments, seed=1, size=5)
        at_work(gate)
        assert say(scored, "5").score == 1.0
        assert not waiting.done()
        gate.touch()
        assert waiting.result(PATIENCE_S).question == "gated 1?"
    scored.close()
    slow.close()


def test_questions_that_are_waited_for_come_first(gym: Gym, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    finished: list[int] = []
    blocking = gym.workshop.order(selected("gated", seed=200, gate=str(gate)), 0)
    at_work(gate)
    orders = [gym.workshop.order(selected("fails_at_one", seed=seed), 0) for seed in range(201, 205)]
    for seed, order in enumerate([blocking, *orders], start=200):
        order.future.add_done_callback(lambda _, seed=seed: finished.append(seed))
    orders[0].cancel()
    # Another session wants the third now; the first session, the fourth.
    with ThreadPoolExecutor(2) as threads:
        results = [threads.submit(gym.workshop.order(selected("fails_at_one", seed=203), 0).result)]
        until(lambda: len(gym.workshop._awaited) == 1)
        results.append(threads.submit(orders[3].result))
        until(lambda: len(gym.workshop._awaited) == 2)
        gate.touch()
        assert [result.result(PATIENCE_S).text for result in results] == ["fails_at_one 203?", "fails_at_one 204?"]
    orders[1].result()
    assert finished == [201, 200, 203, 204, 202]
    assert orders[0].future.cancelled()


def test_sessions_that_want_the_same_share_the_work(gym: Gym, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    orders = [gym.workshop.order(selected("gated", seed=9, gate=str(gate)), 0) for _ in range(8)]
    orders[0].cancel()
    orders[0].cancel()
    gate.touch()
    questions = {id(order.future.result(PATIENCE_S)) for order in orders}
    assert len(questions) == 1
    later = gym.workshop.order(selected("gated", seed=9, gate=str(gate)), 0).future.result(PATIENCE_S)
    assert {id(later)} == questions


def test_what_was_made_is_kept_up_to_a_bound(strict: Gym, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(seed: int) -> Any:
        return strict.workshop.order(selected("fails_at_one", seed=seed), 0).future.result(PATIENCE_S)

    monkeypatch.setattr(workshop_module, "KEPT_BYTES", made(300).size_bytes() * 2)
    first = made(301)
    assert made(301) is first
    for seed in range(302, 306):
        made(seed)
    assert made(301) is not first
    assert made(301).text == first.text


def test_a_large_configuration_counts(strict: Gym) -> None:
    small, large = (
        strict.workshop.order(selected("chess_state_eval", states=["check"] * count), 0).future.result(PATIENCE_S)
        for count in (1, 10_000)
    )
    assert small.text == large.text
    assert large.size_bytes() - small.size_bytes() > 100_000


# Ahead


def test_the_next_question_is_made_while_the_model_thinks(gym: Gym, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    environment = ReasoningGymEnvironment(gym)
    environment.reset(dataset_name="gated", dataset_config={"gate": str(gate)}, seed=40, size=100)
    for number in range(41, 44):
        (ahead,) = environment._ahead
        ahead.future.result(PATIENCE_S)
        gate.unlink()  # what is made from now on would not come
        assert environment.reset().question == f"gated {number}?"
        gate.touch()
    environment.close()
    assert not environment._ahead


@pytest.mark.parametrize("name", ["codeio", "composite", "figlet_font"])
def test_what_is_made_ahead_is_what_would_be_asked(name: str, strict: Gym, gym: Gym) -> None:
    """One of these uses the global generator, one a generator of its own, one what the dataset has loaded."""
    arguments: dict[str, Any] = {"dataset_name": name, "seed": 12, "size": 4}
    if name == "composite":
        arguments["dataset_specs"] = [{"name": "codeio"}, {"name": "leg_counting"}]
    asked = []
    for each in (strict, gym):  # without, and with one made ahead
        environment = ReasoningGymEnvironment(each)
        asked.append([environment.reset(**arguments).question, *(environment.reset().question for _ in range(5))])
        assert len(environment._ahead) == each.settings.prepare_ahead
        environment.close()
    assert asked[0] == asked[1]


def test_what_a_session_has_in_the_making_ends_with_it(gym: Gym, tmp_path: Path) -> None:
    gate, other_gate = tmp_path / "gate", tmp_path / "other"
    other_gate.touch()
    blocking = gym.workshop.order(selected("gated", seed=500, gate=str(gate)), 0)
    at_work(gate)  # the only maker is busy
    environments = [ReasoningGymEnvironment(gym) for _ in range(3)]
    made = {"dataset_name": "gated", "dataset_config": {"gate": str(other_gate)}, "size": 100}
    with ThreadPoolExecutor(3) as threads:
        waiting = [
            threads.submit(environment.reset, **made, seed=510 + number)
            for number, environment in enumerate(environments)
        ]
        until(lambda: len(gym.workshop._awaited) == 3)
        gate.touch()
        for result in waiting:
            result.result(PATIENCE_S)
    for environment in environments:
        environment.close()
    blocking.result()
    until(lambda: not gym.workshop._jobs)  # what had begun is finished, nothing else is made
    assert not gym.workshop._ahead
    assert not gym.workshop._awaited


def test_nothing_is_made_ahead_for_sessions_that_never_go_on(gym: Gym) -> None:
    environment = ReasoningGymEnvironment(gym)

    def ahead_after(**arguments: Any) -> int:
        environment.reset(**arguments)
        return len(environment._ahead)

    def another(seed: int) -> int:
        return ahead_after(dataset_name="fails_at_one", seed=seed, size=9)

    assert [another(seed) for seed in range(3)] == [1, 0, 0]
    with pytest.raises(GenerationError):
        environment.reset()  # goes on after all, though there is no question at 1
    assert ahead_after() == 1
    assert [another(seed) for seed in range(2)] == [1, 0]
    assert ahead_after(dataset_name="leg_counting", seed=1, size=1) == 0  # there is no other
    environment.close()


def test_as_many_are_made_ahead_as_is_set(strict: Gym) -> None:
    environment = ReasoningGymEnvironment(strict)
    environment.reset()
    assert not environment._ahead
    strict.settings = strict.settings.model_copy(update={"prepare_ahead": 3})
    environment.reset()
    texts = [order.future.result(PATIENCE_S).text for order in environment._ahead]
    assert texts == [environment.reset().question for _ in range(3)]
    strict.settings = strict.settings.model_copy(update={"prepare_ahead": 0})
    environment.close()


# The end


def test_closing_ends_the_workers_and_tells_those_who_wait(strict: Gym, tmp_path: Path) -> None:
    gate = {"gate": str(tmp_path / "never")}
    environment = ReasoningGymEnvironment(strict)
    environment.reset(dataset_name="fails_at_one", seed=1, size=1)
    pids = _pids(strict)
    with ThreadPoolExecutor(1) as thread:
        begun = strict.workshop.order(selected("gated", seed=1, **gate), 0)
        arguments: dict[str, Any] = {"dataset_name": "gated", "dataset_config": gate}
        waiting = thread.submit(environment.reset, **arguments, seed=1, size=1000)  # for the same
        line = strict.workshop.order(selected("gated", seed=2, **gate), 0)
        strict.close()
        strict.close()
        with pytest.raises((GenerationError, CallTimeoutError), match="question 0 of gated with seed 1"):
            waiting.result(PATIENCE_S)
    assert begun.future.done()
    assert line.future.cancelled()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKERS", "0"), ("WORKERS", "many"), ("SCORING_TIMEOUT_S", "-1"), ("PREPARE_AHEAD", "1000")],
)
def test_wrong_settings_are_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"REASONING_GYM_{name}: .*\(got '{value}'\)"):
        GymSettings.from_environment({f"REASONING_GYM_{name}": value})


def test_settings_come_from_the_environment() -> None:
    variables = {"REASONING_GYM_WORKERS": "3", "REASONING_GYM_MODULES": "a.b, c", "REASONING_GYM_CURRICULUM": ""}
    settings = GymSettings.from_environment(variables)
    assert (settings.workers, settings.modules, settings.curriculum) == (3, ("a.b", "c"), None)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = dict(
        re.findall(r"^\| `REASONING_GYM_(\w+)` \| (.*?) \|", (DIRECTORY / "README.md").read_text(), re.MULTILINE)
    )
    assert list(rows) == [name.upper() for name in GymSettings.model_fields]
    for name, field in GymSettings.model_fields.items():
        if isinstance(field.default, int | float):
            assert float(rows[name.upper()]) == field.default
