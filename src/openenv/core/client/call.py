"""One turn on a session: a request and its reply, or a verb such as connect and close."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final, Protocol

from ..errors import ProtocolError, error_for_code
from ..wire import decode, encode
from .link import Link, LinkInfo

logger = logging.getLogger("openenv.client")

NO_LIMIT: Final = float("inf")

Frame = bytes | dict[str, Any] | Callable[[LinkInfo], bytes]
"""A frame as JSON, as an object, or what makes one once it is known what the server is."""


class Verb(Enum):
    """What a call asks of its session."""

    REQUEST = "request"
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    CLOSE = "close"


class CallKeeper(Protocol):
    """Whose line a call stands in."""

    def is_own_thread(self) -> bool:
        """Whether the caller runs on the thread that finishes the calls, and so must not wait for one."""

    def distrust(self, call: "Call", error: ProtocolError) -> None:
        """The reply to ``call`` shows that the peer does not speak the protocol."""

    def interrupted(self, call: "Call") -> None:
        """A signal's handler raised an exception on this thread, which made ``call`` or waits for it."""


class Call:
    """A call, its place in the line, and its outcome. Made by any thread, finished once, by the loop's.

    Attributes:
        frame: what to send. Objects are encoded at once, so that they may change afterwards.
        starts_over: whether it may start a new session after the old one was lost.
        limit_s: how long to wait for the reply once the frame is sent, in seconds.
        number: which request of its session it is, from 1; None while it is not sent.
        deadline: when the reply is overdue, on the monotonic clock.
        following: whose turn it is after this one, once that is known.
        alternative: ``(error codes, frame)``: the frame to send instead when the reply is an error of those codes.
        abandoned: nobody wants the outcome any more.
    """

    __slots__ = (
        "_callbacks", "_error", "_keeper", "_reply", "abandoned", "after", "alternative",
        "consumed", "deadline", "done", "following", "frame", "limit_s", "link", "number", "starts_over", "verb",
    )  # fmt: skip

    def __init__(
        self,
        verb: Verb,
        keeper: "CallKeeper | None" = None,
        frame: Frame = b"",
        *,
        limit_s: float = NO_LIMIT,
        starts_over: bool = False,
        alternative: tuple[frozenset[str], bytes] | None = None,
        after: "Sequence[Call]" = (),
    ) -> None:
        self.verb = verb
        self.frame = encode(frame) if isinstance(frame, dict) else frame
        self.limit_s = limit_s
        self.starts_over = starts_over
        self.alternative = alternative
        self.after = after
        self.number: int | None = None
        self.link: Link | None = None
        self.following: Call | None = None
        self.deadline = NO_LIMIT
        self.done = False
        self.consumed = False
        self.abandoned = False
        self._keeper = keeper
        self._reply: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[], object]] = []

    @classmethod
    def finished(cls) -> "Call":
        """A call that had nothing to do."""
        call = cls(Verb.DISCONNECT)
        call.finish()
        return call

    def finish(self, reply: Any = None, error: BaseException | None = None) -> None:
        """Give the outcome; later ones are ignored."""
        if self.done:
            return
        self._reply, self._error = reply, error
        self.done = True
        self._run_callbacks()

    def on_done(self, callback: Callable[[], object]) -> None:
        """Run ``callback`` once the call is done, on whichever thread finds it so."""
        self._callbacks.append(callback)
        if self.done:
            self._run_callbacks()

    def _run_callbacks(self) -> None:
        # Each is popped exactly once, even if on_done() and finish() get here together.
        while self._callbacks:
            try:
                callback = self._callbacks.pop()
            except IndexError:
                return
            callback()

    def can_wait_here(self) -> bool:
        """Whether this thread is another than the one that finishes the call."""
        return self._keeper is None or not self._keeper.is_own_thread()

    def wait(self, timeout_s: float | None = None) -> None:
        """Block this thread until the call is done, or, given a time, until that has passed.

        Raises:
            RuntimeError: on the thread that would have to finish the call.
        """
        if self.done:
            return
        if not self.can_wait_here():
            raise RuntimeError(
                "this result cannot be waited for here: the thread that receives it would wait for itself. "
                "Await it instead."
            )
        if self.link is not None and timeout_s is None:
            try:
                self.link.exchange(b"", self)
            except BaseException:
                if self._keeper is not None:
                    self._keeper.interrupted(self)
                raise
            if self.done:
                return
        ready = threading.Lock()
        ready.acquire()
        self.on_done(ready.release)
        try:
            ready.acquire(timeout=-1 if timeout_s is None else timeout_s)
        except BaseException:  # KeyboardInterrupt: the reply is still taken off the wire, and dropped
            self.abandoned = True
            raise

    def result(self) -> Any:
        """The reply's object, after the call is done.

        Raises:
            ServerError: typed after the code, if the reply is an error.
            ProtocolError: if the reply is none of the protocol's.
            OpenEnvError: if there is no reply.
        """
        self.consumed = True
        if self._error is not None:
            raise self._error
        reply = self._reply
        if reply is None:
            return None
        if isinstance(reply, bytes):
            try:
                reply = decode(reply)
            except ValueError as error:
                raise self._protocol_error(f"a reply that is not JSON ({error})") from None
        if not isinstance(reply, dict) or "type" not in reply or not isinstance(reply.get("data"), dict):
            raise self._protocol_error("a reply that is not an object with a 'type' and an object 'data'")
        if reply.get("type") == "error":
            data = reply["data"]
            raise error_for_code(str(data.get("message", "")), str(data.get("code", "UNKNOWN")), data)
        return reply

    def data(self, expected: str) -> dict[str, Any]:
        """The ``data`` of the reply, which must be of type ``expected``; raises as :meth:`result`."""
        reply = self.result()
        if reply["type"] != expected:
            raise self._protocol_error(f"a reply of type {reply['type']!r} instead of {expected!r}")
        data: dict[str, Any] = reply["data"]
        return data

    def _protocol_error(self, what: str) -> ProtocolError:
        error = ProtocolError(f"the server sent {what}: is it an OpenEnv server? The connection is given up.")
        if self._keeper is not None:
            self._keeper.distrust(self, error)
        return error

    def report_unconsumed(self) -> None:
        """Log the failure of a call whose outcome nobody took."""

        def report() -> None:
            if not self.consumed and not self.abandoned:
                try:
                    self.result()
                except Exception as error:
                    logger.warning("a call whose result was never used has failed: %s", error)

        self.on_done(report)


async def until_done(call: Call) -> None:
    """Wait for a call, on any loop; its outcome is left alone."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    call.on_done(lambda: loop.call_soon_threadsafe(done.set))
    await done.wait()
