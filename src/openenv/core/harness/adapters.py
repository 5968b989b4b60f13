"""Harnesses: who owns the loop between a model and a session's tools."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from .loop import WhiteBoxLoop
from .sessions import ResourceSession
from .types import HarnessRolloutResult, HarnessRunLimits, ModelStep

if TYPE_CHECKING:
    from .bridge import SessionMCPBridge

    CLIRunner = Callable[[SessionMCPBridge, ResourceSession, HarnessRunLimits], HarnessRolloutResult]


class HarnessAdapter(ABC):
    """Runs a session to its end. It neither makes the session nor closes it nor judges it."""

    @abstractmethod
    def run_white_box(
        self, model_step: ModelStep, session: ResourceSession, limits: HarnessRunLimits | None = None
    ) -> HarnessRolloutResult:
        """Run the loop here, and ask ``model_step`` for every turn."""

    @abstractmethod
    def run_black_box(self, session: ResourceSession, limits: HarnessRunLimits | None = None) -> HarnessRolloutResult:
        """Let an agent with a loop of its own play the session."""


class MCPHarnessAdapter(HarnessAdapter):
    """The loop of a model that calls tools: model, tools, model, ... until it calls none."""

    def run_white_box(
        self, model_step: ModelStep, session: ResourceSession, limits: HarnessRunLimits | None = None
    ) -> HarnessRolloutResult:
        """Play until the model calls no tool or a tool says ``done`` (both: ``done``), or a limit is reached.

        Tools that fail or are not known answer the model with an error, and the loop goes on.

        Raises:
            TypeError: if the model step returns no ModelStepResult.
            ValueError: if a turn's log-probabilities are not one for each of its tokens.
            ConnectionError, TimeoutError, OpenEnvError: if the session cannot go on.
        """
        return WhiteBoxLoop(model_step, session, limits or HarnessRunLimits()).run()

    def run_black_box(self, session: ResourceSession, limits: HarnessRunLimits | None = None) -> HarnessRolloutResult:
        raise NotImplementedError("MCPHarnessAdapter owns the loop itself: use CLIHarnessAdapter for an agent's own")


class CLIHarnessAdapter(HarnessAdapter):
    """An agent with a loop of its own, such as a command-line agent.

    Args:
        runner: ``(bridge, session, limits)`` to the rollout. It starts the agent, passes its tool calls to
            ``bridge.handle_request`` and keeps ``limits.max_turns`` and ``limits.max_tool_calls_per_turn``: only
            it sees the turns. The bridge keeps ``limits.max_total_tool_calls``.
    """

    def __init__(self, runner: "CLIRunner") -> None:
        self._runner = runner

    def run_black_box(self, session: ResourceSession, limits: HarnessRunLimits | None = None) -> HarnessRolloutResult:
        """Run the agent. Where its runner keeps no ``tool_trace``, the bridge's is taken.

        Raises:
            TypeError: if the runner returns no HarnessRolloutResult.
            ConnectionError, TimeoutError, OpenEnvError: if the session ended under the agent, whatever the runner
                returned: what it saw is no finished episode.
        """
        from .bridge import SessionMCPBridge

        limits = limits or HarnessRunLimits()
        bridge = SessionMCPBridge(session, limits.max_total_tool_calls)
        rollout = self._runner(bridge, session, limits)
        if bridge.failure is not None:
            raise bridge.failure
        if not isinstance(rollout, HarnessRolloutResult):
            raise TypeError(f"the runner must return a HarnessRolloutResult, not {type(rollout).__name__}")
        if not rollout.tool_trace and bridge.tool_trace:
            rollout = replace(rollout, tool_trace=list(bridge.tool_trace))
        if bridge.truncated:
            rollout = replace(rollout, metrics={**rollout.metrics, "truncated": True})
        return rollout

    def run_white_box(
        self, model_step: ModelStep, session: ResourceSession, limits: HarnessRunLimits | None = None
    ) -> HarnessRolloutResult:
        raise NotImplementedError("CLIHarnessAdapter's agent owns the loop: use MCPHarnessAdapter to own it here")
