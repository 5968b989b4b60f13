"""A session on top of an environment's client: every tool call is a step."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..client_types import StepResult
from .failures import HarnessSessionError, describe, is_tool_failure
from .plain import plain
from .sessions import ResourceSession, logger
from .tools import checked_tools
from .types import Message, ToolResult, VerifyResult

if TYPE_CHECKING:
    from ..env_server.mcp_types import Tool

_OVER: Final = "the episode is over: no further tool call is carried out"


class StepEnvSessionAdapter(ResourceSession):
    """One episode of an environment, played through its client. The episode starts when this object is made.

    Calls from several threads take their turns. A failure after which nobody knows where the episode stands (a
    broken connection, a lost session, a time-out) is kept: from then on ``call_tool`` and ``verify`` raise, so that
    such an episode can never be scored with an old reward. After the environment said ``done``, no call reaches it.

    Args:
        client: an ``EnvClient``, or anything with ``reset``, ``step`` and ``close``; where it has ``sync()``, that
            blocking face of it is used. This session closes it.
        task: handed to the builders.
        seed: for ``reset``; None is not sent.
        episode_id: for ``reset``; None is not sent.
        tool_specs: the tools, as objects or dicts.
        action_builder: ``(tool_name, arguments)`` to the action for ``step``. What it raises is told to the model.
        initial_messages_builder: ``(reset_result, task)`` to the messages the conversation opens with.
        tool_result_builder: ``(tool_name, arguments, step_result, state)`` to the tool's result; by default the
            model sees the observation, reward and done, and the reward and the state are in the metadata.
        verify_builder: ``(transcript, final_state, last_step_result, state)`` to the judgment; by default the
            reward of the last step, and none before there was one. ``last_step_result`` is None then.
        reset_kwargs: further arguments of ``reset``.

    Raises:
        ValueError: for reserved tool names (``reset``, ``step``, ``state``, ``close``), names given twice, or a
            seed or episode id in ``reset_kwargs`` that contradicts the argument.

    Whatever the constructor raises, the client is closed.
    """

    def __init__(
        self,
        client: Any,
        *,
        task: Any = None,
        seed: int | None = None,
        episode_id: str | None = None,
        tool_specs: "Iterable[Tool | Mapping[str, Any]]",
        action_builder: Callable[[str, dict[str, Any]], Any],
        initial_messages_builder: Callable[[StepResult[Any], Any], list[Message]],
        tool_result_builder: Callable[[str, dict[str, Any], StepResult[Any], Any], ToolResult] | None = None,
        verify_builder: Callable[[list[Message], Any | None, StepResult[Any] | None, Any], VerifyResult] | None = None,
        reset_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._client = client
        self._task = task
        self._action_builder = action_builder
        self._tool_result_builder = tool_result_builder or default_tool_result
        self._verify_builder = verify_builder or default_verify
        self._turn = threading.Lock()
        self._closing = threading.Lock()
        self._closed = False
        self._over = False
        self._failure: BaseException | None = None
        self._last_result: StepResult[Any] | None = None
        try:
            self._tools = checked_tools(tool_specs)
            arguments = _reset_arguments(seed, episode_id, reset_kwargs)
            if callable(getattr(client, "sync", None)):
                self._client = client.sync()
            first: StepResult[Any] = self._client.reset(**arguments)
            self._state = self._read_state()
            self._messages = list(initial_messages_builder(first, task))
        except BaseException:
            try:
                self.close()
            except Exception:
                logger.warning("the client of a session that did not start could not be closed", exc_info=True)
            raise

    def initial_messages(self) -> list[Message]:
        return list(self._messages)

    def list_tools(self) -> "list[Tool]":
        return list(self._tools)

    def call_tool(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Take the step that the call stands for.

        Raises:
            KeyError: if there is no such tool.
            HarnessSessionError: if the session is closed, or broke in an earlier call.
            ConnectionError, TimeoutError, OpenEnvError: if it breaks in this one.
        """
        if not any(tool.name == name for tool in self._tools):
            known = ", ".join(tool.name for tool in self._tools) or "none"
            raise KeyError(f"unknown tool {name!r}; the tools are: {known}")
        with self._turn:
            self._check_usable()
            if self._over:
                return ToolResult(done=True, error=_OVER)
            return self._step(name, dict(arguments))

    def verify(self, transcript: list[Message], final_state: Any | None = None) -> VerifyResult:
        """Judge the episode.

        Raises:
            HarnessSessionError: if the session broke: the episode has no reward.
        """
        if self._failure is not None:
            raise HarnessSessionError(f"the episode has no reward: {self._failure}") from self._failure
        return self._verify_builder(transcript, final_state, self._last_result, self._state)

    def close(self) -> None:
        # Not under the lock of the calls: closing must end one that is under way, not wait for it.
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._client.close()

    def _step(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        try:
            action = self._action_builder(name, arguments)
        except Exception as error:
            return ToolResult(error=f"{name} does not take these arguments: {describe(error)}")
        try:
            result: StepResult[Any] = self._client.step(action)
        except Exception as error:
            if is_tool_failure(error) and not self._closed:
                return ToolResult(error=describe(error))
            self._failure = error
            raise
        except BaseException as error:  # interrupted: the step may have been taken
            self._failure = error
            raise
        # The step is taken. What fails from here on is no failure of the tool, and must not look like one.
        try:
            self._last_result = result
            self._over = bool(result.done)
            self._state = self._read_state()
            built = self._tool_result_builder(name, arguments, result, self._state)
            if not isinstance(built, ToolResult):
                raise TypeError(f"tool_result_builder must return a ToolResult, not {type(built).__name__}")
        except BaseException as error:
            self._failure = error
            if isinstance(error, Exception) and is_tool_failure(error):
                raise HarnessSessionError(f"the result of {name} could not be read: {describe(error)}") from error
            raise
        self._over = self._over or built.done
        return built

    def _read_state(self) -> Any:
        read = getattr(self._client, "state", None)
        return read() if callable(read) else read

    def _check_usable(self) -> None:
        if self._failure is not None:
            raise HarnessSessionError(f"the session broke in an earlier call: {self._failure}") from self._failure
        if self._closed:
            raise HarnessSessionError("the session is closed: make a new one")


def default_tool_result(name: str, arguments: dict[str, Any], result: StepResult[Any], state: Any) -> ToolResult:
    """Everything a step gave. An observation whose ``error`` says that the tool failed makes it the result's."""
    observation = plain(result.observation)
    data = {
        "tool_name": name,
        "arguments": arguments,
        "observation": observation,
        "reward": result.reward,
        "done": result.done,
    }
    return ToolResult(
        data=data,
        done=bool(result.done),
        metadata={"reward": result.reward, "state": state},
        error=_error_in(observation),
    )


def default_verify(
    transcript: list[Message], final_state: Any | None, last_result: StepResult[Any] | None, state: Any
) -> VerifyResult:
    """The reward of the last step, as the environment gave it."""
    return VerifyResult(
        env_reward=None if last_result is None else last_result.reward,
        done=last_result is not None and bool(last_result.done),
        artifacts={
            "final_state": state if final_state is None else final_state,
            "transcript_length": len(transcript),
        },
    )


def _error_in(observation: Any) -> str | None:
    error = observation.get("error") if isinstance(observation, dict) else None
    if isinstance(error, dict):
        error = error.get("message") or error
    return str(error) if error else None


def _reset_arguments(
    seed: int | None, episode_id: str | None, reset_kwargs: Mapping[str, Any] | None
) -> dict[str, Any]:
    arguments = dict(reset_kwargs or {})
    for name, value in (("seed", seed), ("episode_id", episode_id)):
        if value is None:
            continue
        if arguments.setdefault(name, value) != value:
            raise ValueError(f"{name} is {value!r}, but reset_kwargs has {arguments[name]!r}: give one of them")
    return arguments
