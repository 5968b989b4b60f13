"""The task API: an environment that owns its tasks shows them here."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from .http_routes import ERRORS, Visits, WireRoute, error_response, json_response
from .specification import EnvironmentSpec
from .types import GetTaskRangeRequest, GetTaskRequest, ListTasksRequest, NumTasksRequest

_SPLIT_TYPES = frozenset({"train", "validation", "test"})

RESPONSES: dict[int | str, dict[str, Any]] = {
    **ERRORS,
    400: {"description": "Task index out of range"},
    404: {"description": "Unknown environment"},
    501: {"description": "The environment has no such tasks method"},
}


def task_routes(spec: EnvironmentSpec, visits: Visits) -> APIRouter:
    """``/{env_name}/splits`` and the POST routes beside it."""
    router = APIRouter(prefix="/{env_name}", tags=["Tasks"], responses=RESPONSES, route_class=WireRoute)

    async def ask(request: Request, env_name: str, method: str, **arguments: Any) -> Any:
        if env_name.lower() != spec.name.lower():
            raise HTTPException(404, f"unknown environment '{env_name}'")

        async def visit(session: Any) -> Any:
            if not session.has(method):
                raise HTTPException(501, f"{method} is not supported for this environment")
            try:
                return await session.call(method, arguments)
            except IndexError:
                raise HTTPException(400, "Invalid task index") from None

        return await visits(request, visit)

    async def reply(key: str | None, answer: Any, **more: Any) -> Any:
        try:
            value = await answer
        except HTTPException:
            raise
        except Exception as error:
            return error_response(error)
        return json_response(value if key is None else {key: value, **more})

    @router.get("/splits", summary="The splits of the environment's tasks")
    async def splits(request: Request, env_name: str) -> list[dict[str, Any]]:
        async def normalized() -> list[dict[str, Any]]:
            return [normalize_split(split) for split in await ask(request, env_name, "list_splits")]

        return await reply(None, normalized())  # type: ignore[no-any-return]

    @router.post("/tasks", summary="Every task of a split")
    async def tasks(request: Request, env_name: str, body: ListTasksRequest) -> dict[str, Any]:
        answer = ask(request, env_name, "list_tasks", split=body.split)
        return await reply("tasks", answer, env_name=spec.name)  # type: ignore[no-any-return]

    @router.post("/num_tasks", summary="How many tasks a split has")
    async def num_tasks(request: Request, env_name: str, body: NumTasksRequest) -> dict[str, Any]:
        return await reply("num_tasks", ask(request, env_name, "num_tasks", split=body.split))  # type: ignore[no-any-return]

    @router.post("/task", summary="One task")
    async def task(request: Request, env_name: str, body: GetTaskRequest) -> dict[str, Any]:
        answer = ask(request, env_name, "get_task", split=body.split, index=body.index)
        return await reply("task", answer)  # type: ignore[no-any-return]

    @router.post("/task_range", summary="A slice of a split's tasks")
    async def task_range(request: Request, env_name: str, body: GetTaskRangeRequest) -> dict[str, Any]:
        answer = ask(request, env_name, "get_task_range", split=body.split, start=body.start, stop=body.stop)
        return await reply("tasks", answer)  # type: ignore[no-any-return]

    return router


def normalize_split(split: Any) -> dict[str, Any]:
    """``{"name", "type"}`` for a split that is given by name, by mapping or by object."""
    if isinstance(split, Mapping):
        return dict(split)
    if isinstance(split, str):
        return {"name": split, "type": split if split in _SPLIT_TYPES else "validation"}
    return {"name": split.name, "type": split.type}
