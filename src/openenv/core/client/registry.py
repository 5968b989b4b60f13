"""The sessions there are, so that none outlives the interpreter and none is used on both sides of a fork."""

import concurrent.futures
import threading
import weakref
from typing import TYPE_CHECKING, Final

from .loop import after_fork, has_loop, on_exit

if TYPE_CHECKING:
    from .session import Session

EXIT_TIMEOUT_S: Final = 5.0
"""How long the interpreter's exit waits for all sessions to be closed, in seconds."""

making = threading.Lock()
"""Held while a client makes its session."""

_live: "weakref.WeakSet[Session]" = weakref.WeakSet()
_ending: "set[Session]" = set()


def register(session: "Session") -> None:
    """Note a session while it is alive."""
    _live.add(session)


def end_in_background(session: "Session") -> None:
    """Close a session whose client is gone; from any thread, and from the garbage collector."""
    if not has_loop(session.source.loop_name):
        return  # it was never used, at least not in this process
    _ending.add(session)
    session.loop.call_soon(_begin_ending, session)


def _begin_ending(session: "Session") -> None:
    session.loop.spawn(session.shut_down()).add_done_callback(lambda _: _ending.discard(session))


@on_exit
def _close_all() -> None:
    sessions = [session for session in [*_live, *_ending] if has_loop(session.source.loop_name)]
    closing = [session.loop.spawn(session.shut_down(EXIT_TIMEOUT_S, stop_source=False)) for session in sessions]
    concurrent.futures.wait(closing, timeout=EXIT_TIMEOUT_S + 1)
    for session in sessions:
        session.stop_source_now()


@after_fork
def _disown_all() -> None:
    global making
    making = threading.Lock()  # a thread of the parent may hold the other one
    _ending.clear()
    for session in list(_live):
        session.disown_after_fork()
