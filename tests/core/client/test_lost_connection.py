"""What becomes of a session when its connection breaks: nothing is lost silently, nothing runs twice."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.sync.server import ServerConnection

from openenv.core.client.retry import RetryPolicy
from openenv.core.errors import EnvTimeoutError, ReplyLostError, SessionLostError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server, Servers
from tests.core.client.gate import Gate
from tests.core.client.peers import Proxy, error, observation, peer, requests, wait_until
from tests.core.client.play_client import PlayClient, impatient, say

MakeProxy = Callable[[Server], Proxy]

UNFORGIVING = {"OPENENV_SESSION_GRACE_S": "0", "OPENENV_MAX_SESSIONS": "1"}


def wait_for_room(server: Server) -> None:
    """Return once a server with room for one session has given up the one it had."""
    PlayClient(base_url=server.url, retry=RetryPolicy(capacity_s=20)).connect().close()


def cut_for_good(proxy: Proxy, server: Server) -> None:
    """Break the connection; the client is not back before its server, an `UNFORGIVING` one, has given it up."""
    proxy.refusing = True
    proxy.cut()
    wait_for_room(server)
    proxy.refusing = False


def test_an_idle_connection_that_breaks_is_replaced(server: Server, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client:
        client.reset()
        client.step(say("before"))
        for _ in range(3):
            seen = proxy.connections
            proxy.cut()
            wait_until(lambda seen=seen: proxy.connections > seen)  # type: ignore[misc]  # without any call
        client.step(say("after"))
        assert client.state().log == ["before", "after"]


def test_a_step_whose_connection_breaks_is_not_run_again(server: Server, make_proxy: MakeProxy, gate: Gate) -> None:
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client, ThreadPoolExecutor(1) as pool:
        client.reset()
        outcome = pool.submit(client.step, gate.action())
        gate.wait_until_begun()
        proxy.cut()
        gate.open()
        assert outcome.result().observation.echoed == "hold"
        assert client.state().log == ["hold"]
        assert b"awaiting=2" in proxy.requests[-1]


def test_a_lost_reply_comes_again(server: Server, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client:
        client.reset()
        for turn in range(3):
            proxy.swallow_replies, proxy.swallowed = True, 0
            with ThreadPoolExecutor(1) as pool:
                outcome = pool.submit(client.step, say(f"turn {turn}"))
                wait_until(lambda: proxy.swallowed > 0)
                proxy.swallow_replies = False
                proxy.cut()
                assert outcome.result().observation.echoed == f"turn {turn}"
        assert client.state().log == ["turn 0", "turn 1", "turn 2"]


def test_a_lost_reply_that_is_not_kept(servers: Servers, make_proxy: MakeProxy) -> None:
    server = servers.own(OPENENV_MAX_KEPT_REPLY_BYTES="0")
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client:
        client.reset()
        proxy.swallow_replies = True
        with ThreadPoolExecutor(1) as pool:
            outcome = pool.submit(client.step, say("once"))
            wait_until(lambda: proxy.swallowed > 0)
            proxy.swallow_replies = False
            proxy.cut()
            with pytest.raises(ReplyLostError, match="reply to request 2 is not kept"):
                outcome.result()
        client.step(say("twice"))
        assert client.state().log == ["once", "twice"]


def test_a_request_that_never_arrived_is_sent_again(server: Server, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client, ThreadPoolExecutor(1) as pool:
        client.reset()
        proxy.frozen.set()
        received = proxy.received
        outcome = pool.submit(client.step, say("late"))
        wait_until(lambda: proxy.received > received)
        proxy.cut()
        proxy.frozen.clear()
        assert outcome.result().observation.echoed == "late"
        assert client.state().log == ["late"]


def test_a_silent_connection_is_noticed_by_pings_and_replaced(server: Server, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(server)
    client = PlayClient(base_url=proxy.url, websocket_ping_interval_s=0.2, websocket_ping_timeout_s=0.5)
    with client, ThreadPoolExecutor(1) as pool:
        client.reset()
        proxy.frozen.set()
        outcome = pool.submit(client.step, say("through"))
        seen = proxy.connections
        wait_until(lambda: proxy.connections > seen)
        proxy.frozen.clear()
        assert outcome.result().observation.echoed == "through"
        assert client.state().log == ["through"]


def test_many_calls_through_a_connection_that_keeps_breaking(server: Server, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(server)
    messages = [str(i) for i in range(150)]
    over = threading.Event()

    def cut() -> None:
        while not over.wait(0.03):
            proxy.cut()

    with PlayClient(base_url=proxy.url) as client:
        client.reset()
        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            with ThreadPoolExecutor(4) as pool:
                echoed = list(pool.map(lambda m: client.step(say(m)).observation.echoed, messages))
        finally:
            over.set()
            cutter.join()
        assert echoed == messages
        assert sorted(client.state().log, key=int) == messages


def test_a_server_that_is_killed_mid_step(servers: Servers, gate: Gate) -> None:
    server = servers.own()
    client = PlayClient(base_url=server.url, retry=RetryPolicy(connect_s=0, reattach_s=0.2))
    client.reset()
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(client.step, gate.action())
        gate.wait_until_begun()
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(SessionLostError, match=r"lost: Failed to connect.*reset\(\) starts a new one"):
            outcome.result()
    for _ in range(2):
        with pytest.raises(SessionLostError):
            client.step(say("again"))
        with pytest.raises(SessionLostError):
            client.state()
    with pytest.raises(ConnectionError, match="Failed to connect"):
        client.reset()
    client.close()


def test_a_session_that_the_server_has_given_up(servers: Servers, make_proxy: MakeProxy) -> None:
    server = servers.shared(**UNFORGIVING)
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client:
        client.reset()
        client.step(say("old"))
        cut_for_good(proxy, server)
        # Told once, even to reset: state that a session keeps between episodes is gone.
        with pytest.raises(SessionLostError, match="Unknown session_id") as caught:
            client.reset()
        assert isinstance(caught.value, ConnectionError | RuntimeError)
        with pytest.raises(SessionLostError):
            client.step(say("too early"))
        client.reset()
        client.step(say("new"))
        assert client.state().log == ["new"]


def test_a_lost_session_told_to_a_call_under_way(servers: Servers, make_proxy: MakeProxy, gate: Gate) -> None:
    server = servers.shared(**UNFORGIVING)
    proxy = make_proxy(server)
    with PlayClient(base_url=proxy.url) as client, ThreadPoolExecutor(1) as pool:
        client.reset()
        outcome = pool.submit(client.step, gate.action())
        gate.wait_until_begun()
        cut_for_good(proxy, server)
        with pytest.raises(SessionLostError):
            outcome.result()
        gate.open()
        assert client.reset().observation.echoed == "ready"  # told already


def test_closing_a_lost_session_starts_over(servers: Servers, make_proxy: MakeProxy) -> None:
    server = servers.shared(**UNFORGIVING)
    proxy = make_proxy(server)
    client = PlayClient(base_url=proxy.url)
    client.reset()
    cut_for_good(proxy, server)
    client.disconnect()
    assert client.reset().observation.echoed == "ready"
    client.close()


def test_a_session_that_expires_while_idle(servers: Servers) -> None:
    server = servers.shared(OPENENV_SESSION_IDLE_TIMEOUT_S="1", OPENENV_MAX_SESSIONS="1")
    with PlayClient(base_url=server.url) as client:
        client.reset()
        client.step(say("a"))
        wait_for_room(server)
        with pytest.raises(SessionLostError):
            client.step(say("b"))
        assert client.reset().observation.echoed == "ready"
        assert client.state().log == []


def test_a_draining_server_finishes_the_step(servers: Servers, gate: Gate) -> None:
    server = servers.own()
    client = PlayClient(base_url=server.url, retry=RetryPolicy(reattach_s=0.2, connect_s=0))
    client.reset()
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(client.step, gate.action())
        gate.wait_until_begun()
        os.kill(server.pid, signal.SIGTERM)
        gate.open()
        assert outcome.result().observation.echoed == "hold"

    def play_until_the_server_is_gone() -> None:
        while True:
            client.step(say("still there"))

    with pytest.raises(SessionLostError):
        play_until_the_server_is_gone()
    client.close()


# Servers that know no reattaching


def test_a_plain_server_that_breaks_the_connection() -> None:
    connections: list[ServerConnection] = []

    def play(connection: ServerConnection) -> None:
        connections.append(connection)
        if len(connections) == 1:
            connection.recv()
            connection.send(observation("one"))
            connection.recv()
            connection.socket.close()
            return
        for _ in requests(connection):
            connection.send(observation("two"))

    with peer(play) as server, GenericEnvClient(base_url=server.url) as client:
        client.reset()
        with pytest.raises(SessionLostError):
            client.step({})
        with pytest.raises(SessionLostError):
            client.step({})
        assert len(connections) == 1  # it did not go on in a new session
        assert client.reset().observation["echoed"] == "two"


def test_a_plain_server_that_closes_while_the_client_thinks() -> None:
    closed = threading.Event()
    connections: list[ServerConnection] = []

    def play(connection: ServerConnection) -> None:
        connections.append(connection)
        connection.recv()
        connection.send(observation("one"))
        if len(connections) == 1:
            connection.send(error("SESSION_ERROR", "you were idle"))
            connection.close()
            closed.set()
        else:
            connection.recv()
            connection.send(observation("two"))

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        client.reset()
        closed.wait(10)
        with pytest.raises(SessionLostError, match="you were idle"):
            client.step({})
        client.reset()
        assert client.step({}).observation["echoed"] == "two"
        client.close()


# Replies that come too late


def test_a_late_reply_is_dropped_and_the_session_goes_on(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        with (
            impatient(client, 0.3),
            pytest.raises(EnvTimeoutError, match=r"within 0\.3 s; the session goes on"),
        ):
            client.step(say("sleep", 0.5))
        assert client.step(say("after")).observation.echoed == "after"
        assert client.state().log == ["sleep", "after"]


def test_a_session_that_stays_busy_is_given_up(servers: Servers) -> None:
    server = servers.shared(OPENENV_DRAIN_TIMEOUT_S="0.1", OPENENV_CLOSE_TIMEOUT_S="0.1")
    client = PlayClient(base_url=server.url)
    client.reset()
    with impatient(client, 0.2):
        with pytest.raises(TimeoutError):
            client.step(say("sleep", 20))
        with pytest.raises(SessionLostError, match="still busy"):
            client.step(say("b"))
    with pytest.raises(SessionLostError):
        client.state()
    client.reset()
    assert client.state().log == []
    client.close()


async def test_late_replies_in_async_code(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client:
        await client.reset()
        with impatient(client, 0.3), pytest.raises(EnvTimeoutError):
            await client.step(say("sleep", 0.5))
        assert (await client.step(say("after"))).observation.echoed == "after"


def test_a_longer_deadline_of_the_call_extends_the_wait(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        with impatient(client, 0.2):
            assert client.step(say("sleep", 0.6), timeout_s=20).observation.echoed == "sleep"


def test_no_limit(server: Server) -> None:
    with PlayClient(base_url=server.url, message_timeout_s=None) as client:
        client.reset()
        assert client.step(say("sleep", 0.3)).observation.echoed == "sleep"


# A server that is slow to notice


def test_a_server_that_still_holds_the_old_socket_is_asked_again() -> None:
    def headers(path: str) -> dict[str, str]:
        refused = "session_id" in path and len(server.paths) < 4
        session = {} if refused else {"X-OpenEnv-Session-Id": "s", "X-OpenEnv-Session-Secret": "t"}
        return {"X-OpenEnv-Version": "1", "X-OpenEnv-Received": "2", **session}

    def play(connection: ServerConnection) -> None:
        path = connection.request.path if connection.request else ""
        if "session_id" not in path:
            connection.recv()
            connection.send(observation("ready"))
            connection.recv()
            connection.socket.close()
        elif len(server.paths) < 4:
            connection.send(error("SESSION_ERROR", "Session s already has an attached WebSocket"))
        else:
            connection.send(observation("found again"))
            connection.recv()

    with peer(play, headers) as server, GenericEnvClient(base_url=server.url) as client:
        client.reset()
        assert client.step({}).observation["echoed"] == "found again"
        assert server.paths[1:] == ["/ws?session_id=s&awaiting=2"] * 3


def test_a_server_that_gives_another_session_instead() -> None:
    def headers(path: str) -> dict[str, str]:
        return {
            "X-OpenEnv-Version": "1",
            "X-OpenEnv-Session-Id": f"s{len(server.paths)}",
            "X-OpenEnv-Session-Secret": "t",
            "X-OpenEnv-Received": "1",
        }

    def play(connection: ServerConnection) -> None:
        for number, _ in enumerate(requests(connection)):
            if number == 1 and len(server.paths) == 1:
                connection.socket.close()
                return
            connection.send(observation("another"))

    with peer(play, headers) as server, GenericEnvClient(base_url=server.url) as client:
        client.reset()
        with pytest.raises(SessionLostError, match="another one instead"):
            client.step({})
        assert client.reset().observation["echoed"] == "another"


async def test_a_loss_that_only_a_cancelled_call_met_is_told_to_the_next() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def play(connection: ServerConnection) -> None:
        for number, _ in enumerate(requests(connection)):
            if number == 1:
                begun.set()
                go_on.wait(20)
                connection.socket.close()
                return
            connection.send(observation("ready"))

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        await client.reset()
        step = asyncio.create_task(client.step({}))
        await asyncio.to_thread(begun.wait)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        go_on.set()
        with pytest.raises(SessionLostError):
            await client.reset()
        assert (await client.reset()).observation["echoed"] == "ready"
        await client.close()
