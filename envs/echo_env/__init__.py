"""Echo: the smallest environment with tools. It says back what it is told and rewards every character with 0.1."""

from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction

from .client import EchoEnv
from .models import EchoAction, EchoObservation

__all__ = ["CallToolAction", "EchoAction", "EchoEnv", "EchoObservation", "ListToolsAction"]
