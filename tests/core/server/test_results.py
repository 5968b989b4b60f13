"""What environments return and raise, over both routes, on every kind of environment."""

from typing import Any

import pytest

from tests.core.server.environments import ERRORS, NONSENSE
from tests.core.server.processes import Served, Servers

KINDS = ["puppet", "cheap", "asynchronous", "one_thread"]

SHOWN: dict[str, Any] = {
    "array": [[0, 1, 2], [3, 4, 5]],
    "columns": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
    "scalars": [0.5, -3, True],
    "halves": [0.5, 1.0],
    "nan": [None, None, [1.0, None]],
    "tuple": [1, ["two", None]],
    "model": {"numbers": [1, 2], "child": {"numbers": [], "child": None}},
    "set": [1],
    "keys": {"1": "one", "null": "none"},
    "big": 2**200,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SHOWN)
def test_observations_become_json(serve: Servers, kind: str, name: str) -> None:
    server = serve(kind)
    over_http = server.post("/step", {"action": {"do": "show", "value": name}}).json()
    with server.peer() as peer:
        over_socket = [peer.step(do="show", value=name), peer.reset(do="show", value=name)]
    values = [over_http["observation"]["value"], *(reply["data"]["observation"]["value"] for reply in over_socket)]
    assert [repr(value) for value in values] == [repr(SHOWN[name])] * 3


def test_numpy_fields(serve: Servers) -> None:
    server = serve("arrays")
    inner = {"numbers": [1, 2], "child": None}
    reset = {"observation": {"metadata": {}, "board": [[1, 0], [0, 1]], "inner": inner}, "reward": None, "done": False}
    assert server.post("/reset").json() == {**reset, "metadata": None}
    with server.peer() as peer:
        assert peer.reset() == {"type": "observation", "data": reset}
        assert peer.step(index=1)["data"]["observation"]["board"] == [0, 1]
        assert peer.state()["data"]["board"] == [[1, 0], [0, 1]]


def test_types_without_a_json_schema_are_open_in_the_schema(serve: Servers) -> None:
    schema = serve("arrays").http.get("/schema").json()
    assert schema["observation"]["properties"]["board"] == {"title": "Board"}
    assert set(schema["observation"]["properties"]["inner"]) == {"$ref", "default"}
    assert "board" in schema["state"]["properties"]


def test_metadata_of_the_environment_s_own(serve: Servers) -> None:
    assert serve("arrays").http.get("/metadata").json() == {
        "name": "arrays",
        "description": "NumPy all over",
        "readme_content": None,
        "version": "3.1",
        "author": "me",
        "documentation_url": None,
    }


@pytest.mark.parametrize("value", ["SystemExit", "ValueError"])
def test_metadata_that_fails_is_asked_for_again(serve: Servers, value: str) -> None:
    server = serve.fresh("arrays")
    server.next("create", do="raise", value=value)
    response = server.http.get("/metadata")
    assert (response.status_code, response.json()["code"]) == (500, "EXECUTION_ERROR")
    assert server.http.get("/metadata").json()["name"] == "arrays"


# Nonsense

