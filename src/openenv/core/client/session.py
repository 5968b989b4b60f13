"""A client's session: its calls, the link they go over, and what happens when that breaks.

A session is always in one of these situations:

- *none*: no link and nothing to go back to; the next call opens a new session;
- *open*: ``_link`` is set, and a call is sent from the thread it is made on;
- *recovering*: the connection broke; a task tries to get back to the session, and calls wait for it;
- *behind a late reply*: a call was given up before its reply came; that reply is awaited and dropped first;
- *lost*: the session is gone; calls say so until one of them may start over.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from ..errors import (
    EnvConnectionError,
    EnvTimeoutError,
    ProtocolError,
    ServerError,
    SessionLostError,
)
from . import registry
from .call import NO_LIMIT, Call, Frame, Verb, until_done
from .deadline import ReplyTimer
from .link import Link, LinkInfo, LinkLoss
from .loop import BackgroundLoop, shared_loop
from .opener import Opener
from .replies import error_in, looks_like_error, too_big
from .retry import RetryPolicy
from .source import Source
from .turns import Turns

CLOSE_TIMEOUT_S: Final = 10.0
"""How long closing waits for the server to free the session, in seconds."""

_REFUSALS: Final = frozenset({"CAPACITY_REACHED", "SHUTTING_DOWN", "FACTORY_ERROR"})
_TOO_BIG: Final = 1009


class Session:
    """Everything behind one client object.

    Its state changes on its loop's thread. Only two things happen on others: the call whose turn it is is sent by
    whoever makes it, and a caller who reads the reply on their own thread ends the turn there.

    Args:
        source: opens links.
        retry: bounds of the retries.
        connect_timeout_s: the bound where ``retry`` names none.
        owns_source: whether closing stops the source, too.

    Attributes:
        info: what the server said when it gave the latest session.
    """

    def __init__(self, source: Source, retry: RetryPolicy, connect_timeout_s: float, *, owns_source: bool) -> None:
        self.source = source
        self.info: LinkInfo | None = None
        self._owns_source = owns_source
        self._opener = Opener(source, retry, connect_timeout_s)
        self._turns = Turns()
        self._timer = ReplyTimer(self._outstanding, self._give_up)
        self._tasks: set[asyncio.Task[None]] = set()
        self._preparation: asyncio.Task[None] | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._clear()
        registry.register(self)

    def _clear(self) -> None:
        """No session, and no memory of one."""
        self._link: Link | None = None
        self._sent = 0  # requests of this session that were sent
        self._late: int | None = None  # the number of a request whose reply nobody waits for any more
        self._late_link: Link | None = None  # where that reply will come
        self._late_over: asyncio.Event | None = None
        self._lost: str | None = None
        self._lost_told = False
        # An error the server sent unasked: most likely its last word.
        self._parting: ServerError | None = None
        self._parting_told = False
        self._timer.cancel()

    @property
    def loop(self) -> BackgroundLoop:
        return shared_loop(self.source.loop_name)

    # Calls, from any thread

    def request(self, frame: Frame, limit_s: float, *, here: bool = False, **options: Any) -> Call:
        """Send a frame and get its reply; ``options`` as for :class:`Call`.

        Args:
            here: whether this thread will wait for the reply, and may do so at once.

        Raises:
            TypeError: if the frame has no JSON form.
        """
        return self._join(Call(Verb.REQUEST, self, frame, limit_s=limit_s, **options), here)

    def connect(self) -> Call:
        """Open the session if it is not."""
        return self._join(Call(Verb.CONNECT, self))

    def end(self, *, stop: bool, after: Sequence[Call] = ()) -> Call:
        """Close the session, after other calls, and stop an owned source if ``stop``."""
        call = self._join(Call(Verb.CLOSE if stop else Verb.DISCONNECT, self, after=after))
        if not call.done and self._turns.active is not call:
            self.loop.call_soon(self._drop_abandoned)
        return call

    def _join(self, call: Call, here: bool = False) -> Call:
        """Take a place in the line. The call is under way when this returns."""
        try:
            if self._turns.join(call):
                self._start(call, here)
        except BaseException:
            self.interrupted(call)
            raise
        return call

    def interrupted(self, call: Call) -> None:
        """A signal's handler raised an exception on this thread, such as KeyboardInterrupt, while ``call`` was made
        or waited for. If it is sent, its reply is still taken off the wire, and dropped."""
        link = call.link
        is_sound = link is None or link.after_interrupt()
        self.cancel(call)
        self.loop.call_soon(self._clean_up, call, None if is_sound else link)

    def cancel(self, call: Call) -> None:
        """Nobody waits for ``call`` any more: take it out of the line if it is not sent yet."""
        call.abandoned = True
        if self._turns.leave(call):
            call.finish(error=asyncio.CancelledError())
        elif call.number is None and not call.done:
            self.loop.call_soon(self._drop_unsent, call)

    def _start(self, call: Call, here: bool = False) -> None:
        link = self._link
        if link is not None and call.verb is Verb.REQUEST:
            self._transmit(link, call, here)
        else:
            self.loop.call_soon(self._prepare_soon, call)

    def _transmit(self, link: Link, call: Call, here: bool = False) -> None:
        frame = call.frame
        if not isinstance(frame, bytes):
            call.frame = frame = frame(link.info)
        call.link = link
        if call.limit_s != NO_LIMIT:
            call.deadline = time.monotonic() + call.limit_s
        self._sent += 1
        call.number = self._sent
        if call.deadline < self._timer.due:
            self.loop.call_soon(self._timer.arm)
        if not (link.exchange(frame, call) if here else link.send(frame)):
            self.loop.call_soon(self._send_again, call, link)

    def is_own_thread(self) -> bool:
        """Whether the caller runs on the thread that finishes this session's calls."""
        return self.loop.is_current_thread()

    def distrust(self, call: Call, error: ProtocolError) -> None:
        """The peer does not speak the protocol."""
        link = call.link
        if link is None or link is not self._link:
            return
        self._link, self._lost, self._lost_told = None, str(error).rstrip("."), True

        def end() -> None:
            link.abort(str(error))
            following = self._outstanding()
            if following is not None:
                self._complete(following, error=self._lost_error())

        self.loop.call_soon(end)

    # From here on: the loop's thread

    def _outstanding(self) -> Call | None:
        """The call whose reply is awaited."""
        call = self._turns.active
        return call if call is not None and call.number is not None and not call.done else None

    def _complete(self, call: Call, reply: Any = None, error: BaseException | None = None) -> None:
        """Give the call its outcome, and the next in line its turn."""
        was_active, following = self._turns.pass_on(call)
        if was_active:
            call.finish(reply, error)
            if following is not None:
                self._start(following)

    def _spawn(self, coroutine: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _clean_up(self, call: Call, link: Link | None) -> None:
        """Put right what ``call`` may have left half done: any statement on its thread may have been the last.

        Args:
            link: where bytes may be lost.
        """
        if link is not None and link is self._link:
            self._link = None
            link.abort("a call was interrupted")
            self._recover_or_lose(LinkLoss("a call was interrupted while it was sent or received"))
        self._timer.arm()
        active = self._turns.active
        if active is call:
            return
        call.finish(error=asyncio.CancelledError())
        is_preparing = self._preparation is not None and not self._preparation.done()
        if active is not None and active is call.following and active.number is None and not is_preparing:
            self._turns.leave(active)  # it may still stand in line behind itself
            self._prepare_soon(active)

    def _prepare_soon(self, call: Call) -> None:
        self._preparation = self._spawn(self._prepare(call))

    async def _prepare(self, call: Call) -> None:
        """Do what a call needs before its frame can go out, or all of it for verbs without a frame."""
        if call.done:
            return
        try:
            if call.verb in (Verb.CLOSE, Verb.DISCONNECT):
                for earlier in call.after:
                    await until_done(earlier)
                await self._end(CLOSE_TIMEOUT_S)
                if call.verb is Verb.CLOSE and self._owns_source:
                    await self.source.stop()
                self._complete(call)
                return
            link = await self._ready(call)
        except BaseException as error:
            self._complete(call, error=error)
            return
        if call.verb is Verb.CONNECT:
            self._complete(call)
        elif not call.done:
            self._transmit(link, call)

    async def _ready(self, call: Call) -> Link:
        """The open link, opened if need be."""
        while True:
            if self._recovery is not None:
                await asyncio.wait({self._recovery})
            elif self._lost is not None:
                if not (call.starts_over and self._lost_told):
                    raise self._lost_error()
                self._clear()
            elif self._late_over is not None and not self._late_over.is_set():
                await self._outwait_late_reply(self._late_over, call.limit_s)
            elif self._link is not None:
                return self._link
            else:
                refusal, self._parting = self._parting, None
                link = await self._opener.open_new(refusal)
                self.info, self._link, self._sent = link.info, link, 0
                link.attach(self)
                if self._link is None and self._parting is None:
                    raise EnvConnectionError(f"the server at {self.source.url} closes every connection at once")

    # What the link reports

    def link_message(self, link: Link, message: Any) -> None:
        if link is not self._link:
            if link is self._late_link:
                self._late_reply_came(link)
            return
        error = error_in(message)
        call = self._outstanding()
        if call is None and error is None:
            # Whatever comes next could be taken for the reply to the wrong request.
            self._link = None
            link.abort("unasked message")
            self._lose("the server sent a message that nobody asked for")
        elif call is None:
            self._parting = error
        elif error is None:
            self._parting_told = False
            if call.number == 1:
                self._opener.accepted()
            self._complete(call, message)
        else:
            self._take_error(link, call, message, error)

    def link_reply(self, link: Link, call: Call, message: bytes) -> bool:
        if link is not self._link or call is not self._outstanding() or looks_like_error(message):
            return False
        self._parting_told = False
        if call.number == 1:
            self._opener.accepted()
        self._complete(call, message)
        return True

    def _take_error(self, link: Link, call: Call, message: Any, error: ServerError) -> None:
        if call.alternative is not None and error.code in call.alternative[0]:
            call.frame, call.alternative = call.alternative[1], None
            self._transmit(link, call)
        elif error.code in _REFUSALS and call.number == 1:
            link.abort("refused")
            self._refused(call, error)
        else:
            is_last_word = isinstance(error, SessionLostError) or error.code in _REFUSALS
            self._parting_told = is_last_word and not call.abandoned
            self._complete(call, message)

    def _refused(self, call: Call, error: ServerError) -> None:
        """Told after the handshake: the server gives no session after all, and the first request was never taken."""
        self._link, self._parting, call.number = None, error, None
        self._prepare_soon(call)

    def link_lost(self, link: Link, loss: LinkLoss) -> None:
        if link is self._late_link:
            self._late_link = None
        elif link is self._link:
            self._link = None
        else:
            return
        call = self._outstanding()
        if call is not None and (loss.code == _TOO_BIG or loss.reply_too_big):
            # To ask for the reply again, or to send the frame again, would only break the next link.
            call.number = None
            self._recover_or_lose(loss)
            self._complete(call, error=too_big(loss))
        elif call is not None and call.number == 1 and self._parting is not None and self._parting.code in _REFUSALS:
            self._refused(call, self._parting)  # it crossed the request
        elif call is None and self._late is None and self._sent == 0:
            # Nothing was asked of this session yet: another one is as good, unless the server wants none.
            if self._parting is not None and self._parting.code not in _REFUSALS:
                self._parting = None
        else:
            self._recover_or_lose(loss)

    def _recover_or_lose(self, loss: LinkLoss) -> None:
        info = self.info
        if loss.is_final or info is None or not info.can_reattach:
            self._lose(loss.reason)
        else:
            self._recovery = self._spawn(self._recover(info))

    def _lose(self, reason: str) -> None:
        """The session is gone. A call that waits for a reply learns it; otherwise the next one does."""
        parting, self._parting = self._parting, None
        if parting is not None:
            reason = f"{reason}; its last word was: {parting.message}"
        self._lost, self._lost_told, self._parting_told = reason, self._parting_told, False
        self._forget_late_reply()
        call = self._outstanding()
        if call is None:
            return
        if call.abandoned:  # whoever made it does not hear of it
            self._complete(call, error=asyncio.CancelledError())
        elif self._lost_told and call.starts_over:  # it was made after that was told, in the moment before the end
            call.number = None
            self._prepare_soon(call)
        else:
            self._complete(call, error=self._lost_error())

    def _lost_error(self) -> SessionLostError:
        self._lost_told = True
        message = f"the session at {self.source.url} is lost: {self._lost}. reset() starts a new one"
        return SessionLostError(message, "SESSION_LOST")

    # Getting back to a session

    def _awaited(self) -> int | None:
        """The number of the request whose reply has not come yet."""
        call = self._outstanding()
        return self._late if call is None else call.number

    async def _recover(self, info: LinkInfo) -> None:
        try:
            link = await self._opener.reattach(info, self._awaited)
        except ServerError as error:
            self._recovery = None
            self._lose(f"the server does not give it back ({error.message})")
        except Exception as error:
            self._recovery = None
            self._lose(str(error))
        else:
            self._recovery = None
            if link.info.session_id == info.session_id:
                self._settle_on(link)
            else:
                self._spawn(link.finish(CLOSE_TIMEOUT_S))
                self._lose("the server gives another one instead")

    def _settle_on(self, link: Link) -> None:
        """Go on with a reattached link where the broken one stopped."""
        call, awaited = self._outstanding(), self._awaited()
        received = self._sent if link.info.received is None else link.info.received
        came_through = awaited is not None and received >= awaited
        self._sent = received
        if call is None and came_through:
            self._late_link = link
        else:
            self._forget_late_reply()
            self._link = link
            if call is not None and not came_through and not call.abandoned:
                self._transmit(link, call)
            elif call is not None and not came_through:
                self._complete(call, error=asyncio.CancelledError())
        link.attach(self)

    def _send_again(self, call: Call, link: Link) -> None:
        """A call met a dead link. Unless the link's end took care of it already, it waits for the next link."""
        if call is self._outstanding() and call.link is link and self._recovery is None:
            call.number = None
            self._sent -= 1
            self._prepare_soon(call)

    # Replies that take too long

    def _give_up(self, call: Call) -> None:
        """The reply is overdue. The connection is dropped, so that no late reply is taken for another call's."""
        link, self._link = self._link, None
        info = self.info
        message = f"no reply from {self.source.url} within {call.limit_s:g} s"
        goes_on = (link is not None and link.is_local) or (info is not None and info.can_reattach)
        if link is not None and not link.is_local:
            link.abort(message)
        if not goes_on:
            self._lost, self._lost_told = message, not call.abandoned
            message += "; the session is lost, reset() starts a new one"
        else:
            self._late, self._late_over = call.number, asyncio.Event()
            if link is not None and link.is_local:
                self._late_link = link
            elif self._recovery is None and info is not None:
                self._recovery = self._spawn(self._recover(info))
            message += "; the session goes on, and the late reply will be dropped"
        self._complete(call, error=EnvTimeoutError(message))

    def _late_reply_came(self, link: Link) -> None:
        self._link = link
        self._forget_late_reply()

    def _forget_late_reply(self) -> None:
        self._late = self._late_link = None
        if self._late_over is not None:
            self._late_over.set()

    async def _outwait_late_reply(self, over: asyncio.Event, limit_s: float) -> None:
        """Wait for the reply that an earlier call gave up on; if it does not come, give up the session."""
        try:
            async with asyncio.timeout(None if limit_s == NO_LIMIT else limit_s):
                await over.wait()
        except TimeoutError:
            link = self._late_link
            self._forget_late_reply()
            self._stop_recovery()
            if link is not None:
                self._spawn(link.finish(CLOSE_TIMEOUT_S))
            self._lost = f"it was still busy with an earlier call after {limit_s:g} s more"
            raise self._lost_error() from None

    # The end

    def _drop_abandoned(self) -> None:
        """Somebody wants to close. If whoever made the active call was interrupted, nobody needs its reply."""
        call = self._turns.active
        if call is not None and call.abandoned and call.verb in (Verb.REQUEST, Verb.CONNECT):
            self._drop_unsent(call)
            self._complete(call, error=EnvConnectionError("the call was interrupted"))

    def _drop_unsent(self, call: Call) -> None:
        """End the turn of a call that still waits for its link."""
        if call is self._turns.active and call.number is None:
            if self._preparation is not None:
                self._preparation.cancel()
            self._complete(call, error=asyncio.CancelledError())

    def _stop_recovery(self) -> None:
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            recovery.cancel()

    async def _end(self, timeout_s: float) -> None:
        """Close the session if there is one; afterwards there is none."""
        self._stop_recovery()
        link = self._link or self._late_link
        self._clear()
        if link is not None:
            await link.finish(timeout_s)

    async def shut_down(self, timeout_s: float = CLOSE_TIMEOUT_S, *, stop_source: bool = True) -> None:
        """Close everything at once, whatever is at work."""
        while (call := self._turns.active) is not None:
            call.abandoned = True
            self._drop_unsent(call)
            self._complete(call, error=EnvConnectionError("the client was closed"))
        await self._end(timeout_s)
        if stop_source and self._owns_source:
            await self.source.stop()

    def stop_source_now(self) -> None:
        """Stop an owned source from a thread without a loop."""
        if self._owns_source:
            self.source.stop_now()

    def disown_after_fork(self) -> None:
        """In the child of a fork: the session is the parent's."""
        link, had_state = self._link or self._late_link, self._sent > 0 or self._recovery is not None
        self._turns = Turns()
        self._tasks.clear()
        self._preparation = self._recovery = None
        self._timer = ReplyTimer(self._outstanding, self._give_up)
        self._clear()
        if link is not None:
            link.forget_after_fork()
        self.source.disown_after_fork()
        if had_state:
            self._lost = "it belongs to the process that this one was forked from"
