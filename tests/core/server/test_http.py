"""The HTTP routes: shapes, statuses and error bodies."""

import uuid
from typing import Any

import httpx
import pytest

from tests.core.server.processes import Served, Servers

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def echo(serve: Servers) -> Served:
    return serve("echo")


def test_health(echo: Served) -> None:
    response = echo.http.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "healthy"})


def test_metadata_comes_from_the_class_name(echo: Served) -> None:
    assert echo.http.get("/metadata").json() == {
        "name": "EchoEnvironment",
        "description": "EchoEnvironment environment",
        "readme_content": None,
        "version": "1.0.0",
        "author": None,
        "documentation_url": None,
    }


def test_environments_are_listed(echo: Served) -> None:
    assert echo.http.get("/list_environments").json() == ["EchoEnvironment"]


def test_schema(echo: Served) -> None:
    schema = echo.http.get("/schema").json()
    assert set(schema) == {"action", "observation", "state", "reset_observation"}
    assert schema["action"]["required"] == ["message"]
    assert schema["action"]["properties"]["message"] == {"title": "Message", "type": "string"}
    assert set(schema["observation"]["properties"]) == {"done", "reward", "metadata", "echoed"}
    assert set(schema["state"]["properties"]) == {"episode_id", "step_count", "last"}
    assert schema["reset_observation"] == schema["observation"]


def test_openapi_has_the_title_and_version_that_validators_look_for(echo: Served) -> None:
    document = echo.http.get("/openapi.json").json()
    assert document["info"]["title"] == "OpenEnv Environment HTTP API"
    assert document["info"]["version"] == "1.0.0"
    assert {"/reset", "/step", "/state", "/health", "/metadata", "/schema", "/mcp"} <= set(document["paths"])


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_documentation_pages(echo: Served, path: str) -> None:
    response = echo.http.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/", "/web", "/nowhere"])
def test_unknown_paths(echo: Served, path: str) -> None:
    response = echo.http.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/reset"), ("GET", "/step"), ("POST", "/health"), ("PUT", "/mcp")]
)
def test_wrong_methods(echo: Served, method: str, path: str) -> None:
    response = echo.http.request(method, path)
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})


# reset, step and state


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'{"seed": 3, "unknown": [1]}'])
def test_reset_takes_any_arguments_and_none(echo: Served, content: bytes) -> None:
    response = echo.http.post("/reset", content=content, headers=JSON)
    assert (response.status_code, response.json()) == (
        200,
        {"observation": {"metadata": {}, "echoed": ""}, "reward": None, "done": False, "metadata": None},
    )


def test_step(echo: Served) -> None:
    response = echo.post("/step", {"action": {"message": "hi", "metadata": {"k": 1}}, "unknown": 1})
    assert response.headers["content-type"] == "application/json"
    assert (response.status_code, response.json()) == (
        200,
        {
            "observation": {"echoed": "hi", "metadata": {"k": 1}},
            "reward": 2.0,
            "done": False,
            "metadata": {"k": 1},
        },
    )
    assert '"reward":2.0' in response.text  # a float, always


def test_state_is_that_of_a_fresh_environment(echo: Served) -> None:
    with echo.peer() as peer:
        peer.step(message="elsewhere")
        assert echo.http.get("/state").json() == {"episode_id": "none yet", "step_count": 0, "last": None}


def test_each_request_has_an_environment_of_its_own_which_is_closed(server: Served) -> None:
    instances = [
        server.post(*call).json()["observation"]["instance"] for call in [("/reset",), ("/step", {"action": {}})]
    ]
    assert instances[0] != instances[1]
    for instance in instances:
        assert server.events(instance)[-2:] == ["close", "closed"]
    assert server.active == 0


def test_only_what_the_client_sent_is_forwarded(server: Served) -> None:
    body = {"seed": 0, "depth": {"a": [1]}, "copy": 1, "json": 2, "schema": 3, "model_fields": 4}
    arguments = server.post("/reset", body).json()["observation"]["arguments"]
    assert arguments == {**body, "episode_id": None}
    body = {"action": {}, "timeout_s": 2.5, "request_id": "r", "copy": 1, "more": None}
    arguments = server.post("/step", body).json()["observation"]["arguments"]
    assert arguments == {"timeout_s": 2.5, "request_id": "r", "copy": 1, "more": None}
    assert server.post("/step", {"action": {}}).json()["observation"]["arguments"] == {"timeout_s": None}


def test_the_episode_id_becomes_the_state_s(server: Served) -> None:
    episode_id = "e" * 255
    assert server.post("/reset", {"episode_id": episode_id}).status_code == 200


# What is refused


