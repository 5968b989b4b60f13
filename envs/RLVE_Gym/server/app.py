"""The server of RLVE_Gym: ``openenv serve``, ``uvicorn server.app:app``, or ``python -m server.app``."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from openenv.core.env_server.http_server import create_app, resolve_mode
from openenv.core.env_server.run import run_from_command_line
from openenv.core.env_server.settings import max_concurrent_envs
from openenv.core.env_server.types import ServerMode

if TYPE_CHECKING or "." in (__package__ or ""):
    from .batch_routes import batch_routes
    from .curriculum_routes import curriculum_routes
    from .gym import Gym
    from .parts import RlveGymAction, RlveGymObservation, RlveGymState
    from .RLVE_Gym_environment import RlveGymEnvironment
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from server.batch_routes import batch_routes
    from server.curriculum_routes import curriculum_routes
    from server.gym import Gym
    from server.parts import RlveGymAction, RlveGymObservation, RlveGymState
    from server.RLVE_Gym_environment import RlveGymEnvironment


def make_app(gym: Gym | None = None) -> FastAPI:
    """An app with a gym of its own, which ends with the app.

    Raises:
        ConfigurationError: if a ``RLVE_GYM_*`` variable is wrong.
    """
    gym = gym or Gym()
    application = create_app(
        partial(RlveGymEnvironment, gym=gym),
        RlveGymAction,
        RlveGymObservation,
        env_name="RLVE_Gym",
        max_concurrent_envs=max_concurrent_envs(),
        state_cls=RlveGymState,
    )
    application.include_router(curriculum_routes(gym))
    if resolve_mode(None) is ServerMode.SIMULATION:  # a verdict is as good as a step
        application.include_router(batch_routes(gym))
    inner = application.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[Any]:
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
