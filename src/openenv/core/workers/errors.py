"""Why a call in a worker process gave no result."""

from ..errors import OpenEnvError


class WorkerError(OpenEnvError, RuntimeError):
    """Base of what a worker pool raises."""


class WorkerTimeoutError(WorkerError, TimeoutError):
    """The call was still at work after its limit; its worker was killed. Never a result."""

    def __init__(self, call: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(f"{call} was still at work after {timeout_s:g} s and was stopped")


class WorkerDiedError(WorkerError):
    """The worker process ended in the middle of the call.

    Attributes:
        exit_code: as of :mod:`subprocess`: negative for a signal; None if it is not known.
    """

    def __init__(self, call: str, exit_code: int | None, how: str) -> None:
        self.exit_code = exit_code
        super().__init__(f"the worker process {how} during {call}")


class WorkerStartError(WorkerError):
    """No worker process could be started: a preload or the initializer failed, or there is no memory."""


class WorkerCallError(WorkerError):
    """The call raised an error that cannot be brought over as it is; its words are in the message."""


class WorkerResultError(WorkerError):
    """The call's result cannot be brought over: it cannot be pickled, or not be loaded here."""


class PoolClosedError(WorkerError):
    """The pool was closed."""


class RemoteTraceback(Exception):
    """Where in the worker an error was raised; the cause of the error that the caller sees."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"
