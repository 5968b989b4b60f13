"""``MCPEnvironment`` as its author uses it: without any server."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastmcp import FastMCP

from openenv.core.env_server import (
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    MCPEnvironment,
    Observation,
    State,
)
from openenv.core.env_server.mcp_environment import MCP_TOOL_CALL_TIMEOUT, get_server_tools
from openenv.core.env_server.mcp_types import RESERVED_TOOL_NAMES
from openenv.core.env_server.types import Action
from tests.core.server.tools import ToolEnvironment


class Bare(MCPEnvironment[State]):
    """No more than a subclass must write."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)

    def reset(self, **kwargs: Any) -> Observation:  # type: ignore[override]
        return Observation()

    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        return Observation(metadata={"timeout_s": timeout_s, **kwargs})

    @property
    def state(self) -> State:
        return State()


@pytest.fixture
def env() -> Iterator[ToolEnvironment]:
    environment = ToolEnvironment()
    yield environment
    environment.close()


def call(name: str, **arguments: Any) -> CallToolAction:
    return CallToolAction(tool_name=name, arguments=arguments)


def test_steps(env: ToolEnvironment) -> None:
    listed = env.step(ListToolsAction())
    assert isinstance(listed, ListToolsObservation)
    assert {"echo_message", "only_in_simulation"} <= {tool.name for tool in listed.tools}
    observation = env.step(call("echo_message", message="hi"))
    assert isinstance(observation, CallToolObservation)
    assert (observation.tool_name, observation.result, observation.error) == ("echo_message", "hi", None)
    assert env.step(call("later", message="async")).result == "async"
    assert env.step(Action()).metadata == {"plain": True}


def test_a_synchronous_tool_runs_on_the_caller_s_thread_and_an_asynchronous_one_on_a_loop_of_the_environment() -> None:
    server: FastMCP[Any] = FastMCP("threads")
    loops: list[object] = []

    @server.tool
    def here() -> int:
        return threading.get_ident()

    @server.tool
    async def on_loop() -> int:
        loops.append(asyncio.get_running_loop())
        return threading.get_ident()

    env = Bare(server)
    for name in ("here", "on_loop", "on_loop"):
        assert env.step(call(name)).result == threading.get_ident()
    assert loops[0] is loops[1]
    env.close()


async def test_steps_that_are_awaited_and_steps_inside_a_running_loop(env: ToolEnvironment) -> None:
    for name in ("echo_message", "later"):
        assert (await env.step_async(call(name, message="hi"))).result == "hi"
        assert env.step(call(name, message="hi")).result == "hi"
    assert isinstance(await env.step_async(ListToolsAction()), ListToolsObservation)
    assert (await env.step_async(Action(), timeout_s=2.0)).metadata == {"plain": True}


def test_further_arguments_reach_the_subclass() -> None:
    env = Bare(FastMCP("none"))
    assert env.step(Action(), timeout_s=3.0, more=1).metadata == {"timeout_s": 3.0, "more": 1}
    env.close()


@pytest.mark.parametrize("name", sorted(RESERVED_TOOL_NAMES))
def test_tools_must_not_be_named_like_verbs(env: ToolEnvironment, name: str) -> None:
    server: FastMCP[Any] = FastMCP("reserved")
    server.tool(lambda: None, name=name)
    with pytest.raises(ValueError, match=f"tools must not be named {name}"):
        Bare(server)

    def verb() -> None: ...

    verb.__name__ = name
    with pytest.raises(ValueError, match=f"tools must not be named {name}"):
        env.tool()(verb)


def test_tools_of_one_mode(env: ToolEnvironment) -> None:
    assert env.step(call("only_in_simulation")).result == "simulation"
    assert env.step(call("only_in_production")).error.error_type == "tool_not_found"
    env._mode = "production"
    assert env.step(call("only_in_simulation")).error.error_type == "tool_not_found"
    assert env.step(call("only_in_production")).result == "production"

    @env.tool()
    def everywhere() -> str:
        return "everywhere"

    assert everywhere() == "everywhere"
    assert env.step(call("everywhere")).result == "everywhere"
    with pytest.raises(ValueError, match="mode must be one of"):
        env.tool(mode="training")


