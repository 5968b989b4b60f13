"""The tools of a FastMCP server, called without a protocol in between.

A plain function is called as FastMCP would call it: arguments validated by the function's own signature. A tool that
takes FastMCP's context, or is no function at all, goes through a FastMCP client on an in-memory connection, which
keeps the context's state from call to call.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter, ValidationError

from .mcp_types import Tool, ToolError, ToolErrorType


class ToolFailedError(Exception):
    """A tool call gave no result."""

    def __init__(self, error_type: ToolErrorType, message: str) -> None:
        super().__init__(message)
        self.error = ToolError(error_type=error_type, message=message)


@dataclass(frozen=True)
class ToolOutcome:
    """What a tool returned: the plain ``value``, and what it takes to show it as MCP content."""

    tool: Any
    value: Any
    mcp_result: Any = None


@dataclass(frozen=True)
class _Entry:
    tool: Any
    call: Callable[[dict[str, Any]], Any] | None
    is_async: bool


_MISSING: Final = _Entry(None, None, False)


# How to call the tools found so far, for every server that is alive: sessions may share a server. Only tools that
# belong to no session in particular: a closure or a method may be one environment's own.
_ENTRIES: Final[WeakKeyDictionary[Any, dict[str, _Entry]]] = WeakKeyDictionary()


class Toolbox:
    """Finds and calls the tools of one FastMCP server."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self._shared = _ENTRIES.setdefault(server, {})
        self._own: dict[str, _Entry] = {}
        self._client: Any = None

    async def tools(self) -> list[Any]:
        """FastMCP's tool objects, whichever of its major versions is installed."""
        lister = getattr(self.server, "list_tools", None)
        if lister is not None:
            return list(await lister())
        return list((await self.server.get_tools()).values())

    async def find(self, name: str) -> _Entry:
        """The tool called ``name``; an entry without a tool if there is none."""
        entry = self.known(name)
        if entry is None:
            by_name = {tool.name: tool for tool in await self.tools()}
            entry = entry_for(by_name[name]) if name in by_name else _MISSING
            if entry is not _MISSING:
                (self._shared if _belongs_to_nobody(entry.tool) else self._own)[name] = entry
        return entry

    def known(self, name: str) -> _Entry | None:
        """As :meth:`find`, for a tool that was found before."""
        return self._own.get(name) or self._shared.get(name)

    def forget(self, name: str) -> None:
        """Look for the tool anew: it may have been replaced."""
        self._own.pop(name, None)
        self._shared.pop(name, None)

    async def call_through_client(self, entry: _Entry, arguments: dict[str, Any]) -> ToolOutcome:
        """Call a tool that needs FastMCP's context."""
        client = await self.connect()
        result = await client.call_tool_mcp(entry.tool.name, arguments)
        if _either(result, "is_error", "isError"):
            text = " ".join(getattr(block, "text", "") for block in result.content).strip()
            raise failure(RuntimeError(text or "the tool failed"))
        structured = structured_content(result)
        wrapped = (getattr(entry.tool, "output_schema", None) or {}).get("x-fastmcp-wrap-result")
        if structured is not None:
            value = structured.get("result") if wrapped else structured
        else:
            texts = [block.text for block in result.content if hasattr(block, "text")]
            value = texts[0] if len(texts) == 1 else (texts or None)
        return ToolOutcome(entry.tool, value, result)

    async def connect(self) -> Any:
        """The in-memory FastMCP client, connected."""
        if self._client is None:
            from fastmcp import Client

            # In the protocol's stateless form every call would be a session of its own.
            legacy = {"mode": "legacy"} if "mode" in inspect.signature(Client.__init__).parameters else {}
            client: Any = Client(self.server, **legacy)
            await client.__aenter__()
            self._client = client
        return self._client

    async def disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.__aexit__(None, None, None)

    @property
    def connected(self) -> bool:
        return self._client is not None


def structured_content(result: Any) -> Any:
    """The structured content of a tool result, whichever MCP library made it."""
    return _either(result, "structured_content", "structuredContent")


def _either(result: Any, name: str, older_name: str) -> Any:
    return getattr(result, name) if name in type(result).model_fields else getattr(result, older_name, None)


def entry_for(tool: Any) -> _Entry:
    """How to call a FastMCP tool object."""
    function = getattr(tool, "fn", None)
    if function is None or not _is_plain(tool, function):
        return _Entry(tool, None, True)
    # FastMCP's own way to check arguments: pydantic validates them against the signature and makes the call.
    return _Entry(tool, TypeAdapter(function).validate_python, inspect.iscoroutinefunction(function))


def _belongs_to_nobody(tool: Any) -> bool:
    function = getattr(tool, "fn", None)
    return isinstance(function, FunctionType) and function.__closure__ is None


def _is_plain(tool: Any, function: Callable[..., Any]) -> bool:
    """Whether the tool's schema shows every parameter, so that nothing has to be injected."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return False
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or "get_context" in code.co_names:
        return False
    return set(inspect.signature(function).parameters) == set((tool.parameters or {}).get("properties", {}))


def call_plain(entry: _Entry, arguments: dict[str, Any]) -> Any:
    """Call a plain function tool; its value, or an awaitable of it.

    Raises:
        ToolFailedError: with the type that the reason stands for.
    """
    assert entry.call is not None
    try:
        return entry.call(arguments)
    except ValidationError as error:
        if _is_about_arguments(error, entry):
            raise ToolFailedError(ToolErrorType.INVALID_ARGS, _describe(error)) from None
        raise failure(error) from error
    except Exception as error:
        raise failure(error) from error


def _is_about_arguments(error: ValidationError, entry: _Entry) -> bool:
    return error.title.startswith("call[") or error.title == getattr(entry.tool.fn, "__name__", None)


def _describe(error: ValidationError) -> str:
    return "invalid arguments: " + "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
    )


def failure(error: BaseException) -> ToolFailedError:
    """The typed failure for what a tool raised; its text decides the type, as in the public protocol."""
    message = str(error) or type(error).__name__
    lowered = message.lower()
    if "not found" in lowered or "unknown tool" in lowered:
        kind = ToolErrorType.TOOL_NOT_FOUND
    elif "invalid" in lowered or "argument" in lowered:
        kind = ToolErrorType.INVALID_ARGS
    else:
        kind = ToolErrorType.EXECUTION_ERROR
    return ToolFailedError(kind, message)


async def await_tool(awaitable: Awaitable[Any], timeout_s: float) -> Any:
    """Await a tool, for ``timeout_s`` at most.

    Raises:
        ToolFailedError: if it raises or takes too long.
    """
    try:
        async with asyncio.timeout(timeout_s) as clock:
            return await awaitable
    except ToolFailedError:
        raise
    except TimeoutError as error:
        if clock.expired():
            message = f"the tool did not finish within {timeout_s:g} s"
            raise ToolFailedError(ToolErrorType.TIMEOUT, message) from None
        raise failure(error) from error
    except Exception as error:
        raise failure(error) from error


def describe_tool(tool: Any) -> Tool:
    """The tool as ``step`` shows it."""
    return Tool(name=tool.name, description=tool.description or "", input_schema=tool.parameters or {})
