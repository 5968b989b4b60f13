"""The documented HTTP routes: reset, step, state, and what a server says about itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from ..wire import decode, encode
from .exceptions import OpenEnvError
from .failures import RETRY_AFTER_S, InvalidMessageError, failure_for
from .interfaces import Environment
from .protocol import arguments_of, dump_state, parse_action
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


class _WireRequest(Request):
    async def json(self) -> Any:
        try:
            return decode(await self.body())
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


class WireRoute(APIRoute):
    """A route whose bodies are read by the wire's own decoder, as the frames of ``/ws`` are."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def with_wire(request: Request) -> Response:
            try:
                return await handle(_WireRequest(request.scope, request.receive))
            except RequestValidationError as error:
                return json_response({"detail": [_readable(problem) for problem in error.errors()]}, 422)

        return with_wire


def _readable(problem: Any) -> dict[str, Any]:
    given = problem.get("input")  # bytes, if the body's content type is not JSON
    return {**problem, "input": given.decode(errors="replace")} if isinstance(given, bytes) else dict(problem)


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
    router = APIRouter(tags=["Environment control"], route_class=WireRoute)

    @router.post("/reset", response_model=ResetResponse, responses=ERRORS, summary="Reset a fresh environment")
    async def reset(request: Request, body: ResetRequest | None = None) -> Any:
        arguments, timeout_s = arguments_of(body or ResetRequest())
        return await _reply(visits(request, lambda session: session.reset(arguments, timeout_s)))

    @router.post("/step", response_model=StepResponse, responses=ERRORS, summary="Step a fresh environment")
    async def step(request: Request, body: StepRequest) -> Any:
        async def stepped() -> dict[str, Any]:
            action = parse_action(body.action, action_cls)
            arguments, timeout_s = arguments_of(body)
            return await visits(request, lambda session: session.step(action, arguments, timeout_s))

        return await _reply(stepped())

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

    def __init__(self, manager: SessionManager) -> None:
        self._manager = manager
        self._metadata: EnvironmentMetadata | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> EnvironmentMetadata:
        """The metadata; an environment is made only if its class writes its own ``get_metadata``.

        Raises:
            Exception: if the environment cannot be made or asked, or may not be made beside those there are.
        """
        async with self._lock:
            if self._metadata is None:
                cls = self._manager.spec.environment_class()
                if getattr(cls, "get_metadata", None) is Environment.get_metadata:
                    self._metadata = _default_metadata(cls)
                else:
                    self._metadata = await self._ask()
            return self._metadata

    async def _ask(self) -> EnvironmentMetadata:
        manager = self._manager
        if manager.traits.concurrent or manager.spec.instance is not None:
            session = manager.aside()
            await session.open()
        else:
            session = await manager.create(SessionKind.THROWAWAY)
        try:
            if not session.has("get_metadata"):
                return _default_metadata(session.environment_class)
            metadata = await session.call("get_metadata", {})
            return EnvironmentMetadata.model_validate(
                metadata.model_dump() if isinstance(metadata, BaseModel) else metadata
            )
        finally:
            await asyncio.shield(manager.end(session))


def _default_metadata(cls: Any) -> EnvironmentMetadata:
    return EnvironmentMetadata(name=cls.__name__, description=f"{cls.__name__} environment", version="1.0.0")


class _OpenSchema(GenerateJsonSchema):
    """Allows anything where a field's type has no JSON Schema, such as a NumPy array."""

    def handle_invalid_for_json_schema(self, schema: CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}


def schema_of(spec: EnvironmentSpec) -> SchemaResponse:
    """JSON Schemas of the environment's models."""

    def shown(cls: type[BaseModel]) -> dict[str, Any]:
        return cls.model_json_schema(schema_generator=_OpenSchema, mode="serialization")

    return SchemaResponse(
        action=spec.action_cls.model_json_schema(schema_generator=_OpenSchema),
        observation=shown(spec.observation_cls),
        state=shown(spec.state_cls),
        reset_observation=shown(spec.reset_observation_cls or spec.observation_cls),
    )


def information_routes(manager: SessionManager, metadata: MetadataSource) -> APIRouter:
    """``/health``, ``/metadata``, ``/schema`` and ``/list_environments``."""
    router = APIRouter(tags=["Environment info"])
    schemas: list[SchemaResponse] = []

    @router.get(
        "/health",
        response_model=HealthResponse,
        responses={503: {"model": HealthResponse, "description": "Shutting down"}},
        summary="Whether the server is well",
    )
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
