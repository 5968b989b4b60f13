"""An environment of tools."""

import asyncio
import time
from typing import Any

from fastmcp import Context, FastMCP

from openenv.core.env_server.mcp_environment import MCPEnvironment
from openenv.core.env_server.types import Action, Observation, State
from tests.core.server.world import WORLD


class ToolEnvironment(MCPEnvironment[State]):
    """Tools that count, fail, wait, take a context, or give what has no JSON form."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        server: FastMCP[Any] = FastMCP("tools under test")

        @server.tool
        def echo_message(message: str) -> str:
            """Say it again."""
            return message

        @server.tool
        def add(first: int, second: int = 1) -> int:
            return first + second

        @server.tool
        def count() -> int:
            """How often this session has called it."""
            self.counter += 1
            return self.counter

        @server.tool
        async def later(message: str) -> str:
            await asyncio.sleep(0)
            return message

        @server.tool
        def fail(message: str) -> str:
            raise ValueError(message)

        @server.tool
        def leave() -> str:
            raise SystemExit(2)

        @server.tool
        async def wait(gate: str) -> str:
            await WORLD.wait_async(gate)
            return "waited"

        @server.tool
        def block(gate: str) -> str:
            WORLD.wait(gate)
            WORLD.write(f"blocked {gate}", 0)
            return "waited"

        @server.tool
        def nap(seconds: float) -> str:
            time.sleep(seconds)
            return "rested"

        @server.tool
        async def nap_later(seconds: float) -> str:
            time.sleep(seconds)  # noqa: ASYNC251 - an asynchronous tool that blocks
            return "rested"

        @server.tool
        def note(event: str) -> str:
            WORLD.write(event, 0)
            return "noted"

        @server.tool
        def details() -> dict[str, Any]:
            return {"numbers": [1, 2], "inner": {"none": None}}

        @server.tool
        def shapeless() -> Any:
            return object()

        @server.tool
        async def remember(context: Context, value: str = "") -> str:
            """Keep a value in FastMCP's own session state; give the one that was there."""
            before = await context.get_state("kept")
            await context.set_state("kept", value)
            return before or "nothing"

        super().__init__(server)
        self.counter = 0
        self._state = State(episode_id="not yet")

        @self.tool(mode="production")
        def only_in_production() -> str:
            return "production"

        @self.tool(mode="simulation")
        def only_in_simulation() -> str:
            return "simulation"

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Observation:
        self.counter = 0
        self._state = State(episode_id=episode_id)
        return Observation()

    def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Any:
        observation = super().step(action, timeout_s, **kwargs)
        self._state.step_count += 1
        observation.reward = 0.5
        return observation

    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        return Observation(metadata={"plain": True})

    @property
    def state(self) -> State:
        return self._state
