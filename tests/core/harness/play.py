"""Sessions of real environments, and models that say what they are told to."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from echo_env import EchoEnv
from openenv.core.client_types import StepResult
from openenv.core.env_server.mcp_types import CallToolAction, Tool
from openenv.core.harness import (
    Message,
    ModelStepResult,
    ResourceSession,
    ResourceSessionFactory,
    StepEnvSessionAdapter,
    ToolResult,
    VerifyResult,
)
from openenv.core.llm_client import LLMResponse, ToolCall
from tests.core.client.play_client import PlayClient
from tests.core.client.playground import PlayAction

TEXT = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
ECHO_TOOLS = [
    Tool(name="echo_message", description="Say it back.", input_schema=TEXT),
    Tool(name="echo_with_length", description="Say it back, with its length.", input_schema=TEXT),
]
SAY = {"name": "say", "description": "Say something.", "inputSchema": TEXT}

Calls = Sequence[tuple[str, dict[str, Any]]]


def echo(message: str) -> tuple[str, dict[str, Any]]:
    """A call of the echo environment's first tool; worth a tenth per character."""
    return "echo_message", {"message": message}


def say(message: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A call of the playground's tool; worth 1."""
    return "say", {"message": message, **more}


class Model:
    """A model step that plays its script, one entry per turn, and keeps what it was asked.

    An entry is the calls of a turn, text for a turn without any, or an error to raise.
    """

    def __init__(self, *script: "Calls | str | BaseException", tokens: bool = True) -> None:
        self._script = iter(script)
        self._tokens = tokens
        self.asked: list[tuple[list[Message], list[Tool], dict[str, Any]]] = []

    def __call__(self, messages: list[Message], tools: list[Tool], sampling: dict[str, Any]) -> ModelStepResult:
        self.asked.append((messages, tools, sampling))
        turn, entry = len(self.asked), next(self._script)
        if isinstance(entry, BaseException):
            raise entry
        if isinstance(entry, str):
            response = LLMResponse(entry)
        else:
            calls = [ToolCall(f"call_{turn}_{place}", name, args) for place, (name, args) in enumerate(entry)]
            response = LLMResponse("", calls)
        if not self._tokens:
            return ModelStepResult(response)
        return ModelStepResult(response, [turn], [10 * turn, 10 * turn + 1], [-0.5, -0.25])


def echo_session(url: str, **options: Any) -> StepEnvSessionAdapter:
    given: dict[str, Any] = {
        "tool_specs": ECHO_TOOLS,
        "action_builder": lambda name, arguments: CallToolAction(tool_name=name, arguments=arguments),
        "initial_messages_builder": opening,
        **options,
    }
    return StepEnvSessionAdapter(EchoEnv(base_url=url), **given)


def play_session(url: str, **options: Any) -> StepEnvSessionAdapter:
    client = PlayClient(base_url=url, connect_timeout_s=5)
    given: dict[str, Any] = {
        "tool_specs": [SAY],
        "action_builder": lambda name, arguments: PlayAction(**arguments),
        "initial_messages_builder": opening,
        **options,
    }
    return StepEnvSessionAdapter(client, **given)


def opening(result: StepResult[Any], task: Any) -> list[Message]:
    return [{"role": "user", "content": f"task {task}"}]


class Sessions(ResourceSessionFactory[ResourceSession]):
    """Makes sessions with ``make(task)``, and keeps how it was asked."""

    def __init__(self, make: Callable[[Any], ResourceSession]) -> None:
        self._make = make
        self.asked: list[dict[str, Any]] = []

    def create(self, task: Any, seed: int | None = None, episode_id: str | None = None) -> ResourceSession:
        self.asked.append({"task": task, "seed": seed, "episode_id": episode_id})
        return self._make(task)


class TableSession(ResourceSession):
    """A session without an environment: its tool gives the results it was made with, or raises them."""

    def __init__(self, results: Iterable[Any] = (), verify: VerifyResult | None = None) -> None:
        self._results = iter(results)
        self._verify = verify or VerifyResult()
        self.called: list[str] = []
        self.times_closed = 0

    def initial_messages(self) -> list[Message]:
        return [{"role": "user", "content": "go"}]

    def list_tools(self) -> list[Tool]:
        return [Tool(name="next", description="The next result.", input_schema={"type": "object"})]

    def call_tool(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        self.called.append(name)
        result = next(self._results)
        if isinstance(result, BaseException):
            raise result
        given: ToolResult = result
        return given

    def verify(self, transcript: list[Message], final_state: Any | None = None) -> VerifyResult:
        return self._verify

    def close(self) -> None:
        self.times_closed += 1


def rewarded(reward: Any, **more: Any) -> ToolResult:
    return ToolResult(data="ok", metadata={"reward": reward}, **more)


NEXT: tuple[str, dict[str, Any]] = ("next", {})
