"""Event loops on threads of their own, shared by all clients of a process."""

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

CLIENT_LOOP: Final = "openenv-client"
"""Carries the sockets of all clients: it answers pings while the trainer computes."""

LOCAL_LOOP: Final = "openenv-local"
"""Runs in-process environments: what they do must not keep the sockets waiting."""

_JOIN_S: Final = 5.0
_CANCEL_S: Final = 2.0


class BackgroundLoop:
    """An event loop that runs on a daemon thread for as long as the process lives."""

    def __init__(self, name: str) -> None:
        self.loop = _new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def is_current_thread(self) -> bool:
        """Whether the caller runs on this loop's thread."""
        return threading.get_ident() == self._thread.ident

    def call_soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Run ``callback(*args)`` on the loop; from any thread."""
        self.loop.call_soon_threadsafe(callback, *args)

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Run ``coroutine`` on the loop; from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self) -> None:
        """End the loop and its thread; what is still at work is cancelled."""
        self.spawn(self._wind_up())
        self._thread.join(_JOIN_S)
        if not self._thread.is_alive():
            self.loop.close()

    async def _wind_up(self) -> None:
        tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CANCEL_S)
        self.loop.call_soon(self.loop.stop)  # once this task is over


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not on this platform
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


_loops: dict[str, BackgroundLoop] = {}
_lock = threading.Lock()
_exit_hooks: list[Callable[[], None]] = []
_fork_hooks: list[Callable[[], None]] = []
# Loops of the process this one was forked from. They must neither be used here nor be collected: their destructor
# would touch what the parent still uses.
_inherited: list[BackgroundLoop] = []


def shared_loop(name: str = CLIENT_LOOP) -> BackgroundLoop:
    """The process's loop of that name, started when first asked for."""
    loop = _loops.get(name)
    if loop is None:
        with _lock:
            loop = _loops.get(name)
            if loop is None:
                loop = _loops[name] = BackgroundLoop(name)
    return loop


def has_loop(name: str) -> bool:
    """Whether the loop of that name was started in this process."""
    return name in _loops


def on_exit(hook: Callable[[], None]) -> Callable[[], None]:
    """Run ``hook`` when the interpreter exits, before the loops end."""
    _exit_hooks.append(hook)
    return hook


def after_fork(hook: Callable[[], None]) -> Callable[[], None]:
    """Run ``hook`` in the child of a fork, after the parent's loops were given up there."""
    _fork_hooks.append(hook)
    return hook


def _forget_loops() -> None:
    global _lock
    _lock = threading.Lock()
    _inherited.extend(_loops.values())
    _loops.clear()
    for hook in _fork_hooks:
        hook()


@atexit.register
def _shut_down() -> None:
    for hook in _exit_hooks:
        hook()
    with _lock:
        loops = list(_loops.values())
        _loops.clear()
    for loop in loops:
        loop.stop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_loops)
