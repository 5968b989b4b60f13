"""Whatever comes in, exactly one well-formed reply goes out, and the session lives on."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from openenv.core.env_server.local import LocalSession
from openenv.core.env_server.mcp_types import JsonRpcResponse, WSMCPResponse
from openenv.core.env_server.types import (
    WSErrorCode,
    WSErrorResponse,
    WSIncomingMessage,
    WSObservationResponse,
    WSStateResponse,
)
from openenv.core.wire import encode
from tests.core.server.environments import (
    AsyncPuppet,
    CheapPuppet,
    EchoAction,
    EchoEnvironment,
    EchoObservation,
    EchoState,
    Puppet,
    PuppetAction,
    PuppetObservation,
    PuppetState,
)

REPLIES: dict[str, Any] = {
    "observation": WSObservationResponse,
    "state": WSStateResponse,
    "error": WSErrorResponse,
    "mcp": WSMCPResponse,
}

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)

# A puppet must not be told to wait, and not to fail in ways that other tests look at.
ACTION = st.fixed_dictionaries({}, optional={"message": JSON, "value": JSON, "metadata": JSON, "extra": JSON})
RPC = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "method": st.sampled_from(["tools/list", "tools/call", "ping", "openenv/session/close", "no"]) | JSON,
        "id": JSON,
        "params": st.fixed_dictionaries({}, optional={"name": JSON, "arguments": JSON, "session_id": JSON}) | JSON,
    },
)
MESSAGE = st.fixed_dictionaries(
    {"type": st.sampled_from(["reset", "step", "state", "mcp"]) | TEXT},
    optional={"data": ACTION | RPC | JSON, "timeout_s": st.none() | st.floats(1, 1e6) | JSON, "kwargs": OBJECT | JSON},
)
RESET = st.fixed_dictionaries(
    {"type": st.just("reset")},
    optional={
        "data": st.fixed_dictionaries({}, optional={"seed": st.integers(-2, 2**70) | JSON, "episode_id": TEXT | JSON})
    },
)
FRAME = st.one_of(MESSAGE, RESET, JSON).map(json.dumps) | TEXT | st.binary(max_size=20)


class Player:
    """A session that stays open from example to example."""

    def __init__(self, *specification: Any) -> None:
        self._runner = asyncio.Runner()
        self._session = LocalSession(*specification)
        self._runner.run(self._session.open())

    def request(self, frame: str | bytes | dict[str, Any]) -> dict[str, Any]:
        return self._runner.run(self._session.request(frame))

    def close(self) -> None:
        self._runner.run(self._session.close())
        self._runner.close()


@pytest.fixture(params=["echo", "puppet", "cheap", "asynchronous"], scope="module")
def player(request: pytest.FixtureRequest) -> Iterator[Player]:
    puppets = {"puppet": Puppet, "cheap": CheapPuppet, "asynchronous": AsyncPuppet}
    if request.param == "echo":
        player = Player(EchoEnvironment, EchoAction, EchoObservation, EchoState)
    else:
        player = Player(puppets[request.param], PuppetAction, PuppetObservation, PuppetState)
    yield player
    player.close()


def well_formed(reply: dict[str, Any]) -> dict[str, Any]:
    REPLIES[reply["type"]].model_validate(reply)
    data: dict[str, Any] = reply["data"]
    if reply["type"] == "error":
        assert isinstance(data["message"], str)
        assert data["code"] in set(WSErrorCode)
        assert ("errors" in data) == (data["code"] == "VALIDATION_ERROR")
    if reply["type"] == "observation":
        assert {"observation", "reward", "done"} <= set(data) <= {"observation", "reward", "done", "metadata"}
    if reply["type"] == "mcp":
        assert len({"result", "error"} & set(data)) == 1
        JsonRpcResponse.model_validate(data)
    assert json.loads(encode(reply)) == reply
    return reply


@settings(max_examples=120, deadline=None, derandomize=True)
@given(frame=FRAME)
def test_any_frame_has_one_reply(player: Player, frame: str | bytes) -> None:
    well_formed(player.request(frame))
    assert player.request({"type": "state"})["type"] == "state"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(value=JSON)
def test_any_value_passes_through_an_environment_unchanged(player: Player, value: Any) -> None:
    reply = player.request({"type": "step", "data": {"metadata": {"kept": value}, "message": "m"}})
    if reply["type"] == "observation":  # an echo
        assert reply["data"]["metadata"] == reply["data"]["observation"]["metadata"] == {"kept": value}
        return
    reply = player.request({"type": "step", "data": {"value": value}})  # a puppet
    assert reply["data"]["observation"]["value"] == value


@settings(max_examples=100, deadline=None, derandomize=True)
@given(message=MESSAGE | RESET | JSON)
def test_messages_are_taken_exactly_if_they_fit_their_model(player: Player, message: Any) -> None:
    """The models that document the messages, and the hand-written way through them, agree."""
    if isinstance(message, dict) and message.get("type") == "mcp":
        return
    try:
        TypeAdapter(WSIncomingMessage).validate_python(message)
        fits = True
    except ValidationError:
        fits = False
    reply = well_formed(player.request(json.dumps(message)))
    if not fits:
        assert reply["type"] == "error"
        assert reply["data"]["code"] in ("VALIDATION_ERROR", "UNKNOWN_TYPE")
    elif reply["type"] == "error":  # the action, the arguments of reset or the keyword arguments do not fit theirs
        assert reply["data"]["code"] in ("VALIDATION_ERROR", "EXECUTION_ERROR")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(name=TEXT, value=JSON)
def test_any_argument_of_reset_reaches_an_environment_that_takes_it(player: Player, name: str, value: Any) -> None:
    if name in ("seed", "episode_id", "timeout_s", "do", "value", "gate", "self"):
        return
    reply = well_formed(player.request({"type": "reset", "data": {name: value}}))
    observation = reply["data"]["observation"]
    if "arguments" in observation:
        assert observation["arguments"][name] == value
