"""Who may have a session, for how long, and what happens to all of them when the server stops."""

import asyncio
import hmac
import logging
from collections import Counter

from .exceptions import (
    ConcurrencyConfigurationError,
    ServerDrainingError,
    SessionCapacityError,
    SessionNotFoundError,
)
from .session import Session, SessionKind
from .settings import ServerSettings
from .specification import EnvironmentSpec
from .types import ServerCapacityStatus
from .workers import WorkerThreads

logger = logging.getLogger("openenv.server")

DEFAULT_MAX_SESSIONS = 1024


class AddressLimitError(SessionCapacityError):
    """One client address holds as many sessions as it may."""


class SessionManager:
    """Owns every session of a server process: capacity, expiry, draining.

    All methods run on the server's event loop.

    Attributes:
        draining: set once the server takes no new session.
    """

    def __init__(self, spec: EnvironmentSpec, settings: ServerSettings) -> None:
        self.spec = spec
        self.settings = settings
        self.draining = False
        self.max_sessions = self._resolve_max_sessions(spec, settings)
        self._sessions: dict[str, Session] = {}
        self._by_address: Counter[str] = Counter()
        # Sessions whose socket broke, oldest first: the order in which they give up their slots.
        self._waiting: dict[str, asyncio.TimerHandle | None] = {}
        self._idle_timers: dict[str, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._threads = WorkerThreads()

    @staticmethod
    def _resolve_max_sessions(spec: EnvironmentSpec, settings: ServerSettings) -> int:
        concurrent = supports_concurrency(spec)
        if settings.max_sessions is None:
            return DEFAULT_MAX_SESSIONS if concurrent else 1
        if settings.max_sessions > 1 and not concurrent:
            raise ConcurrencyConfigurationError(spec.environment_type, settings.max_sessions)
        return settings.max_sessions

    @property
    def active_sessions(self) -> int:
        return len(self._sessions)

    def status(self) -> ServerCapacityStatus:
        return ServerCapacityStatus.from_counts(self.active_sessions, self.max_sessions)

    # Making and finding

    def reserve(self, kind: SessionKind, address: str | None = None) -> Session:
        """A new session with a slot of its own, not yet open.

        Raises:
            ServerDrainingError: if the server is shutting down.
            SessionCapacityError: if no slot is free and no session without a socket can give up its own.
        """
        if self.draining:
            raise ServerDrainingError
        limit = self.settings.max_sessions_per_address
        if limit is not None and address is not None and self._by_address[address] >= limit:
            raise AddressLimitError(
                self._by_address[address],
                limit,
                f"Too many sessions from this address: {limit} are allowed at once.",
            )
        if self.active_sessions >= self.max_sessions:
            self._evict_one()
        session = Session(self.spec, self.settings, self._threads, kind, address)
        self._sessions[session.id] = session
        if address is not None:
            self._by_address[address] += 1
        return session

    def _evict_one(self) -> None:
        for session_id in self._waiting:
            session = self._sessions[session_id]
            logger.info("session %s waits for its client and gives up its slot to another", session_id)
            self._end_in_background(session)
            return
        raise SessionCapacityError(self.active_sessions, self.max_sessions)

    async def create(self, kind: SessionKind, address: str | None = None) -> Session:
        """A new, open session.

        Raises:
            ServerDrainingError, SessionCapacityError: as :meth:`reserve`.
            EnvironmentFactoryError: if the environment cannot be made.
        """
        session = self.reserve(kind, address)
        await self.open(session)
        return session

    async def open(self, session: Session) -> None:
        """Open a reserved session; on failure, or if the caller is cancelled, its slot is free again."""
        try:
            await session.open()
        except BaseException:
            await asyncio.shield(self.end(session))
            raise
        idle_s = (
            self.settings.http_session_idle_timeout_s
            if session.kind is SessionKind.HTTP
            else self.settings.session_idle_timeout_s
        )
        if idle_s is not None and session.id in self._sessions:
            self._watch_idle(session, idle_s)

    def get(self, session_id: str, secret: str | None = None, *, secret_required: bool | None = None) -> Session:
        """The live session with this id.

        Args:
            secret: the session's secret. A wrong one finds nothing; None is fine unless ``secret_required``
                (default: the setting ``require_session_secret``).

        Raises:
            SessionNotFoundError: if there is none, or the secret does not open it.
        """
        session = self._sessions.get(session_id)
        required = self.settings.require_session_secret if secret_required is None else secret_required
        if session is None or (secret is None and required):
            raise SessionNotFoundError(session_id)
        if secret is not None and not hmac.compare_digest(secret.encode(), session.secret.encode()):
            raise SessionNotFoundError(session_id)
        return session

    # Sockets come and go

    def detach(self, session: Session) -> None:
        """The session's socket broke: wait for its client, or end the session if there is nothing to wait for."""
        if session.id not in self._sessions:
            return
        grace_s = self.settings.session_grace_s
        if session.kind is SessionKind.HTTP:
            self._waiting.pop(session.id, None)  # it lives on without a socket, until idle for too long
            return
        if grace_s <= 0 or session.received == 0 or self.draining:
            self._end_in_background(session)
            return
        loop = asyncio.get_running_loop()
        self._waiting[session.id] = loop.call_later(grace_s, self._end_in_background, session)

    def attach(self, session: Session) -> None:
        """A socket for the session is there (again)."""
        timer = self._waiting.pop(session.id, None)
        if timer is not None:
            timer.cancel()

    # Ending

    def _forget(self, session: Session) -> bool:
        if self._sessions.pop(session.id, None) is None:
            return False
        for timer in (self._waiting.pop(session.id, None), self._idle_timers.pop(session.id, None)):
            if timer is not None:
                timer.cancel()
        if session.address is not None:
            self._by_address[session.address] -= 1
            if self._by_address[session.address] <= 0:
                del self._by_address[session.address]
        return True

    async def end(self, session: Session) -> None:
        """Close the session; when this returns, everything it held is free, its slot included."""
        await session.close()
        self._forget(session)

    def _end_in_background(self, session: Session) -> None:
        """Free the slot at once and close the environment behind it."""
        if self._forget(session):
            task = asyncio.get_running_loop().create_task(session.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _watch_idle(self, session: Session, idle_s: float) -> None:
        loop = asyncio.get_running_loop()

        def check() -> None:
            left = session.last_activity + idle_s - loop.time()
            if session.busy:
                left = idle_s
            if left > 0:
                self._idle_timers[session.id] = loop.call_later(left, check)
                return
            logger.info("session %s was idle for %g s and ends", session.id, idle_s)
            self._end_in_background(session)

        self._idle_timers[session.id] = loop.call_later(idle_s, check)

    async def drain(self) -> None:
        """Take no new session and let calls at work finish, for at most ``drain_timeout_s``."""
        self.draining = True
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.settings.drain_timeout_s
        while loop.time() < deadline:
            at_work = [session for session in self._sessions.values() if session.busy]
            if not at_work:
                return
            await asyncio.wait(
                [asyncio.ensure_future(session.until_free()) for session in at_work],
                timeout=deadline - loop.time(),
            )

    async def shutdown(self) -> None:
        """Close every session."""
        self.draining = True
        sessions = list(self._sessions.values())
        await asyncio.gather(*(self.end(session) for session in sessions), *self._closing)
        self._threads.stop()


def supports_concurrency(spec: EnvironmentSpec) -> bool:
    """Whether several of the spec's environments may live at once; a function is called once to find out."""
    if spec.instance is not None:
        return False
    cls = spec.environment_class()
    if cls is not None:
        return bool(getattr(cls, "SUPPORTS_CONCURRENT_SESSIONS", False))
    environment = spec.factory()
    try:
        return bool(getattr(environment, "SUPPORTS_CONCURRENT_SESSIONS", False))
    finally:
        close = getattr(environment, "close", None)
        if close is not None:
            close()
