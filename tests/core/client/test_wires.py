"""What carries the bytes: sockets that callers read themselves, sockets that the loop reads, TLS, proxies."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from openenv.core.client.open_socket import proxy_for
from openenv.core.client.retry import RetryPolicy
from openenv.core.client.socket_wire import SocketWire
from openenv.core.errors import EnvConnectionError, EnvironmentFailureError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server
from tests.core.client.peers import observation, peer, requests
from tests.core.client.play_client import PlayClient, impatient, say

CERTIFICATE = Path(__file__).with_name("localhost.pem")
ONCE = RetryPolicy.off()


@pytest.fixture(params=["sockets", "transports"])
def wire(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of wire for plain TCP."""
    if request.param == "transports":
        monkeypatch.delattr(select, "epoll")
    return str(request.param)


def test_every_wire_plays(server: Server, wire: str) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        for turn in range(20):
            assert client.step(say(str(turn))).observation.echoed == str(turn)
        assert client.step(say("x" * 3_000_000)).observation.echoed == "x" * 3_000_000
        assert len(client.step(say("big", 3_000_000)).observation.echoed) == 3_000_000
        link = client._session._link  # type: ignore[union-attr]
        assert isinstance(link._wire, SocketWire) == (wire == "sockets")  # type: ignore[union-attr]


async def test_every_wire_plays_in_async_code(server: Server, wire: str) -> None:
    async with PlayClient(base_url=server.url) as client:
        await client.reset()
        assert (await client.step(say("x" * 3_000_000))).observation.echoed == "x" * 3_000_000
        assert client.step(say("blocking")).observation.echoed == "blocking"


def test_a_caller_learns_of_an_error_when_it_comes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors are for the loop's thread: whoever read one must not go on reading until it looks up again."""
    monkeypatch.setattr("openenv.core.client.socket_wire._LOOK_UP_MS", 10_000_000)

    def play() -> None:
        with PlayClient(base_url=server.url) as client:
            client.reset()
            for _ in range(30):
                with pytest.raises(EnvironmentFailureError):
                    client.step(say("fail"))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(play).result(timeout=60)


def test_readers_change_all_the_time(wire: str) -> None:
    """Callers read, the loop reads, pings come from both sides, several threads wait: no reply goes astray."""

    def play(connection: ServerConnection) -> None:
        over = threading.Event()

        def keep_pinging() -> None:
            while not over.wait(0.001):
                try:
                    connection.ping()
                except Exception:
                    return

        pinging = threading.Thread(target=keep_pinging)
        pinging.start()
        for request in requests(connection):
            connection.send(observation(request["data"].get("message", "")))
        over.set()
        pinging.join()

    with peer(play) as server:
        options = {"websocket_ping_interval_s": 0.002, "websocket_ping_timeout_s": 10}
        with GenericEnvClient(base_url=server.url, **options) as client:  # type: ignore[arg-type]
            client.reset()
            for turn in range(300):
                assert client.step({"message": f"one {turn}"}).observation["echoed"] == f"one {turn}"
            with ThreadPoolExecutor(3) as pool:
                messages = [f"many {turn}" for turn in range(300)]
                echoed = list(pool.map(lambda m: client.step({"message": m}).observation["echoed"], messages))
            assert echoed == messages


def test_a_reply_in_pieces(wire: str) -> None:
    """It trickles in a few bytes at a time, in two fragments with a ping between them."""

    def play(connection: ServerConnection) -> None:
        for _ in requests(connection):
            payload = observation("trickled").encode()
            half = len(payload) // 2
            stream = b"".join(
                [
                    Frame(Opcode.TEXT, payload[:half], fin=False).serialize(mask=False),
                    Frame(Opcode.PING, b"?").serialize(mask=False),
                    Frame(Opcode.CONT, payload[half:]).serialize(mask=False),
                ]
            )
            for start in range(0, len(stream), 7):
                connection.socket.sendall(stream[start : start + 7])
                time.sleep(0.001)

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        for _ in range(3):
            assert client.reset().observation["echoed"] == "trickled"


def test_a_server_that_does_not_read_keeps_no_thread(wire: str) -> None:
    over = threading.Event()

    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(observation("ready"))
        over.wait(20)

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        client.reset()
        with impatient(client, 0.5), pytest.raises(TimeoutError):
            client.step({"message": "x" * 30_000_000})
        over.set()
        client.disconnect()


@pytest.fixture
def secure_url() -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def play(connection: ServerConnection) -> None:
        for request in requests(connection):
            connection.send(observation(request["data"].get("message", "ready")))

    with serve(play, "127.0.0.1", 0, ssl=context, compression=None, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://localhost:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def test_tls(secure_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with GenericEnvClient(base_url=secure_url) as client:
        assert client.reset().observation["echoed"] == "ready"
        assert client.step({"message": "x" * 2_000_000}).observation["echoed"] == "x" * 2_000_000


def test_a_certificate_that_nobody_vouches_for_is_not_tried_again(secure_url: str) -> None:
    started = time.monotonic()
    with pytest.raises(EnvConnectionError, match=r"(?i)certificate"):
        GenericEnvClient(base_url=secure_url, connect_timeout_s=60).reset()
    assert time.monotonic() - started < 30


@pytest.fixture
def proxied(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """An HTTP proxy that leads every tunnel to the playground; the requests for tunnels it saw."""
    seen: list[bytes] = []
    open_sockets: list[socket.socket] = []
    pumps: list[threading.Thread] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def run() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            open_sockets.append(client)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            seen.append(head)
            if b"refused.test" in head:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                client.close()
                continue
            target = socket.create_connection(server.address)
            open_sockets.append(target)
            client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
            for ends in ((client, target), (target, client)):
                pumps.append(threading.Thread(target=pump, args=ends))
                pumps[-1].start()

    thread = threading.Thread(target=run)
    thread.start()
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{listener.getsockname()[1]}")
    yield seen
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for pump_thread in pumps:
        pump_thread.join(10)
    for open_socket in open_sockets:
        open_socket.close()


def test_proxies(proxied: list[bytes], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with GenericEnvClient(base_url="http://environment.test:81") as client:
        assert client.reset().observation["echoed"] == "ready"
    [request] = proxied
    assert request.startswith(b"CONNECT environment.test:81 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in request
    with GenericEnvClient(base_url=server.url) as client:  # loopback goes without
        client.reset()
    assert len(proxied) == 1
    with pytest.raises(EnvConnectionError, match=r"refused the tunnel: HTTP/1\.1 403"):
        GenericEnvClient(base_url="http://refused.test").reset()
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(EnvConnectionError, match="NO_PROXY"):
        GenericEnvClient(base_url="http://environment.test").reset()


def test_which_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_for("a.test", 80, secure=False) is None
    monkeypatch.setenv("http_proxy", "http://plain")
    monkeypatch.setenv("https_proxy", "http://secure")
    monkeypatch.setenv("no_proxy", "b.test")
    assert proxy_for("a.test", 80, secure=False) == "http://plain"
    assert proxy_for("a.test", 443, secure=True) == "http://secure"
    assert proxy_for("b.test", 80, secure=False) is None
    for host in ("localhost", "127.0.0.1", "127.1.2.3", "::1", "x.localhost"):
        assert proxy_for(host, 80, secure=False) is None
