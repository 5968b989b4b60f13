"""Starts worker processes, through a fork server of the pool's own."""

import logging
import pickle
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .frames import FrameBuffer, Tag, frame

_SCRIPT = Path(__file__).with_name("_forkserver.py")
_RECEIVE = 1 << 16
_EXIT_TIMEOUT_S = 10.0

logger = logging.getLogger("openenv.workers")


class Launcher:
    """One fork server. Ends, and every worker with it, when it is closed or when this process ends."""

    def __init__(self, preload: Sequence[str]) -> None:
        """Start the process.

        Raises:
            OSError: if it cannot be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                # A script by its path, not a module of this package: it need not load the package. -P keeps
                # the script's directory from its import path.
                self._process = subprocess.Popen(
                    [sys.executable, "-P", str(_SCRIPT), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # a Ctrl-C in the terminal is the pool's to answer
                )
            except BaseException:
                ours.close()
                raise
        self.socket = ours
        self._frames = FrameBuffer()
        self._send(frame(Tag.CONFIG, pickle.dumps((sys.path, list(preload)))))

    @property
    def pid(self) -> int:
        return self._process.pid

    def fork(self, token: int, worker_socket: socket.socket) -> None:
        """Ask for a worker that has ``worker_socket``; a FORKED message with the token will come."""
        message = frame(Tag.FORK, token.to_bytes(8, "little"))
        socket.send_fds(self.socket, [message], [worker_socket.fileno()])

    def kill(self, pid: int) -> None:
        """Ask for a worker and what it started to be killed; an EXITED message will come."""
        self._send(frame(Tag.KILL, pid.to_bytes(8, "little")))

    def receive(self) -> Iterator[tuple[Tag, Any]]:
        """The messages that are here.

        Raises:
            EOFError: if the fork server has ended.
        """
        piece = self.socket.recv(_RECEIVE)
        if not piece:
            raise EOFError
        for tag, payload in self._frames.feed(piece):
            yield tag, payload.decode() if tag is Tag.FAILED else pickle.loads(payload)

    def close(self) -> None:
        """End the fork server and every worker; they are gone when this returns."""
        self.socket.close()
        try:
            self._process.wait(_EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            logger.warning("the fork server did not end by itself and is killed")
            self._process.kill()
            self._process.wait()

    def _send(self, message: bytes) -> None:
        self.socket.sendall(message)
