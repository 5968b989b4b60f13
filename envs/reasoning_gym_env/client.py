"""The client of the Reasoning Gym environment."""

from typing import TYPE_CHECKING, Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient

if TYPE_CHECKING or __package__:
    from .models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState
else:  # imported from the environment's own directory
    from models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState


class ReasoningGymEnv(EnvClient[ReasoningGymAction, ReasoningGymObservation, ReasoningGymState]):
    """Asks a question with ``reset()`` and scores the answer with ``step(ReasoningGymAction(answer=...))``.

    ``reset()`` poses the next question of the dataset in use. To use another one:
    ``reset(dataset_name="leg_counting", seed=1, size=100)``, with ``dataset_config=`` if wanted, or
    ``reset(dataset_name="composite", dataset_specs=[{"name": ..., "weight": ..., "config": ...}], seed=1, size=100)``.
    """

    def _step_payload(self, action: ReasoningGymAction) -> dict[str, Any]:
        return action.model_dump()

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[ReasoningGymObservation]:
        reward, done = payload.get("reward"), payload.get("done", False)
        observation = ReasoningGymObservation(**payload["observation"], reward=reward, done=done)
        return StepResult(observation=observation, reward=reward, done=done, metadata=observation.metadata)

    def _parse_state(self, payload: dict[str, Any]) -> ReasoningGymState:
        return ReasoningGymState(**payload)
