"""Two echo environments, written once against the interface that both packages share."""

from typing import Any
from uuid import uuid4

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State

SESSIONS = 1100
"""Capacity of every server here: the widest row opens 1,024 sessions."""


class EchoAction(Action):
    """What to say."""

    message: str


class EchoObservation(Observation):
    """What was said."""

    echoed: str = ""


class EchoEnvironment(Environment[EchoAction, EchoObservation, State]):
    """Answers each message with itself."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = State(episode_id=str(uuid4()), step_count=0)

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> EchoObservation:
        self._state = State(episode_id=episode_id or str(uuid4()), step_count=0)
        return EchoObservation(echoed="ready", reward=0.0)

    def step(self, action: EchoAction, timeout_s: float | None = None, **kwargs: Any) -> EchoObservation:
        self._state.step_count += 1
        return EchoObservation(echoed=action.message, reward=1.0)

    @property
    def state(self) -> State:
        return self._state


class CheapEchoEnvironment(EchoEnvironment):
    """The same, declared cheap enough for the event loop. The public package does not know the attribute."""

    STEP_IS_CHEAP = True
