"""Real commands and servers in processes of their own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPENENV = [sys.executable, "-m", "openenv.cli"]
UVICORN = [sys.executable, "-m", "uvicorn"]

# Far above what anything here takes: a test that hangs fails instead.
PATIENCE_S = 120


def environment(**variables: str) -> dict[str, str]:
    """This process's variables without what steers openenv, plus ``variables``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENENV_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "COLUMNS": "200", **variables}


def run(command: Sequence[str], cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end."""
    return subprocess.run(
        command, cwd=cwd, env=environment(**variables), capture_output=True, text=True, timeout=PATIENCE_S
    )


def openenv(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``openenv`` to its end."""
    return run([*OPENENV, *arguments], cwd, **variables)


def make_uv(directory: Path, script: str) -> None:
    """Put a program called ``uv`` into ``directory``."""
    executable = directory / "uv"
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)


class Server:
    """A server's process, its output read all along."""

    def __init__(self, command: Sequence[str], cwd: Path, variables: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(PYTHONUNBUFFERED="1", **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def output(self) -> str:
        with self._news:
            return "".join(self._lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match of ``pattern`` in the output, as soon as it is there."""
        with self._news:
            self._news.wait_for(lambda: self._ended or re.search(pattern, "".join(self._lines)), PATIENCE_S)
            match = re.search(pattern, "".join(self._lines))
        assert match is not None, f"{pattern!r} not in the output:\n{self.output}"
        return match

    @property
    def url(self) -> str:
        """Where it serves; waits until it does."""
        return self.wait_for(r"Uvicorn running on (http://\S+)")[1].replace("0.0.0.0", "127.0.0.1")


@contextmanager
def serving(command: Sequence[str], cwd: Path = ROOT, **variables: str) -> Iterator[Server]:
    """Run a server as a child process for the time of the block."""
    server = Server(command, cwd, variables)
    try:
        yield server
    except BaseException as error:
        error.add_note(f"The server's output:\n{server.output}")
        raise
    finally:
        server.process.terminate()
        try:
            server.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
