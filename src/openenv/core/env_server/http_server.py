"""Make the app that serves an environment."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.routing import WebSocketRoute

import openenv

from . import http_routes, mcp_routes
from .access import AccessMiddleware
from .exceptions import SessionNotFoundError
from .lifespan import running
from .mcp_rpc import JsonRpcHandler
from .session_manager import SessionManager
from .settings import ServerSettings
from .sockets import SessionSocketRoute
from .specification import EnvironmentSpec
from .task_routes import task_routes
from .types import ConcurrencyConfig, ServerCapacityStatus, ServerMode, SessionInfo, State

API_TITLE = "OpenEnv Environment HTTP API"
API_VERSION = "1.0.0"

_TRUE = frozenset({"true", "1", "yes"})


def resolve_mode(mode: ServerMode | str | None) -> ServerMode:
    """``mode``, else the variable ``OPENENV_MODE``, else simulation.

    Raises:
        ValueError: for any other word.
    """
    given = os.environ.get("OPENENV_MODE") if mode is None else mode
    if given is None or given == "":
        return ServerMode.SIMULATION
    try:
        return ServerMode(str(given).strip().lower())
    except ValueError:
        raise ValueError(f"mode must be one of {[m.value for m in ServerMode]}, not {given!r}") from None


class HTTPEnvServer:
    """An environment's server: its sessions, and the routes that lead to them."""

    def __init__(
        self,
        env: Any,
        action_cls: type[BaseModel],
        observation_cls: type[BaseModel],
        max_concurrent_envs: int | None = None,
        concurrency_config: ConcurrencyConfig | None = None,
        env_name: str | None = None,
        state_cls: type[BaseModel] = State,
        *,
        mode: ServerMode | str | None = None,
        reset_observation_cls: type[BaseModel] | None = None,
        settings: ServerSettings | None = None,
        allow_instance: bool = False,
    ) -> None:
        """See :func:`create_app`."""
        if max_concurrent_envs is not None and concurrency_config is not None:
            raise ValueError("give max_concurrent_envs or concurrency_config, not both")
        if concurrency_config is not None:
            max_concurrent_envs = concurrency_config.max_concurrent_envs
        spec = EnvironmentSpec.of(
            env,
            allow_instance=allow_instance,
            action_cls=action_cls,
            observation_cls=observation_cls,
            state_cls=state_cls,
            env_name=env_name,
            mode=resolve_mode(mode),
            reset_observation_cls=reset_observation_cls,
        )
        overrides: dict[str, Any] = {
            "max_sessions": max_concurrent_envs,
            "session_idle_timeout_s": concurrency_config.session_timeout if concurrency_config else None,
        }
        if settings is None:
            settings = ServerSettings.from_environment(**overrides)
        else:
            given = {name: value for name, value in overrides.items() if value is not None}
            settings = ServerSettings.from_environment({}, **settings.model_dump(exclude_unset=True) | given)
        self.spec = spec
        self.settings = settings
        self.manager = SessionManager(spec, settings)
        self.metadata = http_routes.MetadataSource(self.manager)

    @property
    def active_sessions(self) -> int:
        """Sessions in use now."""
        return self.manager.active_sessions

    @property
    def max_concurrent_envs(self) -> int:
        """Sessions that may be in use at once."""
        return self.manager.max_sessions

    @property
    def is_concurrency_safe(self) -> bool:
        """Whether the environment declares that several of its instances may live at once."""
        return self.manager.traits.concurrent

    @property
    def concurrency_config(self) -> ConcurrencyConfig:
        return ConcurrencyConfig(
            max_concurrent_envs=self.manager.max_sessions,
            session_timeout=self.settings.session_idle_timeout_s,
        )

    def get_capacity_status(self) -> ServerCapacityStatus:
        return self.manager.status()

    def get_session_info(self, session_id: str) -> SessionInfo | None:
        """About a live session; None if there is none with this id."""
        try:
            return self.manager.get(session_id, secret_required=False).info()
        except SessionNotFoundError:
            return None

    def register_routes(self, app: FastAPI, mode: ServerMode | str | None = None) -> None:
        """Put every route on ``app``, and the life of the sessions into its lifespan.

        Args:
            mode: overrides the mode the server was made with.
        """
        if mode is not None:
            self.spec = self.manager.spec = replace(self.spec, mode=resolve_mode(mode))
        rpc = JsonRpcHandler(self.manager, openenv.__version__)
        sockets = SessionSocketRoute(self.manager, rpc, openenv.__version__)
        visits = http_routes.add_routes(app, self.manager, self.metadata)
        app.router.routes.insert(0, WebSocketRoute("/ws", sockets))  # the first one looked at
        mcp_routes.add_routes(app, self.manager, rpc)
        app.include_router(task_routes(self.spec, visits))
        app.add_middleware(AccessMiddleware, settings=self.settings)
        _extend_lifespan(app, self.manager)


