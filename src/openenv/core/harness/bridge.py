"""A session's tools for agents that speak JSON-RPC."""

import threading
from typing import Any

from ..env_server.mcp_types import JsonRpcErrorCode, JsonRpcResponse
from .calls import run_tool
from .failures import describe
from .plain import plain
from .sessions import ResourceSession
from .tools import as_tool, mcp_form
from .types import ToolResult, ToolTraceEntry


class SessionMCPBridge:
    """Answers ``tools/list`` and ``tools/call``; nothing else of the session can be reached through it.

    It raises nothing: an agent gets every failure as an answer. One that ends the session is kept in ``failure``.

    Args:
        session: whose tools.
        max_tool_calls: calls beyond are not carried out; the agent is told. None for no bound.

    Attributes:
        tool_trace: the calls that were carried out, in order.
        truncated: whether a call was refused because of ``max_tool_calls``.
        failure: what ended the session, if anything did.
    """

    def __init__(self, session: ResourceSession, max_tool_calls: int | None = None) -> None:
        self._session = session
        self._max_tool_calls = max_tool_calls
        self._turn = threading.Lock()
        self.tool_trace: list[ToolTraceEntry] = []
        self.truncated = False
        self.failure: BaseException | None = None

    def handle_request(self, request: dict[str, Any]) -> dict[str, Any]:
        """The JSON-RPC response to a JSON-RPC request.

        The result of a call is ``{"data", "done", "metadata", "error"}``.
        """
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(JsonRpcErrorCode.INVALID_REQUEST, None, request)
        method, params = request["method"], request.get("params", {})
        if method not in ("tools/list", "tools/call"):
            return _error(JsonRpcErrorCode.METHOD_NOT_FOUND, None, request)
        if not isinstance(params, dict):
            return _error(JsonRpcErrorCode.INVALID_PARAMS, "params must be an object", request)
        try:
            if method == "tools/list":
                return _result({"tools": [mcp_form(tool) for tool in self._session.list_tools()]}, request)
            return self._call(params, request)
        except Exception as error:
            return _error(JsonRpcErrorCode.INTERNAL_ERROR, describe(error), request)

    def _call(self, params: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        name, arguments = params.get("name"), params.get("arguments")
        arguments = {} if arguments is None else arguments
        if not isinstance(name, str):
            return _error(JsonRpcErrorCode.INVALID_PARAMS, "params.name must be the name of a tool", request)
        if not isinstance(arguments, dict):
            return _error(JsonRpcErrorCode.INVALID_PARAMS, "params.arguments must be an object", request)
        if not any(as_tool(tool).name == name for tool in self._session.list_tools()):
            return _error(JsonRpcErrorCode.METHOD_NOT_FOUND, f"Unknown tool: {name}", request)
        with self._turn:
            if self._max_tool_calls is not None and len(self.tool_trace) >= self._max_tool_calls:
                self.truncated = True
                result = ToolResult(error=f"not run: the limit of {self._max_tool_calls} tool calls is reached")
            else:
                try:
                    result = run_tool(self._session, name, arguments)
                except BaseException as error:
                    self.failure = error
                    raise
                self.tool_trace.append(ToolTraceEntry(name, arguments, result))
        shown = {"data": result.data, "done": result.done, "metadata": result.metadata, "error": result.error}
        return _result(plain(shown), request)


def _result(result: Any, request: dict[str, Any]) -> dict[str, Any]:
    return JsonRpcResponse.success(result, _id(request)).model_dump()


def _error(code: JsonRpcErrorCode, message: str | None, request: Any) -> dict[str, Any]:
    return JsonRpcResponse.error_response(code, message, None, _id(request)).model_dump()


def _id(request: Any) -> str | int | None:
    request_id = request.get("id") if isinstance(request, dict) else None
    return request_id if isinstance(request_id, str | int) and not isinstance(request_id, bool) else None
