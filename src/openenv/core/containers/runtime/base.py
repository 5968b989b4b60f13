"""What a provider is."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from .health import wait_for_health


class ContainerProvider(ABC):
    """Runs one server in a container. As a context manager it stops the container at the end."""

    @abstractmethod
    def start_container(
        self, image: str, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Start a container and return the base URL of its server, which need not serve yet.

        Args:
            image: name of the image.
            port: on this machine; None lets the provider choose.
            env_vars: set in the container.
            **kwargs: what else the provider understands.
        """

    @abstractmethod
    def stop_container(self) -> None:
        """Stop and remove the container; idempotent."""

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        """Wait until the server is healthy.

        Raises:
            TimeoutError: if it is not within ``timeout_s`` seconds.
        """
        wait_for_health(base_url, timeout_s)

    def close(self) -> None:
        """Free everything the provider holds."""
        self.stop_container()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class RuntimeProvider(ABC):
    """Runs one server without a container. As a context manager it starts and stops it."""

    @abstractmethod
    def start(self, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any) -> str:
        """Start the server and return its base URL; it need not serve yet.

        Args:
            port: None lets the provider choose.
            env_vars: set for the server.
            **kwargs: what else the provider understands.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stop the server; idempotent."""

    @abstractmethod
    def wait_for_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until the server is healthy.

        Raises:
            TimeoutError: if it is not within ``timeout_s`` seconds.
            RuntimeError: if it has ended.
        """

    def obituary(self) -> str | None:
        """If the server is known to have ended, how."""
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


__all__ = ["ContainerProvider", "RuntimeProvider"]
