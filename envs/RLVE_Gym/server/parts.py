"""What the server uses of the rest of the package, under whichever name that is imported.

The package is `RLVE_Gym` (or `envs.RLVE_Gym`); from its own directory its parts are top-level modules.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING or "." in (__package__ or ""):
    from .. import problems
    from ..models import (
        RlveGymAction,
        RlveGymBatchError,
        RlveGymBatchItem,
        RlveGymBatchRequest,
        RlveGymBatchResponse,
        RlveGymBatchResult,
        RlveGymObservation,
        RlveGymState,
        RlveGymVerdict,
    )
    from ..problems import batch
    from ..problems.kit.extraction import check_markers
else:
    import problems
    from models import (
        RlveGymAction,
        RlveGymBatchError,
        RlveGymBatchItem,
        RlveGymBatchRequest,
        RlveGymBatchResponse,
        RlveGymBatchResult,
        RlveGymObservation,
        RlveGymState,
        RlveGymVerdict,
    )
    from problems import batch
    from problems.kit.extraction import check_markers

__all__ = [
    "RlveGymAction",
    "RlveGymBatchError",
    "RlveGymBatchItem",
    "RlveGymBatchRequest",
    "RlveGymBatchResponse",
    "RlveGymBatchResult",
    "RlveGymObservation",
    "RlveGymState",
    "RlveGymVerdict",
    "batch",
    "check_markers",
    "problems",
]
