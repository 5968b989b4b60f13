"""One call: how it travels to a worker, and how its outcome comes back."""

import functools
import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from .errors import RemoteTraceback, WorkerCallError, WorkerResultError
from .frames import Tag, frame

Outcome = Callable[[], tuple[Any, Exception | None]]
"""Gives a call's result, or its error. Unpickles, so it is run without any lock, and once."""


@dataclass(eq=False)
class Call:
    """One call and its future.

    Attributes:
        name: for messages.
        message: the call as it is sent.
        timeout_s: how long it may be at work.
        batch: up to how many calls of its kind may be sent to one worker ahead of time.
        running: whether its future says so.
        attempts: how many workers ended before it had started.
        abandoned: whether nobody waits for it any more.
    """

    name: str
    message: bytes
    timeout_s: float | None
    batch: int = 1
    running: bool = False
    attempts: int = 0
    abandoned: bool = False
    future: Future[Any] = field(default_factory=Future)

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        keywords: Mapping[str, Any],
        timeout_s: float | None,
        batch: int = 1,
    ) -> "Call":
        """A call to be made; raises as :func:`pack` does."""
        message = frame(Tag.CALL, pack(function, arguments, keywords))
        return cls(_name(function), message, timeout_s, batch)

    def start(self) -> bool:
        """Mark the future as running; False if it was cancelled."""
        self.running = self.running or self.future.set_running_or_notify_cancel()
        return self.running

    def settle(self, outcome: Outcome) -> None:
        """Give the future its outcome, unless it was cancelled."""
        if not self.start():
            return
        try:
            result, error = outcome()
        except Exception as failed:  # whatever happens, nobody waits for ever
            result, error = None, failed
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


def pack(function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> bytes:
    """A call, pickled.

    Raises:
        TypeError: if it cannot be, or a worker could not import the function.
    """
    name = _name(function)
    try:
        return pickle.dumps((function, arguments, keywords), pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise TypeError(
            f"{name} cannot be sent to a worker process: {error}. Use a function at the top level of a "
            "module, and arguments that can be pickled"
        ) from error


def failure(error: Exception) -> Outcome:
    """The outcome that is ``error``."""
    return lambda: (None, error)


def load(name: str, tag: Tag, payload: bytes) -> tuple[Any, Exception | None]:
    """What a worker sent: the result, or what the call raised, with the worker's traceback as its cause."""
    try:
        content = pickle.loads(payload)
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        if tag is Tag.RESULT:
            return None, WorkerResultError(f"the result of {name} cannot be loaded here: {words}")
        return None, WorkerCallError(f"{name} failed with an error that cannot be loaded here: {words}")
    if tag is Tag.RESULT:
        return content, None
    if tag is Tag.UNSENDABLE:
        return None, WorkerResultError(f"the result of {name} cannot be sent, {content}")
    raised, words, trace = content
    raised = raised or WorkerCallError(f"{name} failed: {words}")
    raised.__cause__ = RemoteTraceback(trace)
    return None, raised


def _name(function: Callable[..., Any]) -> str:
    """The function's name.

    Raises:
        TypeError: if it lives in ``__main__``, which a worker does not have.
    """
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    name = getattr(inner, "__qualname__", type(inner).__name__)
    if getattr(inner, "__module__", None) == "__main__":
        raise TypeError(
            f"{name} cannot be sent to a worker process: it is defined in the script that is being run. "
            "Move it to a module and import it"
        )
    return str(name)
