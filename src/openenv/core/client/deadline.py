"""Notices replies that are overdue, at the price of one timer now and then instead of one per call."""

import asyncio
import time
from collections.abc import Callable

from .call import NO_LIMIT, Call


class ReplyTimer:
    """Watches the deadline of the call at work.

    Args:
        active: the call that waits for its reply, if any.
        overdue: told of a call whose deadline has passed.

    Attributes:
        due: when the timer fires, on the monotonic clock. A call with an earlier deadline must :meth:`arm` it;
            one with a later deadline need not: the timer looks again when it fires.
    """

    def __init__(self, active: Callable[[], Call | None], overdue: Callable[[Call], None]) -> None:
        self.due = NO_LIMIT
        self._active = active
        self._overdue = overdue
        self._handle: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        """Fire in time for the active call; on the loop's thread."""
        call = self._active()
        if call is None or call.deadline >= self.due:
            return
        self.cancel()
        self.due = call.deadline
        self._handle = asyncio.get_running_loop().call_later(max(0.0, self.due - time.monotonic()), self._fire)

    def cancel(self) -> None:
        self.due = NO_LIMIT
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self.cancel()
        call = self._active()
        if call is None:
            return
        if call.deadline <= time.monotonic():
            self._overdue(call)
        else:
            self.arm()
