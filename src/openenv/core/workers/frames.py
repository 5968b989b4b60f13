"""Messages on a stream socket: a length, a tag, a payload."""

import struct
from collections.abc import Iterator
from enum import IntEnum


class Tag(IntEnum):
    """What a message says. ``_forkserver`` has the same numbers."""

    CONFIG = 0  # to the fork server and to a worker: what to work with
    FORK = 1  # to the fork server: start a worker with the socket that comes along
    KILL = 2  # to the fork server
    CALL = 3  # to a worker
    READY = 4
    FAILED = 5  # could not start; the traceback
    FORKED = 6  # from the fork server: (token, pid or None, what went wrong or None)
    EXITED = 7  # from the fork server: (pid, exit code)
    STARTED = 8  # a call is unpickled and starts now
    RESULT = 9
    ERROR = 10
    UNSENDABLE = 11  # the call worked, but its result cannot be pickled


HEADER = struct.Struct("<QB")


def frame(tag: Tag, payload: bytes = b"") -> bytes:
    """One message."""
    return HEADER.pack(len(payload), tag) + payload


class FrameBuffer:
    """Puts messages together from the pieces in which they arrive."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def partial(self) -> bool:
        """Whether a part of a message is here."""
        return bool(self._data)

    def feed(self, piece: bytes) -> Iterator[tuple[Tag, bytes]]:
        """Add a piece; the messages that are complete now."""
        self._data += piece
        while len(self._data) >= HEADER.size:
            length, tag = HEADER.unpack_from(self._data)
            end = HEADER.size + length
            if len(self._data) < end:
                return
            payload = bytes(self._data[HEADER.size : end])
            del self._data[:end]
            yield Tag(tag), payload
