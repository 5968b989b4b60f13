"""What the environments under test share within one server process: gates to wait at, a journal, scripts."""

import asyncio
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

# A gate that nobody opens fails its call instead of hanging the server.
_PATIENCE_S = 60.0


class World:
    """Gates, a journal and scripts. All of it may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Event] = {}
        self._waiting: Counter[str] = Counter()
        self._scripts: dict[str, list[dict[str, Any]]] = {"create": [], "close": []}
        self.journal: list[dict[str, Any]] = []

    def gate(self, name: str) -> threading.Event:
        with self._lock:
            return self._gates.setdefault(name, threading.Event())

    def waiting(self, name: str) -> int:
        with self._lock:
            return self._waiting[name]

    def _arrive(self, name: str, change: int) -> None:
        with self._lock:
            self._waiting[name] += change

    def wait(self, name: str) -> None:
        """Block this thread until the gate is open."""
        self._arrive(name, 1)
        try:
            if not self.gate(name).wait(_PATIENCE_S):
                raise TimeoutError(f"nobody opened the gate {name}")
        finally:
            self._arrive(name, -1)

    async def wait_async(self, name: str) -> None:
        """Wait until the gate is open, without blocking anything."""
        self._arrive(name, 1)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not self.gate(name).is_set():  # noqa: ASYNC110 - gates are opened by other threads too
                    await asyncio.sleep(0.005)
        finally:
            self._arrive(name, -1)

    def write(self, event: str, instance: int) -> None:
        entry = {"event": event, "instance": instance, "thread": threading.get_ident()}
        with self._lock:
            self.journal.append(entry)
        directory = os.environ.get("PUPPET_DIARY")
        if directory:
            Path(directory, f"{event}-{instance}").touch()

    def script(self, event: str, script: dict[str, Any]) -> None:
        with self._lock:
            self._scripts[event].append(script)

    def next_script(self, event: str) -> dict[str, Any]:
        """What the environment that asks should do in its constructor or its close."""
        with self._lock:
            scripts = self._scripts[event]
            return scripts.pop(0) if scripts else {}


WORLD = World()
