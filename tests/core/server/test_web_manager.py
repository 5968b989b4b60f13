"""An environment that a page of its own drives: `WebInterfaceManager`."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from openenv.core.env_server import ServerSettings
from openenv.core.env_server.exceptions import CallTimeoutError, OpenEnvError
from openenv.core.env_server.failures import InvalidMessageError
from openenv.core.env_server.web_interface import WebInterfaceManager
from openenv.core.env_server.web_manager import MOST_LOGS
from tests.core.server.environments import EchoAction, EchoEnvironment, EchoObservation, EchoState


class CountedEcho(EchoEnvironment):
    """Repeats, counts how many calls are inside at once, and how often it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = self.most_inside = self.closed = 0

    def step(self, action: EchoAction) -> EchoObservation:  # type: ignore[override]
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            if action.message == "fail":
                raise RuntimeError("no such luck")
            return super().step(action)
        finally:
            self.inside -= 1

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
async def manager() -> AsyncIterator[WebInterfaceManager]:
    manager = WebInterfaceManager(CountedEcho(), EchoAction, EchoObservation)
    yield manager
    await manager.close()


async def test_an_episode_and_its_log(manager: WebInterfaceManager) -> None:
    assert manager.metadata.name == "CountedEcho"
    assert manager.episode_state.is_reset
    assert await manager.reset_environment() == {
        "observation": {"echoed": "", "metadata": {}},
        "reward": None,
        "done": False,
    }
    data = await manager.step_environment({"message": "hi"})
    assert data == {"observation": {"echoed": "hi", "metadata": {}}, "reward": 2, "done": False}
    assert manager.get_state() == {"episode_id": "one", "step_count": 1, "last": "hi"}
    episode = manager.episode_state
    assert (episode.episode_id, episode.step_count, episode.is_reset) == ("one", 1, False)
    assert episode.current_observation == data["observation"]
    (log,) = episode.action_logs
    assert (log.action, log.observation, log.reward) == ({"message": "hi"}, data["observation"], 2)
    await manager.reset_environment({"seed": 3})
    assert manager.episode_state.action_logs == []
    assert manager.episode_state.is_reset


async def test_errors_leave_the_episode_as_it_was(manager: WebInterfaceManager) -> None:
    await manager.reset_environment()
    await manager.step_environment({"message": "hi"})
    before = manager.episode_state
    for bad in ({}, {"message": 5}, {"message": "a", "unknown": 1}):
        with pytest.raises(InvalidMessageError):
            await manager.step_environment(bad)
    with pytest.raises(InvalidMessageError):
        await manager.reset_environment({"seed": -1})
    with pytest.raises(RuntimeError, match="no such luck"):
        await manager.step_environment({"message": "fail"})
    assert manager.episode_state == before
    assert (await manager.step_environment({"message": "on"}))["observation"]["echoed"] == "on"


async def test_calls_take_turns_and_the_log_is_bounded(manager: WebInterfaceManager) -> None:
    await manager.reset_environment()
    count = MOST_LOGS + 5
    await asyncio.gather(*(manager.step_environment({"message": str(i)}) for i in range(count)))
    assert manager.env.most_inside == 1
    assert [log.step_count for log in manager.episode_state.action_logs] == list(range(6, count + 1))


@pytest.mark.parametrize("played", [True, False])
async def test_close_closes_the_environment_once(played: bool, manager: WebInterfaceManager) -> None:
    if played:
        await manager.reset_environment()
    for _ in range(2):
        await manager.close()
    assert manager.env.closed == 1
    with pytest.raises(OpenEnvError):
        await manager.reset_environment()


async def test_deadlines_hold() -> None:
    released = threading.Event()

    class Slow(CountedEcho):
        def step(self, action: EchoAction) -> EchoObservation:  # type: ignore[override]
            released.wait(30)
            return super().step(action)

    manager = WebInterfaceManager(Slow(), EchoAction, EchoObservation, settings=ServerSettings(step_timeout_s=0.5))
    await manager.reset_environment()
    with pytest.raises(CallTimeoutError):
        await manager.step_environment({"message": "hi"})
    released.set()
    assert manager.episode_state.action_logs == []
    await manager.close()


def test_the_state_is_plain_data() -> None:
    manager = WebInterfaceManager(EchoEnvironment(), EchoAction, EchoObservation)
    assert manager.get_state() == EchoState(episode_id="none yet").model_dump()
