"""RLVE_Gym: problems verified by program whose difficulty follows the learner.

Importing the package is cheap: every name below is loaded when it is first used, and no problem is imported before it
is asked for.
"""

from typing import TYPE_CHECKING

from openenv._lazy import lazy_exports

if TYPE_CHECKING:
    from . import problems
    from .client import RlveGymEnv
    from .models import RlveGymAction, RlveGymObservation, RlveGymState

__all__ = ["RlveGymAction", "RlveGymEnv", "RlveGymObservation", "RlveGymState", "problems"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "RlveGymAction": ".models",
        "RlveGymEnv": ".client",
        "RlveGymObservation": ".models",
        "RlveGymState": ".models",
        "problems": ".problems",
    },
)
