"""A WebSocket client over a plain socket, that does exactly what a test tells it and nothing of its own accord.

It answers no ping unless it is reading, sends any bytes, and can break its connection in every way there is.
"""

import json
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

# Far above what anything here takes: a test that hangs fails instead.
PATIENCE_S = 60.0


class Refused(Exception):
    """The server answered the handshake with something else than 101."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body!r}")
        self.status = status
        self.body = body


class Closed(Exception):
    """The connection is closed; ``code`` is None if there was no close frame."""

    def __init__(self, code: int | None, reason: str | None) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


OPEN: "set[Peer]" = set()
"""Connections that a test has not closed."""


class Peer:
    """One WebSocket connection.

    Attributes:
        headers: of the handshake's response.
        pings: how many it has answered.
    """

    def __init__(
        self,
        url: str,
        path: str = "/ws",
        *,
        headers: Mapping[str, str] | None = None,
        subprotocol: str | None = None,
        **query: str,
    ) -> None:
        target = url.replace("http://", "ws://") + path + (f"?{urlencode(query)}" if query else "")
        uri = parse_uri(target)
        self._socket = socket.create_connection((uri.host, uri.port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        OPEN.add(self)
        self._protocol = ClientProtocol(
            uri, subprotocols=None if subprotocol is None else [Subprotocol(subprotocol)], max_size=None
        )
        self._messages: deque[str | bytes] = deque()
        self._fragments: list[bytes] = []
        self._opcode = Opcode.TEXT
        self.pings = 0
        request = self._protocol.connect()
        request.headers.update(headers or {})
        self._protocol.send_request(request)
        self._flush()
        self.response: Response | None = None
        self._patience()
        try:
            while self.response is None:
                self._read()
        except BaseException:
            self.vanish()
            raise
        if isinstance(self._protocol.handshake_exc, InvalidStatus):
            self.vanish()
            raise Refused(self.response.status_code, bytes(self.response.body or b""))
        self.headers = self.response.headers

    # What it sends

    def send(self, message: dict[str, Any] | list[Any] | str | bytes) -> None:
        """Send a frame: bytes as a binary one, anything else as text."""
        if isinstance(message, bytes):
            self._protocol.send_binary(message)
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self._protocol.send_text(text.encode())
        self._flush()

    def send_raw_text(self, data: bytes) -> None:
        """Send a text frame whose payload need not be UTF-8."""
        self._protocol.send_frame(Frame(Opcode.TEXT, data))
        self._flush()

    def send_fragments(self, *parts: bytes) -> None:
        """Send one text message in several frames."""
        self._protocol.send_text(parts[0], fin=False)
        for part in parts[1:-1]:
            self._protocol.send_continuation(part, fin=False)
        self._protocol.send_continuation(parts[-1], fin=True)
        self._flush()

    def send_bytes(self, data: bytes) -> None:
        """Send bytes that need not be WebSocket frames at all."""
        self._socket.sendall(data)

    def send_in_part(self, message: dict[str, Any], size: int) -> None:
        """Send the first ``size`` bytes of a frame."""
        self._socket.sendall(Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True)[:size])

    def send_blindly(self, message: dict[str, Any]) -> None:
        """Send a frame, be the connection open or not."""
        with suppress(OSError):
            self._socket.sendall(Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True))

    def request(self, message: dict[str, Any] | list[Any] | str | bytes) -> dict[str, Any]:
        """Send a frame and give its reply."""
        self.send(message)
        return self.receive()

    def reset(self, **data: Any) -> dict[str, Any]:
        return self.request({"type": "reset", "data": data})

    def step(self, **action: Any) -> dict[str, Any]:
        return self.request({"type": "step", "data": action})

    def state(self) -> dict[str, Any]:
        return self.request({"type": "state"})

    # What it receives

    def receive(self) -> dict[str, Any]:
        """The next message.

        Raises:
            Closed: if there is none.
        """
        message = json.loads(self.receive_text())
        assert isinstance(message, dict)
        return message

    def receive_text(self) -> str:
        """The next message as it came."""
        self._patience()
        while not self._messages:
            self._read()
        message = self._messages.popleft()
        assert isinstance(message, str), "the server sends text frames only"
        return message

    def until_closed(self) -> Closed:
        """How the server closed the connection; what it sent before is lost."""
        self._patience()
        try:
            while True:
                self._read()
                self._messages.clear()
        except Closed as closed:
            return closed

    def answer_pings(self, count: int) -> None:
        """Do nothing else until so many pings are answered."""
        self._patience()
        until = self.pings + count
        while self.pings < until:
            self._read()
        assert not self._messages

    @property
    def session_id(self) -> str:
        return self.headers["X-OpenEnv-Session-Id"]

    @property
    def secret(self) -> str:
        return self.headers["X-OpenEnv-Session-Secret"]

    # How it ends

    def close(self, code: int = 1000) -> None:
        """Say that it is done, and wait for the server to agree."""
        if self._socket.fileno() < 0:
            return
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code)
            with suppress(OSError):  # the server was faster
                self._flush()
            self.until_closed()
        self.vanish()

    def abort(self) -> None:
        """Break the connection with a TCP reset, as the death of a process or a machine's kernel does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.vanish()

    def vanish(self) -> None:
        """Close the TCP connection without a word of WebSocket."""
        self._socket.close()
        OPEN.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # How it works

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)

    def _patience(self) -> None:
        """Give what follows its time; pings do not prolong it."""
        self._deadline = time.monotonic() + PATIENCE_S

    def _read(self) -> None:
        self._socket.settimeout(max(0.001, self._deadline - time.monotonic()))
        try:
            data = self._socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        with suppress(OSError):  # pongs and the answer to a close frame, which nobody may be left to read
            self._flush()
        for event in self._protocol.events_received():
            self._take(event)
        if not data and self.response is not None and not self._messages:
            received = self._protocol.close_rcvd
            raise Closed(received and received.code, received and received.reason)
        if not data and self.response is None:
            raise ConnectionError(f"no handshake: {self._protocol.handshake_exc}")

    def _take(self, event: object) -> None:
        if isinstance(event, Response):
            self.response = event
        elif isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings += 1
        elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if event.opcode is not Opcode.CONT:
                self._fragments, self._opcode = [], event.opcode
            self._fragments.append(bytes(event.data))
            if event.fin:
                whole = b"".join(self._fragments)
                self._messages.append(whole.decode() if self._opcode is Opcode.TEXT else whole)


def eventually(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
