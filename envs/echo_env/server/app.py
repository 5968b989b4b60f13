"""The echo environment's server: ``openenv serve``, ``uvicorn server.app:app``, or ``python -m server.app``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.mcp_types import CallToolAction
from openenv.core.env_server.run import run_from_command_line
from openenv.core.env_server.settings import max_concurrent_envs

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import EchoObservation
    from .echo_environment import EchoEnvironment
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import EchoObservation
    from server.echo_environment import EchoEnvironment


app = create_app(
    EchoEnvironment,
    CallToolAction,
    EchoObservation,
    env_name="echo_env",
    max_concurrent_envs=max_concurrent_envs(),
)


def main(arguments: list[str] | None = None) -> None:
    """Serve on ``--host`` and ``--port`` until a signal ends it."""
    run_from_command_line(app, arguments)


if __name__ == "__main__":
    main()
