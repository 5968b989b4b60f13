"""JSON-RPC on its three routes: ``POST /mcp``, ``WS /mcp``, and in frames of ``/ws``."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.core.server.processes import Served, Servers

Ask = Callable[[Any], dict[str, Any]]
ROUTES = ["http", "socket", "frame"]


@pytest.fixture
def tools(serve: Servers) -> Served:
    return serve("tools")


@contextmanager
def caller(server: Served, route: str) -> Iterator[Ask]:
    """A function that sends a JSON-RPC payload and gives the response."""
    if route == "http":

        def post(payload: Any) -> dict[str, Any]:
            response = server.post("/mcp", payload)
            assert response.status_code == 200
            return dict(response.json())

        yield post
    elif route == "socket":
        with server.peer("/mcp") as peer:
            yield peer.request
    else:
        with server.peer() as peer:

            def wrapped(payload: Any) -> dict[str, Any]:
                reply = peer.request({"type": "mcp", "data": payload})
                assert reply["type"] == "mcp", reply
                return dict(reply["data"])

            yield wrapped


def request(method: str, request_id: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "id": request_id, "params": params}


def call(name: Any, **arguments: Any) -> dict[str, Any]:
    return request("tools/call", name=name, arguments=arguments)


# The public form


@pytest.mark.parametrize("route", ROUTES)
def test_tools_list(tools: Served, route: str) -> None:
    with caller(tools, route) as ask:
        response = ask({"jsonrpc": "2.0", "method": "tools/list", "id": 9})
    assert set(response) == {"jsonrpc", "id", "result"}
    assert (response["jsonrpc"], response["id"], set(response["result"])) == ("2.0", 9, {"tools"})
    tool = next(tool for tool in response["result"]["tools"] if tool["name"] == "echo_message")
    assert {"name", "description", "inputSchema", "outputSchema", "title", "annotations", "icons", "meta"} <= set(tool)
    assert tool["description"] == "Say it again."
    assert tool["inputSchema"]["required"] == ["message"]


@pytest.mark.parametrize("route", ROUTES)
def test_tools_call(tools: Served, route: str) -> None:
    with caller(tools, route) as ask:
        response = ask(call("echo_message", message="hi"))
        assert set(response) == {"jsonrpc", "id", "result"}
        result = response["result"]
        assert set(result) == {"content", "structured_content", "meta", "data", "is_error"}
        assert result["content"] == [{"type": "text", "text": "hi", "annotations": None, "meta": None}]
        assert result["structured_content"] == {"result": "hi"}
        assert (result["data"], result["is_error"]) == ("hi", False)
        assert ask(call("add", first=2, second=3))["result"]["data"] == 5
        assert ask(call("add", first=2))["result"]["data"] == 3
        assert ask(call("later", message="async"))["result"]["data"] == "async"
        details = {"numbers": [1, 2], "inner": {"none": None}}
        assert ask(call("details"))["result"]["data"] == details
        assert ask(call("details"))["result"]["structured_content"] == details
        assert ask(call("remember", value="a"))["result"]["data"] == "nothing"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("request_id", [0, -1, 2**70, "text", "", None])
def test_the_id_comes_back(tools: Served, route: str, request_id: Any) -> None:
    with caller(tools, route) as ask:
        for method in ("ping", "no/such/method"):
            response = ask(request(method, request_id))
            assert repr(response["id"]) == repr(request_id)
            assert len({"result", "error"} & set(response)) == 1


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("payload", "code", "message"),
    [
        ({}, -32600, "jsonrpc: Field required"),
        ({"jsonrpc": "1.0", "method": "ping", "id": 1}, -32600, "jsonrpc: Input should be '2.0'"),
        ({"jsonrpc": "2.0", "id": 1}, -32600, "method: Field required"),
        ({"jsonrpc": "2.0", "method": 5, "id": 1}, -32600, "method: Input should be a valid string"),
        ({"jsonrpc": "2.0", "method": "ping", "extra": 1}, -32600, "extra: Extra inputs are not permitted"),
        ({"jsonrpc": "2.0", "method": "ping", "id": 1.5}, -32600, "id"),
        ({"jsonrpc": "2.0", "method": "ping", "id": [1]}, -32600, "id"),
        ({"jsonrpc": "2.0", "method": "ping", "params": []}, -32602, "params: Input should be a valid dictionary"),
        ({"jsonrpc": "2.0", "method": "ping", "params": "p"}, -32602, "params: Input should be a valid dictionary"),
        (request("no/such/method"), -32601, "Method not found: no/such/method"),
        (request("reset"), -32601, "Method not found: reset"),
        (request("tools/call"), -32602, "name is required and must be a string"),
        (call(5), -32602, "name is required and must be a string"),
        (request("tools/call", name="add", arguments=[1]), -32602, "arguments must be an object"),
        (call("nope"), -32603, "Unknown tool: 'nope'"),
        (call("fail", message="out of order"), -32603, "out of order"),
        (call("add", second=1), -32603, "invalid arguments: first: Missing required argument"),
        (call("add", first="one"), -32603, "invalid arguments: first: Input should be a valid integer"),
        (call("leave"), -32603, "SystemExit: 2"),
        (call("shapeless"), -32603, "cannot be serialized as JSON: object is not JSON-serializable"),
        (request("tools/call", name="add", session_id="nobody"), -32602, "Unknown session_id: nobody"),
        (request("tools/list", session_id=5), -32602, "session_id is required and must be a string"),
        (request("openenv/session/close"), -32602, "session_id is required and must be a string"),
        (request("openenv/session/close", session_id="nobody"), -32602, "Unknown session_id: nobody"),
    ],
    ids=str,
)
def test_errors(tools: Served, route: str, payload: Any, code: int, message: str) -> None:
    with caller(tools, route) as ask:
        response = ask(payload)
        assert set(response) == {"jsonrpc", "id", "error"}
        assert set(response["error"]) == {"code", "message", "data"}
        assert response["error"]["code"] == code
        assert response["error"]["message"].startswith(message)
        assert response["id"] == (payload.get("id") if isinstance(payload.get("id"), int) else None)
        assert ask(request("ping"))["result"] == {}, "the session goes on"


def test_what_is_no_json(tools: Served) -> None:
    expected = {"code": -32700, "data": None}
    for content in (b"", b"{", b"\xff", b"[]", b'[{"jsonrpc": "2.0"}]', b"5", b"null", b"[" * 1000):
        response = tools.http.post("/mcp", content=content)
        assert response.status_code == 200
        assert response.json()["error"].items() >= expected.items()
    with tools.peer("/mcp") as peer:
        for frame in ("", "{", "[]", "5", b"\xff"):
            response = peer.request(frame)
            assert response["error"].items() >= expected.items()
        assert peer.request(b'{"jsonrpc": "2.0", "method": "ping", "id": 1}')["result"] == {}


def test_environments_without_tools(server: Served) -> None:
    for payload in (request("tools/list"), call("echo_message", message="hi")):
        for route in ROUTES:
            with caller(server, route) as ask:
                error = ask(payload)["error"]
                assert error == {"code": -32603, "message": "Environment does not support MCP", "data": None}


@pytest.mark.parametrize("kind", ["puppet", "asynchronous"])
def test_a_constructor_that_fails(serve: Servers, kind: str) -> None:
    server = serve(kind)
    for ask in (lambda: server.rpc("tools/list"), lambda: server.rpc("openenv/session/create")):
        server.next("create", do="raise", value="ValueError")
        error = ask()["error"]
        name = error["data"]["factory_name"]
        expected = {"code": -32000, "message": f"Environment factory failed: {name}", "data": {"factory_name": name}}
        assert error == expected
    server.next("create", do="raise", value="ValueError")
    with server.peer("/mcp") as peer:
        assert peer.receive()["error"] == expected
        assert peer.until_closed().code == 1000
    server.settle()


@pytest.mark.parametrize("route", ["socket", "frame"])
def test_a_socket_has_one_environment(tools: Served, route: str) -> None:
    with caller(tools, route) as ask, caller(tools, route) as other:
        assert [ask(call("count"))["result"]["data"] for _ in range(3)] == [1, 2, 3]
        assert other(call("count"))["result"]["data"] == 1
        ask(call("remember", value="kept"))
        assert ask(call("remember"))["result"]["data"] == "kept"
        assert other(call("remember"))["result"]["data"] == "nothing"
    tools.settle()


def test_a_request_over_http_has_an_environment_of_its_own(tools: Served) -> None:
    assert [tools.rpc("tools/call", name="count")["result"]["data"] for _ in range(2)] == [1, 1]
    assert tools.active == 0


def test_the_socket_s_own_session_is_closed_with_the_socket_only(tools: Served) -> None:
    with tools.peer() as peer:
        payload = request("openenv/session/close", session_id=peer.session_id)
        error = peer.request({"type": "mcp", "data": payload})["data"]["error"]
        assert error["code"] == -32600
        assert peer.step(type="list_tools")["type"] == "observation"


@pytest.mark.parametrize("how", ["close", "abort"])
def test_an_mcp_socket_ends_with_its_connection(tools: Served, how: str) -> None:
    gate = uuid.uuid4().hex
    peer = tools.peer("/mcp")
    peer.send(call("wait", gate=gate))
    tools.wait_for_gate(gate)
    getattr(peer, how)()
    tools.open_gate(gate)
    tools.settle()


def test_the_subprotocol_of_mcp_is_accepted(tools: Served) -> None:
    with tools.peer("/mcp", subprotocol="mcp") as peer:
        assert peer.headers["Sec-WebSocket-Protocol"] == "mcp"
        assert peer.request(request("ping"))["result"] == {}


# Through step


def test_tools_are_steps(tools: Served) -> None:
    with tools.peer() as peer:
        listed = peer.step(type="list_tools")["data"]["observation"]
        assert set(listed) == {"tools", "metadata"}
        tool = next(tool for tool in listed["tools"] if tool["name"] == "echo_message")
        assert set(tool) == {"name", "description", "input_schema"}
        reply = peer.step(type="call_tool", tool_name="echo_message", arguments={"message": "Hello, World!"})
        assert reply["data"] == {
            "observation": {"tool_name": "echo_message", "result": "Hello, World!", "error": None, "metadata": {}},
            "reward": 0.5,
            "done": False,
        }
        assert peer.state()["data"]["step_count"] == 2
        for route in ("tools/call", "tools/list"):
            peer.request({"type": "mcp", "data": request(route, name="count")})
        assert peer.state()["data"]["step_count"] == 3, "a call is a step, a look is none"


@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "message"),
    [
        ("nope", {}, "tool_not_found", "Unknown tool: 'nope'"),
        ("add", {}, "invalid_args", "invalid arguments: first: Missing required argument"),
        ("add", {"first": "x"}, "invalid_args", "invalid arguments: first: Input should be a valid integer"),
        ("add", {"first": 1, "third": 3}, "invalid_args", "invalid arguments: third: Unexpected keyword argument"),
        ("fail", {"message": "key NOT FOUND"}, "tool_not_found", "key NOT FOUND"),
        ("fail", {"message": "unknown tool?"}, "tool_not_found", "unknown tool?"),
        ("fail", {"message": "Invalid move"}, "invalid_args", "Invalid move"),
        ("fail", {"message": "a bad Argument"}, "invalid_args", "a bad Argument"),
        ("fail", {"message": "no luck"}, "execution_error", "no luck"),
        ("fail", {"message": ""}, "execution_error", "ValueError"),
    ],
)
def test_tools_that_fail(tools: Served, tool: str, arguments: dict[str, Any], kind: str, message: str) -> None:
    with tools.peer() as peer:
        data = peer.step(type="call_tool", tool_name=tool, arguments=arguments)["data"]
        assert data["observation"]["error"]["error_type"] == kind
        assert data["observation"]["error"]["message"].startswith(message)
        assert data["observation"]["result"] is None
        assert (
            peer.step(type="call_tool", tool_name="add", arguments={"first": 1})["data"]["observation"]["result"] == 2
        )


def test_invalid_tool_actions(tools: Served) -> None:
    with tools.peer() as peer:
        for action in ({"type": "call_tool"}, {"type": "fly"}, {"type": "list_tools", "tool_name": "x"}):
            assert peer.step(**action)["data"]["code"] == "VALIDATION_ERROR"


def test_a_tool_past_its_deadline_is_an_observation_if_it_can_be_cancelled(tools: Served) -> None:
    gate = uuid.uuid4().hex
    action = {"type": "call_tool", "tool_name": "wait", "arguments": {"gate": gate}}
    with tools.peer() as peer:
        data = peer.request({"type": "step", "data": action, "timeout_s": 0.05})["data"]
        assert data["observation"]["error"] == {
            "error_type": "timeout",
            "message": "the tool did not finish within 0.05 s",
        }
        assert data["reward"] is None  # although this environment rewards whatever happens
        assert peer.step(type="call_tool", tool_name="count")["data"]["observation"]["result"] == 1


@pytest.mark.parametrize("tool", ["nap", "nap_later"])
def test_a_result_that_comes_after_the_deadline_is_an_error(serve: Servers, tool: str) -> None:
    """However little: the time that a tool has to report its own deadline is none to work in."""
    action = {"type": "call_tool", "tool_name": tool, "arguments": {"seconds": 0.05}}
    error = {"message": "step did not finish within 0.02 s", "code": "TIMEOUT", "timeout_s": 0.02}
    with serve("tools").peer() as peer:
        assert peer.request({"type": "step", "data": action, "timeout_s": 0.02})["data"] == error
        assert peer.step(**action)["data"]["observation"]["result"] == "rested"
    with serve("tools", step_timeout_s=0.02).peer() as peer:
        assert peer.step(**action)["data"] == error


def test_a_tool_past_its_deadline_is_an_error_if_it_cannot(tools: Served) -> None:
    gate = uuid.uuid4().hex
    action = {"type": "call_tool", "tool_name": "block", "arguments": {"gate": gate}}
    with tools.peer() as peer:
        data = peer.request({"type": "step", "data": action, "timeout_s": 0.05})["data"]
        assert data["code"] == "TIMEOUT"
        tools.open_gate(gate)
        assert peer.step(type="call_tool", tool_name="count")["data"]["observation"]["result"] == 1
