"""The framework: servers in :mod:`.env_server`, clients beside it. Names are loaded when they are first used."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports
from .env_server import _MODULES as _SERVER_MODULES

if TYPE_CHECKING:
    from .env_client import EnvClient
    from .env_server import *  # noqa: F403
    from .generic_client import GenericAction, GenericEnvClient
    from .llm_client import AnthropicClient, LLMClient, LLMResponse, OpenAIClient, ToolCall, create_llm_client
    from .mcp_client import MCPClientBase, MCPToolClient
    from .sync_client import SyncEnvClient

__all__ = [
    "AnthropicClient",
    "EnvClient",
    "GenericAction",
    "GenericEnvClient",
    "LLMClient",
    "LLMResponse",
    "MCPClientBase",
    "MCPToolClient",
    "OpenAIClient",
    "SyncEnvClient",
    "ToolCall",
    "create_llm_client",
]

_MODULES = {
    ".env_client": "EnvClient",
    ".generic_client": "GenericAction GenericEnvClient",
    ".llm_client": "AnthropicClient LLMClient LLMResponse OpenAIClient ToolCall create_llm_client",
    ".mcp_client": "MCPClientBase MCPToolClient",
    ".sync_client": "SyncEnvClient",
    **{f".env_server{module}": names for module, names in _SERVER_MODULES.items()},
}
__getattr__, __dir__ = lazy_exports(
    __name__, {name: module for module, names in _MODULES.items() for name in names.split()}
)
