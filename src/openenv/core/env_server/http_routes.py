"""The documented HTTP routes: reset, step, state, and what a server says about itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from ..wire import encode
from .exceptions import OpenEnvError
from .failures import RETRY_AFTER_S, InvalidMessageError, failure_for
from .interfaces import Environment
from .protocol import dump_state, parse_action, reset_arguments
from .session import Session, SessionKind
from .session_manager import SessionManager
from .sockets import client_address
from .specification import EnvironmentSpec
from .types import (
    EnvironmentMetadata,
    ErrorResponse,
    HealthResponse,
    HealthStatus,
    ResetRequest,
    ResetResponse,
    SchemaResponse,
    ServerMode,
    StepRequest,
    StepResponse,
)

T = TypeVar("T")

ERRORS: dict[int | str, dict[str, Any]] = {
    500: {"model": ErrorResponse, "description": "The environment failed (EXECUTION_ERROR, FACTORY_ERROR)"},
    503: {"model": ErrorResponse, "description": "No free session (CAPACITY_REACHED), or shutting down"},
    504: {"model": ErrorResponse, "description": "The environment passed its deadline (TIMEOUT)"},
}


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response made by the wire's own encoder."""
    return Response(encode(content), status_code=status, headers=headers, media_type="application/json")


def error_response(error: Exception) -> Response:
    """The response that tells ``error``."""
    if isinstance(error, InvalidMessageError):
        return json_response({"detail": error.errors}, 422)
    failure = failure_for(error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if failure.http_status in (429, 503) else None
    return json_response(failure.body(), failure.http_status, headers)


class Visits:
    """Runs one request in an environment made for it."""

    def __init__(self, manager: SessionManager) -> None:
        self._manager = manager

    async def __call__(self, request: Request, visit: Callable[[Session], Awaitable[T]]) -> T:
        """What ``visit`` gives in a fresh session, which counts against the capacity while it lives.

        Raises:
            OpenEnvError: if there is no free session, or the environment cannot be made.
        """
        session = await self._manager.create(SessionKind.THROWAWAY, client_address(request.scope))
        try:
            return await visit(session)
        finally:
            await asyncio.shield(self._manager.end(session))


def simulation_routes(visits: Visits, action_cls: type[BaseModel]) -> APIRouter:
    """``/reset``, ``/step`` and ``/state``: each request has an environment of its own."""
    router = APIRouter(tags=["Environment control"])

    @router.post("/reset", response_model=ResetResponse, responses=ERRORS, summary="Reset a fresh environment")
    async def reset(request: Request, body: ResetRequest | None = None) -> Any:
        arguments, timeout_s = reset_arguments({} if body is None else body.model_dump(exclude_unset=True))
        return await _reply(visits(request, lambda session: session.reset(arguments, timeout_s)))

    @router.post("/step", response_model=StepResponse, responses=ERRORS, summary="Step a fresh environment")
    async def step(request: Request, body: StepRequest) -> Any:
        try:
            action = parse_action(body.action, action_cls)
        except InvalidMessageError as error:
            return error_response(error)
        arguments = body.model_dump(exclude_unset=True, exclude={"action", "timeout_s"})
        return await _reply(visits(request, lambda session: session.step(action, arguments, body.timeout_s)))

    @router.get("/state", responses=ERRORS, summary="State of a fresh environment")
    async def state(request: Request) -> dict[str, Any]:
        try:
            return json_response(dump_state(await visits(request, lambda session: session.state())))  # type: ignore[return-value]
        except Exception as error:
            return error_response(error)  # type: ignore[return-value]

    return router


async def _reply(result: Awaitable[dict[str, Any]]) -> Response:
    try:
        data = await result
        reward = data["reward"]
        return json_response(
            {
                "observation": data["observation"],
                "reward": None if reward is None else float(reward),
                "done": data["done"],
                "metadata": data.get("metadata"),
            }
        )
    except Exception as error:
        return error_response(error)


class MetadataSource:
    """What the environment says about itself, asked once."""

    def __init__(self, spec: EnvironmentSpec) -> None:
        self._spec = spec
        self._metadata: EnvironmentMetadata | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> EnvironmentMetadata:
        """The metadata; an environment is made only if its class writes its own ``get_metadata``.

        Raises:
            OpenEnvError: if the environment cannot be made or asked.
        """
        async with self._lock:
            if self._metadata is None:
                self._metadata = await asyncio.to_thread(self._ask)
            return self._metadata

    def _ask(self) -> EnvironmentMetadata:
        spec = self._spec
        cls = spec.environment_class()
        if cls is not None and getattr(cls, "get_metadata", None) is Environment.get_metadata:
            return EnvironmentMetadata(name=cls.__name__, description=f"{cls.__name__} environment", version="1.0.0")
        environment = spec.factory()
        try:
            ask = getattr(environment, "get_metadata", None)
            if ask is None:
                name = type(environment).__name__
                return EnvironmentMetadata(name=name, description=f"{name} environment", version="1.0.0")
            metadata = ask()
            return EnvironmentMetadata.model_validate(
                metadata.model_dump() if isinstance(metadata, BaseModel) else metadata
            )
        finally:
            if spec.instance is None and callable(getattr(environment, "close", None)):
                environment.close()


def schema_of(spec: EnvironmentSpec) -> SchemaResponse:
    """JSON Schemas of the environment's models."""
    reset_cls = spec.reset_observation_cls or spec.observation_cls
    return SchemaResponse(
        action=spec.action_cls.model_json_schema(),
        observation=spec.observation_cls.model_json_schema(mode="serialization"),
        state=spec.state_cls.model_json_schema(mode="serialization"),
        reset_observation=reset_cls.model_json_schema(mode="serialization"),
    )


def information_routes(manager: SessionManager, metadata: MetadataSource) -> APIRouter:
    """``/health``, ``/metadata``, ``/schema`` and ``/list_environments``."""
    router = APIRouter(tags=["Environment info"])
    schemas: list[SchemaResponse] = []

    @router.get("/health", response_model=HealthResponse, summary="Whether the server is well")
    async def health() -> Any:
        if manager.draining:
            return JSONResponse({"status": HealthStatus.UNHEALTHY.value}, status_code=503)
        return JSONResponse({"status": HealthStatus.HEALTHY.value})

    @router.get(
        "/metadata",
        response_model=EnvironmentMetadata,
        responses={500: ERRORS[500]},
        summary="About the environment",
    )
    async def about() -> Any:
        try:
            return await metadata.get()
        except Exception as error:
            return error_response(error)

    @router.get("/schema", response_model=SchemaResponse, summary="JSON Schemas of actions, observations and state")
    async def schema() -> Any:
        if not schemas:
            schemas.append(schema_of(manager.spec))
        return schemas[0]

    @router.get("/list_environments", response_model=list[str], summary="Names of the environments served here")
    async def list_environments() -> list[str]:
        return [manager.spec.name]

    return router


def add_routes(app: FastAPI, manager: SessionManager, metadata: MetadataSource) -> Visits:
    """Put the routes of this module on ``app``; those that play only in simulation mode."""
    visits = Visits(manager)
    if manager.spec.mode is ServerMode.SIMULATION:
        app.include_router(simulation_routes(visits, manager.spec.action_cls))
    app.include_router(information_routes(manager, metadata))
    return visits


__all__ = [
    "MetadataSource",
    "OpenEnvError",
    "Visits",
    "add_routes",
    "error_response",
    "json_response",
    "schema_of",
]
