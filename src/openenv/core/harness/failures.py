"""Which failures the model is told about, and which end the rollout.

A failed tool is part of an episode. A lost session, a time-out or a broken connection is not: nobody knows what the
environment has done and what reward it gave, so such an episode must not be scored with the rewards seen before.
"""

from ..errors import EnvironmentFailureError, InvalidRequestError, OpenEnvError, ToolCallError


class HarnessSessionError(OpenEnvError, RuntimeError):
    """The session cannot go on, and its episode has no reward."""


def is_tool_failure(error: Exception) -> bool:
    """Whether ``error`` says that a tool failed while its session goes on."""
    if isinstance(error, ToolCallError):
        return error.error_type != "transport_error"
    if isinstance(error, OpenEnvError):
        return isinstance(error, InvalidRequestError | EnvironmentFailureError)
    return not isinstance(error, ConnectionError | TimeoutError)


def describe(error: Exception) -> str:
    """The failure in words that a model can act on."""
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    return str(error) or type(error).__name__
