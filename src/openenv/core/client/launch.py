"""Servers that a client runs itself: what starts them, and what stops them. Light to import."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..containers.runtime import ContainerProvider, RuntimeProvider
    from .source import Source
    from .websocket_link import LinkOptions

READY_TIMEOUT_S = 30.0
"""How long a server that a client starts may take until it serves, in seconds."""


class Launch(ABC):
    """Something that runs a server, or stands in for one. Its methods block.

    Attributes:
        base_url: of the server; empty until it was started.
    """

    base_url: str = ""

    @abstractmethod
    def start(self) -> None:
        """Start the server and wait until it serves; on failure, leave nothing running."""

    @abstractmethod
    def stop(self) -> None:
        """Stop the server; idempotent."""

    def obituary(self) -> str | None:
        """If the server is known to have ended, how."""
        return None

    def make_source(self, options: "LinkOptions") -> "Source":
        """What opens links to sessions of the server."""
        from .source import LaunchedSource

        return LaunchedSource(self, options)


class RuntimeLaunch(Launch):
    """A server that a :class:`RuntimeProvider` runs."""

    def __init__(self, provider: "RuntimeProvider", ready_timeout_s: float, **start_arguments: Any) -> None:
        self._provider = provider
        self._ready_timeout_s = ready_timeout_s
        self._start_arguments = start_arguments

    def start(self) -> None:
        base_url = self._provider.start(**self._start_arguments)
        _or_stop(lambda: self._provider.wait_for_ready(self._ready_timeout_s), self.stop)
        self.base_url = base_url

    def stop(self) -> None:
        self._provider.stop()

    def obituary(self) -> str | None:
        return self._provider.obituary()


class ContainerLaunch(Launch):
    """A server in a container that a :class:`ContainerProvider` runs."""

    def __init__(
        self, provider: "ContainerProvider", image: str, ready_timeout_s: float, **start_arguments: Any
    ) -> None:
        self._provider = provider
        self._image = image
        self._ready_timeout_s = ready_timeout_s
        self._start_arguments = start_arguments

    def start(self) -> None:
        base_url = self._provider.start_container(self._image, **self._start_arguments)
        _or_stop(lambda: self._provider.wait_for_ready(base_url, self._ready_timeout_s), self.stop)
        self.base_url = base_url

    def stop(self) -> None:
        self._provider.stop_container()


class RunningLaunch(Launch):
    """A server that a provider runs already, and that the client is to stop."""

    def __init__(self, base_url: str, stop: Callable[[], object]) -> None:
        self.base_url = base_url
        self._stop: Callable[[], object] | None = stop

    def start(self) -> None:
        return

    def stop(self) -> None:
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()


def launch_of(provider: Any, base_url: str | None) -> Launch:
    """What a client that was given ``provider`` starts and stops.

    Raises:
        ValueError: if ``provider`` is none, or needs to be told more.
    """
    if isinstance(provider, Launch):
        return provider
    if base_url is not None:
        stop = getattr(provider, "stop_container", None) or getattr(provider, "stop", None)
        if stop is not None:
            return RunningLaunch(base_url, stop)
    elif hasattr(provider, "start_container"):
        raise ValueError("a container provider needs an image: use from_docker_image(image, provider=...)")
    elif hasattr(provider, "wait_for_ready"):
        return RuntimeLaunch(provider, getattr(provider, "context_timeout_s", READY_TIMEOUT_S))
    raise ValueError(f"provider must be a ContainerProvider or a RuntimeProvider, not {provider!r}")


def _or_stop(action: Callable[[], object], stop: Callable[[], object]) -> None:
    try:
        action()
    except BaseException:
        stop()
        raise
