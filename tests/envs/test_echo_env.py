"""The echo environment: alone, behind its server, through its client, and in every way it is started."""

import asyncio
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from echo_env import CallToolAction, EchoAction, EchoEnv, EchoObservation, ListToolsAction
from echo_env.server.echo_environment import EchoEnvironment
from openenv.core.env_server.mcp_types import ListToolsObservation, ToolErrorType
from openenv.core.env_server.types import Action
from openenv.core.generic_client import GenericEnvClient
from openenv.testing import check_environment
from tests.cli.processes import ROOT, UVICORN, Server, run, serving

DIRECTORY = ROOT / "envs" / "echo_env"
READY = "Echo environment ready!"
TOOLS = ["echo_message", "echo_with_length"]


def call(tool_name: str, **arguments: Any) -> CallToolAction:
    return CallToolAction(tool_name=tool_name, arguments=arguments)


# The environment alone


def test_keeps_the_contract() -> None:
    check_environment(EchoEnvironment, actions=[call("echo_message", message="hi"), ListToolsAction()])


@pytest.fixture
def environment() -> Iterator[Any]:
    echo = EchoEnvironment()
    yield echo
    echo.close()


def test_reset_is_ready_and_unrewarded(environment: Any) -> None:
    observation = environment.reset()
    assert observation.echoed_message == READY
    assert (observation.reward, observation.done) == (0.0, False)
    assert observation.metadata == {"status": "ready", "message": READY}


@pytest.mark.parametrize("message", ["", "Hi", "Hello, World!", "x" * 1000, "Grüße, 世界 🌍"])
def test_a_tool_call_is_a_rewarded_step(environment: Any, message: str) -> None:
    environment.reset(episode_id="mine")
    plain = environment.step(call("echo_message", message=message))
    counted = environment.step(call("echo_with_length", message=message))
    assert plain.result == message
    assert counted.result == {"message": message, "length": len(message)}
    for observation in (plain, counted):
        assert isinstance(observation, EchoObservation)
        assert (observation.echoed_message, observation.message_length) == (message, len(message))
        assert observation.reward == len(message) * 0.1
        assert (observation.done, observation.error) == (False, None)
    assert (environment.state.episode_id, environment.state.step_count) == ("mine", 2)


def test_lists_its_tools(environment: Any) -> None:
    observation = environment.step(ListToolsAction())
    assert isinstance(observation, ListToolsObservation)
    assert [tool.name for tool in observation.tools] == TOOLS
    assert all("back" in tool.description for tool in observation.tools)
    assert observation.tools[0].input_schema["required"] == ["message"]


@pytest.mark.parametrize(
    ("action", "error_type"),
    [
        (call("no_such_tool", message="hi"), ToolErrorType.TOOL_NOT_FOUND),
        (call("echo_message", massage="hi"), ToolErrorType.INVALID_ARGS),
        (call("echo_message", message={"not": "text"}), ToolErrorType.INVALID_ARGS),
    ],
)
def test_a_failed_call_is_a_step_without_a_reward(
    environment: Any, action: CallToolAction, error_type: ToolErrorType
) -> None:
    observation = environment.step(action)
    assert observation.error is not None
    assert observation.error.error_type == error_type
    assert (observation.result, observation.echoed_message, observation.reward) == (None, "", 0.0)
    assert environment.state.step_count == 1


def test_another_action_is_answered_with_an_error(environment: Any) -> None:
    observation = environment.step(Action())
    assert "unknown action Action" in observation.metadata["error"]


def test_an_instance_closes_without_harm_to_others(environment: Any) -> None:
    other = EchoEnvironment()
    other.step(ListToolsAction())
    other.close()
    assert environment.step(call("echo_message", message="still here")).result == "still here"


# Behind its server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving([*UVICORN, "envs.echo_env.server.app:app", "--port", "0"], cwd=ROOT) as process:
        process.wait_for("Uvicorn running on")
        yield process


def test_its_action_schema_has_the_title_trainers_look_for(server: Server) -> None:
    schema = httpx.get(f"{server.url}/schema", trust_env=False).json()
    assert schema["action"]["title"] == "CallToolAction"
    assert {"result", "echoed_message", "message_length"} <= set(schema["observation"]["properties"])


