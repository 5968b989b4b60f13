"""The server's side of the Reasoning Gym environment."""

from typing import TYPE_CHECKING

from openenv._lazy import lazy_exports

if TYPE_CHECKING:
    from .reasoning_gym_environment import ReasoningGymEnvironment

__all__ = ["ReasoningGymEnvironment"]

# Worker processes import this package, too, and need nothing but their own modules.
__getattr__, __dir__ = lazy_exports(__name__, {"ReasoningGymEnvironment": ".reasoning_gym_environment"})
