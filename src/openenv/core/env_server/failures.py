"""How an error is told to the caller: one code and one message, over WebSocket and HTTP alike."""

import json
import logging
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from .exceptions import (
    CallTimeoutError,
    EnvironmentFactoryError,
    OpenEnvError,
    ServerDrainingError,
    SessionCapacityError,
    SessionNotFoundError,
    describe,
)
from .types import WSErrorCode

logger = logging.getLogger("openenv.server")

RETRY_AFTER_S = 1


class InvalidMessageError(OpenEnvError):
    """A message or action does not fit its model.

    Attributes:
        errors: one entry per problem, as in a 422 body.
    """

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("Invalid message")
        self.errors = errors

    @classmethod
    def of(cls, error: ValidationError, within: tuple[str, ...] = ()) -> "InvalidMessageError":
        """The same problems, of a value that the message holds at ``within``."""
        return cls([{**problem, "loc": [*within, *problem["loc"]]} for problem in json.loads(error.json())])

    @classmethod
    def because(cls, message: str, location: tuple[str, ...] = (), kind: str = "value_error") -> "InvalidMessageError":
        return cls([{"type": kind, "loc": list(location), "msg": message}])


class RateLimitError(OpenEnvError):
    """A session sends messages faster than it may."""

    def __init__(self, per_second: float) -> None:
        super().__init__(f"More than {per_second:g} messages per second: slow down")
        self.retry_after_s = 1.0 / per_second


class NotAvailableError(OpenEnvError):
    """The server's mode does not offer a call."""

    def __init__(self, call: str) -> None:
        super().__init__(f"{call} is not available in production mode: only tools are")


@dataclass(frozen=True)
class Failure:
    """An error as the wire shows it."""

    code: WSErrorCode
    message: str
    http_status: int
    data: dict[str, Any] = field(default_factory=dict)

    def frame(self) -> dict[str, Any]:
        """The error frame of ``/ws``."""
        return {"type": "error", "data": {"message": self.message, "code": self.code.value, **self.data}}

    def body(self) -> dict[str, Any]:
        """The body of an HTTP error."""
        return {"detail": self.message, "code": self.code.value, **self.data}


def failure_for(error: Exception) -> Failure:
    """How to tell ``error``. What is no error of ours comes from the environment, and is logged."""
    match error:
        case InvalidMessageError():
            return Failure(WSErrorCode.VALIDATION_ERROR, str(error), 422, {"errors": error.errors})
        case SessionCapacityError():
            counts = {"active_sessions": error.active_sessions, "max_sessions": error.max_sessions}
            return Failure(WSErrorCode.CAPACITY_REACHED, str(error), 503, counts)
        case ServerDrainingError():
            return Failure(WSErrorCode.SHUTTING_DOWN, str(error), 503)
        case EnvironmentFactoryError():
            return Failure(WSErrorCode.FACTORY_ERROR, str(error), 500, {"factory_name": error.factory_name})
        case CallTimeoutError():
            return Failure(WSErrorCode.TIMEOUT, str(error), 504, {"timeout_s": error.timeout_s})
        case SessionNotFoundError():
            return Failure(WSErrorCode.SESSION_ERROR, str(error), 404)
        case RateLimitError():
            return Failure(WSErrorCode.RATE_LIMITED, str(error), 429, {"retry_after_s": error.retry_after_s})
        case NotAvailableError():
            return Failure(WSErrorCode.NOT_AVAILABLE, str(error), 404)
    # Where an environment refuses something with an error of ours, it has said why: there is no bug to look for.
    stack = None if isinstance(error, OpenEnvError) else error
    logger.warning("the environment failed: %s: %s", type(error).__name__, describe(error)[:500], exc_info=stack)
    return Failure(WSErrorCode.EXECUTION_ERROR, describe(error), 500)
