"""The apps under test, by name: ``uvicorn tests.core.server.apps:puppet`` makes that one and no other.

``host`` serves any number of them in one process, each below a path of its own, made when a test first asks for it.
"""

import functools
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request

from openenv.core.env_server import (
    CallToolAction,
    CallToolObservation,
    ServerSettings,
    create_app,
    create_web_interface_app,
)
from tests.core.server import environments as env
from tests.core.server.world import WORLD


class _InFlight:
    """Counts the HTTP requests that are being answered."""

    def __init__(self, app: Any, counts: dict[str, int]) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        counted = scope["type"] == "http" and "/control/" not in scope["path"]
        self._counts["now"] += counted
        try:
            await self._app(scope, receive, send)
        finally:
            self._counts["now"] -= counted


def _controlled(app: FastAPI) -> FastAPI:
    """Routes for the tests, beside the environment's own. They run on the event loop, so they show that it is free."""

    counts = {"now": 0}
    app.add_middleware(_InFlight, counts=counts)

    @app.get("/control/requests", include_in_schema=False)
    async def requests() -> int:
        return counts["now"]

    @app.get("/control/sessions", include_in_schema=False)
    async def sessions() -> dict[str, int]:
        return {"active": app.state.openenv_server.active_sessions}

    @app.get("/control/sessions/{session_id}", include_in_schema=False)
    async def session(session_id: str) -> Any:
        return app.state.openenv_server.get_session_info(session_id)

    @app.get("/control/attached/{session_id}", include_in_schema=False)
    async def attached(session_id: str) -> bool:
        return bool(app.state.openenv_server.manager.get(session_id, secret_required=False).attached)

    @app.get("/control/loop", include_in_schema=False)
    async def loop() -> int:
        return threading.get_ident()

    @app.get("/control/frozen", include_in_schema=False)
    async def frozen() -> int:
        return gc.get_freeze_count()

    @app.get("/control/gates/{name}", include_in_schema=False)
    async def waiting(name: str) -> int:
        return WORLD.waiting(name)

    @app.post("/control/gates/{name}", include_in_schema=False)
    async def open_gate(name: str) -> None:
        WORLD.gate(name).set()

    @app.post("/control/next/{event}", include_in_schema=False)
    async def script(event: str, request: Request) -> None:
        WORLD.script(event, await request.json())

    @app.get("/control/journal", include_in_schema=False)
    async def journal() -> list[dict[str, Any]]:
        return WORLD.journal

    return app


def _puppet(cls: Any = env.Puppet, make: Any = create_app, **options: Any) -> FastAPI:
    return _controlled(make(cls, env.PuppetAction, env.PuppetObservation, state_cls=env.PuppetState, **options))


def _echo(cls: type = env.EchoEnvironment, make: Any = create_app, **options: Any) -> FastAPI:
    return _controlled(make(cls, env.EchoAction, env.EchoObservation, state_cls=env.EchoState, **options))


def _arrays(**options: Any) -> FastAPI:
    cls = env.ArrayEnvironment
    return _controlled(create_app(cls, env.ArrayAction, env.ArrayObservation, state_cls=env.ArrayState, **options))


def _tools(**options: Any) -> FastAPI:
    from tests.core.server import tools

    return _controlled(create_app(tools.ToolEnvironment, CallToolAction, CallToolObservation, **options))


def _make_puppet() -> env.Puppet:
    return env.Puppet()


def _make_one_thread_puppet() -> env.Puppet:
    return env.OneThreadPuppet()


APPS: dict[str, Any] = {
    "echo": _echo,
    "web": functools.partial(_echo, make=create_web_interface_app, env_name="my_echo", title_override="A title"),
    "tasks": functools.partial(_echo, env.TaskEnvironment, env_name="Quiz"),
    "arrays": _arrays,
    "puppet": _puppet,
    "puppet_function": functools.partial(_puppet, _make_puppet),
    "puppet_partial": functools.partial(_puppet, functools.partial(env.Puppet)),
    "sole": functools.partial(_puppet, env.SolePuppet),
    "one_thread": functools.partial(_puppet, env.OneThreadPuppet),
    "one_thread_function": functools.partial(_puppet, _make_one_thread_puppet),
    "cheap": functools.partial(_puppet, env.CheapPuppet),
    "asynchronous": functools.partial(_puppet, env.AsyncPuppet),
    "instance": lambda **options: _puppet(env.Puppet(), make=create_web_interface_app, **options),
    "tools": _tools,
}


def _host() -> FastAPI:
    running = AsyncExitStack()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running:
            yield

    host = FastAPI(lifespan=lifespan)

    @host.post("/make/{name}")
    async def make(name: str, request: Request) -> str:
        settings = await request.json()
        mode = settings.pop("mode", None)
        app = APPS[name](mode=mode, settings=ServerSettings(**settings) if settings else None)
        await running.enter_async_context(app.router.lifespan_context(app))
        path = f"/apps/{len(host.routes)}-{name}"
        host.mount(path, app)
        return path

    return host


def __getattr__(name: str) -> FastAPI:
    if name not in APPS and name != "host":
        raise AttributeError(name)
    app: FastAPI = _host() if name == "host" else APPS[name]()
    globals()[name] = app
    return app
