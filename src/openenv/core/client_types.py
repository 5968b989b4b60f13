"""What the client verbs return."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

ObsT = TypeVar("ObsT")
StateT = TypeVar("StateT")


@dataclass
class StepResult(Generic[ObsT]):
    """The outcome of one ``reset`` or ``step``.

    Attributes:
        observation: what the environment shows now.
        reward: the reward of this step; None where the environment gives none.
        done: whether the episode is over.
        metadata: further data about the step, or None.
    """

    observation: ObsT
    reward: float | None = None
    done: bool = False
    metadata: dict[str, Any] | None = None


__all__ = ["ObsT", "StateT", "StepResult"]