REASONS = {
    "nothing": "the environment returned NoneType, not an Observation",
    "a dict": "the environment returned dict, not an Observation",
    "a class": "the environment returned ModelMetaclass, not an Observation",
    "reward nan": "reward is nan, not a finite number",
    "reward inf": "reward is -inf, not a finite number",
    "reward text": "reward is no number but str",
    "bytes": "cannot be serialized as JSON: bytes have no JSON form",
    "an object": "cannot be serialized as JSON: object is not JSON-serializable",
    "half a character": "cannot be serialized as JSON: ",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_an_error_and_never_a_reward(serve: Servers, kind: str, name: str) -> None:
    server = serve(kind)
    response = server.post("/step", {"action": {"do": "return", "value": name}})
    assert response.status_code == 500
    assert set(response.json()) == {"detail", "code"}
    with server.peer() as peer:
        replies = [peer.step(do="return", value=name), peer.reset(do="return", value=name)]
        assert peer.step(value="still there")["data"]["observation"]["value"] == "still there"
    told = [(response.json()["code"], response.json()["detail"])]
    told += [(reply["data"]["code"], reply["data"]["message"]) for reply in replies]
    for code, message in told:
        assert code == "EXECUTION_ERROR"
        assert message.startswith(REASONS[name])


def test_rewards_that_are_numbers_of_another_library(server: Served) -> None:
    with server.peer() as peer:
        assert peer.step(do="raw reward")["data"]["reward"] == 0.5
    assert server.post("/step", {"action": {"do": "raw reward"}}).json()["reward"] == 0.5


def test_a_reward_that_is_no_float_is_told_over_http(server: Served) -> None:
    response = server.post("/step", {"action": {"do": "done", "value": 10**400}})
    assert (response.status_code, response.json()["code"]) == (500, "EXECUTION_ERROR")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("raise", "no state"),
        ("exit", "SystemExit: 4"),
        ("nothing", "the environment's state is NoneType, not a State"),
        (5, "the environment's state is int, not a State"),
        ("text", "the environment's state is str, not a State"),
    ],
)
def test_a_state_that_is_none(serve: Servers, kind: str, value: Any, reason: str) -> None:
    with serve(kind).peer() as peer:
        peer.step(do="state", value=value)
        assert peer.state() == {"type": "error", "data": {"message": reason, "code": "EXECUTION_ERROR"}}
        peer.reset(episode_id="better")
        assert peer.state()["data"]["episode_id"] == "better"


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_may_be_plain_data(serve: Servers, kind: str) -> None:
    with serve(kind).peer() as peer:
        peer.step(do="state", value={"level": [1]})
        assert peer.state() == {"type": "state", "data": {"level": [1]}}


# Errors

MESSAGES = {
    "ValueError": "no such luck",
    "silent": "ValueError",
    "SystemExit": "SystemExit: 3",
    "KeyboardInterrupt": "KeyboardInterrupt",
    "StopIteration": "StopIteration: over",
    "CancelledError": "CancelledError",
    "GeneratorExit": "GeneratorExit",
    "Unprintable": "Unprintable",
    "surrogate": "half a \\ud800 character",
    "TimeoutError": "the database is slow",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ERRORS)
def test_errors_of_the_environment_end_neither_session_nor_server(serve: Servers, kind: str, name: str) -> None:
    server = serve(kind)
    expected = {"message": MESSAGES[name], "code": "EXECUTION_ERROR"}
    if (kind, name) == ("asynchronous", "StopIteration"):
        expected["message"] = "coroutine raised StopIteration"  # Python's own rule
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        assert peer.step(do="raise", value=name) == {"type": "error", "data": expected}
        assert peer.reset(do="raise", value=name) == {"type": "error", "data": expected}
        assert peer.step()["data"]["observation"]["instance"] == instance
    response = server.post("/step", {"action": {"do": "raise", "value": name}})
    assert (response.status_code, response.json()) == (
        500,
        {"detail": expected["message"], "code": "EXECUTION_ERROR"},
    )
    server.settle()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["ValueError", "SystemExit", "StopIteration", "CancelledError"])
def test_a_constructor_that_raises(serve: Servers, kind: str, name: str) -> None:
    server = serve(kind)
    server.next("create", do="raise", value=name)
    with server.peer() as peer:
        data = peer.receive()["data"]
        assert data["code"] == "FACTORY_ERROR"
        assert data["message"] == f"Environment factory failed: {data['factory_name']}"
        assert set(data) == {"message", "code", "factory_name"}
        assert peer.until_closed().code == 1000
        assert server.active == 0
    with server.peer() as peer:
        assert peer.reset()["type"] == "observation"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["ValueError", "SystemExit", "CancelledError"])
def test_a_close_that_raises_frees_its_slot(serve: Servers, kind: str, name: str) -> None:
    server = serve(kind)
    server.next("close", do="raise", value=name)
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        peer.send({"type": "close"})
        assert peer.until_closed().code == 1000
    assert server.events(instance)[-1] == "close"
    server.settle()
    with server.peer() as peer:
        assert peer.reset()["type"] == "observation"
