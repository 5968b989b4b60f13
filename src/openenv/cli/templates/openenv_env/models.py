"""What goes into the environment and what comes out."""

from openenv.core.env_server.types import Action, Observation


class __ENV_CLASS_NAME__Action(Action):
    """A message to echo."""

    message: str


class __ENV_CLASS_NAME__Observation(Observation):
    """The message that came back, and its length in characters."""

    echoed_message: str = ""
    message_length: int = 0
