"""Who may have a session, for how long, and what happens to all of them when the server stops."""

import asyncio
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable

from .exceptions import (
    ConcurrencyConfigurationError,
    ServerDrainingError,
    SessionCapacityError,
    SessionNotFoundError,
)
from .session import Session, SessionKind, SessionPhase
from .settings import ServerSettings
from .specification import EnvironmentSpec, traits_of
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
        self.traits = traits_of(spec)
        self.max_sessions = self._resolve_max_sessions()
        self._sessions: dict[str, Session] = {}
        self._by_address: Counter[str] = Counter()
        # Sessions whose socket broke, oldest first: the order in which they give up their slots.
        self._waiting: dict[str, asyncio.TimerHandle | None] = {}
        self._idle_timers: dict[str, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._drain: asyncio.Task[None] | None = None
        self._threads = WorkerThreads(single=self.traits.single_thread)

    def _resolve_max_sessions(self) -> int:
        wanted = self.settings.max_sessions
        if wanted is None:
            return DEFAULT_MAX_SESSIONS if self.traits.concurrent else 1
        if wanted > 1 and not self.traits.concurrent:
            raise ConcurrencyConfigurationError(self.spec.environment_type, wanted)
        return wanted

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
            refusal = AddressLimitError(
                limit, limit, f"Too many sessions from this address: {limit} are allowed at once."
            )
            self._make_room(lambda session: session.address == address, refusal)
        if self.active_sessions >= self.max_sessions:
            self._make_room(lambda session: True, SessionCapacityError(self.active_sessions, self.max_sessions))
        session = Session(self.spec, self.settings, self._threads, kind, address)
        self._sessions[session.id] = session
        if address is not None:
            self._by_address[address] += 1
        return session

    def _make_room(self, gives_room: Callable[[Session], bool], refusal: SessionCapacityError) -> None:
        """End the session that has waited longest for its client; raise ``refusal`` if there is none."""
        for session_id in self._waiting:
            session = self._sessions[session_id]
            if gives_room(session):
                logger.info("session %s waits for its client and gives up its slot to another", session_id)
                self._end_in_background(session)
                return
        raise refusal

    def aside(self) -> Session:
        """A session that takes no slot, for questions that a full server answers too. The caller closes it."""
        return Session(self.spec, self.settings, self._threads, SessionKind.THROWAWAY)

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
            if self._closing and not self.traits.concurrent:
                await asyncio.wait(self._closing)  # no two of these environments may be there at once
            await session.open()
        except BaseException:
            await asyncio.shield(self.end(session))
            raise
        if session.id in self._sessions:
            self._watch_idle(session)

    def get(self, session_id: str, secret: str | None = None, *, secret_required: bool | None = None) -> Session:
        """The live session with this id.

        Args:
            secret: the session's secret. A wrong one finds nothing; None is fine unless ``secret_required``
                (default: for sessions made over HTTP the setting ``require_session_secret``, for others yes).

        Raises:
            SessionNotFoundError: if there is none, or the secret does not open it.
        """
        session = self._sessions.get(session_id)
        if session is None or session.phase is SessionPhase.CLOSED:
            raise SessionNotFoundError(session_id)
        if secret_required is None:
            secret_required = self.settings.require_session_secret or session.kind is not SessionKind.HTTP
        if secret is None and secret_required:
            raise SessionNotFoundError(session_id)
        if secret is not None and not hmac.compare_digest(secret.encode(), session.secret.encode()):
            raise SessionNotFoundError(session_id)
        return session

    # Sockets come and go

    def detach(self, session: Session) -> None:
        """The session's socket broke: wait for its client, or end the session if there is nothing to wait for."""
        session.attached = False
        if session.id not in self._sessions:
            return
        if session.kind is SessionKind.HTTP and not session.closing:
            session.last_activity = time.monotonic()
            self._watch_idle(session)  # it lives on without a socket, until idle for too long
            return
        grace_s = self.settings.session_grace_s
        if grace_s <= 0 or session.received == 0 or session.closing or self.draining:
            self._end_in_background(session)
            return
        loop = asyncio.get_running_loop()
        self._waiting[session.id] = loop.call_later(grace_s, self._end_in_background, session)

    def attach(self, session: Session) -> None:
        """A socket for the session is there (again)."""
        session.attached = True
        timer = self._waiting.pop(session.id, None)
        if timer is not None:
            timer.cancel()
        if session.phase is SessionPhase.OPEN:
            self._watch_idle(session)

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
        try:
            await session.close()
        finally:
            self._forget(session)

    def _end_in_background(self, session: Session) -> None:
        """Free the slot at once and close the environment behind it."""
        if self._forget(session):
            task = asyncio.get_running_loop().create_task(session.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _watch_idle(self, session: Session) -> None:
        """End the session once it has been idle for too long; how long that is depends on its socket."""
        timer = self._idle_timers.pop(session.id, None)
        if timer is not None:
            timer.cancel()
        without_socket = session.kind is SessionKind.HTTP and not session.attached
        idle_s = self.settings.http_session_idle_timeout_s if without_socket else self.settings.session_idle_timeout_s
        if idle_s is None:
            return
        loop = asyncio.get_running_loop()

        def check() -> None:
            left = idle_s if session.busy else session.last_activity + idle_s - time.monotonic()
            if left > 0:
                self._idle_timers[session.id] = loop.call_later(left, check)
                return
            logger.info("session %s was idle for %g s and ends", session.id, idle_s)
            self._end_in_background(session)

        self._idle_timers[session.id] = loop.call_later(idle_s, check)

    def start(self) -> None:
        """Take sessions, again if the app was stopped before."""
        self.draining = False
        self._drain = None

    async def drain(self) -> None:
        """Take no new session and let calls at work finish, for at most ``drain_timeout_s``; once."""
        self.draining = True
        if self._drain is None:
            self._drain = asyncio.ensure_future(self._finish_calls())
        await asyncio.shield(self._drain)

    async def _finish_calls(self) -> None:
        at_work = [
            asyncio.ensure_future(session.until_free())
            for session in self._sessions.values()
            if session.busy and session.phase is SessionPhase.OPEN
        ]
        if at_work:
            _, unfinished = await asyncio.wait(at_work, timeout=self.settings.drain_timeout_s)
            for waiting in unfinished:
                waiting.cancel()

    async def shutdown(self) -> None:
        """Close every session."""
        self.draining = True
        await asyncio.gather(*(self.end(session) for session in list(self._sessions.values())), *self._closing)
        if self.spec.instance is not None:
            await self.aside().close_instance()
        self._threads.stop()
