"""An environment that is nothing but tools, for either package."""

from typing import Any
from uuid import uuid4

from fastmcp import FastMCP

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.mcp_environment import MCPEnvironment
from openenv.core.env_server.mcp_types import CallToolAction, CallToolObservation
from openenv.core.env_server.types import Action, Observation, State


class ToolsEcho(MCPEnvironment):  # type: ignore[type-arg]  # the public package's is not generic
    """Three tools; one of them fails."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        server = FastMCP("tools_echo")

        @server.tool
        def echo_message(message: str) -> str:
            """Say the message again."""
            return message

        @server.tool
        def echo_with_length(message: str) -> dict[str, Any]:
            """Say the message again, and how long it is."""
            return {"message": message, "length": len(message)}

        @server.tool
        def fail(reason: str) -> str:
            """Fail for the reason given."""
            raise ValueError(reason)

        super().__init__(server)
        self._state = State(episode_id=str(uuid4()), step_count=0)

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Observation:
        self._state = State(episode_id=episode_id or str(uuid4()), step_count=0)
        return Observation(reward=0.0, metadata={"status": "ready"})

    def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        self._state.step_count += 1
        observation: Observation = super().step(action, timeout_s=timeout_s, **kwargs)
        return observation

    async def step_async(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        self._state.step_count += 1
        observation: Observation = await super().step_async(action, timeout_s=timeout_s, **kwargs)
        return observation

    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        return Observation(metadata={"error": f"{type(action).__name__} is no tool call"})

    @property
    def state(self) -> State:
        return self._state


app = create_app(ToolsEcho, CallToolAction, CallToolObservation, env_name="tools_echo", max_concurrent_envs=8)
