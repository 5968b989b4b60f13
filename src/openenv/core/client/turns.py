"""The line of a session's calls: one at a time, first come, first served, from any thread."""

import threading
from collections import deque

from .call import Call


class Turns:
    """Whose turn it is.

    Attributes:
        active: the call whose turn it is, if any.
    """

    def __init__(self) -> None:
        self.active: Call | None = None
        self._waiting: deque[Call] = deque()
        self._lock = threading.Lock()

    def join(self, call: Call) -> bool:
        """Stand in line; True if it is the call's turn at once."""
        with self._lock:
            if self.active is not None:
                self._waiting.append(call)
                return False
            self.active = call
            return True

    def leave(self, call: Call) -> bool:
        """Step out of the line; False if the call has had its turn already."""
        with self._lock:
            try:
                self._waiting.remove(call)
            except ValueError:
                return False
            return True

    def pass_on(self, call: Call) -> tuple[bool, Call | None]:
        """End the turn of ``call``: whether it was its turn, and whose it is now."""
        with self._lock:
            if self.active is not call:
                return False, None
            # In this order, because this thread may be interrupted between any two of these.
            call.following = self._waiting[0] if self._waiting else None
            self.active = call.following
            if self._waiting:
                self._waiting.popleft()
            return True, self.active
