"""Worker processes with hard time limits: what no thread can interrupt is killed with its process."""

from .errors import (
    PoolClosedError,
    WorkerCallError,
    WorkerDiedError,
    WorkerError,
    WorkerResultError,
    WorkerStartError,
    WorkerTimeoutError,
)
from .pool import WorkerPool

__all__ = [
    "PoolClosedError",
    "WorkerCallError",
    "WorkerDiedError",
    "WorkerError",
    "WorkerPool",
    "WorkerResultError",
    "WorkerStartError",
    "WorkerTimeoutError",
]
