"""``WS /ws``: the messages, and what comes back for everything that is none."""

import json
from typing import Any

import pytest

from tests.core.server.peers import Peer, Refused
from tests.core.server.processes import Served, Servers

# One environment on a thread of its own, one whose steps run inline, one that awaits: alike for their clients.
KINDS = ["puppet", "cheap", "asynchronous"]


@pytest.fixture
def echo(serve: Servers) -> Served:
    return serve("echo")


def error(reply: dict[str, Any]) -> dict[str, Any]:
    assert set(reply) == {"type", "data"}
    assert reply["type"] == "error"
    data: dict[str, Any] = reply["data"]
    assert isinstance(data["message"], str)
    return data


# The shapes


def test_handshake_tells_version_and_mode(echo: Served) -> None:
    with echo.peer() as peer:
        assert peer.headers["X-OpenEnv-Mode"] == "simulation"
        assert peer.headers["X-OpenEnv-Version"]
        assert peer.headers["X-OpenEnv-Received"] == "0"
        assert len(peer.secret) >= 32


def test_an_episode(echo: Served) -> None:
    with echo.peer() as peer:
        assert peer.reset() == {
            "type": "observation",
            "data": {"observation": {"echoed": "", "metadata": {}}, "reward": None, "done": False},
        }
        assert peer.step(message="hi", metadata={"k": 1}) == {
            "type": "observation",
            "data": {
                "observation": {"echoed": "hi", "metadata": {"k": 1}},
                "reward": 2,
                "done": False,
                "metadata": {"k": 1},
            },
        }
        assert peer.state() == {"type": "state", "data": {"episode_id": "one", "step_count": 1, "last": "hi"}}


def test_reset_needs_no_data_and_takes_any(echo: Served) -> None:
    with echo.peer() as peer:
        for frame in ({"type": "reset"}, {"type": "reset", "data": {"seed": 5, "episode_id": "e", "unknown": {}}}):
            assert peer.request(frame)["type"] == "observation"


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_reach_the_environment(serve: Servers, kind: str) -> None:
    with serve(kind).peer() as peer:
        arguments = {"seed": 0, "copy": 1, "json": [2], "model_dump": {"a": 3}}
        reply = peer.reset(**arguments)
        assert reply["data"]["observation"]["arguments"] == {**arguments, "episode_id": None}
        frame = {"type": "step", "data": {}, "kwargs": {"request_id": "r", "copy": 1}, "timeout_s": 9.5}
        reply = peer.request(frame)
        assert reply["data"]["observation"]["arguments"] == {"request_id": "r", "copy": 1, "timeout_s": 9.5}
        reply = peer.request({"type": "step", "data": {}, "kwargs": {"timeout_s": 8.5}})
        assert reply["data"]["observation"]["arguments"] == {"timeout_s": 8.5}


