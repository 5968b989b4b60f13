"""Simulation and production: what is open on which route."""

import pytest

from openenv.core.env_server import ServerMode, create_app
from openenv.core.env_server.http_server import HTTPEnvServer
from tests.core.server.environments import EchoAction, EchoEnvironment, EchoObservation
from tests.core.server.processes import Served, Server, Servers


@pytest.fixture
def production(serve: Servers) -> Served:
    return serve("tools", mode="production")


def test_the_control_routes_are_not_there(production: Served) -> None:
    for method, path in (("POST", "/reset"), ("POST", "/step"), ("GET", "/state")):
        response = production.http.request(method, path, json={"action": {}} if path == "/step" else None)
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    paths = set(production.http.get("/openapi.json").json()["paths"])
    assert paths.isdisjoint({"/reset", "/step", "/state"})
    assert {"/health", "/metadata", "/schema", "/mcp", "/list_environments"} <= paths


def test_everything_else_is(production: Served) -> None:
    for path in ("/health", "/metadata", "/schema", "/docs", "/list_environments"):
        assert production.http.get(path).status_code == 200


def test_the_socket_tells_its_mode_and_closes_the_same_calls(production: Served) -> None:
    with production.peer() as peer:
        assert peer.headers["X-OpenEnv-Mode"] == "production"
        for frame in ({"type": "reset"}, {"type": "step", "data": {"type": "list_tools"}}, {"type": "state"}):
            assert peer.request(frame) == {
                "type": "error",
                "data": {
                    "message": f"{frame['type']} is not available in production mode: only tools are",
                    "code": "NOT_AVAILABLE",
                },
            }
        # whatever else is wrong with a frame is told as ever
        assert peer.request("{")["data"]["code"] == "INVALID_JSON"
        assert peer.request({"type": "fly"})["data"]["code"] == "UNKNOWN_TYPE"
        assert peer.request({"type": "state", "data": 1})["data"]["code"] == "VALIDATION_ERROR"
        reply = peer.request({"type": "mcp", "data": {"jsonrpc": "2.0", "method": "tools/list", "id": 9}})
        assert reply["type"] == "mcp"
        assert reply["data"]["id"] == 9
        peer.send({"type": "close"})
        assert peer.until_closed().code == 1000


def test_tools_are_open_on_every_route(production: Served) -> None:
    call = {"jsonrpc": "2.0", "method": "tools/call", "id": 1, "params": {"name": "add", "arguments": {"first": 2}}}
    assert production.http.post("/mcp", json=call).json()["result"]["data"] == 3
    with production.peer("/mcp") as peer:
        assert peer.request(call)["result"]["data"] == 3
    with production.peer() as peer:
        assert peer.request({"type": "mcp", "data": call})["data"]["result"]["data"] == 3


@pytest.mark.parametrize(
    ("mode", "own", "other"), [("simulation",) * 2 + ("production",), ("production", "production", "simulation")]
)
def test_tools_of_one_mode_are_seen_in_that_mode(serve: Servers, mode: str, own: str, other: str) -> None:
    server = serve("tools", **({} if mode == "simulation" else {"mode": mode}))
    names = {tool["name"] for tool in server.rpc("tools/list")["result"]["tools"]}
    assert f"only_in_{own}" in names
    assert f"only_in_{other}" not in names
    assert server.rpc("tools/call", name=f"only_in_{own}")["result"]["data"] == own
    error = server.rpc("tools/call", name=f"only_in_{other}")["error"]
    assert error == {"code": -32603, "message": f"Unknown tool: 'only_in_{other}'", "data": None}


@pytest.mark.parametrize("word", ["production", "PRODUCTION", " Production "])
def test_the_mode_of_the_variable(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("OPENENV_MODE", word)
    assert _mode() is ServerMode.PRODUCTION
    assert _mode(mode="simulation") is ServerMode.SIMULATION  # the argument wins
    assert _mode(mode=ServerMode.SIMULATION) is ServerMode.SIMULATION


def test_the_mode_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENENV_MODE", raising=False)
    assert _mode() is ServerMode.SIMULATION
    monkeypatch.setenv("OPENENV_MODE", "")
    assert _mode() is ServerMode.SIMULATION
    assert _mode(mode="Production") is ServerMode.PRODUCTION


@pytest.mark.parametrize("word", ["prod", "training", "0"])
def test_other_words_are_refused(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    with pytest.raises(ValueError, match="mode must be one of"):
        _mode(mode=word)
    monkeypatch.setenv("OPENENV_MODE", word)
    with pytest.raises(ValueError, match="mode must be one of"):
        _mode()


def test_the_mode_may_be_given_when_routes_are_registered() -> None:
    from fastapi import FastAPI

    app = FastAPI()
    server = HTTPEnvServer(EchoEnvironment, EchoAction, EchoObservation)
    server.register_routes(app, mode="production")
    assert "/reset" not in app.openapi()["paths"]
    assert server.spec.mode is ServerMode.PRODUCTION


def test_a_process_takes_its_mode_from_its_variables() -> None:
    with Server("echo", OPENENV_MODE="Production") as server:
        assert server.post("/reset").status_code == 404
        with server.peer() as peer:
            assert peer.headers["X-OpenEnv-Mode"] == "production"


def _mode(**arguments: object) -> ServerMode:
    app = create_app(EchoEnvironment, EchoAction, EchoObservation, **arguments)  # type: ignore[arg-type]
    mode = app.state.openenv_server.spec.mode
    assert isinstance(mode, ServerMode)
    return mode
