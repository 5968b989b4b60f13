"""What a load session says and what it wants to hear."""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from benchmarks.websocket import client_frame

Kind = Literal["plain", "mcp"]
MESSAGES: Final = 16
RESET: Final = client_frame(b'{"type":"reset","data":{}}')


class WrongReplyError(ValueError):
    """A reply is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One step: the frame to send, and the message that has to come back."""

    frame: bytes
    message: str


def exchanges(kind: Kind) -> list[Exchange]:
    """The steps a session cycles through."""
    found = []
    for number in range(MESSAGES):
        message = f"Hello, World! This is message {number:02d}."
        action: dict[str, Any] = {"message": message}
        if kind == "mcp":
            action = {"type": "call_tool", "tool_name": "echo_message", "arguments": action}
        found.append(Exchange(client_frame(json.dumps({"type": "step", "data": action}).encode()), message))
    return found


def check(kind: Kind, payload: bytes, message: str) -> None:
    """Make sure that ``payload`` is the observation that echoes ``message``.

    Raises:
        WrongReplyError: if it is anything else.
    """
    reply = json.loads(payload)
    if reply.get("type") != "observation":
        raise WrongReplyError(f"reply is no observation: {payload[:200]!r}")
    observation = reply["data"]["observation"]
    echoed = observation.get("echoed" if kind == "plain" else "result")
    if isinstance(echoed, dict):  # the public package answers the whole result of the tool
        echoed = echoed.get("data")
    if echoed != message:
        raise WrongReplyError(f"reply does not echo {message!r}: {payload[:200]!r}")


class Checker:
    """Checks replies; those with bytes checked before cost one comparison."""

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind
        self._known: list[bytes] = [b""] * MESSAGES

    def __call__(self, index: int, payload: bytes, message: str) -> None:
        if payload != self._known[index]:
            check(self._kind, payload, message)
            self._known[index] = payload
