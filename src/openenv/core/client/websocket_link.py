"""A link to a server over a WebSocket."""

import asyncio
import os
import select
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from websockets.exceptions import InvalidURI
from websockets.uri import parse_uri

from ..errors import ServerError, error_for_code
from ..wire import decode
from .call import Call
from .frames import (
    CLOSE,
    PING,
    PONG,
    FrameDecoder,
    FrameError,
    MessageTooBigError,
    encode_control,
    encode_text,
    parse_close,
)
from .handshake import Handshake
from .link import LinkInfo, LinkLoss, LinkOwner
from .open_socket import OpenError, open_socket
from .socket_wire import SocketWire
from .wire import TransportWire, Wire

_CLOSE_MESSAGE: Final = b'{"type":"close"}'


@dataclass(frozen=True)
class LinkOptions:
    """How to open and keep a WebSocket. Times are seconds.

    Attributes:
        headers: sent with the handshake.
        max_message_bytes: the largest reply taken; None for no limit.
        ping_interval_s: pause between pings; None for no pings.
        ping_timeout_s: how long the server may be silent after a ping; None to wait for ever.
        connect_timeout_s: for one try to connect, handshake included.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    max_message_bytes: int | None = None
    ping_interval_s: float | None = 20.0
    ping_timeout_s: float | None = 20.0
    connect_timeout_s: float = 10.0


async def open_websocket(
    url: str, options: LinkOptions, extra_headers: Mapping[str, str] | None = None
) -> "WebSocketLink":
    """Open a link on the running loop.

    Args:
        url: of the socket, ``ws://`` or ``wss://``.
        extra_headers: sent besides those of the options.

    Raises:
        OpenError: if the server cannot be reached or answers no handshake.
        ServerError: if the server refuses the session, typed after the reason it gives.
    """
    try:
        uri = parse_uri(url)
    except InvalidURI as error:
        raise OpenError(str(error), transient=False) from None
    handshake = Handshake(uri, {**options.headers, **(extra_headers or {})})
    link = WebSocketLink(asyncio.get_running_loop(), handshake, options)
    try:
        async with asyncio.timeout(options.connect_timeout_s):
            sock = await open_socket(uri.host, uri.port, secure=uri.secure)
            await link.start(sock, tls_name=uri.host if uri.secure else None)
            await link.opened
            if link.info.version is not None and link.info.session_id is None:
                raise await link.refusal()
            return link
    except (OpenError, ServerError):  # some of the latter are OSErrors as well
        link.abort("the handshake failed")
        raise
    except TimeoutError:
        link.abort("the handshake took too long")
        raise OpenError(f"no handshake within {options.connect_timeout_s:g} s", transient=True) from None
    except OSError as error:
        link.abort("the handshake failed")
        transient = type(error).__name__ not in ("SSLCertVerificationError", "SSLError")
        raise OpenError(str(error) or type(error).__name__, transient=transient) from error
    except BaseException:
        link.abort("the handshake failed")
        raise


class WebSocketLink:
    """One WebSocket. Runs on the loop's thread, except where stated."""

    is_local = False

    def __init__(self, loop: asyncio.AbstractEventLoop, handshake: Handshake, options: LinkOptions) -> None:
        self.info = LinkInfo()
        self.opened: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._handshake: Handshake | None = handshake
        self._options = options
        self._decoder = FrameDecoder(options.max_message_bytes)
        self._owner: LinkOwner | None = None
        self._wire: Wire | None = None
        # Frames and failures that were read but not dealt with, in their order, whichever thread read them.
        self._events: deque[tuple[int, bytes] | FrameError] = deque()
        self._handed_over = False  # the loop's thread is still to deal with some that another one read
        self._early: deque[bytes] = deque()  # messages that arrive before there is an owner
        self._message_came = asyncio.Event()
        self._gone: asyncio.Future[LinkLoss] = loop.create_future()
        self._chunks = 0  # how often something was heard from the server
        self._ping_timer: asyncio.TimerHandle | None = None
        self._life_timer: asyncio.TimerHandle | None = None

    async def start(self, sock: socket.socket, tls_name: str | None) -> None:
        """Begin the handshake on a connected socket, which the link closes; with TLS if there is a name for it."""
        if tls_name is None and hasattr(select, "epoll"):
            wire = SocketWire(self._loop, self, sock)
            self._wire = wire
            wire.start()
        else:
            await self._start_transport(sock, tls_name)
        self._write(self._handshake.request() if self._handshake is not None else b"")

    async def _start_transport(self, sock: socket.socket, tls_name: str | None) -> None:
        context = None
        if tls_name is not None:
            import ssl

            context = ssl.create_default_context()
        wire = TransportWire(self._loop, self)
        try:
            await self._loop.create_connection(lambda: wire, sock=sock, ssl=context, server_hostname=tls_name)
        except BaseException:
            sock.close()
            raise
        self._wire = wire

    # Link

    def attach(self, owner: LinkOwner) -> None:
        self._owner = owner
        while self._early and self._owner is owner:
            owner.link_message(self, self._early.popleft())
        if self._gone.done() and self._owner is owner:
            self._owner = None
            owner.link_lost(self, self._gone.result())

    def send(self, frame: bytes) -> bool:
        return self._write(encode_text(frame))

    def _write(self, data: bytes) -> bool:
        wire = self._wire
        return wire is not None and wire.write(data)

    def exchange(self, frame: bytes, call: Call) -> bool:
        wire = self._wire
        if wire is None:
            return False

        def take(data: bytes) -> bool:
            return self._take_reply(call, data) if data else not (call.done or self._handed_over)

        return wire.exchange(encode_text(frame) if frame else b"", take)

    def _take_reply(self, call: Call, data: bytes) -> bool:
        """Look for the reply in ``data``, on the thread that waits for it; whether it waits on."""
        events = self._decode(data)
        if not events:
            return True
        if len(events) == 1 and not self._events and self._owner is not None and isinstance(events[0], tuple):
            opcode, payload = events[0]
            if opcode < CLOSE and self._owner.link_reply(self, call, payload):
                return False
        # Anything else is for the loop's thread. It may be what is waited for: reading on would miss that.
        self._events.extend(events)
        self._handed_over = True
        self._loop.call_soon_threadsafe(self._take_over)
        return False

    def _take_over(self) -> None:
        self._handle_events()
        self._handed_over = False

    def after_interrupt(self) -> bool:
        return self._wire is not None and self._wire.after_interrupt()

    def abort(self, reason: str) -> None:
        self._owner = None
        self._end(LinkLoss(reason))

    async def finish(self, timeout_s: float) -> None:
        self._owner = None
        self.send(_CLOSE_MESSAGE)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._gone)
        except TimeoutError:
            pass  # the server frees the session when it notices that the socket is gone
        self.abort("closed")

    def forget_after_fork(self) -> None:
        self._owner = None
        if self._wire is not None:
            self._wire.forget_after_fork()

    async def refusal(self) -> Exception:
        """The error that a server sends right after the handshake when it gives no session."""
        await self._message_came.wait()
        try:
            data = decode(self._early[0])["data"] if self._early else {}
            return error_for_code(str(data["message"]), str(data["code"]), data)
        except (ValueError, KeyError, TypeError):
            return OpenError("the server gave no session and no reason", transient=False)

    # What the wire reports

    def wire_received(self, data: bytes) -> None:
        if self._handshake is not None:
            data = self._take_handshake(self._handshake, data)
            if not data:
                return
        self._events.extend(self._decode(data))
        self._handle_events()

    def wire_broken(self, reason: str) -> None:
        if self._handshake is not None:
            try:
                self._handshake.feed_eof()
            except (OpenError, ServerError) as error:
                self._fail_opening(error)
        self._lose(LinkLoss(reason))

    # Reading

    def _take_handshake(self, handshake: Handshake, data: bytes) -> bytes:
        """Read the handshake's response; what follows it."""
        self._chunks += 1
        try:
            answer = handshake.feed(data)
        except (OpenError, ServerError) as error:
            self._fail_opening(error)
            return b""
        if answer is None:
            return b""
        self._handshake = None
        self.info, rest = answer
        if not self.opened.done():
            self.opened.set_result(None)
        if self._options.ping_interval_s is not None:
            self._ping_timer = self._loop.call_later(self._options.ping_interval_s, self._ping)
        return rest

    def _fail_opening(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        self._lose(LinkLoss("the handshake failed"))

    def _decode(self, data: bytes) -> list[tuple[int, bytes] | FrameError]:
        """The frames that ``data`` completes, and what is wrong with the next; on the thread that reads."""
        self._chunks += 1
        try:
            return [*self._decoder.feed(data)]
        except FrameError as error:
            return [error]

    def _handle_events(self) -> None:
        while self._events and not self._gone.done():
            event = self._events.popleft()
            if isinstance(event, FrameError):
                self._write(encode_control(CLOSE, event.code.to_bytes(2)))
                self._lose(LinkLoss(str(event), reply_too_big=isinstance(event, MessageTooBigError)))
                return
            opcode, payload = event
            if opcode < CLOSE:
                self._deliver(payload)
            elif opcode == PING:
                self._write(encode_control(PONG, payload))
            elif opcode == CLOSE:
                self._on_close(payload)

    def _deliver(self, message: bytes) -> None:
        if self._owner is None:
            self._early.append(message)
            self._message_came.set()
        else:
            self._owner.link_message(self, message)

    def _on_close(self, payload: bytes) -> None:
        code, reason = parse_close(payload)
        self._write(encode_control(CLOSE, payload))
        because = f": {reason}" if reason else ""
        self._lose(LinkLoss(f"the server closed the connection (code {code}{because})", code))

    # The end

    def _lose(self, loss: LinkLoss) -> None:
        """The end of the link, unless it has come already."""
        if self._end(loss) and self._owner is not None:
            owner, self._owner = self._owner, None
            owner.link_lost(self, loss)

    def _end(self, loss: LinkLoss) -> bool:
        if self._wire is not None:
            self._wire.close()
        if self._gone.done():
            return False
        self._gone.set_result(loss)
        for timer in (self._ping_timer, self._life_timer):
            if timer is not None:
                timer.cancel()
        if not self.opened.done():
            self.opened.set_exception(OpenError(loss.reason, transient=True))
        if not self.opened.cancelled():
            self.opened.exception()  # nobody may be waiting for it any more
        self._message_came.set()
        return True

    # Keeping alive

    def _ping(self) -> None:
        interval, timeout = self._options.ping_interval_s, self._options.ping_timeout_s
        assert interval is not None
        self._ping_timer = self._loop.call_later(interval, self._ping)
        self._write(encode_control(PING, os.urandom(4)))
        if timeout is not None and self._life_timer is None:
            self._life_timer = self._loop.call_later(timeout, self._check_life, self._chunks)

    def _check_life(self, chunks_before: int) -> None:
        # Anything heard counts: a pong may stand in line behind a reply of many megabytes.
        self._life_timer = None
        if self._chunks == chunks_before:
            self._lose(LinkLoss(f"the server did not answer a ping within {self._options.ping_timeout_s:g} s"))


__all__ = ["LinkOptions", "WebSocketLink", "open_websocket"]
