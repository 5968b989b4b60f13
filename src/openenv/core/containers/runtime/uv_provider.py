"""Servers run from a project's source by ``uv``."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import ServerStartError
from .base import RuntimeProvider
from .health import wait_for_health
from .managed_process import ManagedProcess
from .ports import free_port

_GIT: Final = "git+"
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})


class UVProvider(RuntimeProvider):
    """Runs a project's app with uvicorn in an environment that ``uv`` makes for it.

    Args:
        project_path: directory of the project, or ``git+<url>``, which is cloned first.
        app: ``"module:attribute"`` in the project.
        host: to listen on.
        reload: restart when the source changes.
        env_vars: set for the server besides this process's own variables.
        context_timeout_s: how long ``with`` waits until the server is healthy, in seconds.
    """

    def __init__(
        self,
        *,
        project_path: str | os.PathLike[str],
        app: str = "server.app:app",
        host: str = "0.0.0.0",
        reload: bool = False,
        env_vars: Mapping[str, str] | None = None,
        context_timeout_s: float = 60.0,
    ) -> None:
        self.project_path = os.fspath(project_path)
        self.app = app
        self.host = host
        self.reload = reload
        self.env_vars = dict(env_vars or {})
        self.context_timeout_s = context_timeout_s
        self._process: ManagedProcess | None = None
        self._base_url = ""
        self._clone: Path | None = None

    @property
    def base_url(self) -> str:
        """The server's URL.

        Raises:
            RuntimeError: if it was not started.
        """
        if not self._base_url:
            raise RuntimeError("the server was not started: call start() first")
        return self._base_url

    def start(
        self, port: int | None = None, env_vars: dict[str, str] | None = None, *, workers: int = 1, **kwargs: Any
    ) -> str:
        """Start the server and return its base URL; it need not serve yet.

        Args:
            port: default: a free one.
            env_vars: set for the server, too.
            workers: number of server processes.
            **kwargs: ignored.

        Raises:
            RuntimeError: if it runs already, there is no ``uv``, or the project cannot be cloned.
        """
        if self._process is not None:
            raise RuntimeError("the server runs already: stop() it first")
        uv = shutil.which("uv")
        if uv is None:
            raise ServerStartError("there is no 'uv' command: install uv, or run the environment otherwise")
        try:
            chosen = port or free_port()
            command = [
                *(uv, "run", "--isolated", "--project", self._project(), "--"),
                *("uvicorn", self.app, "--host", self.host, "--port", str(chosen), "--workers", str(workers)),
                *(("--reload",) if self.reload else ()),
            ]
            variables = {**os.environ, **self.env_vars, **(env_vars or {})}
            self._process = ManagedProcess(command, env=variables, cwd=self._project())
        except BaseException:
            self.stop()
            raise
        name = "localhost" if self.host in _EVERYWHERE else f"[{self.host}]" if ":" in self.host else self.host
        self._base_url = f"http://{name}:{chosen}"
        return self._base_url

    def _project(self) -> str:
        """The project's directory, cloned if need be."""
        if not self.project_path.startswith(_GIT):
            if not os.path.isdir(self.project_path):
                raise ServerStartError(f"project_path {self.project_path!r} is no directory")
            return self.project_path
        if self._clone is None:
            self._clone = Path(tempfile.mkdtemp(prefix="openenv-uv-"))
            url = self.project_path.removeprefix(_GIT)
            command = ["git", "clone", "--quiet", "--depth", "1", url, str(self._clone / "project")]
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                    env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
                )
            except OSError as error:
                raise ServerStartError(f"{url} could not be cloned: {error}") from error
            if done.returncode != 0:
                raise ServerStartError(f"{url} could not be cloned: {done.stderr.decode(errors='replace').strip()}")
        return str(self._clone / "project")

    def stop(self) -> None:
        process, self._process = self._process, None
        clone, self._clone = self._clone, None
        self._base_url = ""
        if process is not None:
            process.stop()
        if clone is not None:
            shutil.rmtree(clone, ignore_errors=True)

    def wait_for_ready(self, timeout_s: float = 30.0) -> None:
        if self._process is None:
            raise ServerStartError("the server was not started: call start() first")
        wait_for_health(self.base_url, timeout_s, ended=self.obituary, tail=self._process.tail)

    def obituary(self) -> str | None:
        process = self._process
        return None if process is None else process.obituary()

    def __enter__(self) -> "UVProvider":
        self.start()
        try:
            self.wait_for_ready(self.context_timeout_s)
        except BaseException:
            self.stop()
            raise
        return self


__all__ = ["UVProvider"]
