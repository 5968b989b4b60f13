"""Opening links, again and again if need be, within the bounds of a retry policy."""

import asyncio
import time
from collections.abc import Callable, Iterator

from ..errors import CapacityError, EnvConnectionError, ServerDrainingError, ServerError, SessionLostError
from .link import Link, LinkInfo
from .open_socket import OpenError
from .retry import RetryPolicy
from .source import Source

# The words with which a server refuses a session whose old socket it still takes for alive.
_ATTACHED = "already has an attached"


class Opener:
    """Opens links to new sessions and back to old ones.

    Args:
        connect_timeout_s: the bound where ``retry`` names none, in seconds.
    """

    def __init__(self, source: Source, retry: RetryPolicy, connect_timeout_s: float) -> None:
        self._source = source
        self._retry = retry
        self._connect_timeout_s = connect_timeout_s
        self._capacity_deadline: float | None = None
        self._capacity_delays: Iterator[float] = iter(())

    async def open_new(self, refusal: ServerError | None = None) -> Link:
        """A link to a new session.

        Args:
            refusal: what the server said after it accepted the handshake the last time, if it refused then.

        Raises:
            EnvConnectionError: if the server cannot be reached.
            ServerError: if it refuses the session, :class:`CapacityError` once waiting for a free one took too long.
        """
        await self._source.start()
        deadline = time.monotonic() + self._bound(self._retry.connect_s)
        delays = self._retry.delays()
        while True:
            if refusal is not None:
                await self._pause_for_capacity(refusal)
                refusal = None
            try:
                link = await self._source.open()
            except OpenError as error:
                delay = next(delays)
                if not error.transient or time.monotonic() + delay > deadline:
                    raise self._connect_error(error) from error
                await asyncio.sleep(delay)
            except CapacityError as error:
                refusal = error
            else:
                if link.info.version is not None:  # servers that tell no version may still refuse by a frame
                    self.accepted()
                return link

    def accepted(self) -> None:
        """The server has given a session: the next wait for a free one begins anew."""
        self._capacity_deadline = None

    async def _pause_for_capacity(self, refusal: ServerError) -> None:
        """Wait a little before asking a full server again; raise its refusal where that makes no sense."""
        now = time.monotonic()
        if self._capacity_deadline is None:
            self._capacity_deadline = now + self._bound(self._retry.capacity_s)
            self._capacity_delays = self._retry.delays()
        delay = next(self._capacity_delays)
        hopeless = not isinstance(refusal, CapacityError) or isinstance(refusal, ServerDrainingError)
        if hopeless or now + delay > self._capacity_deadline:
            self._capacity_deadline = None
            raise refusal
        await asyncio.sleep(delay)

    async def reattach(self, info: LinkInfo, awaiting: Callable[[], int | None]) -> Link:
        """A link back to the session of ``info``.

        Args:
            awaiting: the number of the request whose reply has not come yet, if any.

        Raises:
            EnvConnectionError: if the server cannot be reached.
            ServerError: if it does not give the session back.
        """
        deadline = time.monotonic() + self._bound(self._retry.reattach_s)
        headers = {"X-OpenEnv-Session-Secret": info.session_secret or ""}
        delays = self._retry.delays()
        while True:
            number = awaiting()
            query = f"?session_id={info.session_id}" + ("" if number is None else f"&awaiting={number}")
            if (end := self._source.obituary()) is not None:
                raise EnvConnectionError(end)
            failure: Exception
            try:
                return await self._source.open(query, headers)
            except OpenError as error:
                failure = self._connect_error(error)
                if not error.transient:
                    raise failure from error
            except SessionLostError as error:
                # The server may not have noticed yet that the old socket is dead.
                if _ATTACHED not in error.message:
                    raise
                failure = error
            delay = next(delays)
            if time.monotonic() + delay > deadline:
                raise failure
            await asyncio.sleep(delay)

    def _bound(self, seconds: float | None) -> float:
        return self._connect_timeout_s if seconds is None else seconds

    def _connect_error(self, failure: Exception) -> EnvConnectionError:
        return EnvConnectionError(f"Failed to connect to {self._source.url}: {failure}")
