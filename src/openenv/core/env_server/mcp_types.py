"""Tools on the wire: JSON-RPC messages, and the actions and observations that call tools through ``step``."""

from enum import IntEnum, StrEnum
from typing import Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from .types import Action, Observation

RESERVED_TOOL_NAMES: Final = frozenset({"reset", "step", "state", "close"})
"""Names a tool must not have: they are the environment's own verbs."""


class JsonRpcErrorCode(IntEnum):
    """Codes of JSON-RPC 2.0, and one for this server's own refusals."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    SERVER_ERROR = -32000


_MESSAGES: Final = {
    JsonRpcErrorCode.PARSE_ERROR: "Parse error",
    JsonRpcErrorCode.INVALID_REQUEST: "Invalid Request",
    JsonRpcErrorCode.METHOD_NOT_FOUND: "Method not found",
    JsonRpcErrorCode.INVALID_PARAMS: "Invalid params",
    JsonRpcErrorCode.INTERNAL_ERROR: "Internal error",
    JsonRpcErrorCode.SERVER_ERROR: "Server error",
}


class McpMethod(StrEnum):
    """The JSON-RPC methods a server knows."""

    INITIALIZE = "initialize"
    PING = "ping"
    TOOLS_LIST = "tools/list"
    TOOLS_CALL = "tools/call"
    SESSION_CREATE = "openenv/session/create"
    SESSION_CLOSE = "openenv/session/close"


class JsonRpcError(BaseModel):
    """Why a request failed."""

    model_config = ConfigDict(extra="forbid")

    code: int
    message: str
    data: Any = None

    @classmethod
    def from_code(cls, code: JsonRpcErrorCode, message: str | None = None, data: Any = None) -> "JsonRpcError":
        return cls(code=int(code), message=_MESSAGES[code] if message is None else message, data=data)


class JsonRpcRequest(BaseModel):
    """One JSON-RPC request."""

    model_config = ConfigDict(extra="forbid")

    jsonrpc: Literal["2.0"]
    method: str
    params: dict[str, Any] = Field(default_factory=dict)
    id: str | int | None = None


class JsonRpcResponse(BaseModel):
    """One JSON-RPC response; its dump holds exactly one of ``result`` and ``error``."""

    model_config = ConfigDict(extra="forbid")

    jsonrpc: Literal["2.0"] = "2.0"
    id: str | int | None = None
    result: Any = None
    error: JsonRpcError | None = None

    @model_serializer(mode="wrap")
    def _one_of(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dump: dict[str, Any] = handler(self)
        dump.pop("result" if self.error is not None else "error", None)
        return dump

    @classmethod
    def success(cls, result: Any, request_id: str | int | None = None) -> "JsonRpcResponse":
        return cls(id=request_id, result=result)

    @classmethod
    def error_response(
        cls,
        code: JsonRpcErrorCode,
        message: str | None = None,
        data: Any = None,
        request_id: str | int | None = None,
    ) -> "JsonRpcResponse":
        return cls(id=request_id, error=JsonRpcError.from_code(code, message, data))


class Tool(BaseModel):
    """A tool an environment offers; ``input_schema`` is a JSON Schema."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str
    input_schema: dict[str, Any]


class ToolErrorType(StrEnum):
    """Why a tool call gave no result."""

    EXECUTION_ERROR = "execution_error"
    INVALID_ARGS = "invalid_args"
    TRANSPORT_ERROR = "transport_error"
    TOOL_NOT_FOUND = "tool_not_found"
    TIMEOUT = "timeout"


class ToolError(BaseModel):
    """A failed tool call."""

    model_config = ConfigDict(extra="forbid")

    error_type: ToolErrorType
    message: str


class ListToolsAction(Action):
    """Ask for the tools."""

    type: Literal["list_tools"] = "list_tools"


class CallToolAction(Action):
    """Call one tool."""

    type: Literal["call_tool"] = "call_tool"
    tool_name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class ListToolsObservation(Observation):
    """The tools there are."""

    tools: list[Tool]


class CallToolObservation(Observation):
    """What a tool gave: its plain ``result``, or ``error``."""

    tool_name: str
    result: Any = None
    error: ToolError | None = None

    # The tool and what it returned, for routes that show more of it than ``result``.
    _raw: Any = PrivateAttr(default=None)


def is_timeout(observation: Any) -> bool:
    """Whether ``observation`` tells that a tool had not finished at its deadline."""
    if not isinstance(observation, CallToolObservation):
        return False
    return getattr(observation.error, "error_type", None) == ToolErrorType.TIMEOUT


class WSMCPMessage(BaseModel):
    """``mcp`` frame on ``/ws``: a JSON-RPC request in ``data``."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["mcp"] = "mcp"
    data: dict[str, Any]


class WSMCPResponse(BaseModel):
    """Reply to an ``mcp`` frame: a JSON-RPC response in ``data``."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["mcp"] = "mcp"
    data: dict[str, Any]
