"""Preloaded, it lets the fork server fork once and then no more."""

import os

_fork = os.fork
_forks = 0


def fork() -> int:
    global _forks
    _forks += 1
    if _forks > 1:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return _fork()


os.fork = fork
