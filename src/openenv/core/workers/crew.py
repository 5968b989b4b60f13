"""The worker processes of a pool: how they come and go."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .calls import Call
from .frames import FrameBuffer, Tag
from .launcher import Launcher

_SEND_TIMEOUT_S = 30.0  # an idle worker reads at once; one that does not is as good as dead


@dataclass(eq=False)
class Worker:
    """One worker process, from the moment it is asked for.

    Attributes:
        ready: whether it has started and waits for calls, or has some.
        started: whether it is at work on the first of its calls.
        deadline: until when it may take to get ready, to load a call, or to be at work on it.
        calls: what it was given, in order.
    """

    token: int
    socket: socket.socket
    deadline: float | None
    pid: int | None = None
    ready: bool = False
    started: bool = False
    calls: deque[Call] = field(default_factory=deque)
    frames: FrameBuffer = field(default_factory=FrameBuffer)


@dataclass(frozen=True)
class Ended:
    """A worker that has ended by itself, and how."""

    worker: Worker
    exit_code: int | None
    how: str


class Crew:
    """Starts workers, ends them, and hears of those that end by themselves. Not thread-safe."""

    def __init__(
        self, selector: selectors.BaseSelector, preload: Sequence[str], config: bytes, start_timeout_s: float
    ) -> None:
        self.workers: dict[int, Worker] = {}
        self._selector = selector
        self._preload = preload
        self._config = config
        self._start_timeout_s = start_timeout_s
        self._launcher: Launcher | None = None
        self._tokens = 0

    def __len__(self) -> int:
        return len(self.workers)

    def __iter__(self) -> Iterator[Worker]:
        return iter(list(self.workers.values()))

    def start(self) -> None:
        """Start a worker; it says READY on its socket.

        Raises:
            OSError: if it cannot even be asked for.
        """
        if self._launcher is None:
            self._launcher = Launcher(self._preload)
            self._selector.register(self._launcher.socket, selectors.EVENT_READ, self)
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                ours.settimeout(_SEND_TIMEOUT_S)
                ours.sendall(self._config)
                self._launcher.fork(self._tokens, theirs)
            except OSError:
                ours.close()
                raise
        worker = Worker(self._tokens, ours, time.monotonic() + self._start_timeout_s)
        self.workers[self._tokens] = worker
        self._tokens += 1
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def discard(self, worker: Worker) -> None:
        """Be done with a worker: it is killed if it still runs."""
        del self.workers[worker.token]
        self.mute(worker)
        worker.socket.close()
        self.kill(worker)

    def mute(self, worker: Worker) -> None:
        """Listen no more to a worker that has nothing more to say."""
        if worker.socket in self._selector.get_map():
            self._selector.unregister(worker.socket)

    def kill(self, worker: Worker) -> None:
        """Kill a worker and what it has started. One whose pid is not known yet is killed once it is."""
        if worker.pid is not None:
            self._kill(worker.pid)

    def _kill(self, pid: int) -> None:
        if self._launcher is not None:
            try:
                self._launcher.kill(pid)
            except OSError:
                return  # the fork server has ended, and its workers with it

    def hear(self) -> list[Ended]:
        """Read what the fork server has to say: the workers that have ended."""
        if self._launcher is None:
            return []
        ended: list[Ended] = []
        try:
            for tag, content in self._launcher.receive():
                if tag is Tag.FORKED:
                    ended += self._know_pid(*content)
                elif tag is Tag.EXITED:
                    ended += self._know_exit(*content)
                else:
                    return ended + self._lose_launcher(content)
        except (EOFError, OSError):
            return ended + self._lose_launcher("ended with its fork server")
        return ended

    def _know_pid(self, token: int, pid: int | None, failure: str | None) -> list[Ended]:
        worker = self.workers.get(token)
        if worker is None:
            if pid is not None:
                self._kill(pid)  # given up before it came to life
        elif failure is not None:
            return [Ended(worker, None, failure)]
        else:
            worker.pid = pid
        return []

    def _know_exit(self, pid: int, exit_code: int) -> list[Ended]:
        how = f"was killed by signal {-exit_code}" if exit_code < 0 else f"exited with code {exit_code}"
        return [Ended(worker, exit_code, how) for worker in self if worker.pid == pid]

    def _lose_launcher(self, how: str) -> list[Ended]:
        """Without their fork server the workers end too."""
        self.close_launcher()
        return [Ended(worker, None, how) for worker in self]

    def close_launcher(self) -> None:
        """End the fork server and every worker; they are gone when this returns."""
        launcher, self._launcher = self._launcher, None
        if launcher is not None:
            self._selector.unregister(launcher.socket)
            launcher.close()
