"""Run an app with uvicorn: shared by ``openenv serve``, a client's child process and an environment's ``main``.

``python -m openenv.core.env_server.run APP --app-dir DIR --port 0 --ready-fd N --parent-fd M`` is the child-process
form: the system chooses the port, the child writes its URL as one line to descriptor N once it serves, and ends when
descriptor M reaches its end, which it does when the parent is gone, however that came about.
"""

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from .settings import ServerSettings
from .websocket_protocol import WEBSOCKET_PROTOCOL

GRACEFUL_SHUTDOWN_S = 30
"""How long uvicorn waits for open connections once the app has drained, in seconds."""


class _AnnouncingServer(uvicorn.Server):
    """A uvicorn server that tells its URL once it accepts connections."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            host = self.config.host
            self._on_ready(f"http://{f'[{host}]' if ':' in host else host}:{port}")


def run_server(
    app: Any,
    *,
    app_dir: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    reload: bool = False,
    log_level: str = "info",
    on_ready: Callable[[str], None] | None = None,
    **uvicorn_options: Any,
) -> None:
    """Serve until a signal ends it.

    Args:
        app: an ASGI app, or ``"module:attribute"``; several workers and ``reload`` need the latter.
        app_dir: put in front of ``sys.path``; with ``reload``, also what is watched.
        port: 0 lets the system choose one.
        on_ready: called with the URL once the server accepts connections (one worker, no reload).

    Raises:
        SystemExit: if the app cannot be imported or its start-up fails.
    """
    if app_dir is not None:
        sys.path.insert(0, str(app_dir))
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": log_level,
        "timeout_graceful_shutdown": GRACEFUL_SHUTDOWN_S,
        "ws": WEBSOCKET_PROTOCOL,
        "ws_max_size": _settings_of(app).max_message_bytes,
        **uvicorn_options,
    }
    if workers > 1 or reload:
        watched = [str(app_dir)] if reload and app_dir is not None else None
        uvicorn.run(
            app,
            workers=None if reload else workers,
            reload=reload,
            reload_dirs=watched,
            app_dir=None if app_dir is None else str(app_dir),
            **options,
        )
        return
    config = uvicorn.Config(app, **options)
    server = uvicorn.Server(config) if on_ready is None else _AnnouncingServer(config, on_ready)
    server.run()
    if not server.started:
        raise SystemExit(3)


def run_from_command_line(app: Any, arguments: list[str] | None = None) -> None:
    """What the ``main`` of an environment's ``server/app.py`` does: serve on ``--host`` and ``--port``.

    Args:
        arguments: of the command line; None for this process's.
    """
    parser = argparse.ArgumentParser(description="Serve this environment until a signal ends it.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="0 lets the system choose one (default 8000)")
    options = parser.parse_args(arguments)
    run_server(app, host=options.host, port=options.port)


def _settings_of(app: Any) -> ServerSettings:
    """The settings of an app of ours, else those of this process's variables."""
    server = getattr(getattr(app, "state", None), "openenv_server", None)
    return ServerSettings.from_environment() if server is None else server.settings


def _end_with(parent_fd: int) -> None:
    """Send this process SIGTERM once the other end of ``parent_fd`` is closed."""

    def watch() -> None:
        while os.read(parent_fd, 1):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="openenv-parent-watch", daemon=True).start()


def main(arguments: list[str] | None = None) -> None:
    """The command-line form; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m openenv.core.env_server.run")
    parser.add_argument("app", help="module:attribute")
    parser.add_argument("--app-dir", default=None)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--log-level", default="info")
    parser.add_argument("--ready-fd", type=int, default=None)
    parser.add_argument("--parent-fd", type=int, default=None)
    options = parser.parse_args(arguments)
    if options.parent_fd is not None:
        _end_with(options.parent_fd)

    def announce(url: str) -> None:
        with os.fdopen(options.ready_fd, "w") as ready:
            ready.write(url + "\n")

    run_server(
        options.app,
        app_dir=options.app_dir,
        host=options.host,
        port=options.port,
        workers=options.workers,
        log_level=options.log_level,
        on_ready=None if options.ready_fd is None else announce,
    )


if __name__ == "__main__":
    main()
