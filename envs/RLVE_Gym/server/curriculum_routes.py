"""`GET /curriculum`: how hard the problems have become."""

import asyncio
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from openenv.core.env_server.http_routes import ERRORS, error_response

from .gym import Gym


class CurriculumStanding(BaseModel):
    """Where a problem stands: the levels drawn, and the results at the upper one that count so far."""

    lowest_level: int
    upper_level: int
    samples: int
    minimum_samples: int
    accuracy: float | None


class CurriculumResponse(BaseModel):
    """Reply of `GET /curriculum`."""

    rule: dict[str, Any] = Field(description="When a level rises")
    problems: dict[str, CurriculumStanding] = Field(description="Every problem that was listed or reported")
    state: dict[str, Any] = Field(description="The whole state, as `Curriculum.set_state` takes it")


def curriculum_routes(gym: Gym) -> APIRouter:
    """The route, for the curriculum of `gym`."""
    router = APIRouter(tags=["Curriculum"])

    @router.get(
        "/curriculum",
        response_model=CurriculumResponse,
        responses={500: ERRORS[500]},
        summary="How hard the problems have become",
    )
    async def read() -> Any:
        try:
            return await asyncio.to_thread(_read, gym)
        except Exception as error:
            return error_response(error)

    return router


def _read(gym: Gym) -> dict[str, Any]:
    curriculum = gym.curriculum()
    return {"rule": asdict(curriculum.rule), "problems": curriculum.snapshot(), "state": curriculum.get_state()}
