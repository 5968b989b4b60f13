"""Tool descriptions in the forms that sessions, models and bridges use."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..env_server.mcp_types import Tool


def checked_tools(specs: "Iterable[Tool | Mapping[str, Any]]") -> "list[Tool]":
    """The tools of a session, as objects.

    Raises:
        TypeError: for a specification that is no tool.
        ValueError: for a name that is reserved or given twice.
    """
    from ..env_server.mcp_types import RESERVED_TOOL_NAMES

    tools = [as_tool(spec) for spec in specs]
    names = [tool.name for tool in tools]
    reserved = sorted(RESERVED_TOOL_NAMES.intersection(names))
    if reserved:
        raise ValueError(f"tool names are reserved for the environment's own verbs: rename {', '.join(reserved)}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"tool names must differ: there is more than one {', '.join(twice)}")
    return tools


def as_tool(spec: Any) -> "Tool":
    """A tool, from an object or its dict (``name``, ``description``, ``input_schema`` or ``inputSchema``).

    Raises:
        TypeError: if ``spec`` is neither.
    """
    from ..env_server.mcp_types import Tool

    if isinstance(spec, Tool):
        return spec
    fields = spec if isinstance(spec, Mapping) else {
        key: getattr(spec, key) for key in ("name", "description", "input_schema", "inputSchema") if hasattr(spec, key)
    }  # fmt: skip
    if not isinstance(fields.get("name"), str):
        raise TypeError(f"a tool is a Tool or a dict with a name, a description and an input_schema, not {spec!r}")
    schema = fields.get("input_schema") or fields.get("inputSchema") or {"type": "object", "properties": {}}
    return Tool(name=fields["name"], description=fields.get("description") or "", input_schema=dict(schema))


def mcp_form(spec: Any) -> dict[str, Any]:
    """A tool as MCP lists it."""
    tool = as_tool(spec)
    return {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
