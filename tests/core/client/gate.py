"""A gate between a test and a step in the server's process: made of files, so that both see it."""

from pathlib import Path

from tests.core.client.peers import wait_until
from tests.core.client.playground import PlayAction


class Gate:
    """Holds the step that :meth:`action` takes from when it has begun until the gate is opened."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "gate"

    def action(self) -> PlayAction:
        return PlayAction(message="hold", gate=str(self._path))

    def wait_until_begun(self) -> None:
        wait_until(self._path.exists)

    def open(self) -> None:
        """Let the step end. A gate that a failed test never opens gives way by itself after a while."""
        self._path.with_suffix(".open").touch()
