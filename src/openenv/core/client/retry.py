"""How often, and for how long, a client tries again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Bounds of the retries of one client. All times are seconds; 0 turns a kind of retry off.

    Attributes:
        connect_s: for how long connecting to a server that cannot be reached is tried again; None means the client's
            ``connect_timeout_s``.
        capacity_s: for how long a client waits for a free session of a full server; None means the client's
            ``connect_timeout_s``.
        reattach_s: for how long a client tries to get back to its session after its connection broke; None means
            the client's ``connect_timeout_s``.
        first_delay_s: the pause before the second try.
        max_delay_s: the longest pause; each is twice as long as the one before.
        jitter: by which share of itself a pause is made shorter or longer at random, 0 to 1.
    """

    connect_s: float | None = None
    capacity_s: float | None = None
    reattach_s: float | None = None
    first_delay_s: float = 0.05
    max_delay_s: float = 2.0
    jitter: float = 0.3

    def __post_init__(self) -> None:
        for name in ("connect_s", "capacity_s", "reattach_s"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"{name} must be 0 or more seconds, or None, not {value!r}")
        if not 0 < self.first_delay_s <= self.max_delay_s:
            raise ValueError("first_delay_s must be positive and at most max_delay_s")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter must be between 0 and 1, not {self.jitter!r}")

    def delays(self) -> Iterator[float]:
        """The pauses between tries, in seconds, without end."""
        delay = self.first_delay_s
        while True:
            yield delay * (1 + self.jitter * (2 * random.random() - 1))
            delay = min(delay * 2, self.max_delay_s)

    @classmethod
    def off(cls) -> "RetryPolicy":
        """A policy that never tries again."""
        return cls(connect_s=0, capacity_s=0, reattach_s=0)
