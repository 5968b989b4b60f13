"""Clients of the Model Context Protocol that know nothing of us."""

from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests.core.server.processes import Served, Servers

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    },
}


@pytest.fixture
def tools(serve: Servers) -> Served:
    return serve("tools")


def native(server: Served, method: str, token: str, **params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return server.http.post("/mcp", json=body, headers={"Mcp-Session-Id": token}).json()


async def test_fastmcp(tools: Served) -> None:
    async with Client(f"{tools.url}/mcp") as client:
        names = [tool.name for tool in await client.list_tools()]
        assert {"echo_message", "count", "remember", "only_in_simulation"} <= set(names)
        assert (await client.call_tool("echo_message", {"message": "hi"})).data == "hi"
        assert [(await client.call_tool("count")).data for _ in range(3)] == [1, 2, 3]
        await client.call_tool("remember", {"value": "kept"})
        assert (await client.call_tool("remember")).data == "kept"
        details = await client.call_tool("details")
        assert details.structured_content == {"numbers": [1, 2], "inner": {"none": None}}
        with pytest.raises(ToolError, match="out of order"):
            await client.call_tool("fail", {"message": "out of order"})
        assert (await client.call_tool("count")).data == 4
        assert await client.ping()


async def test_two_clients_do_not_meet(tools: Served) -> None:
    async with Client(f"{tools.url}/mcp") as first, Client(f"{tools.url}/mcp") as second:
        assert (await first.call_tool("count")).data == 1
        assert (await second.call_tool("count")).data == 1
        assert (await first.call_tool("count")).data == 2


async def test_the_library_of_the_protocol_itself(tools: Served) -> None:
    from mcp.client.session import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with streamable_http_client(f"{tools.url}/mcp") as streams, ClientSession(*streams[:2]) as session:
        about = await session.initialize()
        assert about.server_info.name == "ToolEnvironment"
        listed = await session.list_tools()
        assert "add" in {tool.name for tool in listed.tools}
        for expected in (1, 2):
            result = await session.call_tool("count", {})
            assert result.structured_content == {"result": expected}
            assert not result.is_error
        failed = await session.call_tool("fail", {"message": "no luck"})
        assert failed.is_error
        assert failed.content[0].text == "no luck"


async def test_a_client_with_a_token(serve: Servers) -> None:
    server = serve("tools", token="sesame")
    async with Client(f"{server.url}/mcp", auth="sesame") as client:
        assert (await client.call_tool("echo_message", {"message": "hi"})).data == "hi"
    with pytest.raises(Exception, match="error"):
        async with Client(f"{server.url}/mcp", auth="wrong"):
            raise AssertionError("it was let in")


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
def test_the_handshake(tools: Served, version: str) -> None:
    payload = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": version}}
    response = tools.post("/mcp", payload)
    result = response.json()["result"]
    assert result["protocolVersion"] == version
    assert result["capabilities"] == {"tools": {"listChanged": False}}
    assert result["serverInfo"]["name"] == "ToolEnvironment"
    token = response.headers["Mcp-Session-Id"]
    assert tools.active == 1
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    response = tools.http.post("/mcp", json=initialized, headers={"Mcp-Session-Id": token})
    assert (response.status_code, response.content) == (202, b"")
    assert native(tools, "ping", token)["result"] == {}
    assert tools.http.delete("/mcp", headers={"Mcp-Session-Id": token}).status_code == 204
    assert tools.active == 0
    assert tools.http.delete("/mcp", headers={"Mcp-Session-Id": token}).status_code == 404


def test_a_version_that_nobody_knows_is_answered_with_ours(tools: Served) -> None:
    payload = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": "1999-12-31"}}
    response = tools.post("/mcp", payload)
    assert response.json()["result"]["protocolVersion"] == "2025-11-25"
    tools.http.delete("/mcp", headers={"Mcp-Session-Id": response.headers["Mcp-Session-Id"]})


def test_the_protocol_s_own_form(tools: Served) -> None:
    token = tools.post("/mcp", INITIALIZE).headers["Mcp-Session-Id"]
    tool = next(t for t in native(tools, "tools/list", token)["result"]["tools"] if t["name"] == "echo_message")
    assert None not in tool.values()
    assert {"name", "description", "inputSchema", "outputSchema"} <= set(tool)
    result = native(tools, "tools/call", token, name="echo_message", arguments={"message": "hi"})["result"]
    assert result["content"] == [{"type": "text", "text": "hi"}]
    assert result["structuredContent"] == {"result": "hi"}
    assert result["isError"] is False
    result = native(tools, "tools/call", token, name="add", arguments={})["result"]
    assert result["isError"] is True
    assert result["content"][0]["text"].startswith("invalid arguments: first")
    error = native(tools, "tools/call", token, name="nope")["error"]
    assert (error["code"], error["message"]) == (-32602, "Unknown tool: 'nope'")
    tools.http.delete("/mcp", headers={"Mcp-Session-Id": token})
    tools.settle()


@pytest.mark.parametrize("token", ["", "nobody", "nobody.secret", "a.b.c"])
def test_unknown_sessions(tools: Served, token: str) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert tools.http.post("/mcp", json=ping, headers={"Mcp-Session-Id": token}).status_code == 404
    assert tools.http.delete("/mcp", headers={"Mcp-Session-Id": token}).status_code == 404


def test_the_session_s_id_alone_opens_nothing(tools: Served) -> None:
    token = tools.post("/mcp", INITIALIZE).headers["Mcp-Session-Id"]
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    response = tools.http.post("/mcp", json=ping, headers={"Mcp-Session-Id": token.partition(".")[0]})
    assert response.status_code == 404
    tools.http.delete("/mcp", headers={"Mcp-Session-Id": token})
    tools.settle()


def test_a_full_server(serve: Servers) -> None:
    server = serve("tools", max_sessions=1)
    with server.peer() as peer:
        peer.state()
        response = server.post("/mcp", INITIALIZE)
        assert response.json()["error"]["data"] == {"active_sessions": 1, "max_sessions": 1}
        assert "Mcp-Session-Id" not in response.headers
    server.settle()
