"""The server's side of RLVE_Gym."""

from typing import TYPE_CHECKING

from openenv._lazy import lazy_exports

if TYPE_CHECKING:
    from .RLVE_Gym_environment import RlveGymEnvironment

__all__ = ["RlveGymEnvironment"]

__getattr__, __dir__ = lazy_exports(__name__, {"RlveGymEnvironment": ".RLVE_Gym_environment"})