def first_problem(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 422, response.text
    assert set(response.json()) == {"detail"}
    problem: dict[str, Any] = response.json()["detail"][0]
    assert {"type", "loc", "msg", "input"} <= set(problem)
    return problem


@pytest.mark.parametrize(
    ("path", "body", "kind", "location"),
    [
        ("/reset", {"seed": -1}, "greater_than_equal", ["body", "seed"]),
        ("/reset", {"seed": "abc"}, "int_parsing", ["body", "seed"]),
        ("/reset", {"seed": 1.5}, "int_from_float", ["body", "seed"]),
        ("/reset", {"episode_id": "e" * 256}, "string_too_long", ["body", "episode_id"]),
        ("/reset", {"episode_id": 5}, "string_type", ["body", "episode_id"]),
        ("/reset", {"timeout_s": 0}, "greater_than", ["body", "timeout_s"]),
        ("/reset", [1], "model_attributes_type", ["body"]),
        ("/step", {}, "missing", ["body", "action"]),
        ("/step", None, "missing", ["body"]),
        ("/step", {"action": "go"}, "dict_type", ["body", "action"]),
        ("/step", {"action": {}, "timeout_s": -2}, "greater_than", ["body", "timeout_s"]),
        ("/step", {"action": {}, "request_id": "r" * 256}, "string_too_long", ["body", "request_id"]),
        # what the environment's own model refuses is located within the action
        ("/step", {"action": {}}, "missing", ["message"]),
        ("/step", {"action": {"message": 5}}, "string_type", ["message"]),
        ("/step", {"action": {"message": "m", "extra": 1}}, "extra_forbidden", ["extra"]),
    ],
)
def test_invalid_bodies(echo: Served, path: str, body: Any, kind: str, location: list[str]) -> None:
    problem = first_problem(echo.post(path, body) if body is not None else echo.http.post(path))
    assert (problem["type"], problem["loc"]) == (kind, location)


NOT_JSON = {
    "cut off": b"{",
    "NaN": b'{"seed": NaN}',
    "half a character": b'{"seed": "\\ud800"}',
    "deep": b"[" * 100_000,
    "long number": b'{"seed": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("content", [*NOT_JSON.values(), b'{"seed": "\xff"}'], ids=[*NOT_JSON, "no UTF-8"])
@pytest.mark.parametrize("path", ["/reset", "/step"])
def test_what_is_not_json_is_refused(echo: Served, path: str, content: bytes) -> None:
    problem = first_problem(echo.http.post(path, content=content, headers=JSON))
    assert (problem["type"], problem["loc"][0]) == ("json_invalid", "body")


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_over_http_is_not_json_in_a_frame(echo: Served, content: bytes) -> None:
    with echo.peer() as peer:
        reply = peer.request('{"type": "reset", "data": ' + content.decode() + "}")
        assert reply["data"]["code"] == "INVALID_JSON"


@pytest.mark.parametrize("content", [b"{}", b"\xff\xfe"])
def test_bodies_of_another_content_type_are_refused(echo: Served, content: bytes) -> None:
    response = echo.http.post("/step", content=content, headers={"Content-Type": "text/plain"})
    assert first_problem(response)["type"] == "model_attributes_type"


def test_infinite_numbers_reach_no_deadline(echo: Served) -> None:
    response = echo.http.post("/reset", content=b'{"timeout_s": 1e400}', headers=JSON)
    assert first_problem(response)["type"] == "finite_number"


# What fails


def failure(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    return body


def test_an_environment_that_raises(server: Served) -> None:
    expected = {"detail": "no such luck", "code": "EXECUTION_ERROR"}
    assert failure(server.post("/reset", {"do": "raise", "value": "ValueError"}), 500) == expected
    action = {"do": "raise", "value": "ValueError"}
    assert failure(server.post("/step", {"action": action}), 500) == expected


def test_a_constructor_that_raises(server: Served) -> None:
    for call in (lambda: server.post("/reset"), lambda: server.http.get("/state")):
        server.next("create", do="raise", value="ValueError")
        assert failure(call(), 500) == {
            "detail": "Environment factory failed: Puppet",
            "code": "FACTORY_ERROR",
            "factory_name": "Puppet",
        }
    assert server.active == 0


def test_a_validator_with_a_bug_is_an_error_of_the_environment(echo: Served) -> None:
    body = failure(echo.post("/step", {"action": {"message": "unbearable"}}), 500)
    assert body == {"detail": "'unbearable'", "code": "EXECUTION_ERROR"}
    with echo.peer() as peer:
        assert peer.step(message="unbearable")["data"] == {"message": "'unbearable'", "code": "EXECUTION_ERROR"}
        assert peer.step(message="bearable")["type"] == "observation"


def test_no_internals_leak(server: Served) -> None:
    """No traceback, no path, no header that tells more than the code."""
    response = server.post("/step", {"action": {"do": "raise", "value": "Unprintable"}})
    assert failure(response, 500) == {"detail": "Unprintable", "code": "EXECUTION_ERROR"}


def test_the_session_id_is_a_uuid(echo: Served) -> None:
    with echo.peer() as peer:
        assert str(uuid.UUID(peer.session_id, version=4)) == peer.session_id
