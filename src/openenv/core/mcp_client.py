"""Clients of environments that offer tools."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from pydantic import ConfigDict

from .client_types import StepResult
from .env_client import EnvClient
from .env_server.mcp_types import (
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    Tool,
)
from .env_server.types import Observation, State
from .errors import ProtocolError, ToolCallError

if TYPE_CHECKING:
    from .client.call import Call
    from .client.launch import Launch
    from .client.link import LinkInfo
    from .client.pending import Pending
    from .client.retry import RetryPolicy
    from .containers.runtime import ContainerProvider, RuntimeProvider

T = TypeVar("T")

_OPEN: Final = ConfigDict(extra="allow")
_NO_STEPS: Final = frozenset({"NOT_AVAILABLE"})
_NO_MCP_FRAMES: Final = frozenset({"UNKNOWN_TYPE", "VALIDATION_ERROR"})


# Environments may add fields to their observations; they are kept.


class _Observation(Observation):
    model_config = _OPEN


class _ListToolsObservation(ListToolsObservation):
    model_config = _OPEN


class _CallToolObservation(CallToolObservation):
    model_config = _OPEN


class MCPClientBase(EnvClient[Any, Observation, State]):
    """Plays an environment that offers tools; ``reset``, ``step`` and ``state`` work as well.

    Args:
        mode: ``production`` or None; tools are what a production server offers.

    The other arguments, and the errors, are those of :class:`EnvClient`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        connect_timeout_s: float = 10.0,
        message_timeout_s: float | None = 60.0,
        websocket_ping_interval_s: float | None = 20.0,
        websocket_ping_timeout_s: float | None = 20.0,
        provider: "ContainerProvider | RuntimeProvider | Launch | None" = None,
        mode: str | None = None,
        max_message_size_mb: float | None = 100.0,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
        retry: "RetryPolicy | None" = None,
    ) -> None:
        if mode is not None and (not isinstance(mode, str) or mode.lower() != "production"):
            raise ValueError(f"a tool client's mode is 'production' or None, not {mode!r}")
        super().__init__(
            base_url,
            connect_timeout_s,
            message_timeout_s,
            max_message_size_mb,
            websocket_ping_interval_s,
            websocket_ping_timeout_s,
            provider,
            "production",
            headers,
            token=token,
            retry=retry,
        )
        self._tools: list[Tool] | None = None
        self._last_id = 0

    def list_tools(self, use_cache: bool = True) -> "Pending[list[Tool]]":
        """The environment's tools; works before ``reset`` and is no step.

        Args:
            use_cache: whether the answer of an earlier call will do.
        """
        if use_cache and self._tools is not None:
            from .client.call import Call

            return self._outcome(Call.finished(), lambda _: list(self._tools or ()))
        # Servers that know no mcp frames list their tools in a step.
        step = _frame({"type": "step", "data": {"type": "list_tools"}})
        return self._ask(self._mcp_frame("tools/list", {}), self._read_tools, alternative=(_NO_MCP_FRAMES, step))

    def _mcp_frame(self, method: str, params: dict[str, Any]) -> bytes:
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        return _frame({"type": "mcp", "data": request})

    def _read_tools(self, call: "Call") -> list[Tool]:
        reply = call.result()
        if reply["type"] == "mcp":
            listing = _mcp_result(reply["data"], lambda message, _: ProtocolError(f"tools/list failed: {message}"))
        else:
            listing = _observation_in(call.data("observation"))
        tools = listing.get("tools")
        if not isinstance(tools, list):
            raise ProtocolError("the server's list of tools is none")
        self._tools = [_tool(tool) for tool in tools]
        return list(self._tools)

    # The hooks of a client

    def _step_payload(self, action: Any) -> dict[str, Any]:
        if isinstance(action, Mapping):
            return dict(action)
        if isinstance(action, ListToolsAction | CallToolAction):
            return {name: value for name, value in action.model_dump().items() if name != "metadata" or value}
        dump = getattr(action, "model_dump", None)
        if dump is None:
            raise TypeError(f"an action is a CallToolAction, a ListToolsAction or a dict, not {action!r}")
        return dict(dump())

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Observation]:
        reward, done, metadata = (
            payload.get("reward"),
            bool(payload.get("done", False)),
            payload.get("metadata"),
        )
        fields = {**_observation_in(payload), "reward": reward, "done": done}
        observation: Observation
        if "tools" in fields:
            fields["tools"] = [_tool(tool) for tool in fields["tools"]]
            observation = _ListToolsObservation.model_validate(fields)
        elif "tool_name" in fields:
            fields["result"] = _plain(fields.get("result"))
            observation = _CallToolObservation.model_validate(fields)
        else:
            observation = _Observation.model_validate(fields)
        return StepResult(observation, reward, done, metadata)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State.model_validate(payload)


