"""Who may talk to a server: bearer token, same-origin pages, message size. Plain ASGI middleware."""

import hmac
import logging
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from ..wire import encode
from .settings import ServerSettings
from .sockets import Receive, Scope, Send, header

logger = logging.getLogger("openenv.server")

TOKEN_COOKIE: Final = "openenv_token"
_OPEN_PATHS: Final = frozenset({"/health"})
_ORIGIN_PATHS: Final = ("/ws", "/web", "/mcp")


class AccessMiddleware:
    """Lets a request in or answers 401, 403 or 413."""

    def __init__(self, app: Any, settings: ServerSettings) -> None:
        self._app = app
        self._token = None if settings.token is None else settings.token.get_secret_value().encode()
        self._origins = {origin.rstrip("/").lower() for origin in settings.allowed_origins}
        self._max_bytes = settings.max_message_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = _route_path(scope)
        if path.startswith(_ORIGIN_PATHS) and not self._same_origin(scope):
            message = "pages of another origin may not use this server: see the setting allowed_origins"
            await _refuse(scope, receive, send, 403, message)
        elif self._token is not None and path not in _OPEN_PATHS and not self._has_token(scope, self._token):
            await _refuse(
                scope,
                receive,
                send,
                401,
                "a bearer token is needed: send it as 'Authorization: Bearer <token>'",
            )
        elif scope["type"] == "http":
            await self._bounded(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _same_origin(self, scope: Scope) -> bool:
        origin = header(scope, b"origin")
        if origin is None or "*" in self._origins:
            return True  # no browser sent this, or every page may
        if origin.rstrip("/").lower() in self._origins:
            return True
        netloc = urlsplit(origin).netloc.lower()
        return bool(netloc) and netloc == (header(scope, b"host") or "").lower()

    @staticmethod
    def _has_token(scope: Scope, token: bytes) -> bool:
        scheme, _, given = (header(scope, b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(given.strip().encode("latin-1"), token)
        # A page cannot set that header: it brings the token once as a query, then as a cookie.
        path = _route_path(scope)
        if path == "/" or path.startswith(("/web", "/ws")):
            query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            for candidate in (*query.get("token", []), _cookie(scope)):
                if candidate and hmac.compare_digest(candidate.encode(), token):
                    return True
        return False

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = header(scope, b"content-length")
        if length is not None and length.isdigit() and int(length[:18]) > self._max_bytes:
            await _refuse(scope, receive, send, 413, f"bodies must not exceed {self._max_bytes} bytes")
            return
        if length is not None or header(scope, b"transfer-encoding") is None:
            await self._app(scope, receive, send)
            return
        # A body of unknown length: gather it here, so that one too large is refused before anything runs.
        chunks: list[bytes] = []
        size = 0
        while True:
            event = await receive()
            if event["type"] != "http.request":
                return
            chunks.append(event.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_bytes:
                await _refuse(scope, receive, send, 413, f"bodies must not exceed {self._max_bytes} bytes")
                return
            if not event.get("more_body", False):
                break
        body: dict[str, Any] | None = {"type": "http.request", "body": b"".join(chunks), "more_body": False}

        async def replay() -> Any:
            nonlocal body
            if body is not None:
                event, body = body, None
                return event
            return await receive()

        await self._app(scope, replay, send)


def _route_path(scope: Scope) -> str:
    """The path as the app's routes see it, without what a proxy or a mount put before it."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] or "/" if root and f"{path}/".startswith(f"{root}/") else path


def _cookie(scope: Scope) -> str | None:
    try:
        morsel = SimpleCookie(header(scope, b"cookie") or "").get(TOKEN_COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, message: str) -> None:
    body = encode({"detail": message})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    prefix = "http.response"
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": message})
            return
        prefix = "websocket.http.response"
    await send({"type": f"{prefix}.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}.body", "body": body})
