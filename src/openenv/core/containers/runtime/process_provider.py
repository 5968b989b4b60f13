"""Servers as child processes of this one: what a client runs where there is no Docker."""

import json
import os
import select
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from ...client.models import environment_models
from ...errors import EnvTimeoutError, ServerStartError
from ...manifest import load_manifest
from .base import RuntimeProvider
from .health import wait_for_health, with_output
from .managed_process import STOP_TIMEOUT_S, ManagedProcess

SERVED_CLASS_VARIABLE: Final = "OPENENV_SERVED_CLASS"
_CLASS_APP: Final = "openenv.core.containers.runtime.class_app:app"

# Write ends of the pipes that tell children that their parent lives. A fork must not hold them open.
_lifelines: "weakref.WeakSet[_Lifeline]" = weakref.WeakSet()


class ProcessProvider(RuntimeProvider):
    """Runs a server as a child process on a port that the system chooses.

    The child ends when this process does, however that comes about.

    Args:
        app: ``"module:attribute"``.
        app_dir: put in front of the child's import path.
        cwd: the child's working directory; default: this process's.
        env_vars: set for the child besides this process's own variables.
        ready_timeout_s: how long :meth:`start` waits for the server, in seconds.
    """

    def __init__(
        self,
        app: str,
        *,
        app_dir: str | os.PathLike[str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        env_vars: Mapping[str, str] | None = None,
        ready_timeout_s: float = 30.0,
    ) -> None:
        module, separator, attribute = app.partition(":")
        if not (module and separator and attribute):
            raise ValueError(f"an app is given as 'module:attribute', not {app!r}")
        self._app = app
        self._app_dir = app_dir
        self._cwd = cwd
        self._env_vars = dict(env_vars or {})
        self._ready_timeout_s = ready_timeout_s
        self._base_url = ""
        self._process: ManagedProcess | None = None
        self._lifeline: _Lifeline | None = None
        self._lock = threading.Lock()

    @classmethod
    def for_target(
        cls,
        target: str | os.PathLike[str] | type,
        *,
        env_vars: Mapping[str, str] | None = None,
        ready_timeout_s: float = 30.0,
        action_cls: type | None = None,
        observation_cls: type | None = None,
        state_cls: type | None = None,
    ) -> Self:
        """A provider for an environment's directory, an app ``"module:attribute"``, or an environment class.

        Raises:
            ValueError: if ``target`` is none of these (:class:`ManifestError` for a directory without a manifest).
        """
        if isinstance(target, type):
            models = environment_models(target, action_cls, observation_cls, state_cls)
            served = {"env": import_name(target), **{name: import_name(m) for name, m in models._asdict().items()}}
            variables = {**(env_vars or {}), SERVED_CLASS_VARIABLE: json.dumps(served)}
            return cls(_CLASS_APP, env_vars=variables, ready_timeout_s=ready_timeout_s)
        if action_cls or observation_cls or state_cls:
            raise ValueError("action_cls, observation_cls and state_cls belong to a class target: an app has its own")
        path = Path(target)
        if path.is_dir():
            directory = path.resolve()
            app = load_manifest(directory).app
            return cls(app, app_dir=directory, cwd=directory, env_vars=env_vars, ready_timeout_s=ready_timeout_s)
        if isinstance(target, str) and ":" in target and os.sep not in target:
            return cls(target, app_dir=os.getcwd(), env_vars=env_vars, ready_timeout_s=ready_timeout_s)
        raise ValueError(
            f"{os.fspath(target)!r} is neither an environment's directory, nor an app 'module:attribute', "
            "nor an environment class"
        )

    @property
    def base_url(self) -> str:
        """The server's URL; empty while there is none."""
        return self._base_url

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return None if self._process is None else self._process.pid

    def start(self, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any) -> str:
        """Start the server and wait until it serves.

        Args:
            port: default: one that the system chooses.
            env_vars: set for the child, too.
            **kwargs: ``workers``, the number of server processes, can only be 1 here.

        Raises:
            RuntimeError: if it runs already, or ends before it serves (:class:`ServerStartError`).
            TimeoutError: if it does not serve in time.
        """
        if kwargs.pop("workers", 1) != 1 or kwargs:
            raise ValueError(f"a child process is one server and takes no {', '.join(kwargs) or 'further workers'}")
        with self._lock:
            if self._process is not None:
                raise RuntimeError("the server runs already: stop() it first")
            ready_end, announce_end = os.pipe()
            self._lifeline = _Lifeline()
            command = [
                *(sys.executable, "-m", "openenv.core.env_server.run", self._app),
                *(() if self._app_dir is None else ("--app-dir", os.fspath(self._app_dir))),
                *("--port", str(port or 0), "--log-level", "warning"),
                *("--ready-fd", str(announce_end), "--parent-fd", str(self._lifeline.read_end)),
            ]
            try:
                self._process = ManagedProcess(
                    command,
                    env={**os.environ, **self._env_vars, **(env_vars or {}), "PYTHONPATH": _import_path()},
                    cwd=self._cwd,
                    pass_fds=(announce_end, self._lifeline.read_end),
                )
            except BaseException:
                os.close(ready_end)
                self._lifeline.close()
                raise
            finally:
                os.close(announce_end)
                self._lifeline.close_read_end()
        try:
            self._base_url = self._read_url(ready_end)
        except BaseException:
            self._stop(0.0)  # it serves nobody yet
            raise
        finally:
            os.close(ready_end)
        return self._base_url

    def _read_url(self, ready_end: int) -> str:
        """The line that the child writes once it serves."""
        process = self._process
        assert process is not None
        deadline = time.monotonic() + self._ready_timeout_s
        line = b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([ready_end], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise EnvTimeoutError(
                    f"the server process did not serve within {self._ready_timeout_s:g} s{with_output(process.tail())}"
                )
            part = os.read(ready_end, 1024)
            if not part:
                # It has closed its end without a word; its exit follows.
                end = _poll(process.obituary, deadline) or f"the server process gave up{with_output(process.tail())}"
                raise ServerStartError(end)
            line += part
        return line.decode().strip()

    def stop(self) -> None:
        self._stop(STOP_TIMEOUT_S)

    def _stop(self, timeout_s: float) -> None:
        with self._lock:
            process, self._process = self._process, None
            lifeline, self._lifeline = self._lifeline, None
            self._base_url = ""
        if process is not None:
            process.stop(timeout_s)
        if lifeline is not None:
            lifeline.close()

    def wait_for_ready(self, timeout_s: float = 30.0) -> None:
        if self._process is None:
            raise ServerStartError("the server process was not started")
        wait_for_health(self._base_url, timeout_s, ended=self.obituary, tail=self._process.tail)

    def obituary(self) -> str | None:
        process = self._process
        return None if process is None else process.obituary()


class _Lifeline:
    """A pipe whose write end only this process holds: the child reads its end when this process is gone."""

    def __init__(self) -> None:
        self.read_end, self._write_end = os.pipe()
        self._has_read_end = True
        _lifelines.add(self)

    def close_read_end(self) -> None:
        if self._has_read_end:
            self._has_read_end = False
            os.close(self.read_end)

    def close(self) -> None:
        self.close_read_end()
        if self._write_end >= 0:
            os.close(self._write_end)
            self._write_end = -1


def _drop_lifelines() -> None:
    for lifeline in list(_lifelines):
        lifeline.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_lifelines)


def import_name(cls: type) -> str:
    """``"module:qualified.name"`` of a class that a child process can import.

    Raises:
        ValueError: if there is no such name.
    """
    name = f"{cls.__module__}:{cls.__qualname__}"
    if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
        raise ValueError(
            f"{name} cannot be imported by another process: move the class to the top level of a module, "
            "or use EnvClient.local(...)"
        )
    return name


def _import_path() -> str:
    """This process's import path, for the child."""
    entries = [os.path.abspath(entry) for entry in sys.path]
    return os.pathsep.join(dict.fromkeys(entry for entry in entries if os.path.exists(entry)))


def _poll(question: Any, deadline: float) -> Any:
    while (answer := question()) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return answer


__all__ = ["ProcessProvider"]
