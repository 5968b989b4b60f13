"""An environment of tools, and its server."""

from typing import Any

from fastmcp import FastMCP

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.mcp_environment import MCPEnvironment
from openenv.core.env_server.mcp_types import CallToolAction
from openenv.core.env_server.types import Action, Observation, State

_server: FastMCP[Any] = FastMCP("tools")


@_server.tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@_server.tool
def describe(name: str) -> dict[str, Any]:
    """Describe something."""
    return {"name": name, "data": [1, 2]}


@_server.tool
def fail(reason: str) -> str:
    """Fail."""
    raise ValueError(reason)


class ToolsObservation(Observation):
    greeting: str = ""


class ToolsEnvironment(MCPEnvironment[State]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__(_server)
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ToolsObservation:
        self._state = State(episode_id=episode_id or "tools")
        return ToolsObservation(greeting="welcome")

    def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        self._state.step_count += 1
        observation: Observation = super().step(action, timeout_s, **kwargs)
        if isinstance(action, CallToolAction):
            observation.reward = 0.5
        return observation

    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        return Observation(metadata={"error": "only tools here"})

    @property
    def state(self) -> State:
        return self._state


app = create_app(ToolsEnvironment, Action, Observation)
