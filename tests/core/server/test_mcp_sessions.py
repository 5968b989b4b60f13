"""Sessions made over ``/mcp``: their owner, their socket, their end."""

import uuid
from typing import Any

import pytest

from tests.core.server.peers import eventually
from tests.core.server.processes import Served, Servers

HEADER = "X-OpenEnv-Session-Secret"


@pytest.fixture
def tools(serve: Servers) -> Served:
    return serve("tools")


def made(server: Served) -> dict[str, Any]:
    result = server.rpc("openenv/session/create")["result"]
    assert set(result) == {"session_id", "session_secret"}
    assert str(uuid.UUID(result["session_id"], version=4)) == result["session_id"]
    return dict(result)


def count(server: Served, **params: Any) -> Any:
    response = server.rpc("tools/call", name="count", **params)
    return response["result"]["data"] if "result" in response else response["error"]


def end(server: Served, session: dict[str, Any]) -> Any:
    return server.rpc("openenv/session/close", **session)["result"]


def test_a_session_s_life(tools: Served) -> None:
    session = made(tools)
    assert tools.active == 1
    assert [count(tools, **session) for _ in range(3)] == [1, 2, 3]
    tools.rpc("tools/call", name="remember", arguments={"value": "kept"}, **session)
    kept = tools.rpc("tools/call", name="remember", **session)["result"]
    assert (kept["data"], kept["structured_content"]) == ("kept", {"result": "kept"})
    assert count(tools) == 1, "a request without session has an environment of its own"
    assert end(tools, session) == {"session_id": session["session_id"], "closed": True}
    assert tools.active == 0
    assert count(tools, **session)["code"] == -32602


def test_over_a_socket_too(tools: Served) -> None:
    with tools.peer("/mcp") as peer:
        response = peer.request({"jsonrpc": "2.0", "method": "openenv/session/create", "id": "a"})
        session = response["result"]
        assert count(tools, **session) == 1
        payload = {"jsonrpc": "2.0", "method": "tools/call", "id": 1, "params": {"name": "count", **session}}
        assert peer.request(payload)["result"]["data"] == 2
    assert tools.rpc("tools/list", **session)["result"]["tools"], "it is not the socket's"
    end(tools, session)


def test_the_owner_s_secret(tools: Served) -> None:
    session = made(tools)
    bare = {"session_id": session["session_id"]}
    assert count(tools, **bare) == 1, "clients that know no secrets are tolerated"
    for wrong in ("wrong", "", "é"):
        assert count(tools, **bare, session_secret=wrong)["message"] == f"Unknown session_id: {bare['session_id']}"
        error = tools.rpc("openenv/session/close", **bare, session_secret=wrong)["error"]
        assert error["code"] == -32602
    assert count(tools, **bare, session_secret=5)["message"] == "session_secret must be a string"
    headers = {HEADER: session["session_secret"]}
    assert tools.rpc("tools/call", name="count", headers=headers, **bare)["result"]["data"] == 2
    error = tools.rpc("tools/call", name="count", headers={HEADER: "wrong"}, **bare)["error"]
    assert error["code"] == -32602
    end(tools, session)


def test_a_socket_s_session_is_not_open_to_whoever_knows_its_id(tools: Served) -> None:
    with tools.peer() as peer:
        own, secret = {"session_id": peer.session_id}, {"session_secret": peer.secret}
        for method, params in (("tools/list", {}), ("tools/call", {"name": "count"}), ("openenv/session/close", {})):
            assert tools.rpc(method, **own, **params)["error"]["message"] == f"Unknown session_id: {peer.session_id}"
        payload = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "count", **own}}
        assert peer.request({"type": "mcp", "data": payload})["data"]["result"]["data"] == 1
        assert count(tools, **own, **secret) == 2


def test_the_owner_s_secret_may_be_required(serve: Servers) -> None:
    server = serve("tools", require_session_secret=True)
    session = made(server)
    bare = {"session_id": session["session_id"]}
    assert count(server, **bare)["code"] == -32602
    assert count(server, **session) == 1
    with server.peer(**bare) as peer:
        assert peer.receive()["data"]["code"] == "SESSION_ERROR"
    end(server, session)


# A socket attaches


def test_a_socket_joins_the_session_and_leaves_it(tools: Served) -> None:
    session = made(tools)
    count(tools, **session)
    for _ in range(2):
        with tools.peer(session_id=session["session_id"]) as peer:
            reply = peer.step(type="call_tool", tool_name="count")
            assert reply["data"]["observation"]["result"] == count(tools, **session) - 1
        eventually(lambda: not tools.http.get(f"/control/attached/{session['session_id']}").json())
    assert tools.active == 1, "a socket that leaves does not end the session"
    assert count(tools, **session) == 6
    end(tools, session)


def test_one_socket_at_a_time(tools: Served) -> None:
    session = made(tools)
    with tools.peer(session_id=session["session_id"]) as first:
        first.reset()
        with tools.peer(session_id=session["session_id"]) as second:
            message = f"Session {session['session_id']} already has an attached WebSocket"
            assert second.receive() == {"type": "error", "data": {"message": message, "code": "SESSION_ERROR"}}
            assert second.until_closed().code == 1000
        assert first.state()["type"] == "state"
        # ... unless it shows that it is the owner, whose first connection must then be dead
        with tools.peer(**session) as owner:
            assert owner.state()["type"] == "state"
            assert first.until_closed().code == 1008
    end(tools, session)


def test_a_session_in_its_constructor_takes_no_calls(server: Served) -> None:
    gate = uuid.uuid4().hex
    server.next("create", do="wait", gate=gate)
    with server.peer() as peer:
        server.wait_for_gate(gate)
        own = {"session_id": peer.session_id, "session_secret": peer.secret}
        error = server.rpc("tools/list", **own)["error"]
        message = f"Session {peer.session_id} is still initializing"
        assert error == {"code": -32600, "message": message, "data": None}
        server.open_gate(gate)
        assert peer.reset()["type"] == "observation"


@pytest.mark.parametrize("how", ["close", "abort", "vanish"])
def test_closing_waits_for_the_socket(tools: Served, how: str) -> None:
    session = made(tools)
    peer = tools.peer(session_id=session["session_id"])
    peer.reset()
    for _ in range(2):
        expected = {"session_id": session["session_id"], "closed": False, "closing": True}
        assert end(tools, session) == expected
    assert peer.state()["type"] == "state"
    assert count(tools, **session) == 1
    getattr(peer, how)()
    tools.settle()
    assert count(tools, **session)["code"] == -32602


# Idleness


def test_sessions_without_a_socket_expire(serve: Servers) -> None:
    server = serve("tools", http_session_idle_timeout_s=0.3)
    idle, active, attached = made(server), made(server), made(server)
    with server.peer(session_id=attached["session_id"]) as peer:
        eventually(lambda: isinstance(count(server, **active), int) and server.active == 2)
        assert count(server, **idle)["code"] == -32602
        assert peer.state()["type"] == "state", "its socket keeps it alive"
    server.settle()


def test_a_session_with_a_socket_expires_only_if_a_setting_says_so(serve: Servers) -> None:
    server = serve("tools", http_session_idle_timeout_s=60, session_idle_timeout_s=0.2)
    session = made(server)
    with server.peer(session_id=session["session_id"]) as peer:
        eventually(lambda: server.active == 0)
        assert peer.step(type="list_tools")["data"]["code"] == "SESSION_ERROR"
