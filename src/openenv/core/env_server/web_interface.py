"""The web page at ``/web``: reset and step an environment by hand."""

import logging
import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from .access import TOKEN_COOKIE
from .http_routes import error_response, schema_of
from .http_server import HTTPEnvServer, app_for
from .settings import ServerSettings
from .specification import close_unused
from .types import ConcurrencyConfig, EnvironmentMetadata, ServerMode, State
from .web_manager import WebInterfaceManager

__all__ = ["WebInterfaceManager", "create_web_interface_app", "load_environment_metadata"]

logger = logging.getLogger("openenv.server")


def find_readme(env_name: str | None) -> str | None:
    """The environment's README: ``ENV_README_PATH``, then the places where images and this repository keep it."""
    candidates = [os.environ.get("ENV_README_PATH")]
    if env_name:
        candidates.append(f"envs/{env_name}/README.md")
    candidates += [
        "/app/env/README.md",
        "/app/README.md",
        "README.md" if Path("openenv.yaml").exists() else None,
    ]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate).read_text(encoding="utf-8", errors="replace")
    return None


def load_environment_metadata(env: Any, env_name: str | None = None) -> EnvironmentMetadata:
    """What an environment (an instance or what makes one) says about itself, with its README."""
    made = (callable(env) and not hasattr(env, "step")) or isinstance(env, type)
    environment = env() if made else env
    try:
        metadata = EnvironmentMetadata.model_validate(environment.get_metadata().model_dump())
    finally:
        if made:
            close_unused(environment)
    if metadata.readme_content is None:
        metadata.readme_content = find_readme(env_name)
    return metadata


def web_routes(server: HTTPEnvServer, title: str | None) -> APIRouter:
    """The page, and the data it shows. It plays over ``/ws``: each visitor has a session of their own."""
    router = APIRouter(include_in_schema=False)
    page = files("openenv.core.env_server").joinpath("web_page.html").read_text(encoding="utf-8")

    @router.get("/")
    @router.get("/web")
    async def to_page(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{_root(request)}/web/{query}", status_code=307)

    @router.get("/web/")
    async def web(request: Request) -> Response:
        token = request.query_params.get("token")
        if token is not None and server.settings.token is not None:
            # The middleware has checked it. Keep it out of the address bar and the history.
            response: Response = RedirectResponse(f"{_root(request)}/web/", status_code=303)
            response.set_cookie(
                TOKEN_COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https"
            )
            return response
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"})

    @router.get("/web/metadata")
    async def metadata() -> Any:
        try:
            about = await server.metadata.get()
        except Exception as error:
            return error_response(error)
        if about.readme_content is None:
            about = about.model_copy(update={"readme_content": find_readme(server.spec.env_name)})
        return about

    @router.get("/web/schema")
    async def schema() -> dict[str, Any]:
        schemas = schema_of(server.spec)
        return {
            "title": title or f"OpenEnv: {server.spec.name}",
            "mode": server.spec.mode.value,
            **schemas.model_dump(exclude_none=True),
        }

    return router


def _root(request: Request) -> str:
    """What a proxy or a mount puts before the app's paths."""
    return str(request.scope.get("root_path", "")).rstrip("/")


_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self' ws: wss:; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


def create_web_interface_app(
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
    """The app with its web page; arguments as :func:`.http_server.create_app`.

    ``env`` may also be an instance: it then serves one session after another, and is closed with the server.
    """
    if gradio_builder is not None:
        logger.warning("gradio_builder is not used: the page of this version is plain HTML")
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
        allow_instance=True,
    )
    app = app_for(server)
    app.include_router(web_routes(server, title_override))
    return app
