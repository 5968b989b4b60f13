"""How many messages a session may send."""

import time

from .failures import RateLimitError


class RateLimit:
    """A token bucket: so many messages a second, and as many at once after a second of silence."""

    def __init__(self, per_second: float | None) -> None:
        """``per_second``: None for no limit."""
        self._per_second = per_second
        self._burst = max(1.0, per_second or 0.0)
        self._left = self._burst
        self._left_at = time.monotonic()

    def spend(self) -> None:
        """Take account of one message.

        Raises:
            RateLimitError: if it is one too many.
        """
        if self._per_second is None:
            return
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._left_at) * self._per_second)
        self._left_at = now
        if self._left < 1.0:
            raise RateLimitError(self._per_second)
        self._left -= 1.0