@pytest.mark.parametrize("kind", KINDS)
def test_the_episode_id_becomes_the_state_s(serve: Servers, kind: str) -> None:
    with serve(kind).peer() as peer:
        peer.reset(episode_id="mine")
        assert peer.state()["data"]["episode_id"] == "mine"
        peer.step()
        assert peer.state()["data"]["step_count"] == 1
        peer.reset()
        assert peer.state()["data"]["episode_id"].startswith("episode of ")
        assert peer.state()["data"]["step_count"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reward", [3, True, 0.5, None, -1, 2**80])
def test_the_type_of_a_reward_is_kept(serve: Servers, kind: str, reward: float | None) -> None:
    with serve(kind).peer() as peer:
        data = peer.step(do="done", value=reward)["data"]
        assert data["done"] is True
        assert repr(data["reward"]) == repr(reward)
        assert "metadata" not in data


def test_close_gets_no_reply_and_frees_everything_before_the_socket_closes(server: Served) -> None:
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        peer.send({"type": "close"})
        closed = peer.until_closed()
        assert closed.code == 1000
        assert server.events(instance)[-1] == "closed"
        assert server.active == 0


def test_a_message_may_come_in_fragments(echo: Served) -> None:
    with echo.peer() as peer:
        peer.send_fragments(b'{"type": "st', b'ep", "data": {"mess', 'age": "é"}}'.encode())
        assert peer.receive()["data"]["observation"]["echoed"] == "é"


@pytest.mark.parametrize("kind", KINDS)
def test_messages_sent_ahead_are_answered_one_by_one_in_order(serve: Servers, kind: str) -> None:
    with serve(kind).peer() as peer:
        for number in range(40):
            peer.send({"type": "step", "data": {"value": number}} if number % 3 else {"type": "state"})
        replies = [peer.receive() for _ in range(40)]
        assert [reply["type"] for reply in replies] == ["observation" if n % 3 else "state" for n in range(40)]
        assert [r["data"]["observation"]["value"] for r in replies if r["type"] == "observation"] == [
            number for number in range(40) if number % 3
        ]


# What is wrong, and does not end the session


@pytest.mark.parametrize("frame", ["", "{", "nonsense", '{"type": "state"', '{"type": "step", "data": {"value": NaN}}'])
def test_invalid_json(server: Served, frame: str) -> None:
    with server.peer() as peer:
        data = error(peer.request(frame))
        assert set(data) == {"message", "code"}
        assert data["code"] == "INVALID_JSON"
        assert data["message"].startswith("Invalid JSON: ")
        assert peer.state()["type"] == "state"


@pytest.mark.parametrize("kind", ["fly", "", None, 5, ["step"], {"type": "step"}, "RESET", "state "])
def test_unknown_types(server: Served, kind: Any) -> None:
    with server.peer() as peer:
        data = error(peer.request({"type": kind, "data": {}}))
        assert data == {"message": f"Unknown message type: {kind}", "code": "UNKNOWN_TYPE"}
        assert peer.state()["type"] == "state"


def test_a_missing_type(server: Served) -> None:
    with server.peer() as peer:
        data = error(peer.request({"data": {}}))
        assert data == {"message": "Unknown message type: None", "code": "UNKNOWN_TYPE"}
        assert peer.state()["type"] == "state"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("frame", "problem", "location"),
    [
        ([], "dict_type", []),
        ([{"type": "state"}], "dict_type", []),
        ("5", "dict_type", []),
        ("null", "dict_type", []),
        ('"state"', "dict_type", []),
        (b'{"type": "state"}', "string_type", []),
        (b"\xff\xfe", "string_type", []),
        (b"", "string_type", []),
        ({"type": "step"}, "missing", ["data"]),
        ({"type": "step", "data": []}, "dict_type", ["data"]),
        ({"type": "step", "data": {"do": 5}}, "string_type", ["do"]),
        ({"type": "step", "data": {"fly": 1}}, "extra_forbidden", ["fly"]),
        ({"type": "step", "data": {}, "extra": 1}, "extra_forbidden", ["extra"]),
        ({"type": "state", "data": {}}, "extra_forbidden", ["data"]),
        ({"type": "close", "why": "so"}, "extra_forbidden", ["why"]),
        ({"type": "reset", "data": "now"}, "model_type", []),
        ({"type": "reset", "data": {"seed": -5}}, "greater_than_equal", ["seed"]),
        ({"type": "reset", "data": {"seed": "abc"}}, "int_parsing", ["seed"]),
        ({"type": "reset", "data": {"episode_id": "e" * 256}}, "string_too_long", ["episode_id"]),
        ({"type": "reset", "data": {"timeout_s": 0}}, "greater_than", ["timeout_s"]),
        ({"type": "reset", "timeout_s": 0}, "greater_than", ["timeout_s"]),
        ({"type": "step", "data": {}, "timeout_s": "soon"}, "float_parsing", ["timeout_s"]),
        ({"type": "step", "data": {}, "kwargs": []}, "dict_type", ["kwargs"]),
        ({"type": "step", "data": {}, "kwargs": {"timeout_s": -1}}, "greater_than", ["kwargs", "timeout_s"]),
        ({"type": "step", "data": {}, "kwargs": {"request_id": 5}}, "string_type", ["kwargs", "request_id"]),
        ({"type": "mcp"}, "missing", ["data"]),
        ({"type": "mcp", "data": "tools/list"}, "dict_type", ["data"]),
    ],
    ids=str,
)
def test_invalid_messages(serve: Servers, kind: str, frame: Any, problem: str, location: list[str]) -> None:
    with serve(kind).peer() as peer:
        data = error(peer.request(frame))
        assert set(data) == {"message", "code", "errors"}
        assert (data["code"], data["message"]) == ("VALIDATION_ERROR", "Invalid message")
        assert (data["errors"][0]["type"], data["errors"][0]["loc"]) == (problem, location)
        assert peer.state()["type"] == "state"


def test_errors_are_those_of_a_422_body(echo: Served) -> None:
    over_http = echo.post("/step", {"action": {"message": 5, "extra": [1]}}).json()["detail"]
    with echo.peer() as peer:
        assert error(peer.step(message=5, extra=[1]))["errors"] == over_http


def test_deep_nesting_is_no_json(server: Served) -> None:
    with server.peer() as peer:
        for depth in (300, 100_000):
            data = error(peer.request('{"type":"step","data":{"value":' + "[" * depth + "]" * depth + "}}"))
            assert data["code"] == "INVALID_JSON"
        value: Any = 0
        for _ in range(100):
            value = [value]
        assert peer.step(value=value)["data"]["observation"]["value"] == value


@pytest.mark.parametrize("kind", KINDS)
def test_data_of_the_environment_passes_unchanged(serve: Servers, kind: str) -> None:
    value = {"": None, "é\u0000\U0001f600": [1.5, -0.0, 2**200, -(2**63), 10**300], "nested": {"a": [[], {}, ""]}}
    with serve(kind).peer() as peer:
        assert repr(peer.step(value=value)["data"]["observation"]["value"]) == repr(value)
        assert repr(peer.reset(value=value)["data"]["observation"]["value"]) == repr(value)


def test_a_lost_character_ends_the_connection_as_the_websocket_standard_says(server: Served) -> None:
    with server.peer() as peer:
        peer.send_raw_text(b'{"type": "state"}\xff')
        assert peer.until_closed().code == 1007
    server.settle()  # never used: nothing to wait for
    with server.peer() as peer:
        assert peer.state()["type"] == "state"


def test_bytes_that_are_no_websocket_frames_end_only_their_connection(server: Served) -> None:
    with server.peer() as other, server.peer() as peer:
        peer.send_bytes(b"GET / HTTP/1.1\r\n\r\n" * 10)
        assert peer.until_closed().code == 1002
        assert other.state()["type"] == "state"


@pytest.mark.parametrize("path", ["/nowhere", "/ws/", "/reset"])
def test_other_paths_take_no_socket(server: Served, path: str) -> None:
    with pytest.raises(Refused) as refused:
        Peer(server.url, path)
    assert refused.value.status in (403, 404)


def test_replies_are_compact_utf8_text(echo: Served) -> None:
    with echo.peer() as peer:
        peer.send({"type": "step", "data": {"message": "é"}})
        text = peer.receive_text()
        assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
