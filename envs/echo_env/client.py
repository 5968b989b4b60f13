"""The client of the echo environment."""

from typing import TYPE_CHECKING, Any

from openenv.core.client_types import StepResult
from openenv.core.env_server.mcp_types import CallToolAction, ListToolsObservation
from openenv.core.env_server.types import Observation
from openenv.core.mcp_client import MCPToolClient

if TYPE_CHECKING or __package__:
    from .models import EchoAction, EchoObservation
else:  # imported from the environment's own directory
    from models import EchoAction, EchoObservation


class EchoEnv(MCPToolClient):
    """Plays the echo environment: ``reset``, ``step``, ``state``, ``list_tools``, ``call_tool``.

    ``step`` takes a ``CallToolAction``, a ``ListToolsAction`` or an :class:`EchoAction`. Observations are
    :class:`EchoObservation`, or ``ListToolsObservation`` for a ``ListToolsAction``.
    """

    def _step_payload(self, action: Any) -> dict[str, Any]:
        if isinstance(action, EchoAction):
            action = CallToolAction(tool_name="echo_message", arguments={"message": action.message})
        return super()._step_payload(action)

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Observation]:
        result = super()._parse_result(payload)
        if not isinstance(result.observation, ListToolsObservation):
            known = {name: value for name, value in result.observation if name in EchoObservation.model_fields}
            result.observation = EchoObservation(**known)
        return result
