"""Adaptive difficulty: sessions draw their levels from the curriculum and report to it."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from openenv.core.curriculum import Curriculum
from RLVE_Gym import RlveGymAction, RlveGymEnv, problems
from RLVE_Gym.server.gym import Gym
from RLVE_Gym.server.RLVE_Gym_environment import RlveGymEnvironment
from RLVE_Gym.server.selection import ConfigurationError
from RLVE_Gym.server.settings import GymSettings

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "envs" / "RLVE_Gym"
QUICK = {"curriculum_minimum_prompts": 2, "curriculum_group_size": 2, "workers": 2}


@pytest.fixture(scope="module")
def shared() -> Iterator[Gym]:
    made = Gym(GymSettings(environment_identifier="Sorting", difficulty="adaptive", **QUICK))
    yield made
    made.close()


@pytest.fixture
def gym(shared: Gym) -> Gym:
    """A gym whose curriculum is at its beginning."""
    shared.curriculum().set_state(at_level(0))
    return shared


def at_level(level: int) -> dict[str, Any]:
    return {"environment2difficulty": {"Sorting": level}, "problem_generation_seed": 0}


def answer(environment: RlveGymEnvironment, *, right: bool) -> str:
    if not right:
        return "no idea"
    state = environment.state
    problem = problems.get(str(state.environment_identifier))
    return f"<answer>{problem.reference(problem.generate(state.problem_seed or 0, state.level or 0))}</answer>"


def rollout(environment: RlveGymEnvironment, *, right: bool, **arguments: Any) -> int:
    """The level of one more problem, answered."""
    environment.reset(**arguments)
    environment.step(RlveGymAction(output=answer(environment, right=right)))
    return environment.state.level or 0


def test_levels_rise_with_right_answers_and_stay_with_wrong_ones(gym: Gym) -> None:
    environment = RlveGymEnvironment(gym=gym)
    curriculum = gym.curriculum()
    assert curriculum.snapshot()["Sorting"]["upper_level"] == 0
    levels = [rollout(environment, right=True) for _ in range(4)]
    assert levels == [0, 0, 0, 0]
    assert curriculum.upper_level("Sorting") == 1
    for _ in range(30):
        rollout(environment, right=False)
    assert curriculum.upper_level("Sorting") == 1


def test_levels_are_drawn_from_the_window_and_only_the_upper_one_counts(gym: Gym) -> None:
    gym.curriculum().set_state(at_level(6))
    environment = RlveGymEnvironment(gym=gym)
    levels = [rollout(environment, right=True) for _ in range(3)]
    counted = levels.count(6)
    assert set(levels) <= {3, 4, 5, 6}
    assert gym.curriculum().snapshot()["Sorting"]["samples"] == counted
    environment.reset()
    seen = {rollout(environment, right=False, seed=seed) for seed in range(60)}
    assert seen == {3, 4, 5, 6}


def test_every_step_is_a_rollout_and_other_difficulties_do_not_count(gym: Gym) -> None:
    environment = RlveGymEnvironment(gym=gym)
    environment.reset()
    for _ in range(3):
        environment.step(RlveGymAction(output=answer(environment, right=True)))
    assert gym.curriculum().snapshot()["Sorting"]["samples"] == 3
    environment.reset(difficulty=0)
    environment.step(RlveGymAction(output=answer(environment, right=True)))
    assert gym.curriculum().snapshot()["Sorting"]["samples"] == 3


def test_what_was_prepared_gives_way_when_the_level_has_risen(gym: Gym) -> None:
    environment, other = RlveGymEnvironment(gym=gym), RlveGymEnvironment(gym=gym, seed=500)
    environment.reset()  # prepares the next one, at level 0
    gym.curriculum().set_state(at_level(40))
    assert rollout(environment, right=False) >= 37
    assert rollout(other, right=False) >= 37


def test_levels_follow_the_skill_of_a_learner() -> None:
    """Every problem at once; a learner who masters each up to a level of its own, and none beyond."""
    skill = {entry.identifier: i % 4 for i, entry in enumerate(problems.find())}
    gym = Gym(GymSettings(environment_identifier="all", difficulty="adaptive", curriculum_window_size=1, **QUICK))
    environment = RlveGymEnvironment(gym=gym)
    curriculum = gym.curriculum()

    def train(rounds: int) -> dict[str, int]:
        for _ in range(4 * rounds):  # 4 results at a level decide, see QUICK
            for identifier, mastered in skill.items():
                upper = curriculum.upper_level(identifier)
                assert rollout(environment, right=upper <= mastered, environment_identifier=identifier) == upper
        return {name: standing["upper_level"] for name, standing in curriculum.snapshot().items()}

    assert train(2) == {name: min(mastered + 1, 2) for name, mastered in skill.items()}
    beyond = {name: mastered + 1 for name, mastered in skill.items()}
    assert train(2) == beyond
    assert train(2) == beyond  # it does not improve any more, so they stay
    gym.close()


def test_a_client_in_an_event_loop(gym: Gym) -> None:
    environment = RlveGymEnvironment(gym=gym)

    async def play() -> None:
        for _ in range(4):
            await environment.reset_async()
            await environment.step_async(RlveGymAction(output=answer(environment, right=True)))

    import asyncio

    asyncio.run(play())
    assert gym.curriculum().upper_level("Sorting") == 1


def test_several_processes_without_a_file_are_told() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as processes:
        words = processes.apply(refusal)
    assert "set RLVE_GYM_CURRICULUM" in words


def refusal() -> str:
    """What an adaptive gym says in a process that is one of several."""
    try:
        Gym(GymSettings(difficulty="adaptive"))
    except ConfigurationError as error:
        return str(error)
    return ""


@contextmanager
def serving(workers: int, **variables: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server of several processes, and its URL."""
    command = [sys.executable, "-m", "openenv.core.env_server.run", "server.app:app", "--app-dir", str(DIRECTORY)]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)],
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    started, url, log = 0, "", []
    while started < workers or not url:
        line = process.stderr.readline()
        assert line, "".join(log)
        log.append(line)
        started += "Application startup complete" in line
        found = re.search(r"running on (http://\S+)", line)
        url = found.group(1) if found else url
    try:
        yield url, process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def play_in_turns(url: str, sessions: int, rounds: int) -> list[int]:
    levels = []
    with ExitStack() as stack:
        clients = [stack.enter_context(RlveGymEnv(base_url=url)) for _ in range(sessions)]
        for _ in range(rounds):
            for env in clients:
                env.reset()
                parameter = env.problem.parameter
                assert parameter is not None
                env.step(RlveGymAction(output=f"<answer>{parameter['reference_answer']}</answer>"))
                levels.append(env.state().level or 0)
    return levels


