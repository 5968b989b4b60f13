"""An echo of the template's kind, for either package: one action model, one observation model, four sessions."""

from typing import Any
from uuid import uuid4

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State


class EchoAction(Action):
    message: str


class EchoObservation(Observation):
    echoed_message: str = ""
    message_length: int = 0
    greeting: str = ""


class TemplateEcho(Environment[EchoAction, EchoObservation, State]):
    """Echoes; raises when told ``raise``; is done after ``done``."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = State(episode_id=str(uuid4()), step_count=0)

    def reset(  # type: ignore[override]  # narrowed on purpose: what it does not take is dropped
        self, seed: int | None = None, episode_id: str | None = None, greeting: str = "hi"
    ) -> EchoObservation:
        self._state = State(episode_id=episode_id or str(uuid4()), step_count=0)
        return EchoObservation(echoed_message="ready", greeting=f"{greeting} {seed}", reward=0.0)

    def step(self, action: EchoAction, timeout_s: float | None = None, **kwargs: Any) -> EchoObservation:
        if action.message == "raise":
            raise ValueError("told to raise")
        self._state.step_count += 1
        size = len(action.message)
        return EchoObservation(
            echoed_message=action.message,
            message_length=size,
            reward=size * 0.5,
            done=action.message == "done",
            metadata={"step": self._state.step_count},
        )

    @property
    def state(self) -> State:
        return self._state


app = create_app(TemplateEcho, EchoAction, EchoObservation, env_name="template_echo", max_concurrent_envs=4)
