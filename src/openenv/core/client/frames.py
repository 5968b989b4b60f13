"""WebSocket frames (RFC 6455) as a client sends and receives them, for one step per frame and nothing to spare.

The handshake is the ``websockets`` library's. Its frame parser is not used: it takes two thirds of the client's time
per step. The tests compare this one with it.
"""

import os
from collections.abc import Iterator
from typing import Final

from websockets.frames import Frame, Opcode

try:
    from websockets.speedups import apply_mask
except ImportError:  # a websockets wheel without its C extension
    from websockets.utils import apply_mask

TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_CONTINUATION: Final = 0x0
_DATA_OPCODES: Final = (_CONTINUATION, TEXT, BINARY)
_CONTROL_OPCODES: Final = (CLOSE, PING, PONG)
_MAX_CONTROL_BYTES: Final = 125


class FrameError(Exception):
    """The server broke the WebSocket protocol.

    Attributes:
        code: the close code to answer with.
    """

    code = 1002


class MessageTooBigError(FrameError):
    """The server's message is larger than the client takes."""

    code = 1009

    def __init__(self, limit: int) -> None:
        super().__init__(f"the server's message is larger than {limit} bytes")


def encode_text(payload: bytes) -> bytes:
    """A masked text frame with ``payload``, which is UTF-8."""
    size = len(payload)
    mask = os.urandom(4)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + mask + apply_mask(payload, mask)
    if size < 65536:
        return b"\x81\xfe" + size.to_bytes(2) + mask + apply_mask(payload, mask)
    return b"".join((b"\x81\xff", size.to_bytes(8), mask, apply_mask(payload, mask)))


def encode_control(opcode: int, payload: bytes = b"") -> bytes:
    """A masked control frame."""
    return Frame(Opcode(opcode), payload).serialize(mask=True)


class FrameDecoder:
    """Turns the bytes a server sends into messages and control frames.

    Args:
        max_bytes: the largest message taken, in bytes; None for no limit.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._needed = 2  # bytes that the buffer must hold before it is worth another look
        self._message: bytearray | None = None  # a fragmented message so far
        self._opcode = TEXT

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """What ``data`` completes: ``(opcode, payload)`` of messages (fragments joined) and control frames.

        Raises:
            FrameError: if the server broke the protocol; the decoder is of no use afterwards.
        """
        buffer = self._buffer
        if not buffer and self._message is None:
            # Nearly always: exactly one short, whole text frame.
            size = len(data)
            if size >= 2 and data[0] == 0x81:
                length = data[1]
                if length < 126:
                    if size == length + 2:
                        return [(TEXT, data[2:])]
                elif length == 126 and size >= 4 and size == 4 + int.from_bytes(data[2:4]):
                    self._check_size(size - 4)
                    return [(TEXT, data[4:])]
        buffer += data
        if len(buffer) < self._needed:
            return []
        return list(self._parse())

    def _parse(self) -> Iterator[tuple[int, bytes]]:
        buffer = self._buffer
        start, available = 0, len(buffer)
        try:
            while True:
                self._needed = 2
                if available - start < 2:
                    return
                first, length = buffer[start], buffer[start + 1]
                fin, opcode = bool(first & 0x80), first & 0x0F
                self._check_header(first, length, fin, opcode)
                header = 2
                if length >= 126:
                    header = 4 if length == 126 else 10
                    if available - start < header:
                        self._needed = header
                        return
                    length = int.from_bytes(buffer[start + 2 : start + header])
                if opcode in _DATA_OPCODES:
                    self._check_size(length + (0 if self._message is None else len(self._message)))
                if available - start < header + length:
                    self._needed = header + length
                    return
                payload = bytes(memoryview(buffer)[start + header : start + header + length])
                start += header + length
                if opcode in _CONTROL_OPCODES or (fin and self._message is None):
                    yield opcode, payload
                else:
                    yield from self._join(opcode, payload, fin)
        finally:
            del buffer[:start]

    def _join(self, opcode: int, payload: bytes, fin: bool) -> Iterator[tuple[int, bytes]]:
        """Add a fragment."""
        if self._message is None:
            self._message, self._opcode = bytearray(), opcode
        self._message += payload
        if fin:
            message, self._message = bytes(self._message), None
            yield self._opcode, message

    def _check_header(self, first: int, second: int, fin: bool, opcode: int) -> None:
        if first & 0x70:
            raise FrameError("reserved bits are set, though no extension was agreed on")
        if second & 0x80:
            raise FrameError("the server's frame is masked")
        if opcode in _CONTROL_OPCODES:
            if not fin or second > _MAX_CONTROL_BYTES:
                raise FrameError("a control frame is fragmented or too long")
        elif opcode not in _DATA_OPCODES:
            raise FrameError(f"unknown opcode {opcode:#x}")
        elif (opcode == _CONTINUATION) != (self._message is not None):
            raise FrameError("a fragment is out of place")

    def _check_size(self, size: int) -> None:
        if self._max_bytes is not None and size > self._max_bytes:
            raise MessageTooBigError(self._max_bytes)


def parse_close(payload: bytes) -> tuple[int | None, str]:
    """Code and reason of a close frame; the code is None where the server gave none."""
    if len(payload) < 2:
        return None, ""
    return int.from_bytes(payload[:2]), payload[2:].decode(errors="replace")
