"""Environments whose actions are tools of a FastMCP server."""

import asyncio
import threading
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from weakref import WeakSet

from ..utils import run_async_safely
from .interfaces import Environment, ObsT, StateT, Transform
from .mcp_types import (
    RESERVED_TOOL_NAMES,
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    ToolError,
    ToolErrorType,
)
from .session import MCP_TOOL_CALL_TIMEOUT
from .toolbox import Toolbox, ToolFailedError, ToolOutcome, await_tool, call_plain, describe_tool, entry_for
from .types import Action, Observation, ServerMode

T = TypeVar("T")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_MODES = frozenset(mode.value for mode in ServerMode)


# Servers whose tools have names that are free: many environments may share one.
_CHECKED: WeakSet[Any] = WeakSet()


async def get_server_tools(server: Any) -> dict[str, Any]:
    """The tools of a FastMCP server by name."""
    return {tool.name: tool for tool in await Toolbox(server).tools()}


class MCPEnvironment(Environment[Any, Any, StateT]):
    """An environment that offers the tools of a FastMCP server (version 2.10 or newer).

    ``step`` takes :class:`ListToolsAction` and :class:`CallToolAction`; every other action goes to ``_step_impl``.
    Subclasses write ``reset``, ``state`` and ``_step_impl``, and may wrap ``step`` to count or to reward.

    A synchronous tool runs on the thread that calls ``step``; an asynchronous one on an event loop that belongs to
    this environment. A tool that needs FastMCP's context takes it as a parameter.
    """

    def __init__(self, mcp_server: Any, transform: Transform[ObsT] | None = None) -> None:
        """Wrap ``mcp_server``.

        Raises:
            ValueError: if a tool has the name of one of the environment's own verbs.
        """
        super().__init__(transform=transform)
        self.mcp_server = mcp_server
        self._mode: str = ServerMode.SIMULATION.value
        self._toolbox = Toolbox(mcp_server)
        self._mode_tools: dict[str, dict[str, Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_lock = threading.Lock()
        if mcp_server not in _CHECKED:
            _refuse_reserved(tool.name for tool in run_async_safely(self._toolbox.tools()))
            _CHECKED.add(mcp_server)

    @property
    def supports_code_mode(self) -> bool:
        """Whether :meth:`execute_code` may be used."""
        return True

    # Tools

    def tool(self, mode: str | None = None) -> Callable[[FunctionT], FunctionT]:
        """Decorator: make a function a tool, in every mode or in one only.

        Raises:
            ValueError: for an unknown mode or a reserved name.
        """
        if mode is not None and mode not in _MODES:
            raise ValueError(f"mode must be one of {sorted(_MODES)} or None, not {mode!r}")

        def register(function: FunctionT) -> FunctionT:
            _refuse_reserved([function.__name__])
            if mode is None:
                self.mcp_server.tool(function)
                self._toolbox.forget(function.__name__)
            else:
                from fastmcp.tools import Tool

                self._mode_tools.setdefault(mode, {})[function.__name__] = Tool.from_function(function)
            return function

        return register

    async def _visible_tools(self) -> dict[str, Any]:
        tools = {tool.name: tool for tool in await self._toolbox.tools()}
        return {**tools, **self._mode_tools.get(self._mode, {})}

    def get_callables(self) -> dict[str, Callable[..., Any]]:
        """The visible tools' functions by name."""
        tools = self.run_coroutine(self._visible_tools())
        return {name: tool.fn for name, tool in tools.items() if hasattr(tool, "fn")}

    def execute_code(self, code: str) -> Observation:
        """Run Python code that calls the tools as functions; in this process, so only code that may do anything.

        Returns:
            An observation whose metadata holds ``result`` (the variable of that name) or ``error``.
        """
        namespace: dict[str, Any] = dict(self.get_callables())
        try:
            exec(code, namespace)  # noqa: S102 - the documented purpose of this method
        except Exception as error:
            return Observation(metadata={"error": f"{type(error).__name__}: {error}"})
        return Observation(metadata={"result": namespace.get("result")})

    @asynccontextmanager
    async def mcp_session(self) -> AsyncIterator[Any]:
        """A FastMCP client connected to the server; nested uses share one connection."""
        owner = not self._toolbox.connected
        client = await self._toolbox.connect()
        try:
            yield client
        finally:
            if owner:
                await self._toolbox.disconnect()

    # Steps

    @abstractmethod
    def _step_impl(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        """Take an action that is no tool call."""

    def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Any:
        """List or call tools, or hand the action to ``_step_impl``."""
        if isinstance(action, CallToolAction):
            entry = self._mode_entry(action.tool_name) or self._toolbox.known(action.tool_name)
            if entry is not None and entry.call is not None and not entry.is_async:
                try:
                    value = call_plain(entry, action.arguments)
                except ToolFailedError as failed:
                    return self.tool_observation(action, error=failed.error)
                return self._observe(action, ToolOutcome(entry.tool, value))
            return self.run_coroutine(self._call_tool(action, timeout_s))
        if isinstance(action, ListToolsAction):
            return self.run_coroutine(self._list_tools())
        return self._step_impl(action, timeout_s=timeout_s, **kwargs)

    async def step_async(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Any:
        """As :meth:`step`, for callers that await."""
        if isinstance(action, CallToolAction):
            return await self._call_tool(action, timeout_s)
        if isinstance(action, ListToolsAction):
            return await self._list_tools()
        return self._step_impl(action, timeout_s=timeout_s, **kwargs)

    def _mode_entry(self, name: str) -> Any:
        tool = self._mode_tools.get(self._mode, {}).get(name) if self._mode_tools else None
        return None if tool is None else entry_for(tool)

    async def _list_tools(self) -> ListToolsObservation:
        return ListToolsObservation(tools=[describe_tool(tool) for tool in (await self._visible_tools()).values()])

    async def _call_tool(self, action: CallToolAction, timeout_s: float | None) -> CallToolObservation:
        timeout_s = MCP_TOOL_CALL_TIMEOUT if timeout_s is None else timeout_s
        try:
            entry = self._mode_entry(action.tool_name) or await self._toolbox.find(action.tool_name)
            if entry.tool is None:
                raise ToolFailedError(ToolErrorType.TOOL_NOT_FOUND, f"Unknown tool: {action.tool_name!r}")
            if entry.call is None:
                call = self._toolbox.call_through_client(entry, action.arguments)
                outcome = await await_tool(call, timeout_s)
            else:
                value = call_plain(entry, action.arguments)
                if entry.is_async:
                    value = await await_tool(value, timeout_s)
                outcome = ToolOutcome(entry.tool, value)
        except ToolFailedError as failed:
            return self.tool_observation(action, error=failed.error)
        return self._observe(action, outcome)

    def tool_observation(
        self, action: CallToolAction, result: Any = None, error: ToolError | None = None
    ) -> CallToolObservation:
        """The observation of a tool call; override it to answer with a class of your own, or with a reward."""
        return CallToolObservation(tool_name=action.tool_name, result=result, error=error)

    def _observe(self, action: CallToolAction, outcome: ToolOutcome) -> CallToolObservation:
        observation = self.tool_observation(action, outcome.value)
        observation._raw = outcome
        return observation

    async def describe_tools_for_mcp(self) -> list[dict[str, Any]]:
        """The visible tools as MCP's ``tools/list`` shows them."""
        tools = (await self._visible_tools()).values()
        return [tool.to_mcp_tool().model_dump(mode="json", by_alias=True) for tool in tools]

    # Life

    def run_coroutine(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` to its end on this environment's own event loop, from any thread, and wait for it."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._run_on_own_loop(coroutine)
        return _in_other_thread(lambda: self._run_on_own_loop(coroutine))

    def _run_on_own_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with self._loop_lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """Let go of the server, its connection and the event loop."""
        if self._loop is not None:
            if self._toolbox.connected:
                self.run_coroutine(self._toolbox.disconnect())
            self._loop.close()
            self._loop = None
        self._mode_tools.clear()
        self.mcp_server = None


def _refuse_reserved(names: Any) -> None:
    reserved = sorted(RESERVED_TOOL_NAMES.intersection(names))
    if reserved:
        raise ValueError(f"tools must not be named {', '.join(reserved)}: those are verbs of every environment")


def _in_other_thread(call: Callable[[], T]) -> T:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(call).result()
