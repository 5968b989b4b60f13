"""The app inside programs of its users: their own apps and routes, their test clients, their event loops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from openenv.core.env_server import (
    GetEndpointConfig,
    HealthResponse,
    HTTPEnvServer,
    create_app,
    register_get_endpoints,
)
from openenv.core.env_server.local import LocalSession
from openenv.core.env_server.settings import ServerSettings
from tests.core.server import environments as env


def puppet_app(cls: type = env.Puppet, **options: Any) -> FastAPI:
    return create_app(cls, env.PuppetAction, env.PuppetObservation, state_cls=env.PuppetState, **options)


@pytest.mark.parametrize("cls", [env.Puppet, env.OneThreadPuppet, env.CheapPuppet, env.AsyncPuppet])
def test_one_app_in_one_event_loop_after_another(cls: type) -> None:
    app = puppet_app(cls)

    async def play() -> list[Any]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://host") as client:
            answers = [await client.post("/step", json={"action": {"value": n}}) for n in range(3)]
            answers.append(await client.get("/state"))
            return [answer.status_code for answer in answers]

    assert asyncio.run(play()) == asyncio.run(play()) == [200] * 4


def test_one_app_that_is_started_again_after_it_was_stopped() -> None:
    app = puppet_app()
    for _ in range(2):
        with TestClient(app) as client, client.websocket_connect("/ws") as socket:
            socket.send_json({"type": "step", "data": {"value": 1}})
            assert socket.receive_json()["data"]["observation"]["value"] == 1
            assert app.state.openenv_server.active_sessions == 1
            assert client.get("/health").json() == {"status": "healthy"}
        assert app.state.openenv_server.active_sessions == 0


def test_stopping_an_app_closes_every_session() -> None:
    closed: list[object] = []

    class Watched(env.Puppet):
        def close(self) -> None:
            closed.append(self)

    app = puppet_app(Watched)
    with TestClient(app) as client:
        for _ in range(3):
            client.post("/mcp", json={"jsonrpc": "2.0", "method": "openenv/session/create", "id": 1})
        assert app.state.openenv_server.active_sessions == 3
    assert app.state.openenv_server.active_sessions == 0
    assert len(closed) == 3


def test_routes_on_an_app_of_one_s_own() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        events.append("start")
        yield {"own": "state"}
        events.append("stop")

    app = FastAPI(title="Mine", lifespan=lifespan)
    server = HTTPEnvServer(env.EchoEnvironment, env.EchoAction, env.EchoObservation)
    server.register_routes(app)

    @app.get("/config")
    def config() -> dict[str, int]:
        return {"level": 3}

    with TestClient(app) as client:
        assert events == ["start"]
        assert client.get("/config").json() == {"level": 3}
        assert client.post("/reset").status_code == 200
        assert client.get("/openapi.json").json()["info"]["title"] == "Mine"
    assert events == ["start", "stop"]


def test_get_routes_as_data() -> None:
    app = puppet_app()

    async def answer() -> HealthResponse:
        return HealthResponse()

    config = GetEndpointConfig("/alive", answer, HealthResponse, "Mine", "Whether it lives", "At length")
    register_get_endpoints(app, [config])
    with TestClient(app) as client:
        assert client.get("/alive").json() == {"status": "healthy"}
        operation = client.get("/openapi.json").json()["paths"]["/alive"]["get"]
        assert (operation["tags"], operation["summary"]) == (["Mine"], "Whether it lives")


async def test_without_any_server() -> None:
    """The session that clients play in their own process."""
    session = LocalSession(env.Puppet, env.PuppetAction, env.PuppetObservation, env.PuppetState)
    with pytest.raises(RuntimeError, match="open"):
        await session.request({"type": "state"})
    await session.open()
    reply = await session.request({"type": "reset", "data": {"episode_id": "mine", "value": float("nan")}})
    assert reply["data"]["observation"]["value"] is None, "its messages are JSON, as everywhere"
    assert (await session.request({"type": "state"}))["data"]["episode_id"] == "mine"
    reply = await session.request({"type": "step", "data": {"value": object()}})
    assert reply["data"]["code"] == "EXECUTION_ERROR"
    assert (await session.request("{"))["data"]["code"] == "INVALID_JSON"
    await session.close()
    await session.close()
    with pytest.raises(RuntimeError, match="open"):
        await session.request({"type": "state"})


async def test_without_any_server_settings_and_instances_count_too() -> None:
    settings = ServerSettings(step_timeout_s=0.02, close_timeout_s=0.02)
    session = LocalSession(env.AsyncPuppet(), env.PuppetAction, env.PuppetObservation, settings=settings)
    await session.open()
    reply = await session.request({"type": "step", "data": {"do": "wait", "gate": "never"}})
    assert reply["data"]["code"] == "TIMEOUT"
    await session.close()
