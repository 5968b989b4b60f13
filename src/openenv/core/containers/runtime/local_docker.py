"""Containers of the Docker engine on this machine."""

import re
from typing import Any

from .docker_command import CONTAINER_PORT, LOG_LINES, DockerCommandProvider, docker, now_ms, with_small_letters
from .health import with_output


class LocalDockerProvider(DockerCommandProvider):
    """Runs the server's image with the ``docker`` command.

    Raises:
        RuntimeError: if there is no ``docker`` command, or its engine does not answer.
    """

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
        if self._name is not None:
            raise RuntimeError(f"container {self._name} runs already: stop_container() first")
        image = with_small_letters(image)
        stem = re.sub(r"[^a-zA-Z0-9_.-]+", "-", image).strip("-.")
        variables = [part for name, value in (env_vars or {}).items() for part in ("-e", f"{name}={value}")]
        return self._start(
            image,
            port,
            lambda: f"{stem}-{now_ms()}",
            lambda name, chosen: (
                *("run", "-d", "--name", name, "-p", f"{chosen}:{CONTAINER_PORT}"),
                *variables,
                image,
            ),
        )

    def _remove(self, name: str) -> None:
        docker("stop", name)
        docker("rm", "-f", name)

    def _obituary(self) -> str | None:
        if self._name is None:
            return "the container was stopped"
        state = docker("inspect", "-f", "{{.State.Running}} {{.State.ExitCode}}", self._name)
        if state is None or not state.startswith("false"):
            return None
        return f"container {self._name} ended with exit code {state.split()[-1]}{with_output(self._tail())}"

    def _tail(self) -> str:
        return docker("logs", "--tail", str(LOG_LINES), self._name or "", merge=True) or ""


__all__ = ["LocalDockerProvider"]
