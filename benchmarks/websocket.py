"""A WebSocket client that costs next to nothing: frames encoded beforehand, replies parsed only as far as needed.

It speaks what a load generator needs of RFC 6455: text frames both ways, pings answered, fragments joined, no
extensions (none is offered, so every server answers uncompressed).
"""

import asyncio
import base64
import os
from typing import Final, cast

TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole masked frame around ``payload``."""
    size = len(payload)
    if size < 126:
        header = bytes((0x80 | opcode, 0x80 | size))
    elif size < 1 << 16:
        header = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        header = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    key = os.urandom(4)
    mask = (key * (size // 4 + 1))[:size]
    return header + key + (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


class WebSocketClient(asyncio.Protocol):
    """One connection. Subclasses override the three ``on_*`` methods.

    Args:
        host: for the ``Host`` header.
        path: what to ask for, ``/ws`` for instance.
    """

    def __init__(self, host: str, path: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self._buffer = b""
        self._parts: list[bytes] = []
        self._open = False
        self.transport: asyncio.Transport

    def on_open(self) -> None:
        """The handshake is done."""

    def on_message(self, payload: bytes) -> None:
        """A text message came."""

    def on_end(self, reason: str) -> None:
        """The connection is over; called once. ``reason`` says how."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's derive from no class of asyncio
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc!r}" if exc else "connection lost")

    def data_received(self, data: bytes) -> None:
        # The common case by far: one whole short text frame, nothing before it and nothing after.
        if self._open and not self._buffer and data[0] == 0x81:
            size = data[1]
            if size < 126 and len(data) == size + 2:
                self.on_message(data[2:])
                return
            if size == 126 and len(data) >= 4 and len(data) == 4 + (data[2] << 8 | data[3]):
                self.on_message(data[4:])
                return
        self._buffer += data
        if not self._open and not self._handshake():
            return
        while self._next_frame():
            pass

    def close(self) -> None:
        """Say goodbye and hang up without waiting for the answer."""
        if not self.transport.is_closing():
            self.transport.write(client_frame((1000).to_bytes(2, "big"), CLOSE))
            self.transport.close()

    def _handshake(self) -> bool:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        status = head.split(b"\r\n", 1)[0].decode("latin-1")
        if " 101 " not in status + " ":
            self._end(f"handshake refused: {status}")
            return False
        self._buffer = rest
        self._open = True
        self.on_open()
        return True

    def _next_frame(self) -> bool:
        """Take one whole frame off the buffer; False where there is none yet."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return False
            size = int.from_bytes(buffer[2:start], "big")
        end = start + size
        if len(buffer) < end:
            return False
        self._buffer = buffer[end:]
        self._frame(buffer[0] & 0x0F, bool(buffer[0] & 0x80), buffer[start:end])
        return True

    def _frame(self, opcode: int, final: bool, payload: bytes) -> None:
        if opcode == PING:
            self.transport.write(client_frame(payload, PONG))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else "none"
            self._end(f"closed by the server, code {code}")
            self.transport.close()
        elif opcode != PONG:
            self._parts.append(payload)
            if final:
                message = b"".join(self._parts)
                self._parts.clear()
                self.on_message(message)

    def _end(self, reason: str) -> None:
        if self._request:
            self._request = b""
            self.on_end(reason)
            self.transport.close()
