"""JSON-RPC 2.0: the tools of a session for MCP clients, and sessions for callers over plain HTTP.

Two dialects share the methods: the public OpenEnv form, and MCP itself, spoken after ``initialize``.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ..wire import encode
from .exceptions import (
    CallTimeoutError,
    EnvironmentFactoryError,
    ServerDrainingError,
    SessionCapacityError,
    SessionNotFoundError,
    describe,
)
from .failures import RateLimitError
from .mcp_types import (
    CallToolAction,
    CallToolObservation,
    JsonRpcErrorCode,
    JsonRpcRequest,
    JsonRpcResponse,
    McpMethod,
)
from .session import Session, SessionKind
from .session_manager import SessionManager
from .toolbox import structured_content

logger = logging.getLogger("openenv.server")

# The versions of MCP that begin with a handshake, newest first.
PROTOCOL_VERSIONS: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")

_TOOLS_METHOD: Final = "describe_tools_for_mcp"


class RpcError(Exception):
    """A refusal, as JSON-RPC tells it."""

    def __init__(self, code: JsonRpcErrorCode, message: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@dataclass
class Caller:
    """Who asks.

    Attributes:
        session: the session of the caller's socket, or the one its headers name; None for a throw-away one.
        owns_socket: whether that session ends with the caller's socket.
        native: whether the caller speaks MCP itself.
        address: where it calls from.
        opened: a session that ``initialize`` made for the caller.
        counted: whether the message has been counted against its session's rate limit already.
    """

    session: Session | None = None
    owns_socket: bool = False
    native: bool = False
    address: str | None = None
    secret: str | None = None
    opened: Session | None = None
    counted: bool = False


class JsonRpcHandler:
    """Answers JSON-RPC requests from the sessions of one manager."""

    def __init__(self, manager: SessionManager, version: str) -> None:
        self._manager = manager
        self._version = version

    async def answer(self, payload: Any, session: Session) -> dict[str, Any]:
        """The response to a request that came over a session's own ``/ws`` socket."""
        response = await self.respond(payload, Caller(session=session, owns_socket=True, counted=True))
        return response if response is not None else JsonRpcResponse.success(None).model_dump()

    async def respond(self, payload: Any, caller: Caller) -> dict[str, Any] | None:
        """The response to one request; None for a notification. Never raises."""
        if not isinstance(payload, dict):
            return _error(JsonRpcErrorCode.PARSE_ERROR, "Parse error: a request is a JSON object", None, None)
        request_id = payload.get("id") if isinstance(payload.get("id"), str | int) else None
        try:
            request = JsonRpcRequest.model_validate(payload)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            code = JsonRpcErrorCode.INVALID_REQUEST
            if problem["loc"][:1] == ("params",):
                code = JsonRpcErrorCode.INVALID_PARAMS
            return _error(code, f"{where}: {problem['msg']}" if where else problem["msg"], None, request_id)
        if request.method.startswith("notifications/") and "id" not in payload:
            return None
        try:
            if caller.session is not None and not caller.counted:
                caller.session.rate_limit.spend()
            result = await self._dispatch(request, caller)
        except Exception as error:
            refusal = _refusal(error)
            return _error(refusal.code, refusal.message, refusal.data, request.id)
        return JsonRpcResponse.success(result, request.id).model_dump()

    async def _dispatch(self, request: JsonRpcRequest, caller: Caller) -> Any:
        match request.method:
            case McpMethod.INITIALIZE:
                return await self._initialize(request.params, caller)
            case McpMethod.PING:
                return {}
            case McpMethod.TOOLS_LIST:
                return await self._in_session(request.params, caller, self._list_tools)
            case McpMethod.TOOLS_CALL:
                return await self._in_session(request.params, caller, self._call_tool)
            case McpMethod.SESSION_CREATE:
                session = await self._manager.create(SessionKind.HTTP, caller.address)
                return {"session_id": session.id, "session_secret": session.secret}
            case McpMethod.SESSION_CLOSE:
                return await self._close_session(request.params, caller)
        raise RpcError(JsonRpcErrorCode.METHOD_NOT_FOUND, f"Method not found: {request.method}")

    async def _initialize(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        wanted = params.get("protocolVersion")
        if caller.session is None:
            caller.opened = await self._manager.create(SessionKind.HTTP, caller.address)
        caller.native = True
        return {
            "protocolVersion": wanted if wanted in PROTOCOL_VERSIONS else PROTOCOL_VERSIONS[0],
            "capabilities": {"tools": {"listChanged": False}},
            "serverInfo": {"name": self._manager.spec.name, "version": self._version},
        }

    async def _in_session(
        self,
        params: dict[str, Any],
        caller: Caller,
        action: Callable[[Session, dict[str, Any], Caller], Awaitable[Any]],
    ) -> Any:
        """Do ``action`` in the session that the params or the caller name, else in one made for this request."""
        session = caller.session
        if "session_id" in params:
            session = self._session_named(params, caller)
            if session is not caller.session:
                session.rate_limit.spend()
        if session is not None:
            return await action(session, params, caller)
        session = await self._manager.create(SessionKind.THROWAWAY, caller.address)
        try:
            return await action(session, params, caller)
        finally:
            await self._manager.end(session)

    def _session_named(self, params: dict[str, Any], caller: Caller) -> Session:
        session_id = params.get("session_id")
        if not isinstance(session_id, str):
            raise RpcError(JsonRpcErrorCode.INVALID_PARAMS, "session_id is required and must be a string")
        if caller.session is not None and session_id == caller.session.id:
            return caller.session
        secret = params.get("session_secret", caller.secret)
        if secret is not None and not isinstance(secret, str):
            raise RpcError(JsonRpcErrorCode.INVALID_PARAMS, "session_secret must be a string")
        session = self._manager.get(session_id, secret)
        if session.phase == "new":
            raise RpcError(JsonRpcErrorCode.INVALID_REQUEST, f"Session {session_id} is still initializing")
        return session

    async def _close_session(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        session = self._session_named(params, caller)
        if caller.owns_socket and session is caller.session:
            raise RpcError(
                JsonRpcErrorCode.INVALID_REQUEST,
                "this session belongs to this socket: close the socket instead",
            )
        if session.attached:
            session.closing = True
            return {"session_id": session.id, "closed": False, "closing": True}
        await self._manager.end(session)
        return {"session_id": session.id, "closed": True}

    # Tools

    async def _list_tools(self, session: Session, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        _need_tools(session)
        tools = await session.call(_TOOLS_METHOD, {})
        if caller.native:
            return {"tools": [_without_nulls(tool) for tool in tools]}
        return {"tools": [_public_form(tool) for tool in tools]}

    async def _call_tool(self, session: Session, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str):
            raise RpcError(JsonRpcErrorCode.INVALID_PARAMS, "name is required and must be a string")
        if arguments is not None and not isinstance(arguments, dict):
            raise RpcError(JsonRpcErrorCode.INVALID_PARAMS, "arguments must be an object")
        _need_tools(session)
        action = CallToolAction(tool_name=name, arguments=arguments or {})
        observation = await session.step_observation(action)
        if not isinstance(observation, CallToolObservation):
            raise RpcError(JsonRpcErrorCode.INTERNAL_ERROR, "the environment did not answer with a tool's result")
        if observation.error is not None:
            if caller.native and observation.error.error_type != "tool_not_found":
                return {"content": [{"type": "text", "text": observation.error.message}], "isError": True}
            code = JsonRpcErrorCode.INVALID_PARAMS if caller.native else JsonRpcErrorCode.INTERNAL_ERROR
            raise RpcError(code, observation.error.message)
        result = _tool_result(observation, native=caller.native)
        encode(result)  # a result without a JSON form is this tool's failure, not the connection's
        return result


def _need_tools(session: Session) -> None:
    if not session.has(_TOOLS_METHOD):
        raise RpcError(JsonRpcErrorCode.INTERNAL_ERROR, "Environment does not support MCP")


def _tool_result(observation: CallToolObservation, *, native: bool) -> dict[str, Any]:
    raw = observation._raw
    result = None if raw is None else raw.mcp_result or raw.tool.convert_result(raw.value)
    if result is None:
        text = observation.result if isinstance(observation.result, str) else str(observation.result)
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        structured, meta = None, None
    else:
        content = [block.model_dump(mode="json", by_alias=True) for block in result.content]
        structured = structured_content(result)
        meta = getattr(result, "meta", None)
    if native:
        native_form: dict[str, Any] = {
            "content": [_without_nulls(block) for block in content],
            "isError": False,
        }
        if structured is not None:
            native_form["structuredContent"] = structured
        if meta:
            native_form["_meta"] = meta
        return native_form
    return {
        "content": [_public_form(block) for block in content],
        "structured_content": structured,
        "meta": meta,
        "data": observation.result.model_dump() if isinstance(observation.result, BaseModel) else observation.result,
        "is_error": False,
    }


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _public_form(fields: dict[str, Any]) -> dict[str, Any]:
    """MCP's ``_meta`` under the name that the public form gives it."""
    return {("meta" if name == "_meta" else name): value for name, value in fields.items()}


def _refusal(error: Exception) -> RpcError:
    match error:
        case RpcError():
            return error
        case SessionCapacityError():
            counts = {"active_sessions": error.active_sessions, "max_sessions": error.max_sessions}
            return RpcError(JsonRpcErrorCode.SERVER_ERROR, str(error), counts)
        case EnvironmentFactoryError():
            return RpcError(JsonRpcErrorCode.SERVER_ERROR, str(error), {"factory_name": error.factory_name})
        case ServerDrainingError():
            return RpcError(JsonRpcErrorCode.SERVER_ERROR, str(error))
        case RateLimitError():
            return RpcError(JsonRpcErrorCode.SERVER_ERROR, str(error), {"retry_after_s": error.retry_after_s})
        case SessionNotFoundError():
            return RpcError(JsonRpcErrorCode.INVALID_PARAMS, str(error))
        case CallTimeoutError():
            return RpcError(JsonRpcErrorCode.SERVER_ERROR, str(error), {"timeout_s": error.timeout_s})
    logger.warning("the environment failed: %s", type(error).__name__, exc_info=error)
    return RpcError(JsonRpcErrorCode.INTERNAL_ERROR, describe(error))


def _error(code: JsonRpcErrorCode, message: str | None, data: Any, request_id: str | int | None) -> dict[str, Any]:
    return JsonRpcResponse.error_response(code, message, data, request_id).model_dump()