def _extend_lifespan(app: FastAPI, manager: SessionManager) -> None:
    inner: Callable[[Any], Any] = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Any) -> AsyncIterator[Any]:
        async with inner(application) as state, running(manager):
            yield state

    app.router.lifespan_context = lifespan


def create_fastapi_app(
    env: Any,
    action_cls: type[BaseModel],
    observation_cls: type[BaseModel],
    max_concurrent_envs: int | None = None,
    concurrency_config: ConcurrencyConfig | None = None,
    env_name: str | None = None,
    state_cls: type[BaseModel] = State,
    *,
    mode: ServerMode | str | None = None,
    reset_observation_cls: type[BaseModel] | None = None,
    settings: ServerSettings | None = None,
) -> FastAPI:
    """The app without a web page; arguments as :func:`create_app`."""
    server = HTTPEnvServer(
        env,
        action_cls,
        observation_cls,
        max_concurrent_envs,
        concurrency_config,
        env_name,
        state_cls,
        mode=mode,
        reset_observation_cls=reset_observation_cls,
        settings=settings,
    )
    return app_for(server)


def app_for(server: HTTPEnvServer) -> FastAPI:
    """A FastAPI app with the routes of ``server``; the server is ``app.state.openenv_server``."""
    app = FastAPI(title=API_TITLE, version=API_VERSION)
    app.state.openenv_server = server
    server.register_routes(app)
    return app


def create_app(
    env: Any,
    action_cls: type[BaseModel],
    observation_cls: type[BaseModel],
    env_name: str | None = None,
    max_concurrent_envs: int | None = None,
    concurrency_config: ConcurrencyConfig | None = None,
    gradio_builder: Callable[..., Any] | None = None,
    custom_tab_name: str = "Custom",
    custom_tab_primary: bool = False,
    show_default_tab: bool = True,
    title_override: str | None = None,
    state_cls: type[BaseModel] = State,
    *,
    mode: ServerMode | str | None = None,
    reset_observation_cls: type[BaseModel] | None = None,
    settings: ServerSettings | None = None,
) -> FastAPI:
    """The app that serves an environment.

    Args:
        env: makes one environment per call: a class, a function or a ``functools.partial``.
        action_cls: model of the actions; ``CallToolAction`` for an environment of tools.
        observation_cls: model of the observations.
        env_name: name in routes and lists; default: the class name.
        max_concurrent_envs: sessions at once. Default: the setting ``max_sessions``.
        concurrency_config: the same, with an idle time-out.
        gradio_builder, custom_tab_name, custom_tab_primary, show_default_tab: for a Gradio page, which this version
            does not build yet.
        title_override: title of the web page.
        state_cls: model of the state.
        mode: ``simulation`` or ``production`` (tools only); default: ``OPENENV_MODE``, else simulation.
        reset_observation_cls: model of what ``reset`` returns, if another one.
        settings: every setting at once; default: the ``OPENENV_*`` variables.

    The web page is there if the variable ``ENABLE_WEB_INTERFACE`` is ``true``, ``1`` or ``yes``.

    Raises:
        TypeError: if ``env`` cannot make environments.
        ValueError: if both concurrency arguments are given, or a setting or the mode is wrong.
        ConcurrencyConfigurationError: if more than one session is asked for and the environment does not allow it.
    """
    make: Callable[..., FastAPI] = create_fastapi_app
    fields: dict[str, Any] = {
        "max_concurrent_envs": max_concurrent_envs,
        "concurrency_config": concurrency_config,
        "env_name": env_name,
        "state_cls": state_cls,
        "mode": mode,
        "reset_observation_cls": reset_observation_cls,
        "settings": settings,
    }
    if os.environ.get("ENABLE_WEB_INTERFACE", "").strip().lower() in _TRUE:
        from .web_interface import create_web_interface_app

        make = create_web_interface_app
        fields |= {
            "gradio_builder": gradio_builder,
            "custom_tab_name": custom_tab_name,
            "custom_tab_primary": custom_tab_primary,
            "show_default_tab": show_default_tab,
            "title_override": title_override,
        }
    return make(env, action_cls, observation_cls, **fields)
