"""The errors a caller of OpenEnv can meet.

Every one derives from :class:`OpenEnvError`. Those a server answers with derive from :class:`ServerError`
(a ``RuntimeError``) and carry the wire code; :func:`error_for_code` picks the class for a code.
"""

from typing import Any, Final

_MOST_REASONS: Final = 3


class OpenEnvError(Exception):
    """Base of every error of this package."""


class EnvConnectionError(OpenEnvError, ConnectionError):
    """The server cannot be reached, or the connection broke."""


class EnvTimeoutError(OpenEnvError, TimeoutError):
    """No reply came within the client's ``message_timeout_s``."""


class ProtocolError(EnvConnectionError):
    """The peer answered something that no OpenEnv server says. The connection is given up."""


class ServerStartError(OpenEnvError, RuntimeError):
    """A server process or container did not start, or ended; the message carries the last lines it wrote."""


class ToolCallError(OpenEnvError, RuntimeError):
    """A tool gave no result.

    Attributes:
        tool_name: the tool.
        error_type: ``execution_error``, ``invalid_args``, ``transport_error``, ``tool_not_found`` or ``timeout``,
            where the server tells.
    """

    def __init__(self, tool_name: str, message: str, error_type: str | None = None) -> None:
        super().__init__(f"Tool {tool_name!r} failed: {message}")
        self.tool_name = tool_name
        self.error_type = error_type


def _reasons(errors: Any) -> str:
    """What is wrong with a message, from the ``errors`` of its reply."""
    if not isinstance(errors, list):
        return ""
    entries = [entry for entry in errors if isinstance(entry, dict) and "msg" in entry]
    told = [f"{'.'.join(map(str, entry.get('loc') or ['message']))}: {entry['msg']}" for entry in entries]
    more = f" (and {len(told) - _MOST_REASONS} more)" if len(told) > _MOST_REASONS else ""
    return f": {'; '.join(told[:_MOST_REASONS])}{more}" if told else ""


class ServerError(OpenEnvError, RuntimeError):
    """The server answered with an error frame.

    Attributes:
        message: the server's words.
        code: the wire code, such as ``EXECUTION_ERROR``.
        data: further fields of the error frame (``errors``, ``active_sessions``, ...).
    """

    def __init__(self, message: str, code: str, data: dict[str, Any] | None = None) -> None:
        self.message = message
        self.code = code
        self.data = data or {}
        super().__init__(f"Server error: {message} (code: {code}){_reasons(self.data.get('errors'))}")


class InvalidRequestError(ServerError, ValueError):
    """The message or the action does not fit its model; ``data["errors"]`` lists what is wrong."""


class EnvironmentFailureError(ServerError):
    """The environment raised, or returned something that is no result. The session goes on."""


class StepTimeoutError(ServerError, TimeoutError):
    """The environment passed the deadline of a reset or step. Never a reward."""


class CapacityError(ServerError):
    """The server has no free session."""


class SessionLostError(ServerError, ConnectionError):
    """The session is gone, and its state with it. ``reset()`` starts a new one."""


class ServerDrainingError(CapacityError):
    """The server is shutting down and takes no new session."""


class RateLimitedError(ServerError):
    """The session sent more messages per second than the server allows."""


class ReplyLostError(ServerError):
    """The request was carried out, but its reply broke off with the connection and is not kept. The session goes on.

    A step's reward is lost with it: ``state()`` tells where the episode stands.
    """


class NotAvailableError(ServerError):
    """The server's mode does not offer this call (``reset``, ``step`` and ``state`` in production)."""


_ERROR_CLASSES: Final[dict[str, type[ServerError]]] = {
    "INVALID_JSON": InvalidRequestError,
    "UNKNOWN_TYPE": InvalidRequestError,
    "VALIDATION_ERROR": InvalidRequestError,
    "MESSAGE_TOO_BIG": InvalidRequestError,
    "EXECUTION_ERROR": EnvironmentFailureError,
    "FACTORY_ERROR": EnvironmentFailureError,
    "TIMEOUT": StepTimeoutError,
    "CAPACITY_REACHED": CapacityError,
    "SHUTTING_DOWN": ServerDrainingError,
    "SESSION_ERROR": SessionLostError,
    "RATE_LIMITED": RateLimitedError,
    "NOT_AVAILABLE": NotAvailableError,
    "REPLY_LOST": ReplyLostError,
}


def error_for_code(message: str, code: str, data: dict[str, Any] | None = None) -> ServerError:
    """The typed error for an error frame's ``code``; :class:`ServerError` itself for unknown codes."""
    return _ERROR_CLASSES.get(code, ServerError)(message, code, data)
