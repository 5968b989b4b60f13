"""Servers as processes: started on a port that the system chooses, watched, measured and stopped."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_RUNNING: Final = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


class ServerStartError(RuntimeError):
    """The server ended, or did not listen in time; the message holds its log."""


class ServerProcess:
    """A running uvicorn server.

    Attributes:
        port: where it listens, on 127.0.0.1.
        pid: its process id.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, port: int) -> None:
        self._process = process
        self._log = log
        self.port = port
        self.pid = process.pid

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``."""
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What it has written so far, stdout and stderr together."""
        return self._log.read_text(errors="replace")

    def get(self, path: str) -> bytes:
        """The body of ``GET <path>``.

        Raises:
            urllib.error.HTTPError: if the answer is no success.
        """
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            body: bytes = response.read()
        return body

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system, in all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def memory_mib(self) -> dict[str, float]:
        """``rss`` (all resident pages) and ``pss`` (shared pages counted in shares), in MiB."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        sizes = dict(re.findall(r"^(Rss|Pss): +(\d+) kB", rollup, re.MULTILINE))
        return {"rss": int(sizes["Rss"]) / 1024, "pss": int(sizes["Pss"]) / 1024}

    def stop(self, timeout_s: float = 20.0) -> int:
        """End it with SIGTERM, after ``timeout_s`` with SIGKILL; returns the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()


@contextmanager
def serving(
    python: str | Path,
    app: str,
    app_dir: Path,
    *,
    cpu: int | None = None,
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    start_timeout_s: float = 90.0,
) -> Iterator[ServerProcess]:
    """Run ``uvicorn <app>`` with uvicorn's own defaults.

    Args:
        python: interpreter of the environment to serve from.
        app: ``module:attribute``.
        app_dir: folder to import it from; also the working directory.
        cpu: processor to bind the server to.
        environment: variables added to this process's.
        arguments: further arguments of uvicorn.

    Raises:
        ServerStartError: if it does not listen within ``start_timeout_s``.
    """
    with tempfile.TemporaryDirectory(prefix="openenv-serving-") as folder:
        log = Path(folder) / "log"
        command = [str(python), "-m", "uvicorn", app, "--app-dir", str(app_dir), "--port", "0", *arguments]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=app_dir,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean_environment(environment),
            )
        try:
            if cpu is not None:
                # The process has one thread yet; all later ones inherit this.
                os.sched_setaffinity(process.pid, {cpu})
            server = ServerProcess(process, log, _wait_for_port(process, log, start_timeout_s))
        except BaseException:
            process.kill()
            process.wait()
            raise
        try:
            yield server
        finally:
            server.stop()


def clean_environment(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables without those that change how Python starts or how openenv serves."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "OPENENV_", "ENABLE_WEB"))}
    return {**kept, **(added or {})}


def _wait_for_port(process: "subprocess.Popen[bytes]", log: Path, timeout_s: float) -> int:
    deadline = time.monotonic() + timeout_s
    while True:
        ended = process.poll() is not None
        text = log.read_text(errors="replace")
        found = _RUNNING.search(text)
        if found and _accepts(int(found[1])):  # with several processes it says so before any listens
            return int(found[1])
        if ended:
            raise ServerStartError(f"the server ended with status {process.returncode}:\n{text}")
        if time.monotonic() > deadline:
            raise ServerStartError(f"the server does not listen after {timeout_s:g} s:\n{text}")
        time.sleep(0.05)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
