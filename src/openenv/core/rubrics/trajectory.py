"""Rubrics that score an episode as a whole."""

from abc import abstractmethod
from collections.abc import Awaitable
from typing import Any

from ._steps import Steps, run, value_of
from .base import Rubric, Score

Trajectory = list[tuple[Any, Any]]
"""The episode so far: ``(action, observation)`` per step."""


class TrajectoryRubric(Rubric):
    """Collects an episode and scores it at its end.

    Every call adds a step and returns ``intermediate_reward``, until an observation is ``done``: then it
    returns the score of the trajectory. :meth:`reset` starts a new episode.
    """

    intermediate_reward: float = 0.0

    def __init__(self, intermediate_reward: float = 0.0) -> None:
        self.intermediate_reward = intermediate_reward

    @property
    def _steps_taken(self) -> Trajectory:
        steps: Trajectory = self.__dict__.setdefault("_trajectory", [])
        return steps

    @property
    def trajectory(self) -> Trajectory:
        """A copy of the episode so far."""
        return list(self._steps_taken)

    @abstractmethod
    def score_trajectory(self, trajectory: Trajectory) -> Score:
        """Return the score of a whole episode; may be async."""

    @abstractmethod
    def compute_step_rewards(self) -> list[float] | Awaitable[list[float]]:
        """Return one reward per step of the episode so far: how the final score is shared among them."""

    def forward(self, action: Any, observation: Any) -> Score:
        self._steps_taken.append((action, observation))
        if getattr(observation, "done", False):
            return self.score_trajectory(self.trajectory)
        return self.intermediate_reward

    def reset(self) -> Awaitable[None] | None:
        self._steps_taken.clear()
        return super().reset()

    def state_dict(self) -> dict[str, Any]:
        return {"intermediate_reward": self.intermediate_reward, **super().state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.intermediate_reward = state.get("intermediate_reward", self.intermediate_reward)


class ExponentialDiscountingTrajectoryRubric(TrajectoryRubric):
    """Shares the final score out with discounting: step t of T gets ``gamma ** (T - 1 - t)`` times the score.

    Args:
        gamma: from 0 (all to the last step) to 1 (the whole score to every step).

    Raises:
        ValueError: if ``gamma`` is outside that range.
    """

    gamma: float = 0.99

    def __init__(self, gamma: float = 0.99, intermediate_reward: float = 0.0) -> None:
        super().__init__(intermediate_reward)
        self.gamma = _checked_gamma(gamma)

    def compute_step_rewards(self) -> list[float] | Awaitable[list[float]]:
        return run(self._step_rewards())

    def _step_rewards(self) -> Steps[list[float]]:
        trajectory = self.trajectory
        if not trajectory:
            return []
        final = yield from value_of(self.score_trajectory(trajectory))
        return [self.gamma**distance * final for distance in reversed(range(len(trajectory)))]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "gamma": self.gamma}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.gamma = _checked_gamma(state.get("gamma", self.gamma))


def _checked_gamma(gamma: float) -> float:
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must be from 0 to 1, got {gamma!r}")
    return gamma
