"""The ``docker`` command, and what the providers that use it have in common."""

import re
import subprocess
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from ...errors import ServerStartError
from .base import ContainerProvider
from .health import wait_for_health
from .ports import free_port

CONTAINER_PORT: Final = 8000
"""The port that a server in a container listens on."""

LOG_LINES: Final = 50
"""How many lines of a server's log a message shows."""

_COMMAND_TIMEOUT_S: Final = 600.0  # a first run pulls the image
_TRIES: Final = 5
_NAME_TAKEN: Final = re.compile(r"The container name .* is already in use|name conflicts with an existing object")
_PORT_TAKEN: Final = re.compile(
    r"port is already allocated|address already in use|port '\d+' is already in use by service"
)


class DockerCommandProvider(ContainerProvider):
    """Runs one server with the ``docker`` command, under a name of its own.

    Raises:
        RuntimeError: if there is no ``docker`` command, or its engine does not answer.
    """

    def __init__(self) -> None:
        self._name: str | None = None
        docker("version", error="Docker is not available: install it, or start its engine")

    @abstractmethod
    def _remove(self, name: str) -> None:
        """Remove what runs under the name, if anything does."""

    @abstractmethod
    def _obituary(self) -> str | None:
        """How the server has ended, once it has."""

    @abstractmethod
    def _tail(self) -> str:
        """The last lines that the server wrote."""

    def _start(
        self, image: str, port: int | None, name: Callable[[], str], command: Callable[[str, int], Sequence[str]]
    ) -> str:
        """Run the ``docker`` command that starts ``image``, and return the server's URL.

        Args:
            port: on this machine; None for a free one.
            name: makes a new name.
            command: the arguments for a name and a port.

        Raises:
            RuntimeError: if Docker cannot start it; then nothing is left.
        """
        for attempt in range(1, _TRIES + 1):
            chosen = port or free_port()
            # From here on something may run under that name, even if the command fails.
            self._name = new = name()
            try:
                docker(*command(new, chosen), error=f"Docker could not start {image!r}")
            except BaseException as error:
                self._name = None
                others = _NAME_TAKEN.search(str(error)) is not None
                if not others:  # else what has the name is somebody else's
                    self._remove(new)
                # Between the choice of a free port and its use, somebody else may have taken it.
                taken = port is None and _PORT_TAKEN.search(str(error)) is not None
                if (others or taken) and attempt < _TRIES:
                    continue
                raise
            return f"http://localhost:{chosen}"
        raise AssertionError("unreachable")

    def stop_container(self) -> None:
        name, self._name = self._name, None
        if name is not None:
            self._remove(name)

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        """Wait until the server is healthy.

        Raises:
            TimeoutError: if it is not within ``timeout_s`` seconds; the message has the last lines of its log.
            ServerStartError: if it has ended.
        """
        wait_for_health(base_url, timeout_s, ended=self._obituary, tail=self._tail)


def with_small_letters(image: str) -> str:
    """The image with its repository as Docker can have it; tag and digest tell capital letters apart."""
    name, at, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # no tag: what follows the colon is a registry's port
        return f"{name.lower()}{at}{digest}"
    return f"{repository.lower()}{colon}{tag}{at}{digest}"


def now_ms() -> int:
    """The time in milliseconds, which makes names new."""
    return time.time_ns() // 1_000_000


def docker(
    *arguments: str, error: str | None = None, merge: bool = False, timeout_s: float = _COMMAND_TIMEOUT_S
) -> str | None:
    """Run ``docker`` and return what it prints.

    Args:
        error: raise a RuntimeError with these words if the command fails; without them, a failure gives None.
        merge: return what goes to stderr as well.
        timeout_s: how long the command may take, in seconds.
    """
    command: Sequence[str] = ("docker", *arguments)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.PIPE,
            timeout=timeout_s,
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
