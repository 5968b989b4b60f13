"""Full servers: waiting for a free session is bounded, and over when one is free."""

import threading
import time

import pytest
from websockets.sync.server import ServerConnection

from openenv.core.client.retry import RetryPolicy
from openenv.core.errors import CapacityError, EnvironmentFailureError, ServerDrainingError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Servers
from tests.core.client.peers import error, observation, peer, requests, wait_until
from tests.core.client.play_client import PlayClient, say

IMPATIENT = RetryPolicy(capacity_s=0)


def test_a_full_server(servers: Servers) -> None:
    server = servers.shared(OPENENV_MAX_SESSIONS="1")
    with PlayClient(base_url=server.url) as first:
        first.reset()
        first.step(say("kept"))
        second = PlayClient(base_url=server.url, retry=IMPATIENT)
        for call in (second.connect, second.reset):
            with pytest.raises(CapacityError, match=r"Server error: .*1/1.*\(code: CAPACITY_REACHED\)") as caught:
                call()
            assert isinstance(caught.value, RuntimeError)
            assert caught.value.data["max_sessions"] == 1

        # Bounded waiting, then the same error.
        started = time.monotonic()
        with pytest.raises(CapacityError):
            PlayClient(base_url=server.url, retry=RetryPolicy(capacity_s=0.3)).reset()
        assert time.monotonic() - started < 10

        # Somebody waits in line and gets the session once it is free.
        waiting = PlayClient(base_url=server.url, connect_timeout_s=30)
        results: list[object] = []
        thread = threading.Thread(target=lambda: results.append(waiting.reset()))
        thread.start()
        assert first.state().log == ["kept"]
    thread.join(30)
    assert results
    waiting.close()
    second.reset()
    second.close()


@pytest.mark.parametrize("waits_for_request", [False, True])
def test_a_plain_server_that_refuses_after_the_handshake(waits_for_request: bool) -> None:
    connections: list[ServerConnection] = []

    def play(connection: ServerConnection) -> None:
        connections.append(connection)
        if len(connections) <= 2:
            if waits_for_request:
                connection.recv()
            connection.send(error("CAPACITY_REACHED", "full", active_sessions=1, max_sessions=1))
            connection.close()
            return
        for _ in requests(connection):
            connection.send(observation(f"connection {len(connections)}"))

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        assert client.reset().observation["echoed"] == "connection 3"
        assert client.step({}).observation["echoed"] == "connection 3"


def test_a_refusal_that_crosses_the_first_request() -> None:
    connections: list[ServerConnection] = []

    def play(connection: ServerConnection) -> None:
        connections.append(connection)
        if len(connections) == 1:
            connection.send(error("CAPACITY_REACHED", "full"))
            connection.recv()
            connection.close()
            return
        for _ in requests(connection):
            connection.send(observation("in"))

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        wait_until(lambda: client._session is not None and client._session._parting is not None)
        assert client.reset().observation["echoed"] == "in"


def test_a_plain_server_that_stays_full() -> None:
    def play(connection: ServerConnection) -> None:
        connection.send(error("CAPACITY_REACHED", "full"))
        connection.close()

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url, retry=RetryPolicy(capacity_s=0.2))
        for _ in range(2):
            with pytest.raises(CapacityError, match="full"):
                client.reset()
        client.close()


@pytest.mark.parametrize(
    ("code", "kind"), [("FACTORY_ERROR", EnvironmentFailureError), ("SHUTTING_DOWN", ServerDrainingError)]
)
def test_refusals_that_waiting_does_not_help(code: str, kind: type[Exception]) -> None:
    connections: list[ServerConnection] = []

    def play(connection: ServerConnection) -> None:
        connections.append(connection)
        connection.send(error(code, "no session"))
        connection.close()

    for headers in (None, lambda path: {"X-OpenEnv-Version": "1"}):
        connections.clear()
        with peer(play, headers) as server:
            client = GenericEnvClient(base_url=server.url)
            for _ in range(2):
                with pytest.raises(kind, match="no session"):
                    client.reset()
            client.close()
        assert len(connections) == 2


def test_a_refusal_without_a_reason() -> None:
    def play(connection: ServerConnection) -> None:
        connection.close()

    with (
        peer(play, lambda path: {"X-OpenEnv-Version": "1"}) as server,
        pytest.raises(ConnectionError, match="no session and no reason"),
    ):
        GenericEnvClient(base_url=server.url).reset()


def test_a_refusal_over_http() -> None:
    from tests.core.client.peers import raw_peer

    body = b'{"detail": "Server at capacity", "code": "CAPACITY_REACHED"}'
    head = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_peer(head + body) as url, pytest.raises(CapacityError, match="at capacity"):
        GenericEnvClient(base_url=url, retry=IMPATIENT).reset()


def test_a_waiting_session_gives_its_slot_to_another(servers: Servers) -> None:
    from tests.core.client.peers import Proxy

    server = servers.shared(OPENENV_MAX_SESSIONS="1")
    proxy = Proxy(server.address)
    with PlayClient(base_url=proxy.url, retry=RetryPolicy(reattach_s=0, connect_s=0)) as first:
        first.reset()
        proxy.close()
        with PlayClient(base_url=server.url) as second:
            assert second.reset().observation.echoed == "ready"
