"""What goes into the echo environment and what comes out."""

from pydantic import Field

from openenv.core.env_server.mcp_types import CallToolObservation
from openenv.core.env_server.types import Action


class EchoAction(Action):
    """A message to echo: short for a call of the tool ``echo_message``. The client sends it as one."""

    message: str = Field(description="What to say back")


class EchoObservation(CallToolObservation):
    """What a reset or a tool call shows.

    Attributes:
        result: what the tool returned.
        echoed_message: the message that came back; empty where the call failed.
        message_length: its length in characters; the reward is a tenth of it.
    """

    tool_name: str = ""
    echoed_message: str = ""
    message_length: int = 0