def test_mcp_clients_see_the_whole_result(server: Server) -> None:
    params = {"name": "echo_message", "arguments": {"message": "hi"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    result = httpx.post(f"{server.url}/mcp", json=request, trust_env=False).json()["result"]
    assert result["data"] == "hi"
    assert result["structured_content"] == {"result": "hi"}
    assert [(block["type"], block["text"]) for block in result["content"]] == [("text", "hi")]


def test_plays_through_its_client(server: Server) -> None:
    with EchoEnv(base_url=server.url) as env:
        result = env.reset(episode_id="mine")
        assert isinstance(result.observation, EchoObservation)
        assert result.observation.echoed_message == READY
        assert (result.reward, result.done) == (0.0, False)

        result = env.step(call("echo_message", message="Hello, World!"))
        assert result.observation.result == "Hello, World!"
        assert result.observation.echoed_message == "Hello, World!"
        assert result.observation.message_length == 13
        assert result.reward == pytest.approx(1.3)

        assert [tool.name for tool in env.list_tools()] == TOOLS
        before = env.state().step_count
        assert env.call_tool("echo_with_length", message="Hi") == {"message": "Hi", "length": 2}
        state = env.state()
        assert (state.episode_id, state.step_count) == ("mine", before + 1)


def test_the_old_action_still_works(server: Server) -> None:
    with EchoEnv(base_url=server.url) as env:
        env.reset()
        result = env.step(EchoAction(message="Hi"))
        assert isinstance(result.observation, EchoObservation)
        assert (result.observation.echoed_message, result.observation.message_length) == ("Hi", 2)
        assert result.reward == pytest.approx(0.2)


def test_tools_can_be_listed_by_a_step(server: Server) -> None:
    with EchoEnv(base_url=server.url) as env:
        env.reset()
        result = env.step(ListToolsAction())
        assert [tool.name for tool in result.observation.tools] == TOOLS
        assert env.state().step_count == 1


def test_a_failed_call_is_a_typed_error(server: Server) -> None:
    with EchoEnv(base_url=server.url) as env:
        env.reset()
        with pytest.raises(RuntimeError, match="Tool 'no_such_tool' failed"):
            env.call_tool("no_such_tool", message="hi")
        assert env.call_tool("echo_message", message="goes on") == "goes on"


async def test_plays_in_async_code(server: Server) -> None:
    async def play(message: str) -> tuple[Any, int]:
        async with EchoEnv(base_url=server.url) as env:
            await env.reset()
            result: Any = await env.step(call("echo_message", message=message))
            return result.observation.result, (await env.state()).step_count

    messages = [f"message {number}" for number in range(8)]
    assert await asyncio.gather(*map(play, messages)) == [(message, 1) for message in messages]


def test_a_generic_client_reads_plain_data(server: Server) -> None:
    with GenericEnvClient(base_url=server.url) as env:
        assert env.reset().observation["echoed_message"] == READY
        tools = env.step({"type": "list_tools"}).observation["tools"]
        assert [tool["name"] for tool in tools] == TOOLS
        action = {"type": "call_tool", "tool_name": "echo_message", "arguments": {"message": "hi"}}
        assert env.step(action).observation["result"] == "hi"


def test_plays_without_a_server() -> None:
    with EchoEnv.local(EchoEnvironment, action_cls=CallToolAction) as env:
        assert env.reset().observation.echoed_message == READY
        assert env.call_tool("echo_message", message="hi") == "hi"
        assert env.state().step_count == 1


# Started in every way


@pytest.mark.parametrize(
    ("command", "cwd"),
    [
        ([*UVICORN, "server.app:app", "--port", "0"], DIRECTORY),
        ([*UVICORN, "echo_env.server.app:app", "--port", "0"], DIRECTORY.parent),
        ([sys.executable, "-m", "server.app", "--port", "0"], DIRECTORY),
        ([sys.executable, "-m", "envs.echo_env.server.app", "--port", "0"], ROOT),
        ([sys.executable, "server/app.py", "--port", "0"], DIRECTORY),
    ],
)
def test_serves(command: list[str], cwd: Path) -> None:
    with serving(command, cwd=cwd) as process, EchoEnv(base_url=process.url) as env:
        assert env.reset().observation.echoed_message == READY
        assert env.call_tool("echo_message", message="hi") == "hi"


def test_runs_as_a_script() -> None:
    done = run([sys.executable, "server/echo_environment.py"], cwd=DIRECTORY)
    assert done.returncode == 0, done.stderr
    assert f"reset: {READY}" in done.stdout
    assert "result='Hello, World!'" in done.stdout
    assert "step_count=3" in done.stdout


def test_both_names_import_from_the_root_and_need_no_server_library() -> None:
    code = (
        "import sys\n"
        "from envs.echo_env import EchoAction, EchoEnv\n"
        "sys.path.insert(0, 'envs')\n"
        "import echo_env\n"
        "assert echo_env.EchoEnv is not EchoEnv\n"
        "print([name for name in ('fastapi', 'uvicorn', 'fastmcp') if name in sys.modules])\n"
    )
    done = run([sys.executable, "-c", code], cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr


def test_a_real_import_error_is_not_hidden(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(DIRECTORY, tmp_path / "echo_env"))
    models = copy / "models.py"
    models.write_text("import no_such_library\n" + models.read_text())
    for module, cwd in [("server.app", copy), ("echo_env.server.app", tmp_path)]:
        done = run([sys.executable, "-c", f"import {module}"], cwd=cwd)
        assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'no_such_library'"


def test_the_number_of_sessions_can_be_bounded() -> None:
    command = [*UVICORN, "server.app:app", "--port", "0"]
    create = {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/create"}
    with (
        serving(command, cwd=DIRECTORY, MAX_CONCURRENT_ENVS="1") as process,
        httpx.Client(base_url=process.url, trust_env=False) as http,
    ):
        assert "session_id" in http.post("/mcp", json=create).json()["result"]
        refusal = http.post("/mcp", json=create).json()["error"]
    assert refusal["data"] == {"active_sessions": 1, "max_sessions": 1}


README_OUTPUT = [
    [READY, str(TOOLS), "Hello, World! 1.3", "{'message': 'Hi', 'length': 2}"],
    ["Hello! 6"],
    ["Hi"],
]


@pytest.mark.parametrize("number", range(len(README_OUTPUT)))
def test_its_readme_runs(server: Server, number: int) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DIRECTORY / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == len(README_OUTPUT)
    code = blocks[number].replace("http://localhost:8000", server.url)
    done = run([sys.executable, "-c", code], cwd=ROOT, PYTHONPATH="envs")
    assert done.returncode == 0, done.stderr
    expected = README_OUTPUT[number]
    assert done.stdout.splitlines()[: len(expected)] == expected
