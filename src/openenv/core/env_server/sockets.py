"""``WS /ws`` and ``WS /mcp``: plain ASGI, because a step's way should be short."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from ..wire import decode, encode
from .exceptions import EnvironmentFactoryError, OpenEnvError, SessionCapacityError
from .failures import Failure, failure_for
from .mcp_rpc import Caller, JsonRpcHandler
from .mcp_types import JsonRpcErrorCode, JsonRpcResponse
from .protocol import SessionProtocol, is_close
from .session import Session, SessionKind, SessionPhase
from .session_manager import SessionManager
from .types import WSErrorCode

logger = logging.getLogger("openenv.server")

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

SECRET_HEADER: Final = b"x-openenv-session-secret"
SESSION_HEADER: Final = b"x-openenv-session-id"

# Codes with which a client says that it is done. Servers report 1005 for a connection that just broke.
_DELIBERATE: Final = frozenset({1000, 1001})

# Messages a client may send ahead while a step runs, before the server stops reading from it.
_MAX_AHEAD: Final = 16


class _GoneError(Exception):
    """The socket is closed."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.deliberate = code in _DELIBERATE


class _Socket:
    """The receiving side of a WebSocket that can be watched while a reply is in the making."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._max_bytes = max_bytes
        self._ahead: deque[str | bytes] = deque()
        self._pending: asyncio.Task[Event] | None = None

    async def next(self) -> str | bytes:
        """The next message.

        Raises:
            _GoneError: if the socket is closed.
        """
        if self._ahead:
            return self._ahead.popleft()
        if self._pending is None:
            event = await self._receive()
            text = event.get("text")
            if text is not None and 4 * len(text) <= self._max_bytes:  # by far the most common
                return str(text)
            return await self._message(event)
        event = await self._pending
        self._pending = None
        return await self._message(event)

    async def wait_for(self, work: "asyncio.Task[Any]") -> None:
        """Return when ``work`` is done; meanwhile, notice at once if the client is gone.

        Raises:
            _GoneError: if the socket is closed. ``work`` goes on.
        """
        while not work.done():
            if len(self._ahead) >= _MAX_AHEAD:
                await asyncio.wait({work})
                return
            if self._pending is None:
                self._pending = asyncio.ensure_future(self._receive())
            await _either(work, self._pending)
            if self._pending.done():
                event = self._pending.result()
                self._pending = None
                self._ahead.append(await self._message(event))

    async def _message(self, event: Event) -> str | bytes:
        if event["type"] == "websocket.disconnect":
            raise _GoneError(event.get("code") or 1005)
        text = event.get("text")
        message: str | bytes = text if text is not None else event["bytes"]
        if _longer_than(message, self._max_bytes):
            await self.close(1009, f"messages must not exceed {self._max_bytes} bytes")
            raise _GoneError(1009)
        return message

    async def send(self, text: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError) as error:  # what ASGI servers raise once the socket is closed
            raise _GoneError(1006) from error

    async def close(self, code: int = 1000, reason: str = "") -> None:
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, RuntimeError):
            logger.debug("the socket was closed already")

    def stop(self) -> None:
        if self._pending is not None:
            self._pending.cancel()


async def _either(first: "asyncio.Future[Any]", second: "asyncio.Future[Any]") -> None:
    """Return once one of the two is done: ``asyncio.wait`` with less around it, for every step on a thread."""
    woken = asyncio.get_running_loop().create_future()

    def wake(_: object) -> None:
        if not woken.done():
            woken.set_result(None)

    first.add_done_callback(wake)
    second.add_done_callback(wake)
    try:
        await woken
    finally:
        first.remove_done_callback(wake)
        second.remove_done_callback(wake)


def _longer_than(message: str | bytes, max_bytes: int) -> bool:
    if isinstance(message, str) and len(message) <= max_bytes < 4 * len(message):
        return len(message.encode()) > max_bytes
    return len(message) > max_bytes


@dataclass
class _Attachment:
    """The socket that a session has now."""

    task: "asyncio.Task[Any]"
    replaced: bool = False


class SessionSocketRoute:
    """``WS /ws``: one socket, one session, one reply per message."""

    def __init__(self, manager: SessionManager, rpc: JsonRpcHandler, version: str) -> None:
        self._manager = manager
        self._rpc = rpc
        self._headers = [
            (b"x-openenv-version", version.encode()),
            (b"x-openenv-mode", manager.spec.mode.value.encode()),
        ]
        self._attached: dict[str, _Attachment] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
        socket = _Socket(receive, send, self._manager.settings.max_message_bytes)
        try:
            if "session_id" in query:
                session = self._find(query, scope)
            else:
                session = self._manager.reserve(SessionKind.SOCKET, client_address(scope))
        except OpenEnvError as error:
            await send({"type": "websocket.accept", "headers": self._headers})
            await self._refuse(socket, error)
            return
        headers = [
            *self._headers,
            (SESSION_HEADER, session.id.encode()),
            (SECRET_HEADER, session.secret.encode()),
            (b"x-openenv-received", str(session.received).encode()),
        ]
        attachment = await self._take_over(session)
        try:
            await send({"type": "websocket.accept", "headers": headers})
            # In a task of its own: every await would go through the frames of a dozen middlewares otherwise.
            await asyncio.create_task(self._serve(session, socket, query))
        except _GoneError as gone:
            if gone.deliberate and session.kind is SessionKind.SOCKET and session.phase is not SessionPhase.NEW:
                await self._manager.end(session)
        except asyncio.CancelledError:
            if not attachment.replaced:
                raise
            await socket.close(1008, "the session's client came back over another socket")
        finally:
            socket.stop()
            if self._attached.get(session.id) is attachment:
                del self._attached[session.id]
                self._manager.detach(session)

    def _find(self, query: dict[str, str], scope: Scope) -> Session:
        """The session to attach to.

        Raises:
            SessionNotFoundError: if there is none, or the secret is wrong or missing.
            OpenEnvError: if it cannot take a socket now.
        """
        session_id = query["session_id"]
        secret = query.get("session_secret") or header(scope, SECRET_HEADER)
        session = self._manager.get(session_id, secret)
        if session.phase is SessionPhase.NEW:
            raise OpenEnvError(f"Session {session_id} is still initializing")
        if session.id in self._attached and secret is None:
            raise OpenEnvError(f"Session {session_id} already has an attached WebSocket")
        return session

    async def _take_over(self, session: Session) -> _Attachment:
        """Make this the session's socket; the secret has shown that an older one is the same client's."""
        current = asyncio.current_task()
        assert current is not None
        attachment = _Attachment(current)
        older = self._attached.get(session.id)
        self._attached[session.id] = attachment
        self._manager.attach(session)
        if older is not None:
            older.replaced = True
            older.task.cancel()
        return attachment

    async def _refuse(self, socket: _Socket, error: Exception) -> None:
        try:
            await socket.send(encode(_refusal(error).frame()).decode())
            await socket.close(1000)
        except _GoneError:
            logger.debug("a refused client was gone before it was told")

    async def _serve(self, session: Session, socket: _Socket, query: dict[str, str]) -> None:
        if session.phase is SessionPhase.NEW:
            try:
                await _open(self._manager, session, socket)
            except OpenEnvError as error:
                await self._refuse(socket, error)
                raise _GoneError(1000) from None
        protocol = SessionProtocol(session, self._rpc)
        if "awaiting" in query:
            await self._send_awaited(session, socket, query["awaiting"])
        while True:
            message = await socket.next()
            reply = protocol.answer_now(message)
            if reply is None:
                if is_close(message):
                    await self._manager.end(session)
                    await socket.close(1000)
                    raise _GoneError(1000)
                session.work = asyncio.ensure_future(protocol.answer(message))
                await socket.wait_for(session.work)
                reply = session.work.result()
                session.work = None
            await socket.send(reply)
            if session.phase is SessionPhase.CLOSED:
                await socket.close(1000)
                raise _GoneError(1000)

    async def _send_awaited(self, session: Session, socket: _Socket, awaiting: str) -> None:
        """Send the reply that the client's last socket lost, if its request ever came."""
        if not awaiting.isascii() or not awaiting.isdigit() or int(awaiting[:9]) > session.received:
            return
        if session.work is not None:
            await socket.wait_for(session.work)
            session.work = None
        if session.last_reply is not None and int(awaiting) == session.received:
            await socket.send(session.last_reply)
        else:
            message = f"the reply to request {awaiting[:20]} is not kept: it was too large or is too old"
            await socket.send(encode(Failure(WSErrorCode.REPLY_LOST, message, 404).frame()).decode())


