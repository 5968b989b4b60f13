"""Tool clients: calls are steps, results are plain, failures are typed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from openenv.core.env_server.mcp_types import (
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    Tool,
)
from openenv.core.env_server.types import Observation
from openenv.core.errors import NotAvailableError, ProtocolError, SessionLostError, ToolCallError
from openenv.core.mcp_client import MCPToolClient
from tests.core.client.conftest import Server, Servers
from tests.core.client.peers import error, peer, requests

APP = "tests.core.client.tools_app:app"


@pytest.fixture
def tools(servers: Servers) -> Server:
    return servers.shared(APP)


@pytest.fixture
def production(servers: Servers) -> Server:
    return servers.shared(APP, OPENENV_MODE="production")


def test_tools_are_listed_before_reset_and_that_is_no_step(tools: Server) -> None:
    with MCPToolClient(base_url=tools.url) as client:
        listed: list[Tool] = client.list_tools()  # type: ignore[assignment]
        assert [tool.name for tool in listed] == ["add", "describe", "fail"]
        assert listed[0].description == "Add two numbers."
        assert set(listed[0].input_schema["properties"]) == {"a", "b"}
        assert client.state().step_count == 0
        listed.clear()  # the cache is not the caller's
        assert len(client.list_tools()) == 3
        assert len(client.list_tools(use_cache=False)) == 3
        tool: Any = client.get_tool("add")
        assert isinstance(tool, Tool)
        assert client.get_tool("nothing") is None
        assert client.has_tool("describe")
        assert not client.has_tool("nothing")


def test_a_call_is_a_step(tools: Server) -> None:
    with MCPToolClient(base_url=tools.url) as client:
        client.reset()
        assert client.call_tool("add", a=2, b=3) == 5
        assert client.call_tool("describe", name="x") == {"name": "x", "data": [1, 2]}
        assert client.call_tool(name="add", a=1, b=1) == 2
        with pytest.raises(TypeError, match="name"):
            client.call_tool(a=1)
        assert client.state().step_count == 3


def test_failures(tools: Server) -> None:
    with MCPToolClient(base_url=tools.url) as client:
        client.reset()
        with pytest.raises(RuntimeError, match=r"Tool 'fail' failed: .*because") as caught:
            client.call_tool("fail", reason="because")
        assert isinstance(caught.value, ToolCallError)
        assert caught.value.tool_name == "fail"
        assert caught.value.error_type == "execution_error"
        with pytest.raises(ToolCallError, match="Tool 'nothing' failed") as caught:
            client.call_tool("nothing")
        assert caught.value.error_type == "tool_not_found"
        with pytest.raises(ToolCallError, match="Tool 'add' failed"):
            client.call_tool("add", a=1)
        assert client.call_tool("add", a=1, b=1) == 2


def test_steps_with_tool_actions(tools: Server) -> None:
    with MCPToolClient(base_url=tools.url) as client:
        result = client.reset()
        assert type(result.observation).__mro__[1] is Observation
        assert result.observation.greeting == "welcome"  # type: ignore[attr-defined]  # the environment's own field
        result = client.step(CallToolAction(tool_name="add", arguments={"a": 1, "b": 2}))
        assert isinstance(result.observation, CallToolObservation)
        assert (result.observation.result, result.reward, result.observation.reward) == (3, 0.5, 0.5)
        result = client.step(ListToolsAction())
        assert isinstance(result.observation, ListToolsObservation)
        assert [tool.name for tool in result.observation.tools] == ["add", "describe", "fail"]
        result = client.step({"type": "call_tool", "tool_name": "fail", "arguments": {"reason": "r"}})
        assert isinstance(result.observation, CallToolObservation)
        assert result.observation.error is not None
        with pytest.raises(TypeError, match="an action is"):
            client.step("add")


async def test_async_and_blocking_in_a_loop(tools: Server) -> None:
    async with MCPToolClient(base_url=tools.url) as client:
        await client.reset()
        assert len(await client.list_tools()) == 3
        assert len(await client.list_tools()) == 3
        assert await client.has_tool("add")
        assert not client.has_tool("nothing")
        assert (await client.get_tool("add")).name == "add"  # type: ignore[union-attr]
        assert await client.call_tool("add", a=1, b=2) == 3
        assert client.call_tool("describe", name="x")["data"] == [1, 2]
        with pytest.raises(ToolCallError):
            await client.call_tool("fail", reason="r")
    with MCPToolClient(base_url=tools.url).sync() as sync:
        sync.reset()
        assert sync.call_tool("add", a=1, b=2) == 3
        assert sync.has_tool("add") is True


async def test_a_number_on_its_way_is_computed_with(tools: Server) -> None:
    async with MCPToolClient(base_url=tools.url) as client:
        await client.reset()

        def three() -> Any:
            return client.call_tool("add", a=1, b=2)

        assert (three() + 1, 1 + three(), three() - 1, 1 - three()) == (4, 4, 2, -2)
        assert (three() * three(), 6 / three()) == (9, 2)
        assert (three() // 2, 7 // three(), three() % 2, 2 ** three(), -three(), abs(three())) == (1, 2, 1, 8, -3, 3)
        assert three() < 4 <= three() + 1
        assert max(three(), 2) == 3
        assert sum([three(), three()]) == 6
        assert (int(three()), float(three()), round(three()), [0] * three()) == (3, 3.0, 3, [0, 0, 0])
        assert f"{three():.1f}" == "3.0"
        with pytest.raises(TypeError):
            three() + "text"


def test_production_mode_has_tools_but_no_steps(production: Server) -> None:
    with MCPToolClient(base_url=production.url) as client:
        assert len(client.list_tools()) == 3
        assert client.call_tool("add", a=2, b=3) == 5
        assert client.call_tool("describe", name="x") == {"name": "x", "data": [1, 2]}
        with pytest.raises(ToolCallError, match="because"):
            client.call_tool("fail", reason="because")
        with pytest.raises(NotAvailableError):
            client.reset()
        with pytest.raises(NotAvailableError):
            client.step(CallToolAction(tool_name="add", arguments={"a": 1, "b": 2}))
        assert client.call_tool("add", a=2, b=3) == 5


# Other servers


def answering(replies: dict[str, Any]) -> Callable[[ServerConnection], None]:
    """A server that replies to each request by its kind, or its JSON-RPC method."""

    def play(connection: ServerConnection) -> None:
        for request in requests(connection):
            reply = replies[request["data"]["method"] if request["type"] == "mcp" else request["type"]]
            connection.send(json.dumps(reply) if isinstance(reply, dict) else reply)

    return play


WRAPPED = {
    "content": [{"type": "text", "text": "hi"}],
    "structured_content": {"result": "hi"},
    "data": "hi",
    "is_error": False,
}
STEP = {
    "type": "observation",
    "data": {
        "observation": {"tool_name": "t", "result": WRAPPED, "error": None, "metadata": {}},
        "reward": None,
        "done": False,
    },
}


def test_results_that_a_server_wraps_up_are_unwrapped() -> None:
    with peer(answering({"step": STEP})) as server, MCPToolClient(server.url) as client:
        assert client.call_tool("t") == "hi"
        result = client.step(CallToolAction(tool_name="t"))
        assert result.observation.result == "hi"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("result", "plain"),
    [
        (WRAPPED, "hi"),
        (
            {
                "content": [{"type": "text", "text": "x"}],
                "structuredContent": {"result": 7},
                "isError": False,
            },
            7,
        ),
        ({"content": [{"type": "text", "text": "x"}], "structuredContent": {"a": 1}}, {"a": 1}),
        ({"content": [{"type": "text", "text": "x"}], "isError": False}, "x"),
        ({"content": [], "isError": False}, None),
        ({"content": "mine", "data": 3}, {"content": "mine", "data": 3}),
        ({"data": 3}, {"data": 3}),
        ([1], [1]),
        (None, None),
    ],
)
def test_forms_of_results(result: Any, plain: Any) -> None:
    reply = {**STEP, "data": {**STEP["data"], "observation": {"tool_name": "t", "result": result}}}  # type: ignore[dict-item]
    with peer(answering({"step": reply})) as server, MCPToolClient(server.url) as client:
        assert client.call_tool("t") == plain


def test_a_server_that_knows_no_mcp_frames_lists_in_a_step() -> None:
    listing = {
        "type": "observation",
        "data": {
            "observation": {"tools": [{"name": "t", "description": "d", "input_schema": {}}]},
            "done": False,
        },
    }
    replies = {"tools/list": error("UNKNOWN_TYPE"), "step": listing}
    with peer(answering(replies)) as server, MCPToolClient(server.url) as client:
        assert [tool.name for tool in client.list_tools()] == ["t"]


def test_a_server_without_steps_that_does_not_tell_its_mode() -> None:
    replies = {
        "step": error("NOT_AVAILABLE"),
        "tools/call": {"type": "mcp", "data": {"jsonrpc": "2.0", "id": 1, "result": WRAPPED}},
    }
    with peer(answering(replies)) as server, MCPToolClient(server.url) as client:
        assert client.call_tool("t") == "hi"
        assert client.call_tool("t") == "hi"


def test_what_is_no_tool() -> None:
    replies = {
        "tools/list": {"type": "mcp", "data": {"jsonrpc": "2.0", "id": 1, "result": {"tools": ["t"]}}},
        "step": {"type": "observation", "data": {"observation": {"error": {"message": "gone"}}}},
    }
    with peer(answering(replies)) as server, MCPToolClient(server.url) as client:
        with pytest.raises(ProtocolError, match="no tool"):
            client.list_tools()
        with pytest.raises(ToolCallError, match="Tool 't' failed: gone"):
            client.call_tool("t")
    replies = {"tools/list": {"type": "mcp", "data": {"jsonrpc": "2.0", "id": 1, "error": {"message": "no tools"}}}}
    with (
        peer(answering(replies)) as server,
        MCPToolClient(server.url) as client,
        pytest.raises(ProtocolError, match="no tools"),
    ):
        client.list_tools()


@pytest.mark.parametrize("payload", [{}, {"observation": None}, {"observation": [1]}])
def test_an_observation_that_is_none(payload: dict[str, Any]) -> None:
    replies = {
        "tools/list": {"type": "mcp", "data": {"jsonrpc": "2.0", "id": 1, "result": {"tools": None}}},
        "step": {"type": "observation", "data": payload},
    }
    with peer(answering(replies)) as server, MCPToolClient(server.url) as client:
        with pytest.raises(ProtocolError, match="list of tools"):
            client.list_tools()
        with pytest.raises(ProtocolError, match="no object"):
            client.call_tool("t")
        with pytest.raises(ProtocolError, match="no object"):
            client.step({"type": "call_tool"})


def test_lost_sessions_are_told_to_tool_calls_too() -> None:
    def play(connection: ServerConnection) -> None:
        for request in requests(connection):
            if request["type"] == "reset":
                connection.send(json.dumps({"type": "observation", "data": {"observation": {}}}))
            else:
                connection.socket.close()

    with peer(play) as server, MCPToolClient(server.url) as client:
        client.reset()
        with pytest.raises(SessionLostError):
            client.call_tool("t")
        with pytest.raises(SessionLostError):
            client.list_tools()
        client.reset()