def test_the_processes_of_a_server_share_the_curriculum_and_keep_it(tmp_path: Path) -> None:
    file = tmp_path / "curriculum.sqlite"
    variables = {
        "RLVE_GYM_ENVIRONMENT_IDENTIFIER": "Sorting",
        "RLVE_GYM_DIFFICULTY": "adaptive",
        "RLVE_GYM_CURRICULUM": str(file),
        "RLVE_GYM_CURRICULUM_WINDOW_SIZE": "1",
        "RLVE_GYM_CURRICULUM_MINIMUM_PROMPTS": "3",
        "RLVE_GYM_CURRICULUM_GROUP_SIZE": "1",
        "RLVE_GYM_WORKERS": "1",
    }
    with serving(2, **variables) as (url, process):
        assert play_in_turns(url, sessions=4, rounds=2) == [0, 0, 0, 1, 1, 1, 2, 2]
        told = httpx.get(f"{url}/curriculum", trust_env=False).json()
        assert told["problems"]["Sorting"] == {
            "lowest_level": 2,
            "upper_level": 2,
            "samples": 2,
            "minimum_samples": 3,
            "accuracy": 1.0,
        }
        assert told["state"]["environment2difficulty"] == {"Sorting": 2}
        assert told["rule"]["accuracy_threshold"] == 0.9
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
    with Curriculum(file) as curriculum:
        assert curriculum.snapshot()["Sorting"]["samples"] == 2
    settings = {name.removeprefix("RLVE_GYM_").lower(): value for name, value in variables.items()}
    gym = Gym(GymSettings(**settings))
    environment = RlveGymEnvironment(gym=gym)
    assert [rollout(environment, right=True) for _ in range(2)] == [2, 3]
    gym.close()
