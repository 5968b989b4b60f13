"""Errors are typed, say what to do, and leave the client usable."""

import asyncio
import socket
import threading
import time

import pytest
from websockets.sync.server import ServerConnection

from openenv.core.client.retry import RetryPolicy
from openenv.core.errors import (
    EnvConnectionError,
    EnvironmentFailureError,
    EnvTimeoutError,
    InvalidRequestError,
    OpenEnvError,
    ProtocolError,
    ServerError,
    SessionLostError,
    StepTimeoutError,
)
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server, Servers
from tests.core.client.peers import dead_url, error, observation, peer, raw_peer, requests, wait_until
from tests.core.client.play_client import PlayClient, impatient, say

ONCE = RetryPolicy.off()


def test_nothing_listens() -> None:
    url = dead_url()
    with pytest.raises(ConnectionError, match=r"Failed to connect to ws://127\.0\.0\.1") as caught:
        GenericEnvClient(base_url=url, retry=ONCE).reset()
    assert isinstance(caught.value, EnvConnectionError)


def test_connecting_again_is_bounded() -> None:
    started = time.monotonic()
    with pytest.raises(EnvConnectionError):
        GenericEnvClient(base_url=dead_url(), connect_timeout_s=0.5).reset()
    assert time.monotonic() - started < 10


def test_connecting_again_finds_a_server_that_starts_late() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = GenericEnvClient(base_url=f"http://127.0.0.1:{port}", connect_timeout_s=30)
    from websockets.sync.server import serve

    def play(connection: ServerConnection) -> None:
        for _ in requests(connection):
            connection.send(observation("late"))

    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(client.reset()))
    thread.start()
    with serve(play, "127.0.0.1", port) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        thread.join(30)
        client.close()
        server.shutdown()
        serving.join(10)
    assert results


async def test_an_unreachable_server_in_async_code() -> None:
    with pytest.raises(EnvConnectionError, match="Failed to connect"):
        async with GenericEnvClient(base_url=dead_url(), retry=ONCE):
            pass


def test_an_unknown_host() -> None:
    with pytest.raises(EnvConnectionError, match="not known"):
        GenericEnvClient(base_url="http://no-such-host.invalid").connect()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 16\r\n\r\n" + b'{"detail": "no"}',
            r"401 \(no\).*token=",
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 307 Moved\r\nLocation: https://elsewhere/ws\r\nContent-Length: 0\r\n\r\n", "elsewhere"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "handshake"),
        (b"\x00" * 100, "handshake|closed"),
        (b"", "closed"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "handshake"),
        (b"HTTP/1.1 500 " + b"x" * 70000, "handshake"),
    ],
)
def test_something_else_listens(answer: bytes, words: str) -> None:
    with raw_peer(answer) as url:
        client = GenericEnvClient(base_url=url, retry=ONCE)
        with pytest.raises(EnvConnectionError, match=words):
            client.reset()


def test_a_server_that_never_answers_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(EnvConnectionError, match="no handshake within"):
            GenericEnvClient(base_url=url, connect_timeout_s=0.2).reset()


