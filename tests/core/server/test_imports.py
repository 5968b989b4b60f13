"""What importing brings along, and that every public name is there."""

import json
import subprocess
import sys
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest

from tests.core.server.processes import ROOT, environment

EXTRAS = ["fastmcp", "mcp", "numpy", "torch"]

# Loads nothing of an extra, as if none were installed.
_WITHOUT_EXTRAS = """
import importlib.abc, sys
class Nowhere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"fastmcp", "mcp", "numpy", "torch"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nowhere())
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LIGHT = [
    "import openenv; openenv.__version__",
    "import openenv.core",
    "import openenv.core.env_server",
    "import openenv.core.env_server.types",
    "import openenv.core.env_server.mcp_types",
    "import openenv.core.env_server.interfaces",
    "import openenv.core.env_server.exceptions",
    "import openenv.core.env_server.settings",
    "import openenv.core.env_server.base_transforms",
    "import openenv.core.env_server.serialization",
    "import openenv.core.client_types",
    "import openenv.core.errors",
    "from openenv.core.env_server import Action, Observation, State, Environment, ServerSettings, CallToolAction",
]

WITHOUT_EXTRAS = [
    "from openenv.core.env_server import create_app",
    "import openenv.core.env_server.run",
    "import openenv.core.env_server.local",
    "import openenv.core.env_server.web_interface",
    "import openenv.core.env_server.mcp_environment",
]


@pytest.mark.parametrize(
    ("statements", "unwanted"),
    [
        (LIGHT, ["fastapi", "starlette", "uvicorn", "websockets", "httpx", "typer", "rich", *EXTRAS]),
        (WITHOUT_EXTRAS, EXTRAS),
    ],
    ids=["types", "server"],
)
def test_imports_are_light(statements: list[str], unwanted: list[str]) -> None:
    code = "import json, sys\nloaded = {}\n"
    for statement in statements:
        code += f"{statement}\nloaded[{statement!r}] = [name for name in {unwanted} if name in sys.modules]\n"
    loaded = json.loads(run(code + "print(json.dumps(loaded))"))
    assert loaded == {statement: [] for statement in statements}


def test_a_server_without_extras_plays() -> None:
    code = f"""{_WITHOUT_EXTRAS}
import asyncio
from openenv.core.env_server import Action, Environment, Observation, State
from openenv.core.env_server.local import LocalSession

class Plain(Environment):
    def reset(self): return Observation()
    def step(self, action): return Observation(reward=1)
    @property
    def state(self): return State(step_count=1)

async def play():
    session = LocalSession(Plain)
    await session.open()
    for frame in ({{"type": "reset"}}, {{"type": "step", "data": {{}}}}, {{"type": "state"}}):
        print((await session.request(frame))["type"])
    reply = await session.request({{"type": "mcp", "data": {{"jsonrpc": "2.0", "method": "tools/list"}}}})
    print(reply["data"]["error"]["message"])
    await session.close()

asyncio.run(play())
"""
    assert run(code).split("\n") == ["observation", "observation", "state", "Environment does not support MCP", ""]


@pytest.mark.parametrize("package", ["openenv.core.env_server", "openenv.core", "openenv"])
def test_public_names_are_there(package: str) -> None:
    module: Any = import_module(package)
    listed = dir(module)
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in listed
    with pytest.raises(AttributeError, match="has no attribute 'nothing_of_this_name'"):
        _ = module.nothing_of_this_name


def test_the_core_has_every_name_of_the_server() -> None:
    core: Any = import_module("openenv.core")
    server: Any = import_module("openenv.core.env_server")
    for name in server.__all__:
        assert getattr(core, name) is getattr(server, name)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "types",
            "Action Observation State EnvironmentMetadata CodeExecResult Scalar ServerMode HealthStatus WSErrorCode",
        ),
        ("types", "ListTasksRequest NumTasksRequest GetTaskRequest GetTaskRangeRequest WSIncomingMessage SessionInfo"),
        ("http_server", "create_app create_fastapi_app HTTPEnvServer"),
        ("interfaces", "Environment Transform Action Observation State Message ModelTokenizer TaskProvider"),
        ("mcp_types", "CallToolAction ListToolsAction CallToolObservation ListToolsObservation Tool ToolError"),
        ("mcp_types", "JsonRpcErrorCode JsonRpcResponse JsonRpcRequest JsonRpcError McpMethod RESERVED_TOOL_NAMES"),
        ("mcp_environment", "MCPEnvironment MCP_TOOL_CALL_TIMEOUT get_server_tools"),
        ("base_transforms", "CompositeTransform NullTransform"),
        ("serialization", "serialize_observation deserialize_action deserialize_action_with_preprocessing"),
        ("web_interface", "load_environment_metadata create_web_interface_app"),
        ("route_config", "GetEndpointConfig register_get_endpoints"),
    ],
)
def test_the_paths_that_environments_import_from(module: str, names: str) -> None:
    loaded = import_module(f"openenv.core.env_server.{module}")
    for name in names.split():
        assert hasattr(loaded, name), name


def test_the_package_is_typed() -> None:
    assert files("openenv").joinpath("py.typed").is_file()
