"""How many sessions there may be, whatever route they come by."""

import socket
from typing import Any

import pytest

from tests.core.server.peers import PATIENCE_S, Peer, eventually
from tests.core.server.processes import Served, Servers


def refusal(peer: Peer) -> dict[str, Any]:
    """What a refused client is told; then the socket closes."""
    assert "X-OpenEnv-Session-Id" not in peer.headers
    frame = peer.receive()
    assert frame["type"] == "error"
    assert peer.until_closed().code == 1000
    data: dict[str, Any] = frame["data"]
    return data


def full(active: int) -> dict[str, Any]:
    return {
        "message": f"Server at capacity: {active}/{active} sessions active. Cannot accept new connections.",
        "code": "CAPACITY_REACHED",
        "active_sessions": active,
        "max_sessions": active,
    }


def test_an_environment_that_declares_nothing_has_one_session(serve: Servers) -> None:
    server = serve("sole")
    with server.peer() as first:
        with server.peer() as second:
            assert refusal(second) == full(1)
        assert first.state()["type"] == "state"
    server.settle()


def test_environments_that_declare_it_have_many_sessions(server: Served) -> None:
    peers = [server.peer() for _ in range(40)]
    instances = {peer.reset()["data"]["observation"]["instance"] for peer in peers}
    assert len(instances) == 40
    assert server.active == 40
    for peer in peers:
        peer.close()


@pytest.mark.parametrize("name", ["puppet_function", "puppet_partial"])
def test_functions_and_partials_are_asked_what_they_make(serve: Servers, name: str) -> None:
    server = serve(name)
    with server.peer() as first, server.peer() as second:
        assert first.reset()["type"] == second.reset()["type"] == "observation"


def test_a_refused_client_reads_why_even_if_it_has_sent_before(serve: Servers) -> None:
    server = serve("puppet", max_sessions=2)
    with server.peer(), server.peer(), server.peer() as late:
        late.send_blindly({"type": "reset"})
        late.send_blindly({"type": "step", "data": {}})
        assert refusal(late) == full(2)
    server.settle()


def test_http_requests_count(serve: Servers) -> None:
    server = serve("puppet", max_sessions=2)
    with server.peer() as first, server.peer():
        calls = [server.post("/reset"), server.post("/step", {"action": {}}), server.http.get("/state")]
        calls.append(server.http.get("/Puppet/splits"))
        for response in calls:
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) >= 1
            assert {**response.json(), "message": response.json()["detail"]} == {
                **full(2),
                "detail": full(2)["message"],
            }
        for path in ("/health", "/metadata", "/schema", "/openapi.json", "/list_environments"):
            assert server.http.get(path).status_code == 200
        first.close()
        eventually(lambda: server.active == 1)
        assert server.post("/reset").status_code == 200
    server.settle()


def test_every_kind_of_session_counts(serve: Servers) -> None:
    server = serve("tools", max_sessions=3)
    made = server.rpc("openenv/session/create")["result"]
    with server.peer() as socket_session, server.peer("/mcp") as rpc_session:
        rpc_session.request({"jsonrpc": "2.0", "method": "ping", "id": 1})
        assert server.active == 3
        assert socket_session.state()["type"] == "state"
        with server.peer() as late:
            assert refusal(late) == full(3)
        data = {"active_sessions": 3, "max_sessions": 3}
        expected = {"code": -32000, "message": full(3)["message"], "data": data}
        assert server.rpc("openenv/session/create")["error"] == expected
        assert server.rpc("tools/list")["error"] == expected
        with server.peer("/mcp") as late:
            assert late.receive() == {"jsonrpc": "2.0", "id": None, "error": expected}
            assert late.until_closed().code == 1000
    assert server.rpc("openenv/session/close", **made)["result"]["closed"] is True
    server.settle()


def test_a_request_in_its_constructor_holds_its_slot(serve: Servers) -> None:
    server = serve("puppet", max_sessions=1)
    server.next("create", do="wait", gate="slow constructor")
    with server.peer() as first:
        server.wait_for_gate("slow constructor")
        with server.peer() as second:
            assert refusal(second) == full(1)
        server.open_gate("slow constructor")
        assert first.reset()["type"] == "observation"
    server.settle()


def test_sessions_per_address(serve: Servers) -> None:
    server = serve("puppet", max_sessions_per_address=2)
    with server.peer() as first, server.peer():
        with server.peer() as third:
            data = refusal(third)
            assert data["code"] == "CAPACITY_REACHED"
            assert data["message"] == "Too many sessions from this address: 2 are allowed at once."
        assert server.post("/reset").status_code == 503
        first.close()
        eventually(lambda: server.active == 1)
        assert server.post("/reset").status_code == 200
    server.settle()


def test_a_client_s_own_broken_sessions_do_not_keep_it_out(serve: Servers) -> None:
    server = serve("puppet", max_sessions_per_address=2)
    broken = [server.peer() for _ in range(2)]
    for peer in broken:
        peer.reset()
        peer.abort()
        server.until_lost(peer)
    with server.peer() as first, server.peer() as second:
        assert first.reset()["type"] == second.reset()["type"] == "observation"
    server.settle()


def test_clients_that_connect_at_once_and_vanish_leave_nothing_behind(server: Served) -> None:
    """Some are gone before the handshake, some during it, some after it."""
    before = _instances(server, "create")
    host, port = server.url.removeprefix("http://").partition("/")[0].split(":")
    path = server.url.removeprefix(f"http://{host}:{port}")
    handshake = (
        f"GET {path}/ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    sockets = [socket.create_connection((host, int(port)), timeout=PATIENCE_S) for _ in range(300)]
    for number, connection in enumerate(sockets):
        if number % 4:
            connection.sendall(handshake[:60] if number % 4 == 1 else handshake)
        if number % 4 == 3:
            assert connection.recv(12) == b"HTTP/1.1 101"
    for connection in sockets:
        connection.close()
    server.settle()
    eventually(lambda: _instances(server, "created") - before <= _instances(server, "closed"))
    assert _instances(server, "created") - before
    with server.peer() as peer:
        assert peer.reset()["type"] == "observation"


def _instances(server: Served, event: str) -> set[int]:
    return {entry["instance"] for entry in server.journal() if entry["event"] == event}
