"""The environment's side. Every name is loaded when it is first used; the types need no web framework."""

from typing import TYPE_CHECKING

from ..._lazy import lazy_exports

if TYPE_CHECKING:
    from .base_transforms import CompositeTransform, NullTransform
    from .exceptions import (
        ConcurrencyConfigurationError,
        EnvironmentFactoryError,
        OpenEnvError,
        SessionCapacityError,
        SessionCreationError,
        SessionNotFoundError,
    )
    from .http_server import HTTPEnvServer, create_app, create_fastapi_app
    from .interfaces import Environment, Message, ModelTokenizer, TaskProvider, Transform
    from .mcp_environment import MCPEnvironment
    from .mcp_types import (
        CallToolAction,
        CallToolObservation,
        JsonRpcError,
        JsonRpcErrorCode,
        JsonRpcRequest,
        JsonRpcResponse,
        ListToolsAction,
        ListToolsObservation,
        McpMethod,
        Tool,
        ToolError,
        ToolErrorType,
        WSMCPMessage,
        WSMCPResponse,
    )
    from .route_config import GetEndpointConfig, register_get_endpoints
    from .serialization import (
        deserialize_action,
        deserialize_action_with_preprocessing,
        serialize_observation,
    )
    from .settings import ServerSettings
    from .types import (
        Action,
        CodeExecResult,
        ConcurrencyConfig,
        EnvironmentMetadata,
        HealthResponse,
        HealthStatus,
        Observation,
        ResetRequest,
        ResetResponse,
        SchemaResponse,
        ServerCapacityStatus,
        ServerMode,
        SessionInfo,
        State,
        StepRequest,
        StepResponse,
        WSCloseMessage,
        WSErrorCode,
        WSErrorResponse,
        WSIncomingMessage,
        WSObservationResponse,
        WSResetMessage,
        WSStateMessage,
        WSStateResponse,
        WSStepMessage,
    )
    from .web_interface import WebInterfaceManager, create_web_interface_app, load_environment_metadata

__all__ = [
    "Action",
    "CallToolAction",
    "CallToolObservation",
    "CodeExecResult",
    "CompositeTransform",
    "ConcurrencyConfig",
    "ConcurrencyConfigurationError",
    "Environment",
    "EnvironmentFactoryError",
    "EnvironmentMetadata",
    "GetEndpointConfig",
    "HTTPEnvServer",
    "HealthResponse",
    "HealthStatus",
    "JsonRpcError",
    "JsonRpcErrorCode",
    "JsonRpcRequest",
    "JsonRpcResponse",
    "ListToolsAction",
    "ListToolsObservation",
    "MCPEnvironment",
    "McpMethod",
    "Message",
    "ModelTokenizer",
    "NullTransform",
    "Observation",
    "OpenEnvError",
    "ResetRequest",
    "ResetResponse",
    "SchemaResponse",
    "ServerCapacityStatus",
    "ServerMode",
    "ServerSettings",
    "SessionCapacityError",
    "SessionCreationError",
    "SessionInfo",
    "SessionNotFoundError",
    "State",
    "StepRequest",
    "StepResponse",
    "TaskProvider",
    "Tool",
    "ToolError",
    "ToolErrorType",
    "Transform",
    "WSCloseMessage",
    "WSErrorCode",
    "WSErrorResponse",
    "WSIncomingMessage",
    "WSMCPMessage",
    "WSMCPResponse",
    "WSObservationResponse",
    "WSResetMessage",
    "WSStateMessage",
    "WSStateResponse",
    "WSStepMessage",
    "WebInterfaceManager",
    "create_app",
    "create_fastapi_app",
    "create_web_interface_app",
    "deserialize_action",
    "deserialize_action_with_preprocessing",
    "load_environment_metadata",
    "register_get_endpoints",
    "serialize_observation",
]

_MODULES = {
    ".base_transforms": ("CompositeTransform NullTransform "),
    ".exceptions": (
        "ConcurrencyConfigurationError EnvironmentFactoryError OpenEnvError SessionCapacityError "
        "SessionCreationError SessionNotFoundError "
    ),
    ".http_server": ("HTTPEnvServer create_app create_fastapi_app "),
    ".interfaces": ("Environment Message ModelTokenizer TaskProvider Transform "),
    ".mcp_environment": ("MCPEnvironment "),
    ".mcp_types": (
        "CallToolAction CallToolObservation JsonRpcError JsonRpcErrorCode JsonRpcRequest JsonRpcResponse "
        "ListToolsAction ListToolsObservation McpMethod Tool ToolError ToolErrorType WSMCPMessage "
        "WSMCPResponse "
    ),
    ".route_config": ("GetEndpointConfig register_get_endpoints "),
    ".serialization": ("deserialize_action deserialize_action_with_preprocessing serialize_observation "),
    ".settings": ("ServerSettings "),
    ".types": (
        "Action CodeExecResult ConcurrencyConfig EnvironmentMetadata HealthResponse HealthStatus Observation "
        "ResetRequest ResetResponse SchemaResponse ServerCapacityStatus ServerMode SessionInfo State "
        "StepRequest StepResponse WSCloseMessage WSErrorCode WSErrorResponse WSIncomingMessage "
        "WSObservationResponse WSResetMessage WSStateMessage WSStateResponse WSStepMessage "
    ),
    ".web_interface": ("WebInterfaceManager create_web_interface_app load_environment_metadata"),
}
__getattr__, __dir__ = lazy_exports(
    __name__, {name: module for module, names in _MODULES.items() for name in names.split()}
)
