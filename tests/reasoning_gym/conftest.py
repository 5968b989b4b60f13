"""Gyms that tests share: their worker processes take seconds to load the library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openenv.core.containers.runtime import ProcessProvider
from reasoning_gym_env.server.gym import Gym
from reasoning_gym_env.server.reasoning_gym_environment import ReasoningGymEnvironment
from reasoning_gym_env.server.settings import GymSettings

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "envs" / "reasoning_gym_env"
ODD_DATASETS = "tests.reasoning_gym.odd_datasets"


@pytest.fixture(scope="session")
def gym() -> Iterator[Gym]:
    """A gym that makes one question at a time, with the odd datasets."""
    gym = Gym(GymSettings(workers=1, modules=(ODD_DATASETS,), prepare_ahead=1))
    yield gym
    gym.close()


@pytest.fixture
def environment(gym: Gym) -> Iterator[ReasoningGymEnvironment]:
    """An environment in the shared gym."""
    environment = ReasoningGymEnvironment(gym)
    yield environment
    environment.close()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server in a process of its own, with the odd datasets."""
    variables = {"REASONING_GYM_MODULES": ODD_DATASETS, "PYTHONPATH": str(ROOT)}
    with ProcessProvider.for_target(DIRECTORY, env_vars=variables, ready_timeout_s=60) as provider:
        yield provider.base_url
