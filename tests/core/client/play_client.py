"""A typed client of the playground."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient
from tests.core.client.playground import PlayAction, PlayObservation, PlayState


class PlayClient(EnvClient[PlayAction, PlayObservation, PlayState]):
    """Written as environment packages write theirs."""

    def _step_payload(self, action: PlayAction) -> dict[str, Any]:
        return {"message": action.message, "number": action.number, "gate": action.gate}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[PlayObservation]:
        observation = PlayObservation(**payload["observation"])
        return StepResult(observation, payload.get("reward"), bool(payload.get("done")))

    def _parse_state(self, payload: dict[str, Any]) -> PlayState:
        return PlayState(**payload)


def say(message: str, number: float = 0) -> PlayAction:
    return PlayAction(message=message, number=number)


@contextmanager
def impatient(client: EnvClient[Any, Any, Any], message_timeout_s: float) -> Iterator[None]:
    """Let the client wait only so long for replies, for the length of a ``with``."""
    before, client._message_timeout_s = client._message_timeout_s, message_timeout_s
    try:
        yield
    finally:
        client._message_timeout_s = before