def test_one_name_may_be_another_tool_in_each_mode(env: ToolEnvironment) -> None:
    @env.tool(mode="simulation")
    def echo_message(message: str) -> str:
        return f"simulated {message}"

    assert env.step(call("echo_message", message="hi")).result == "simulated hi"
    env._mode = "production"
    assert env.step(call("echo_message", message="hi")).result == "hi"


def test_code_that_calls_the_tools(env: ToolEnvironment) -> None:
    assert env.supports_code_mode is True
    callables = env.get_callables()
    assert callables["add"](2, 3) == 5
    assert "only_in_production" not in callables
    observation = env.execute_code("result = add(1) + count()\nresult *= 2")
    assert observation.metadata == {"result": 6}
    assert env.execute_code("x = 1").metadata == {"result": None}
    assert env.execute_code("fail('no luck')").metadata == {"error": "ValueError: no luck"}
    assert env.execute_code("1 +").metadata["error"].startswith("SyntaxError: ")
    assert env.execute_code("result = only_in_production()").metadata["error"].startswith("NameError: ")


async def test_a_session_with_the_server(env: ToolEnvironment) -> None:
    async with env.mcp_session() as client:
        assert "add" in {tool.name for tool in await client.list_tools()}
        async with env.mcp_session() as same:
            assert same is client
        assert (await client.call_tool("add", {"first": 1})).data == 2


async def test_the_tools_of_a_server(env: ToolEnvironment) -> None:
    tools = await get_server_tools(env.mcp_server)
    assert {"add", "count"} <= set(tools)
    assert "only_in_simulation" not in tools


def test_the_time_of_a_tool(env: ToolEnvironment) -> None:
    assert MCP_TOOL_CALL_TIMEOUT == 30.0
    observation = env.step(call("wait", gate="nobody opens it"), timeout_s=0.02)
    assert observation.error.error_type == "timeout"
    assert observation.result is None


def _counter() -> Callable[[], int]:
    calls = itertools.count(1)

    def count() -> int:
        return next(calls)

    return count


@pytest.mark.parametrize("of_its_own", [True, False])
def test_environments_that_share_a_server_do_not_call_each_other_s_tools(of_its_own: bool) -> None:
    shared: FastMCP[Any] = FastMCP("shared")
    for _ in range(2):
        env = Bare(shared)
        register = env.tool() if of_its_own else shared.tool
        register(_counter())
        assert [env.step(call("count")).result for _ in range(2)] == [1, 2]
        env.close()


def test_closing_lets_go_of_everything_and_may_be_repeated() -> None:
    env = ToolEnvironment()
    env.step(call("remember", value="x"))
    env.close()
    assert env.mcp_server is None
    env.close()


def test_a_tool_that_raises_a_validation_error_of_its_own_had_good_arguments() -> None:
    server: FastMCP[Any] = FastMCP("strict")

    @server.tool
    def strict(number: int) -> str:
        State(step_count=-number)
        return "fine"

    env = Bare(server)
    assert env.step(call("strict", number=0)).result == "fine"
    error = env.step(call("strict", number=1)).error
    assert "step_count" in error.message
    error = env.step(call("strict", number="one")).error
    assert error.error_type == "invalid_args"
    assert error.message.startswith("invalid arguments: number")
    env.close()


def test_structured_arguments_are_models() -> None:
    server: FastMCP[Any] = FastMCP("models")

    @server.tool
    def describe(state: State, tags: list[str] | None = None) -> str:
        return f"{type(state).__name__} {state.step_count} {tags}"

    env = Bare(server)
    assert env.step(call("describe", state={"step_count": 2}, tags=["a"])).result == "State 2 ['a']"
    assert env.step(call("describe", state={"step_count": -2})).error.error_type == "invalid_args"
    env.close()
