"""A plain TCP connection that whoever waits for a reply reads on their own thread.

A synchronous step over it costs no change of thread: the caller writes to the socket, waits on it and reads it. At all
other times the event loop watches the socket, so that pings are answered and a broken connection is noticed while
nobody waits. Both watch through an epoll object of their own inside the loop's: adding and removing a socket there is
a system call that any thread may make.
"""

import asyncio
import select
import socket
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from .loop import after_fork
from .wire import WireOwner

_READ_BYTES: Final = 256 * 1024
_LOOK_UP_MS: Final = 1000  # how often a waiting reader looks whether it is still wanted
_EVENTS_AT_ONCE: Final = 256


class Watcher:
    """Watches sockets for an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._epoll = select.epoll()
        self._wires: dict[int, SocketWire] = {}
        loop.add_reader(self._epoll.fileno(), self._on_ready)

    def watch(self, wire: "SocketWire", before: int, events: int) -> None:
        """Change what a wire's socket is watched for; from any thread."""
        if not events:
            self._wires.pop(wire.fileno, None)
            with suppress(FileNotFoundError):  # not watched at all, or an interrupted caller has left it so
                self._epoll.unregister(wire.fileno)
        elif before:
            self._epoll.modify(wire.fileno, events)
        else:
            self._wires[wire.fileno] = wire
            self._epoll.register(wire.fileno, events)

    def _on_ready(self) -> None:
        for fileno, events in self._epoll.poll(0, _EVENTS_AT_ONCE):
            wire = self._wires.get(fileno)
            if wire is not None:
                wire.on_ready(events)


_watchers: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Watcher]" = weakref.WeakKeyDictionary()
# The epoll objects of the parent are shared with it: touching them here would change what it watches.
_inherited: list[Watcher] = []


@after_fork
def _forget_watchers() -> None:
    _inherited.extend(_watchers.values())
    _watchers.clear()


def watcher_of(loop: asyncio.AbstractEventLoop) -> Watcher:
    """The loop's watcher; on the loop's thread."""
    watcher = _watchers.get(loop)
    if watcher is None:
        watcher = _watchers[loop] = Watcher(loop)
    return watcher


class SocketWire:
    """A TCP connection.

    Args:
        loop: the running loop.
        owner: hears from the wire once :meth:`start` was called.
        sock: connected and non-blocking; the wire closes it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: WireOwner, sock: socket.socket) -> None:
        self.fileno = sock.fileno()
        self._loop = loop
        self._owner = owner
        self._sock = sock
        self._watcher = watcher_of(loop)
        # Guards everything below, and the life of the descriptor: whoever uses it holds this, or is the reader.
        self._lock = threading.Lock()
        self._closed = False
        self._watched = 0
        self._unsent = bytearray()
        # Under its only key, the id of the thread that reads, if any: one at a time, and nobody ever waits for it. Not
        # a lock, because a thread that was interrupted could not tell whether it had got that.
        self._reader: dict[None, int] = {}
        self._waiting = False  # whether the caller who reads does nothing but wait
        self._poll = select.poll()
        self._poll.register(self.fileno, select.POLLIN)

    def start(self) -> None:
        """Let the loop watch the socket."""
        with self._lock:
            self._watch(select.EPOLLIN)

    def _watch(self, events: int) -> None:
        if events != self._watched:
            self._watcher.watch(self, self._watched, events)
            self._watched = events

    # Writing

    def write(self, data: bytes) -> bool:
        with self._lock:
            if self._closed:
                return False
            sent = 0
            if not self._unsent:
                try:
                    sent = self._sock.send(data)
                except (BlockingIOError, InterruptedError):
                    sent = 0
                except OSError as error:
                    # It counts as sent, since an earlier part of it may have been; the owner learns of the end.
                    self._loop.call_soon_threadsafe(self._break, f"the connection broke ({error})")
                    return True
            if sent < len(data):
                self._unsent += memoryview(data)[sent:]
                self._watch(self._watched | select.EPOLLOUT)
            return True

    def _write_more(self) -> None:
        with self._lock:
            if self._closed or not self._unsent:
                return
            try:
                del self._unsent[: self._sock.send(self._unsent)]
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._unsent.clear()  # reading finds out why
            if not self._unsent:
                self._watch(self._watched & ~select.EPOLLOUT)

    # Reading on the loop's thread

    def on_ready(self, events: int) -> None:
        """The watcher saw something."""
        if events & select.EPOLLOUT:
            self._write_more()
        if not events & ~select.EPOLLOUT or not self._begin_reading():
            return
        try:
            data, failure = self._read()
        finally:
            self._stop_reading()
        if data:
            self._owner.wire_received(data)
        elif failure is not None:
            self._break(failure)

    def _read(self) -> tuple[bytes, str | None]:
        """What has arrived, or why nothing will."""
        if self._closed:
            return b"", None
        try:
            data = self._sock.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b"", None
        except OSError as error:
            return b"", f"the connection broke ({error})"
        return data, None if data else "the server closed the connection"

    def _break(self, reason: str) -> None:
        self.close()
        self._owner.wire_broken(reason)

    # Reading on the caller's thread

    def exchange(self, data: bytes, take: Callable[[bytes], bool]) -> bool:
        if not self._begin_reading():
            return self.write(data)
        is_sent = self._exchange(data, take)
        self._hand_back()
        return is_sent

    def _exchange(self, data: bytes, take: Callable[[bytes], bool]) -> bool:
        with self._lock:
            if self._closed:
                return False
            self._watch(self._watched & ~select.EPOLLIN)
        if data and not self.write(data):
            return False
        while take(b""):
            self._waiting = True
            is_ready = self._poll.poll(_LOOK_UP_MS)
            self._waiting = False
            if is_ready:
                data, failure = self._read()
                if failure is not None:
                    self._loop.call_soon_threadsafe(self._break, failure)
                    break
                if data and not take(data):
                    break
        return True

    def after_interrupt(self) -> bool:
        waited, self._waiting = self._waiting, False
        if not waited:
            self.close()
        if self._reader.get(None) == threading.get_ident():
            self._hand_back()
        return waited

    def _hand_back(self) -> None:
        """Let the loop read again."""
        with self._lock:
            if not self._closed:
                self._watch(self._watched | select.EPOLLIN)
        self._stop_reading()

    def _begin_reading(self) -> bool:
        """Become the thread that reads; False if another one is."""
        me = threading.get_ident()
        return self._reader.setdefault(None, me) == me

    def _stop_reading(self) -> None:
        self._reader.clear()
        if self._closed:
            self._close_descriptor()

    # The end

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._watcher.watch(self, self._watched, 0)
            try:
                self._sock.shutdown(socket.SHUT_RDWR)  # wakes up whoever reads
            except OSError:
                pass  # the other side was faster
        self._close_descriptor()

    def _close_descriptor(self) -> None:
        """Close the descriptor, unless somebody reads from it, who will do so afterwards."""
        if self._begin_reading():
            with self._lock:
                self._sock.close()
            self._reader.clear()

    def forget_after_fork(self) -> None:
        self._closed = True
        self._sock.close()