class MCPToolClient(MCPClientBase):
    """Calls tools by name."""

    def call_tool(self, name: str | None = None, /, **kwargs: Any) -> "Pending[Any]":
        """Call a tool and return its plain result.

        The call is a step of the episode: step count and rewards move. Only a server in production mode, which has
        no steps, runs it outside of an episode.

        Args:
            name: of the tool. Given first, it leaves ``name=`` to the tool's own arguments.
            **kwargs: the tool's arguments.

        Raises:
            ToolCallError: if the tool fails, is not known, or does not take these arguments (a ``RuntimeError``).
            OpenEnvError: as ``step``.
        """
        if name is None:
            name = kwargs.pop("name", None)
        if not isinstance(name, str):
            raise TypeError("call_tool() needs the tool's name first")
        tool_name = name
        step = _frame({"type": "step", "data": {"type": "call_tool", "tool_name": name, "arguments": kwargs}})
        plain = self._mcp_frame("tools/call", {"name": name, "arguments": kwargs})

        def choose(info: "LinkInfo") -> bytes:
            return plain if info.mode == "production" else step

        return self._ask(choose, lambda call: _read_call(tool_name, call), alternative=(_NO_STEPS, plain))

    def get_tool(self, name: str) -> "Pending[Tool | None]":
        """The tool of that name, or None."""
        return self._with_tools(lambda tools: next((tool for tool in tools if tool.name == name), None))

    def has_tool(self, name: str) -> "Pending[bool]":
        """Whether there is a tool of that name."""
        return self._with_tools(lambda tools: any(tool.name == name for tool in tools))

    def _with_tools(self, use: Callable[[list[Tool]], T]) -> "Pending[T]":
        from .client.pending import Pending

        listing = self.list_tools()
        return listing.then(use) if isinstance(listing, Pending) else cast("Pending[T]", use(listing))


def _frame(frame: dict[str, Any]) -> bytes:
    from .wire import encode

    return encode(frame)


def _observation_in(payload: dict[str, Any]) -> dict[str, Any]:
    observation = payload.get("observation")
    if not isinstance(observation, dict):
        raise ProtocolError(f"the server's observation is no object: {json.dumps(observation)[:200]}")
    return observation


def _read_call(name: str, call: "Call") -> Any:
    reply = call.result()
    if reply["type"] == "mcp":
        return _plain(_mcp_result(reply["data"], lambda message, kind: ToolCallError(name, message, kind)), name)
    observation = _observation_in(call.data("observation"))
    error = observation.get("error")
    if error is not None:
        fields = error if isinstance(error, dict) else {"message": str(error)}
        raise ToolCallError(name, str(fields.get("message", "")), fields.get("error_type"))
    return _plain(observation.get("result"), name)


def _mcp_result(response: dict[str, Any], failure: Any) -> dict[str, Any]:
    """The result of a JSON-RPC response; ``failure(message, kind)`` makes the error otherwise."""
    error = response.get("error")
    if error is not None:
        raise failure(str(error.get("message", "")) if isinstance(error, dict) else str(error), None)
    result = response.get("result")
    if not isinstance(result, dict):
        raise failure("the server gave no result", "transport_error")
    return result


def _plain(result: Any, name: str | None = None) -> Any:
    """The value inside the result of a tool, where a server wraps it up.

    Raises:
        ToolCallError: if the result says that the tool failed, and ``name`` is given.
    """
    if not isinstance(result, dict) or not isinstance(result.get("content"), list):
        return result
    if not {"data", "structured_content", "structuredContent", "is_error", "isError"} & result.keys():
        return result
    text = "\n".join(str(part["text"]) for part in result["content"] if isinstance(part, dict) and "text" in part)
    if name is not None and (result.get("is_error") or result.get("isError")):
        raise ToolCallError(name, text, "execution_error")
    if result.get("data") is not None:
        return result["data"]
    structured = result.get("structured_content") or result.get("structuredContent")
    if isinstance(structured, dict):
        return structured["result"] if structured.keys() == {"result"} else structured
    return text if result["content"] else None


def _tool(tool: Any) -> Tool:
    """A tool in the form of a step's observation or of MCP."""
    if not isinstance(tool, dict) or "name" not in tool:
        raise ProtocolError(f"the server lists something that is no tool: {json.dumps(tool)[:200]}")
    schema = tool.get("input_schema", tool.get("inputSchema")) or {}
    return Tool(name=tool["name"], description=tool.get("description") or "", input_schema=schema)


__all__ = ["CallToolAction", "ListToolsAction", "MCPClientBase", "MCPToolClient"]
