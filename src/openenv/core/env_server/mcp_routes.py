"""``POST /mcp``: JSON-RPC over HTTP, in the public form and as MCP's streamable HTTP transport."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.routing import WebSocketRoute

from ..wire import decode
from .exceptions import SessionNotFoundError
from .http_routes import json_response
from .mcp_rpc import Caller, JsonRpcHandler
from .mcp_types import JsonRpcErrorCode, JsonRpcResponse
from .session import Session
from .session_manager import SessionManager
from .sockets import SECRET_HEADER, McpSocketRoute, client_address, header

MCP_SESSION_HEADER = "Mcp-Session-Id"

_OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["jsonrpc", "method"],
                    "properties": {
                        "jsonrpc": {"const": "2.0"},
                        "method": {"type": "string"},
                        "params": {"type": "object"},
                        "id": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
                    },
                }
            }
        },
    }
}


def mcp_routes(manager: SessionManager, rpc: JsonRpcHandler) -> APIRouter:
    """``POST`` and ``DELETE /mcp``."""
    router = APIRouter(tags=["MCP"])

    @router.post(
        "/mcp",
        summary="JSON-RPC 2.0: tools/list, tools/call, sessions; MCP after initialize",
        openapi_extra=_OPENAPI,
        responses={
            202: {"description": "Notification taken"},
            404: {"description": "Unknown Mcp-Session-Id"},
        },
    )
    async def mcp(request: Request) -> Any:
        body = await request.body()
        try:
            payload = decode(body)
        except ValueError as error:
            return json_response(
                JsonRpcResponse.error_response(JsonRpcErrorCode.PARSE_ERROR, f"Parse error: {error}").model_dump()
            )
        caller = Caller(address=client_address(request.scope), secret=header(request.scope, SECRET_HEADER))
        session_id = request.headers.get(MCP_SESSION_HEADER)
        if session_id is not None:
            session = _session(manager, session_id)
            if session is None:
                return json_response({"detail": f"Unknown session_id: {session_id}"}, 404)
            caller.session, caller.native = session, True
        response = await rpc.respond(payload, caller)
        if response is None:
            return Response(status_code=202)
        headers = None if caller.opened is None else {MCP_SESSION_HEADER: _token(caller.opened)}
        return json_response(response, headers=headers)

    @router.delete(
        "/mcp",
        summary="End an MCP session",
        status_code=204,
        responses={404: {"description": "Unknown Mcp-Session-Id"}},
    )
    async def end(request: Request) -> Response:
        session = _session(manager, request.headers.get(MCP_SESSION_HEADER, ""))
        if session is None:
            return json_response({"detail": f"{MCP_SESSION_HEADER} names no session"}, 404)
        await manager.end(session)
        return Response(status_code=204)

    return router


def _token(session: Session) -> str:
    """What an MCP client shows with each request: the id, and the secret that proves it the owner."""
    return f"{session.id}.{session.secret}"


def _session(manager: SessionManager, token: str) -> Session | None:
    session_id, _, secret = token.partition(".")
    try:
        return manager.get(session_id, secret, secret_required=True)
    except SessionNotFoundError:
        return None


def add_routes(app: FastAPI, manager: SessionManager, rpc: JsonRpcHandler) -> None:
    """Put the routes of this module on ``app``."""
    app.include_router(mcp_routes(manager, rpc))
    app.router.routes.append(WebSocketRoute("/mcp", McpSocketRoute(manager, rpc)))
