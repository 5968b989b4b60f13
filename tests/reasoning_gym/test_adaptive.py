"""Difficulty that follows the answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openenv.core.containers.runtime import ProcessProvider
from reasoning_gym_env import ReasoningGymAction, ReasoningGymEnv
from reasoning_gym_env.server.errors import SelectionError
from reasoning_gym_env.server.gym import Gym
from reasoning_gym_env.server.reasoning_gym_environment import ReasoningGymEnvironment
from reasoning_gym_env.server.settings import GymSettings
from tests.reasoning_gym.conftest import DIRECTORY

ADAPTIVE: dict[str, Any] = {"dataset_name": "reverse_sort", "seed": 1, "size": 10_000, "difficulty": "adaptive"}


def learner(question: str | None, longest: int) -> str:
    """Sorts lists up to a length; longer ones it leaves as they are."""
    listed = re.search(r"smallest: (\[.*?\])", question or "")
    assert listed is not None
    numbers = json.loads(listed[1])
    return str(sorted(numbers, reverse=True) if len(numbers) <= longest else [0])


@pytest.fixture
def adaptive(gym: Gym) -> Iterator[Gym]:
    """The workers of the shared gym, with a curriculum of its own that looks at every four answers."""
    own = Gym(GymSettings(curriculum_minimum_prompts=4, curriculum_group_size=1))
    own.workshop = gym.workshop
    yield own
    own.curriculum().close()


def play(environment: ReasoningGymEnvironment, episodes: int, longest: int, **arguments: Any) -> list[int]:
    """The levels of the questions."""
    levels = []
    for _ in range(episodes):
        posed = environment.reset(**arguments)
        arguments = {}
        levels.append(posed.metadata["difficulty"]["reverse_sort"])
        environment.step(ReasoningGymAction(answer=learner(posed.question, longest)))
    return levels


def test_levels_rise_with_the_learner_and_stop_where_it_does(adaptive: Gym) -> None:
    environment = ReasoningGymEnvironment(adaptive)
    levels = play(environment, 120, longest=10, **ADAPTIVE)
    assert levels[0] == 0
    assert environment.state.difficulty == {"reverse_sort": levels[-1]}
    # Level 1 has lists of up to 10, level 2 of up to 20.
    assert adaptive.curriculum().upper_level("reverse_sort") == 2
    assert set(levels) == {0, 1, 2}
    assert max(play(environment, 100, longest=1000)) > 2
    environment.close()


def test_nothing_rises_beyond_the_top(adaptive: Gym) -> None:
    top = 6
    adaptive.curriculum().set_state({"environment2difficulty": {"reverse_sort": top}})
    environment = ReasoningGymEnvironment(adaptive)
    assert set(play(environment, 30, longest=1000, **ADAPTIVE)) == {3, 4, 5, 6}
    assert adaptive.curriculum().upper_level("reverse_sort") == top
    environment.close()


def test_only_adaptive_sessions_report(adaptive: Gym) -> None:
    environment = ReasoningGymEnvironment(adaptive)
    play(environment, 10, longest=1000, **{**ADAPTIVE, "difficulty": 0})
    environment.reset(dataset_name="leg_counting", seed=1, size=3)
    environment.step(ReasoningGymAction(answer="1"))
    assert adaptive.curriculum().snapshot() == {}
    environment.close()


def test_sessions_get_the_same_questions_at_the_same_standing(adaptive: Gym) -> None:
    adaptive.curriculum().set_state({"environment2difficulty": {"reverse_sort": 5}})
    asked = []
    for _ in range(2):
        environment = ReasoningGymEnvironment(adaptive)
        asked.append([environment.reset(**ADAPTIVE).question, *(environment.reset().question for _ in range(5))])
        environment.close()
    assert asked[0] == asked[1]


def test_making_ahead_does_not_change_what_is_asked(gym: Gym) -> None:
    asked = []
    for prepare_ahead in (0, 3):
        own = Gym(GymSettings(curriculum_minimum_prompts=2, curriculum_group_size=1, prepare_ahead=prepare_ahead))
        own.workshop = gym.workshop
        environment = ReasoningGymEnvironment(own)
        result = environment.reset(**ADAPTIVE)
        questions = [result.question]
        for _ in range(60):
            for order in environment._ahead:  # the model thinks for so long
                order.future.result()
            environment.step(ReasoningGymAction(answer=learner(result.question, longest=10)))
            result = environment.reset()
            questions.append(result.question)
        assert own.curriculum().upper_level("reverse_sort") >= 2
        asked.append(questions)
        environment.close()
        own.curriculum().close()
    assert asked[0] == asked[1]


def test_every_dataset_of_a_composite_has_a_level_of_its_own(adaptive: Gym) -> None:
    adaptive.curriculum().set_state({"environment2difficulty": {"leg_counting": 9}})
    environment = ReasoningGymEnvironment(adaptive)
    specs = [{"name": "leg_counting"}, {"name": "reverse_sort"}]
    arguments: dict[str, Any] = {"dataset_specs": specs, "seed": 1, "size": 1000, "difficulty": "adaptive"}
    posed = environment.reset(dataset_name="composite", **arguments)
    for _ in range(40):
        levels = posed.metadata["difficulty"]
        assert 6 <= levels["leg_counting"] <= 9
        is_list = "smallest: " in (posed.question or "")
        answer = learner(posed.question, 1000) if is_list else "no idea"
        environment.step(ReasoningGymAction(answer=answer))
        posed = environment.reset()
    standings = adaptive.curriculum().snapshot()
    assert standings["leg_counting"]["upper_level"] == 9
    assert standings["reverse_sort"]["upper_level"] >= 1
    environment.close()


def test_one_of_several_processes_needs_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.parent_process", lambda: object())
    with pytest.raises(SelectionError, match="REASONING_GYM_CURRICULUM"):
        Gym(GymSettings()).curriculum()


def test_a_server_keeps_where_it_stands(tmp_path: Path) -> None:
    variables = {
        "REASONING_GYM_WORKERS": "1",
        "REASONING_GYM_CURRICULUM": str(tmp_path / "curriculum.sqlite3"),
        "REASONING_GYM_CURRICULUM_MINIMUM_PROMPTS": "2",
        "REASONING_GYM_CURRICULUM_GROUP_SIZE": "2",
    }
    reached = 0
    for start in range(2):
        with ProcessProvider.for_target(DIRECTORY, env_vars=variables, ready_timeout_s=120) as provider:
            if start == 0:
                with ReasoningGymEnv(base_url=provider.base_url, message_timeout_s=300) as env:
                    result = env.reset(**ADAPTIVE)
                    for _ in range(20):
                        env.step(ReasoningGymAction(answer=learner(result.observation.question, 1000)))
                        result = env.reset()
            body = httpx.get(f"{provider.base_url}/curriculum", trust_env=False).json()
            standing = body["problems"]["reverse_sort"]
            assert body["rule"]["minimum_prompts"] == 2
            assert standing["minimum_samples"] == 4
            assert body["state"]["environment2difficulty"] == {"reverse_sort": standing["upper_level"]}
            if start == 0:
                reached = standing["upper_level"]
                assert reached >= 1
            assert standing["upper_level"] == reached
