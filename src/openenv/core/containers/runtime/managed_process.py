"""A child process with its own process group, whose output is kept and of which nothing stays behind."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO, Final

from .health import with_output

STOP_TIMEOUT_S: Final = 10.0
"""How long a process may take to end after SIGTERM before it is killed, in seconds."""

_KEPT_LINES: Final = 200
_MAX_LINE: Final = 4000


class ManagedProcess:
    """A running child process.

    The child leads a process group of its own: a Ctrl-C at the terminal reaches only the parent, which then stops
    the child, and what the child has started can be ended with it.

    Args:
        command: program and arguments.
        env: its environment variables.
        cwd: its working directory.
        pass_fds: descriptors it inherits.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self._name = os.path.basename(command[0])
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._tail: deque[str] = deque(maxlen=_KEPT_LINES)
        self._process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            pass_fds=pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._keep_output, args=(self._process.stdout,), name="openenv-output", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _keep_output(self, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(_MAX_LINE):
                self._tail.append(line.decode(errors="replace"))

    def tail(self) -> str:
        """The last lines it wrote."""
        return "".join(self._tail)

    def obituary(self) -> str | None:
        """How it ended; None while it runs."""
        with self._lock:
            code = self._process.poll()
        if code is None:
            return None
        self._reader.join(1.0)  # its last words
        how = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"the server process {how}{with_output(self.tail())}"

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """End the process and its group: SIGTERM, and SIGKILL for what is left after ``timeout_s`` seconds."""
        if os.getpid() != self._owner:
            return  # a fork of the owner
        with self._lock:
            if self._process.returncode is None:
                self._signal(signal.SIGTERM)
                self._await_exit(timeout_s)
                # The process is not reaped yet, so its group's number cannot have been given to another group.
                self._signal(signal.SIGKILL)
                self._process.wait()
        self._reader.join(1.0)

    def _signal(self, number: signal.Signals) -> None:
        try:
            if number is signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                os.kill(self._process.pid, number)
        except ProcessLookupError:
            return

    def _await_exit(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        pause = 0.002
        while time.monotonic() < deadline:
            if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
