"""The client of the environment."""

from typing import TYPE_CHECKING, Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient
from openenv.core.env_server.types import State

if TYPE_CHECKING or __package__:
    from .models import __ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation
else:  # imported from the environment's own directory
    from models import __ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation


class __ENV_CLASS_NAME__Env(EnvClient[__ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation, State]):
    """Plays the environment: ``reset()``, ``step(action)``, ``state()``; blocking, or awaited in async code."""

    def _step_payload(self, action: __ENV_CLASS_NAME__Action) -> dict[str, Any]:
        return action.model_dump()

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[__ENV_CLASS_NAME__Observation]:
        reward, done = payload.get("reward"), payload.get("done", False)
        observation = __ENV_CLASS_NAME__Observation(**payload["observation"], reward=reward, done=done)
        return StepResult(observation=observation, reward=reward, done=done, metadata=observation.metadata)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(**payload)
