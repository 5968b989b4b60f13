"""What carries the bytes of a link: a TCP connection of the operating system's, or one behind TLS."""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast


class WireOwner(Protocol):
    """Who hears from a wire, on the loop's thread."""

    def wire_received(self, data: bytes) -> None:
        """Bytes arrived."""

    def wire_broken(self, reason: str) -> None:
        """No more bytes will come."""


class Wire(Protocol):
    """A connection."""

    def write(self, data: bytes) -> bool:
        """Send bytes; from any thread. False if the connection is closed and nothing was sent."""

    def close(self) -> None:
        """Close the connection at once."""

    def exchange(self, data: bytes, take: Callable[[bytes], bool]) -> bool:
        """Send bytes and read on the caller's thread, if that is possible.

        Args:
            data: may be empty.
            take: given what arrives, and now and then nothing; returns False once it has had enough.

        Returns:
            False if the connection is closed and nothing was sent.
        """

    def after_interrupt(self) -> bool:
        """Clean up after an exception that a signal's handler raised on this thread, somewhere around a call.

        Returns:
            Whether :meth:`exchange` did nothing but wait then. Otherwise bytes may be lost: the connection is closed.
        """

    def forget_after_fork(self) -> None:
        """In the child of a fork: let go of what belongs to the parent."""


class TransportWire(asyncio.Protocol):
    """A connection that the event loop reads and writes: TLS, and systems without epoll."""

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: WireOwner) -> None:
        self._loop = loop
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._closed = False

    def write(self, data: bytes) -> bool:
        if self._closed:
            return False
        self._loop.call_soon_threadsafe(self._write, data)
        return True

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._closed:
            self._transport.write(data)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        # In line behind the last writes; a peer that does not take them must not keep the connection open.
        if self._transport is not None:
            self._transport.close()
            if self._transport.get_write_buffer_size():
                self._transport.abort()

    def exchange(self, data: bytes, take: Callable[[bytes], bool]) -> bool:
        return self.write(data)

    def after_interrupt(self) -> bool:
        self.close()
        return False

    def forget_after_fork(self) -> None:
        self._closed = True

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._owner.wire_received(data)

    def eof_received(self) -> None:
        self._owner.wire_broken("the server closed the connection")

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        self._owner.wire_broken(f"the connection broke ({error})" if error else "the connection was closed")
