"""What a rollout is made of. Plain dataclasses: importing them costs nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..env_server.mcp_types import Tool
    from ..llm_client import LLMResponse

Message = dict[str, Any]
"""A chat message: ``role``, ``content``, and ``tool_calls`` or ``tool_call_id`` where there are any."""


@dataclass
class ToolResult:
    """What a tool call gave.

    Attributes:
        data: what the model is shown; anything with a JSON form, or text.
        done: whether the episode is over.
        metadata: for the trainer, not for the model; ``reward`` is the environment's reward of this call.
        error: why the call failed; None where it did not.
    """

    data: Any = None
    done: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


@dataclass
class VerifyResult:
    """The judgment on an episode.

    Attributes:
        env_reward: the environment's reward; None where there is none beyond those of the tool results.
        done: whether the episode is over.
        metrics: numbers about the episode.
        artifacts: further data worth keeping.
    """

    env_reward: float | None = None
    done: bool = False
    metrics: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, Any] = field(default_factory=dict)


@dataclass
class RolloutEvent:
    """Something that happened in a rollout: ``model_response`` or ``tool_call``, with what belongs to it."""

    type: str
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass
class ToolTraceEntry:
    """A tool call that was carried out, and its result."""

    tool_name: str
    arguments: dict[str, Any]
    result: ToolResult


@dataclass
class ModelStepResult:
    """One turn of the model.

    Attributes:
        response: what it said.
        prompt_ids: tokens it was given.
        completion_ids: tokens it wrote.
        logprobs: one for each token of ``completion_ids``, or none at all.
    """

    response: "LLMResponse"
    prompt_ids: list[int] = field(default_factory=list)
    completion_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


@dataclass
class HarnessRolloutResult:
    """A finished rollout.

    Attributes:
        messages: the conversation; every tool call in it is followed by its reply.
        tool_trace: the calls that were carried out, in order.
        events: what happened, in order.
        done: whether the rollout came to its end, rather than to a limit.
        metrics: ``turns``, ``tool_calls``, and ``truncated`` where the calls were used up.
        prompt_ids: the prompt tokens of every turn, one turn after the other.
        completion_ids: the completion tokens of every turn, likewise.
        logprobs: those of ``completion_ids``.
    """

    messages: list[Message] = field(default_factory=list)
    tool_trace: list[ToolTraceEntry] = field(default_factory=list)
    events: list[RolloutEvent] = field(default_factory=list)
    done: bool = False
    metrics: dict[str, Any] = field(default_factory=dict)
    prompt_ids: list[int] = field(default_factory=list)
    completion_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


@dataclass
class HarnessRunLimits:
    """Bounds of a rollout. None is no bound.

    Attributes:
        max_turns: turns of the model.
        max_tool_calls_per_turn: further calls of the same turn are not carried out; the model is told.
        max_total_tool_calls: a call beyond ends the rollout, as truncated.
        sampling: handed to the model step, such as ``temperature``.

    Raises:
        ValueError: for a bound that is no whole number from 0.
    """

    max_turns: int = 10
    max_tool_calls_per_turn: int | None = None
    max_total_tool_calls: int | None = None
    sampling: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("max_turns", "max_tool_calls_per_turn", "max_total_tool_calls"):
            value = getattr(self, name)
            if value is None and name != "max_turns":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} must be a whole number from 0, not {value!r}")


ModelStep = Callable[[list[Message], "list[Tool]", dict[str, Any]], ModelStepResult]
"""One turn of a model: ``model_step(messages, tools, sampling)``."""
