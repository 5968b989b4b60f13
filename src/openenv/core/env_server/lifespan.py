"""Start and end of a server: SIGTERM and SIGINT drain it before the ASGI server closes its connections."""

import asyncio
import gc
import logging
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from .session_manager import SessionManager

logger = logging.getLogger("openenv.server")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def running(manager: SessionManager) -> AsyncIterator[None]:
    """Serve sessions inside this context: on a signal drain, in the end close every environment."""
    manager.start()
    restore = _drain_on_signals(manager)
    try:
        with _frozen_heap(manager.settings.freeze_heap):
            yield
    finally:
        restore()
        await manager.drain()
        await manager.shutdown()


@contextmanager
def _frozen_heap(wanted: bool) -> Iterator[None]:
    """Keep the garbage collector out of what is there before the first session.

    Under load it would walk through all of it several times a second, and every session stands still meanwhile, 20 to
    100 ms. Only where the process is the server's: its main thread runs it.
    """
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _drain_on_signals(manager: SessionManager) -> Any:
    """Put a drain before the signal handlers there are.

    ASGI servers close every socket as soon as they handle the signal, and with it the replies of steps in flight. So
    the first signal only drains; when that is done, or with a second signal, the server's own handler gets its turn.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()
    previous: dict[int, Any] = {}

    async def drain_then(number: int, frame: FrameType | None) -> None:
        logger.info("draining: no new sessions, %d in flight", manager.active_sessions)
        await manager.drain()
        _call(previous[number], number, frame)

    def handle(number: int, frame: FrameType | None) -> None:
        if manager.draining:
            _call(previous[number], number, frame)
            return

        def start() -> None:
            task = loop.create_task(drain_then(number, frame))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        manager.draining = True
        loop.call_soon_threadsafe(start)

    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):  # a server's own; without one the default action stays as it is
            previous[number] = handler
            signal.signal(number, handle)

    def restore() -> None:
        for number, handler in previous.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)

    return restore


def _call(handler: Any, number: int, frame: FrameType | None) -> None:
    if callable(handler):
        handler(number, frame)