def test_the_environment_fails_and_the_session_goes_on(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        with pytest.raises(
            EnvironmentFailureError, match=r"Server error: .*asked to fail \(code: EXECUTION_ERROR\)"
        ) as caught:
            client.step(say("fail"))
        assert isinstance(caught.value, RuntimeError)
        assert client.step(say("on")).observation.echoed == "on"
        assert client.state().log == ["on"]


def test_a_wrong_action(server: Server) -> None:
    with GenericEnvClient(base_url=server.url) as client:
        client.reset()
        with pytest.raises(InvalidRequestError) as caught:
            client.step({"message": 5, "unknown": 1})
        assert isinstance(caught.value, ValueError)
        assert {problem["loc"][0] for problem in caught.value.data["errors"]} == {"message", "unknown"}
        with pytest.raises(InvalidRequestError, match=r"\(code: VALIDATION_ERROR\): seed: Input should be"):
            client.reset(seed=-1)
        assert client.step({"message": "fine"}).observation["echoed"] == "fine"


def test_a_step_past_its_deadline(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        with pytest.raises(StepTimeoutError) as caught:
            client.step(say("sleep", 0.5), timeout_s=0.1)
        assert isinstance(caught.value, TimeoutError)
        assert client.step(say("after")).observation.echoed == "after"


async def test_errors_of_pending_calls(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    await client.reset()
    with pytest.raises(EnvironmentFailureError):
        await client.step(say("fail"))
    pending = client.step(say("fail"))
    for _ in range(2):
        with pytest.raises(EnvironmentFailureError):
            _ = pending.observation
    await client.close()


def test_a_broken_constructor(servers: Servers) -> None:
    server = servers.shared(PLAYGROUND_BROKEN="1")
    client = GenericEnvClient(base_url=server.url, retry=ONCE)
    for _ in range(2):  # it is the server's answer each time, not a lost session
        with pytest.raises(EnvironmentFailureError, match="FACTORY_ERROR"):
            client.reset()
    client.close()


def test_a_token(servers: Servers) -> None:
    server = servers.shared(OPENENV_TOKEN="secret")
    with pytest.raises(EnvConnectionError, match=r"401.*token="):
        GenericEnvClient(base_url=server.url).reset()
    with GenericEnvClient(base_url=server.url, token="secret") as client:
        assert client.reset().observation["echoed"] == "ready"
    with GenericEnvClient(base_url=server.url, headers={"Authorization": "Bearer secret"}) as client:
        assert client.reset().observation["echoed"] == "ready"


@pytest.mark.parametrize(
    "reply",
    [
        "not json",
        "[]",
        "7",
        "null",
        '{"type": "observation"}',
        '{"type": "observation", "data": []}',
        '{"type": "state", "data": {}}',
        '{"data": {}}',
        '{"type": "error"}',
        '{"type":"error","data":"x"}',
        b"\xff\xfe",
    ],
)
def test_a_reply_that_is_none(reply: str | bytes) -> None:
    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(reply, text=True if isinstance(reply, bytes) else None)
        for _ in requests(connection):
            connection.send(observation("late"))

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        with pytest.raises(ProtocolError, match="the server sent"):
            client.reset()
        with pytest.raises(SessionLostError):
            client.step({})
        client.close()


def test_after_nonsense_reset_starts_over() -> None:
    connections: list[ServerConnection] = []

    def play(connection: ServerConnection) -> None:
        connections.append(connection)
        for _ in requests(connection):
            connection.send("nonsense" if len(connections) == 1 else observation("fine"))

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        with pytest.raises(ProtocolError):
            client.reset()
        assert client.reset().observation["echoed"] == "fine"


def test_broken_frames() -> None:
    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.socket.sendall(b"\xff\xff\xff\xff")
        connection.socket.shutdown(socket.SHUT_RDWR)

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        with pytest.raises(SessionLostError, match="reserved bits"):
            client.reset()
        client.close()


def test_a_message_that_nobody_asked_for() -> None:
    sent = threading.Event()

    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(observation("asked for"))
        connection.send(observation("not asked for"))
        sent.set()
        for _ in requests(connection):
            connection.send(observation("next"))

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        assert client.reset().observation["echoed"] == "asked for"
        assert sent.wait(10)
        session = client._session
        assert session is not None
        wait_until(lambda: session._link is None)
        with pytest.raises(SessionLostError, match="nobody asked for"):
            client.step({})
        client.close()


def test_a_server_that_closes_every_connection_at_once() -> None:
    with peer(lambda connection: connection.close()) as server:
        client = GenericEnvClient(base_url=server.url)
        for _ in range(3):
            with pytest.raises(ConnectionError, match=r"at once|closed the connection"):
                client.reset()
        client.close()


async def test_cancelling_a_call_that_is_still_connecting() -> None:
    client = GenericEnvClient(base_url=dead_url(), connect_timeout_s=600)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reset(), 0.1)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.connect(), 0.1)  # not behind the first one's ten minutes
    await client.close()
    assert time.monotonic() - started < 60


def test_an_unknown_code_and_a_silent_server() -> None:
    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(error("SOMETHING_NEW", "what is this"))
        connection.recv()
        connection.recv()

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        with pytest.raises(ServerError, match=r"what is this \(code: SOMETHING_NEW\)"):
            client.reset()
        with impatient(client, 0.2), pytest.raises(EnvTimeoutError, match=r"no reply .* within 0\.2 s.*lost"):
            client.step({})
        with pytest.raises(SessionLostError):
            client.step({})
        client.close()


def test_large_messages(server: Server) -> None:
    size = 12_000_000
    with GenericEnvClient(base_url=server.url) as client:
        client.reset()
        assert client.step({"message": "x" * size}).observation["echoed"] == "x" * size
        assert len(client.step({"message": "big", "number": size}).observation["echoed"]) == size


def test_a_reply_larger_than_the_client_takes(server: Server) -> None:
    with GenericEnvClient(base_url=server.url, max_message_size_mb=0.01) as client:
        client.reset()
        client.step({"message": "kept"})
        with pytest.raises(EnvConnectionError, match="max_message_size_mb"):
            client.step({"message": "big", "number": 100_000})
        assert client.state()["log"] == ["kept"]  # the session is the same


def test_a_message_larger_than_the_server_takes(servers: Servers) -> None:
    server = servers.shared(OPENENV_MAX_MESSAGE_BYTES="10000")
    with GenericEnvClient(base_url=server.url) as client:
        client.reset()
        client.step({"message": "kept"})
        with pytest.raises(InvalidRequestError, match="MESSAGE_TOO_BIG"):
            client.step({"message": "x" * 20_000})
        assert client.state()["log"] == ["kept"]


def test_every_error_is_one_of_ours() -> None:
    from openenv.core import errors

    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert found
    assert all(issubclass(value, OpenEnvError) for value in found)
