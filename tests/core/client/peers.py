"""What stands between the client and a good server, or in its place: a proxy that can be cut, and broken servers."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from websockets.sync.server import ServerConnection, serve

Headers = Callable[[str], Mapping[str, str]]


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Return once ``condition`` holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.005)


class Proxy:
    """Forwards TCP connections to a server, as long as it is let."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self.refusing = False
        self.frozen = threading.Event()
        self.received = 0
        """Pieces of data that came from clients, passed on or not."""
        self.swallow_replies = False
        """Take replies from the server and drop them."""
        self.swallowed = 0
        self.requests: list[bytes] = []
        """The heads of all requests for a connection."""
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._spawn(self._accept)

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                _reset(client)
                continue
            server = socket.create_connection(self._target)
            self._pairs.append((client, server))
            self.connections += 1  # only now can it be cut
            self._spawn(self._pump, client, server, True)
            self._spawn(self._pump, server, client, False)

    def _pump(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        first = True
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if first and from_client:
                self.requests.append(data)
            if from_client:
                self.received += 1
            while self.frozen.is_set() and not self._closed:
                time.sleep(0.005)
            if not data:
                break
            if self.swallow_replies and not from_client and not first:
                self.swallowed += 1
                continue
            first = False
            try:
                sink.sendall(data)
            except OSError:
                break
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def cut(self) -> None:
        """Break every connection there is, with a reset on both sides."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                _reset(end)

    def close(self) -> None:
        self._closed = True
        # close() alone would not wake up accept()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)


def _reset(end: socket.socket) -> None:
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()


class Peer:
    """A WebSocket server that does what a test says.

    Args:
        play: called with each connection, on a thread of its own.
        headers: gives what to send with the handshake for the request's path.
    """

    def __init__(self, play: Callable[[ServerConnection], None], headers: Headers | None = None) -> None:
        def respond(connection: Any, request: Any, response: Any) -> Any:
            self.paths.append(request.path)
            for name, value in (headers(request.path) if headers else {}).items():
                response.headers[name] = value
            return response

        self.paths: list[str] = []
        self._server = serve(play, "127.0.0.1", 0, process_response=respond, compression=None, max_size=None)
        self.port: int = self._server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)


@contextmanager
def peer(play: Callable[[ServerConnection], None], headers: Headers | None = None) -> Iterator[Peer]:
    """A :class:`Peer` for the length of a ``with``."""
    server = Peer(play, headers)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def raw_peer(answer: bytes) -> Iterator[str]:
    """The URL of a server that answers every connection's first bytes with ``answer`` and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        try:
            listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        listener.close()
        thread.join(5)


def requests(connection: ServerConnection) -> Iterator[dict[str, Any]]:
    """What the client asks, until it closes."""
    for message in connection:
        request = json.loads(message)
        if request == {"type": "close"}:
            return
        yield request


def dead_url() -> str:
    """A URL on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def observation(text: str, reward: float | None = None) -> str:
    return json.dumps(
        {"type": "observation", "data": {"observation": {"echoed": text}, "reward": reward, "done": False}}
    )


def error(code: str, message: str = "no", **data: Any) -> str:
    return json.dumps({"type": "error", "data": {"message": message, "code": code, **data}})