class McpSocketRoute:
    """``WS /mcp``: JSON-RPC frames, one environment per socket."""

    def __init__(self, manager: SessionManager, rpc: JsonRpcHandler) -> None:
        self._manager = manager
        self._rpc = rpc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        wanted = scope.get("subprotocols") or []
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if "mcp" in wanted:
            accept["subprotocol"] = "mcp"
        await send(accept)
        socket = _Socket(receive, send, self._manager.settings.max_message_bytes)
        address = client_address(scope)
        try:
            session = self._manager.reserve(SessionKind.SOCKET, address)
        except OpenEnvError as error:
            await self._refuse(socket, error)
            return
        caller = Caller(session=session, owns_socket=True, address=address)
        try:
            await _open(self._manager, session, socket)
            while True:
                work = asyncio.ensure_future(self._respond(self._rpc, caller, await socket.next()))
                await socket.wait_for(work)
                if work.result() is not None:
                    await socket.send(encode(work.result()).decode())
        except OpenEnvError as error:
            await self._refuse(socket, error)
        except _GoneError:
            logger.debug("an MCP socket closed")
        finally:
            socket.stop()
            self._manager.detach(session)  # nothing that could be waited for: it ends

    @staticmethod
    async def _respond(rpc: JsonRpcHandler, caller: Caller, message: str | bytes) -> dict[str, Any] | None:
        try:
            payload = decode(message)
        except ValueError as error:
            return JsonRpcResponse.error_response(JsonRpcErrorCode.PARSE_ERROR, f"Parse error: {error}").model_dump()
        return await rpc.respond(payload, caller)

    @staticmethod
    async def _refuse(socket: _Socket, error: OpenEnvError) -> None:
        data: dict[str, Any] | None = None
        if isinstance(error, SessionCapacityError):
            data = {"active_sessions": error.active_sessions, "max_sessions": error.max_sessions}
        elif isinstance(error, EnvironmentFactoryError):
            data = {"factory_name": error.factory_name}
        response = JsonRpcResponse.error_response(JsonRpcErrorCode.SERVER_ERROR, str(error), data)
        try:
            await socket.send(encode(response.model_dump()).decode())
            await socket.close(1000)
        except _GoneError:
            logger.debug("a refused client was gone before it was told")


async def _open(manager: SessionManager, session: Session, socket: _Socket) -> None:
    """Open a reserved session, unless its client leaves meanwhile.

    Raises:
        OpenEnvError: as :meth:`.SessionManager.open`.
        _GoneError: if the socket is closed. The environment is closed once it is made.
    """
    opening = asyncio.ensure_future(manager.open(session))
    try:
        await socket.wait_for(opening)
    except BaseException:
        opening.add_done_callback(_retrieve)
        raise
    opening.result()


def _refusal(error: Exception) -> Failure:
    if type(error) is OpenEnvError:  # what keeps a socket from attaching
        return Failure(WSErrorCode.SESSION_ERROR, str(error), 409)
    return failure_for(error)


def _retrieve(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled():
        task.exception()


def header(scope: Scope, name: bytes) -> str | None:
    """A request header's value."""
    for key, value in scope.get("headers", ()):
        if key == name:
            return str(value.decode("latin-1"))
    return None


def client_address(scope: Scope) -> str | None:
    """The client's address, without its port."""
    client = scope.get("client")
    return client[0] if client else None
