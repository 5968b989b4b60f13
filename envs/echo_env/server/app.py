"""The echo environment's server: ``openenv serve``, ``uvicorn server.app:app``, or ``python -m server.app``."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.mcp_types import CallToolAction
from openenv.core.env_server.run import run_server

if TYPE_CHECKING or "." in (__package__ or ""):
    from ..models import EchoObservation
    from .echo_environment import EchoEnvironment
else:
    if not __package__:  # run as a script
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from models import EchoObservation
    from server.echo_environment import EchoEnvironment


def max_concurrent_envs() -> int | None:
    """The bound that ``MAX_CONCURRENT_ENVS`` sets; None leaves it to the server's settings.

    Raises:
        ValueError: if the variable holds no whole number.
    """
    value = os.environ.get("MAX_CONCURRENT_ENVS", "")
    if not value:
        return None
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"MAX_CONCURRENT_ENVS must be a whole number, not {value!r}") from None


app = create_app(
    EchoEnvironment,
    CallToolAction,
    EchoObservation,
    env_name="echo_env",
    max_concurrent_envs=max_concurrent_envs(),
)


def main(arguments: list[str] | None = None) -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description="Serve the echo environment.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    run_server(app, host=options.host, port=options.port)


if __name__ == "__main__":
    main()
