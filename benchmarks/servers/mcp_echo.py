"""An echo that is a FastMCP tool, called by ``call_tool`` actions."""

from typing import Any
from uuid import uuid4

from fastmcp import FastMCP

from benchmarks.servers.echo_environment import SESSIONS
from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.mcp_environment import MCPEnvironment
from openenv.core.env_server.mcp_types import CallToolAction, CallToolObservation
from openenv.core.env_server.types import Action, Observation, State


class McpEchoEnvironment(MCPEnvironment):  # type: ignore[type-arg]  # the public package's is not generic
    """One tool, ``echo_message``."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        server = FastMCP("echo")

        @server.tool
        def echo_message(message: str) -> str:
            """Say the message again."""
            return message

        super().__init__(server)
        self._state = State(episode_id=str(uuid4()), step_count=0)

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Observation:
        self._state = State(episode_id=episode_id or str(uuid4()), step_count=0)
        return Observation(reward=0.0, metadata={"status": "ready"})

    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        return Observation(metadata={"error": f"{type(action).__name__} is no tool call"})

    @property
    def state(self) -> State:
        return self._state


app = create_app(
    McpEchoEnvironment, CallToolAction, CallToolObservation, env_name="mcp_echo", max_concurrent_envs=SESSIONS
)
