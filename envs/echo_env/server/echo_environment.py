"""The echo environment. Run this file to see it work: ``python3 server/echo_environment.py``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastmcp import FastMCP

from openenv.core.env_server.mcp_environment import MCPEnvironment
from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction, ToolError
from openenv.core.env_server.types import Action, Observation, State

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import EchoObservation
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import EchoObservation

READY = "Echo environment ready!"
REWARD_PER_CHARACTER = 0.1


def echo_message(message: str) -> str:
    """Say the message back.

    Args:
        message: what to say back.
    """
    return message


def echo_with_length(message: str) -> dict[str, Any]:
    """Say the message back, together with its length in characters.

    Args:
        message: what to say back.
    """
    return {"message": message, "length": len(message)}


# The tools keep nothing between calls, so all sessions share the server they are registered with.
_server: FastMCP[Any] = FastMCP("echo_env")
_server.tool(echo_message)
_server.tool(echo_with_length)


class EchoEnvironment(MCPEnvironment[State]):
    """Says back what it is told. An episode has no end; every tool call is a step."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    STEP_IS_CHEAP = True

    def __init__(self) -> None:
        super().__init__(_server)
        self._begin(None)

    def _begin(self, episode_id: str | None) -> None:
        self._episode_id = episode_id or str(uuid4())
        self._step_count = 0

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> EchoObservation:
        """Start an episode. The seed changes nothing: there is no chance in an echo."""
        self._begin(episode_id)
        return EchoObservation(echoed_message=READY, reward=0.0, metadata={"status": "ready", "message": READY})

    def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        """List the tools or call one."""
        self._step_count += 1
        observation: Observation = super().step(action, timeout_s, **kwargs)
        return observation

    def tool_observation(
        self, action: CallToolAction, result: Any = None, error: ToolError | None = None
    ) -> EchoObservation:
        """A call is rewarded by the length of the message that came back."""
        message = result["message"] if isinstance(result, dict) else result or ""
        return EchoObservation(
            tool_name=action.tool_name,
            result=result,
            error=error,
            echoed_message=message,
            message_length=len(message),
            reward=len(message) * REWARD_PER_CHARACTER,
        )

    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> EchoObservation:
        kind = type(action).__name__
        return EchoObservation(
            reward=0.0, metadata={"error": f"unknown action {kind}: use CallToolAction or ListToolsAction"}
        )

    @property
    def state(self) -> State:
        """Where the episode stands."""
        return State(episode_id=self._episode_id, step_count=self._step_count)


def main() -> None:
    """Play a few steps and print them."""
    environment = EchoEnvironment()
    lines = [f"reset: {environment.reset().echoed_message}"]
    message = {"message": "Hello, World!"}
    for action in (
        ListToolsAction(),
        CallToolAction(tool_name="echo_message", arguments=message),
        CallToolAction(tool_name="echo_with_length", arguments=message),
    ):
        lines.append(f"{action.type}: {environment.step(action)}")
    lines.append(f"state: {environment.state}")
    environment.close()
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
