"""A provider whose server starts when a test lets it."""

import threading
from typing import Any

from openenv.core.containers.runtime import ProcessProvider
from tests.core.client.conftest import APP


class SlowProvider(ProcessProvider):
    """Starts the playground once ``go_on`` is set."""

    def __init__(self) -> None:
        super().__init__(APP)
        self.starting, self.go_on = threading.Event(), threading.Event()
        self.stops = 0

    def start(self, port: int | None = None, env_vars: dict[str, str] | None = None, **kwargs: Any) -> str:
        self.starting.set()
        self.go_on.wait()
        return super().start(port, env_vars, **kwargs)

    def stop(self) -> None:
        self.stops += 1
        super().stop()
