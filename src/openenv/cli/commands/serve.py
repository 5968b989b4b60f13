"""``openenv serve``: run an environment's app from its directory."""

import ipaddress
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from ...core.manifest import ManifestError, load_manifest
from ..console import fail, warn


def command(
    env_path: Annotated[
        Path | None, typer.Argument(help="The environment's directory. Default: where you are.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", "-p", min=0, max=65535, show_default="the manifest's, else 8000", help="0 takes a free one."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",
    reload: Annotated[bool, typer.Option("--reload", help="Restart when a file of the directory changes.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Server processes; each has sessions of its own.")] = 1,
    token: Annotated[
        str | None,
        typer.Option(envvar="OPENENV_TOKEN", help="Bearer token that clients must send.", show_default=False),
    ] = None,
) -> None:
    """Serve an environment on this machine."""
    directory = Path.cwd() if env_path is None else env_path
    if not directory.is_dir():
        fail(f"{directory} is not a directory")
    directory = directory.resolve()
    try:
        manifest = load_manifest(directory)
    except ManifestError as error:
        fail(str(error))
    if reload and workers > 1:
        raise typer.BadParameter("--reload works with one worker: leave out --workers", param_hint="--reload")
    port = manifest.port if port is None else port

    if token:
        os.environ["OPENENV_TOKEN"] = token  # the app's settings read it, in every worker
    elif not _is_loopback(host):
        warn(
            f"everyone who reaches {host}:{port} can use this server. "
            "Set --token or OPENENV_TOKEN, or serve this machine only with --host 127.0.0.1"
        )
    _require_free(host, port)
    # A reloader starts the app in a child and waits for the next change when that fails.
    app = manifest.app if reload else _import_app(manifest.app, directory)

    from ...core.env_server.run import run_server

    with _supervised() if reload or workers > 1 else nullcontext():
        run_server(
            manifest.app if workers > 1 else app,
            app_dir=directory,
            host=host,
            port=port,
            workers=workers,
            reload=reload,
        )


@contextmanager
def _supervised() -> Iterator[None]:
    """Raise KeyboardInterrupt where Ctrl-C ended the block: uvicorn's supervisors keep it to themselves."""
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno())
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
        writer.shutdown(socket.SHUT_WR)
        received = reader.recv(4096)
    if signal.SIGINT in received:
        raise KeyboardInterrupt


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _require_free(host: str, port: int) -> None:
    """End the command if the address cannot be listened on: a plain reason before anything is started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        fail(f"cannot listen on {host}:{port}: {reason}. Choose another with --port or --host")


def _import_app(target: str, directory: Path) -> Any:
    """The app that ``target`` (``module:attribute``) names, imported from ``directory``."""
    module_name, _, attribute_path = target.partition(":")
    if not module_name or not attribute_path:
        fail(f"app: {target!r} in {directory / 'openenv.yaml'} must have the form 'module:attribute'")
    sys.path.insert(0, str(directory))
    try:
        found: Any = import_module(module_name)
        for name in attribute_path.split("."):
            found = getattr(found, name)
    except (Exception, SystemExit) as error:
        # Only the environment's own frames tell its author something.
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_under(frame.filename, directory)]
        typer.echo("".join(traceback.format_list(frames)), nl=False, err=True)
        fail(f"app {target} of {directory} cannot be imported: {type(error).__name__}: {error}")
    finally:
        sys.path.remove(str(directory))  # run_server puts it there itself
    return found


def _is_under(filename: str, directory: Path) -> bool:
    return Path(filename).is_relative_to(directory)
