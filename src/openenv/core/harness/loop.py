"""The loop between a model and the tools of a session."""

from typing import Any

from .calls import run_tool
from .plain import result_text
from .sessions import ResourceSession
from .types import (
    HarnessRolloutResult,
    HarnessRunLimits,
    ModelStep,
    ModelStepResult,
    RolloutEvent,
    ToolResult,
    ToolTraceEntry,
)


class WhiteBoxLoop:
    """One rollout. Every tool call of the model gets a reply in the conversation, carried out or not."""

    def __init__(self, model_step: ModelStep, session: ResourceSession, limits: HarnessRunLimits) -> None:
        self._model_step = model_step
        self._session = session
        self._limits = limits
        self._rollout = HarnessRolloutResult(messages=list(session.initial_messages()))
        self._truncated = False

    def run(self) -> HarnessRolloutResult:
        """Play to the end or to a limit."""
        rollout, tools = self._rollout, self._session.list_tools()
        turns = 0
        while turns < self._limits.max_turns and not (rollout.done or self._truncated):
            step = self._model_step(list(rollout.messages), list(tools), dict(self._limits.sampling))
            self._take(step, turns)
            turns += 1
            if step.response.tool_calls:
                self._run_tools(step)
            else:
                rollout.done = True
        rollout.metrics = {"turns": turns, "tool_calls": len(rollout.tool_trace)}
        if self._truncated:
            rollout.metrics["truncated"] = True
        return rollout

    def _take(self, step: ModelStepResult, turn: int) -> None:
        if not isinstance(step, ModelStepResult):
            raise TypeError(f"the model step must return a ModelStepResult, not {type(step).__name__}")
        if step.logprobs and len(step.logprobs) != len(step.completion_ids):
            raise ValueError(
                f"turn {turn} has {len(step.logprobs)} log-probabilities for {len(step.completion_ids)} tokens: "
                "give one for each, or none"
            )
        calls = [{"id": call.id, "name": call.name, "arguments": call.args} for call in step.response.tool_calls]
        payload = {"turn": turn, "content": step.response.content, "tool_calls": calls}
        self._rollout.events.append(RolloutEvent("model_response", payload))
        self._rollout.messages.append(step.response.to_message_dict())
        self._rollout.prompt_ids += step.prompt_ids
        self._rollout.completion_ids += step.completion_ids
        self._rollout.logprobs += step.logprobs

    def _run_tools(self, step: ModelStepResult) -> None:
        for place, call in enumerate(step.response.tool_calls):
            result = self._refusal(place) or self._run_tool(call.name, call.args)
            self._rollout.messages.append(
                {"role": "tool", "tool_call_id": call.id, "name": call.name, "content": result_text(result)}
            )

    def _refusal(self, place: int) -> ToolResult | None:
        """Why the call at ``place`` of its turn is not carried out; None where it is."""
        per_turn, total = self._limits.max_tool_calls_per_turn, self._limits.max_total_tool_calls
        if self._rollout.done:
            return ToolResult(error="not run: the episode is over")
        if per_turn is not None and place >= per_turn:
            return ToolResult(error=f"not run: the limit of {per_turn} tool calls in one turn is reached")
        if total is not None and len(self._rollout.tool_trace) >= total:
            self._truncated = True
            return ToolResult(error=f"not run: the limit of {total} tool calls is reached")
        return None

    def _run_tool(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        result = run_tool(self._session, name, arguments)
        self._rollout.tool_trace.append(ToolTraceEntry(name, arguments, result))
        payload = {"tool_name": name, "arguments": arguments, "done": result.done}
        if result.error is not None:
            payload["error"] = result.error
        self._rollout.events.append(RolloutEvent("tool_call", payload))
        self._rollout.done = result.done
        return result
