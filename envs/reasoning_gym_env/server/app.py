"""The Reasoning Gym server: ``openenv serve``, ``uvicorn server.app:app``, or ``python -m server.app``."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.run import run_from_command_line
from openenv.core.env_server.settings import max_concurrent_envs

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState
    from .errors import SelectionError
    from .gym import Gym
    from .reasoning_gym_environment import ReasoningGymEnvironment
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import ReasoningGymAction, ReasoningGymObservation, ReasoningGymState
    from server.errors import SelectionError
    from server.gym import Gym
    from server.reasoning_gym_environment import ReasoningGymEnvironment


def make_app(gym: Gym | None = None) -> FastAPI:
    """An app with a gym of its own, which ends with the app.

    Raises:
        SettingsError: if a ``REASONING_GYM_*`` variable is wrong.
    """
    gym = gym or Gym()
    application = create_app(
        partial(ReasoningGymEnvironment, gym=gym),
        ReasoningGymAction,
        ReasoningGymObservation,
        env_name="reasoning_gym",
        max_concurrent_envs=max_concurrent_envs(),
        state_cls=ReasoningGymState,
    )

    @application.get("/curriculum", tags=["Curriculum"], summary="How hard the datasets have become")
    def curriculum() -> dict[str, Any]:
        """When a level rises (``rule``), where every dataset used adaptively stands (``problems``), the whole state."""
        try:
            kept = gym.curriculum()
        except SelectionError as error:
            raise HTTPException(503, str(error)) from None
        return {"rule": asdict(kept.rule), "problems": kept.snapshot(), "state": kept.get_state()}

    inner = application.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[Any]:
        gym.workshop.warm_up()
        try:
            async with inner(application) as state:
                yield state
        finally:
            gym.close()

    application.router.lifespan_context = lifespan
    return application


app = make_app()


def main(arguments: list[str] | None = None) -> None:
    """Serve on ``--host`` and ``--port`` until a signal ends it."""
    run_from_command_line(app, arguments)


if __name__ == "__main__":
    main()
