"""Errors on the server's side."""

from ..errors import OpenEnvError


class ConcurrencyConfigurationError(OpenEnvError):
    """An environment that cannot run several sessions at once was asked to."""

    def __init__(self, environment_name: str, max_concurrent_envs: int, message: str | None = None) -> None:
        self.environment_name = environment_name
        self.max_concurrent_envs = max_concurrent_envs
        super().__init__(
            message
            or f"{environment_name} does not declare SUPPORTS_CONCURRENT_SESSIONS, so max_concurrent_envs="
            f"{max_concurrent_envs} is not possible: use 1, or set the flag once its sessions share nothing."
        )


class SessionCapacityError(OpenEnvError):
    """Every session of the server is in use."""

    def __init__(self, active_sessions: int, max_sessions: int, message: str | None = None) -> None:
        self.active_sessions = active_sessions
        self.max_sessions = max_sessions
        super().__init__(
            message
            or f"Server at capacity: {active_sessions}/{max_sessions} sessions active. Cannot accept new connections."
        )


class SessionNotFoundError(OpenEnvError):
    """No session has this id: it never existed, was closed, or expired."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__(f"Unknown session_id: {session_id}")


class SessionCreationError(OpenEnvError):
    """A session could not be made."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Session could not be created: {reason}")


class EnvironmentFactoryError(OpenEnvError):
    """The environment's constructor failed; the reason is in the server's log."""

    def __init__(self, factory_name: str) -> None:
        self.factory_name = factory_name
        super().__init__(f"Environment factory failed: {factory_name}")


class CallTimeoutError(OpenEnvError):
    """A reset or step passed its deadline."""

    def __init__(self, call: str, timeout_s: float) -> None:
        self.call = call
        self.timeout_s = timeout_s
        super().__init__(f"{call} did not finish within {timeout_s:g} s")


class InvalidResultError(OpenEnvError):
    """The environment returned something that is no observation, or a reward that is no finite number."""


class ServerDrainingError(OpenEnvError):
    """The server is shutting down and takes no new session."""

    def __init__(self) -> None:
        super().__init__("Server is shutting down. Cannot accept new connections.")


def describe(error: BaseException) -> str:
    """What ``error`` says, as text that any encoder takes; its type where it says nothing."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return (text or type(error).__name__).encode("utf-8", "backslashreplace").decode()


__all__ = [
    "CallTimeoutError",
    "ConcurrencyConfigurationError",
    "EnvironmentFactoryError",
    "InvalidResultError",
    "OpenEnvError",
    "ServerDrainingError",
    "SessionCapacityError",
    "SessionCreationError",
    "SessionNotFoundError",
    "describe",
]
