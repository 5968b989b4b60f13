"""Containers of the Docker engine on this machine."""

import re
import socket
import subprocess
import time
from collections.abc import Sequence
from typing import Any, Final

from ...errors import ServerStartError
from .base import ContainerProvider
from .health import wait_for_health, with_output

_CONTAINER_PORT: Final = 8000
_COMMAND_TIMEOUT_S: Final = 600.0  # a first run pulls the image
_LOG_LINES: Final = 50
_PORT_TRIES: Final = 5


class LocalDockerProvider(ContainerProvider):
    """Runs the server's image with the ``docker`` command.

    Raises:
        RuntimeError: if there is no ``docker`` command, or its engine does not answer.
    """

    def __init__(self) -> None:
        self._container: str | None = None
        _docker("version", error="Docker is not available: install it, or start its engine")

    def start_container(
        self, image: str, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Start a container of ``image``, whose server listens on its port 8000.

        Args:
            image: ``repository[:tag]``. Capital letters of the repository are made small: Docker takes none.
            port: on this machine; None for a free one.
            env_vars: set in the container.
            **kwargs: ignored.

        Raises:
            RuntimeError: if a container of this provider runs already, or Docker cannot start one.
        """
        if self._container is not None:
            raise RuntimeError(f"container {self._container} runs already: stop_container() first")
        image = _with_small_letters(image)
        variables = [part for name, value in (env_vars or {}).items() for part in ("-e", f"{name}={value}")]
        for attempt in range(1, _PORT_TRIES + 1):
            chosen = port or free_port()
            name = f"{re.sub(r'[^a-zA-Z0-9_.-]+', '-', image).strip('-.')}-{time.time_ns() // 1_000_000}"
            # From here on there may be a container of that name, even if the command fails.
            self._container = name
            try:
                _docker(
                    "run", "-d", "--name", name, "-p", f"{chosen}:{_CONTAINER_PORT}", *variables, image,
                    error=f"Docker could not start {image!r}",
                )  # fmt: skip
            except BaseException as error:
                self.stop_container()
                # Between the choice of a free port and its use, somebody else may have taken it.
                taken = "port is already allocated" in str(error) or "address already in use" in str(error)
                if port is None and taken and attempt < _PORT_TRIES:
                    continue
                raise
            return f"http://localhost:{chosen}"
        raise AssertionError("unreachable")

    def stop_container(self) -> None:
        name, self._container = self._container, None
        if name is not None:
            _docker("stop", name)
            _docker("rm", "-f", name)

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        """Wait until the server is healthy.

        Raises:
            TimeoutError: if it is not within ``timeout_s`` seconds; the message has the container's last log lines.
            ServerStartError: if the container has ended.
        """
        wait_for_health(base_url, timeout_s, ended=self._obituary, tail=self._logs)

    def _obituary(self) -> str | None:
        if self._container is None:
            return "the container was stopped"
        state = _docker("inspect", "-f", "{{.State.Running}} {{.State.ExitCode}}", self._container)
        if state is None or not state.startswith("false"):
            return None
        return f"container {self._container} ended with exit code {state.split()[-1]}{with_output(self._logs())}"

    def _logs(self) -> str:
        logs = _docker("logs", "--tail", str(_LOG_LINES), self._container or "", merge=True)
        return logs or ""


def _with_small_letters(image: str) -> str:
    """The image with its repository as Docker can have it; tag and digest tell capital letters apart."""
    name, at, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # no tag: what follows the colon is a registry's port
        return f"{name.lower()}{at}{digest}"
    return f"{repository.lower()}{colon}{tag}{at}{digest}"


def free_port() -> int:
    """A port of this machine that nothing listens on now."""
    with socket.socket() as sock:
        sock.bind(("", 0))
        port: int = sock.getsockname()[1]
        return port


def _docker(*arguments: str, error: str | None = None, merge: bool = False) -> str | None:
    """Run ``docker`` and return what it prints.

    Args:
        error: raise a RuntimeError with these words if the command fails; without them, a failure gives None.
        merge: return what goes to stderr as well.
    """
    command: Sequence[str] = ("docker", *arguments)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.PIPE,
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        if error is None:
            return None
        raise ServerStartError(f"{error} ({failure})") from failure
    output = done.stdout.decode(errors="replace")
    if done.returncode == 0:
        return output.strip()
    if error is None:
        return None
    reason = (done.stderr or b"").decode(errors="replace").strip() or output.strip()
    raise ServerStartError(f"{error}: {reason}")
