"""The environment's server: ``openenv serve``, ``uvicorn server.app:app``, or ``python -m server.app``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.run import run_from_command_line

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import __ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation
    from .__ENV_NAME___environment import __ENV_CLASS_NAME__Environment
else:  # imported from the environment's own directory
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import __ENV_CLASS_NAME__Action, __ENV_CLASS_NAME__Observation
    from server.__ENV_NAME___environment import __ENV_CLASS_NAME__Environment

app = create_app(
    __ENV_CLASS_NAME__Environment,
    __ENV_CLASS_NAME__Action,
    __ENV_CLASS_NAME__Observation,
    env_name="__ENV_NAME__",
)


def main(arguments: list[str] | None = None) -> None:
    """Serve on ``--host`` and ``--port`` until a signal ends it."""
    run_from_command_line(app, arguments)


if __name__ == "__main__":
    main()
