"""One tool call of a rollout."""

from typing import Any

from .failures import HarnessSessionError, describe, is_tool_failure
from .sessions import ResourceSession
from .types import ToolResult


def run_tool(session: ResourceSession, name: str, arguments: dict[str, Any]) -> ToolResult:
    """Call a tool; one that fails, or is not known, gives a result with ``error``.

    Raises:
        HarnessSessionError: if the session returns something that is no ToolResult.
        ConnectionError, TimeoutError, OpenEnvError: if the session cannot go on.
    """
    try:
        result = session.call_tool(name, arguments)
    except Exception as error:
        if not is_tool_failure(error):
            raise
        return ToolResult(error=describe(error))
    if not isinstance(result, ToolResult):
        raise HarnessSessionError(f"call_tool() must return a ToolResult, not {type(result).__name__}")
    return result
