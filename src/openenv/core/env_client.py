"""The client of an environment: ``reset``, ``step``, ``state``, in synchronous and asynchronous code alike.

Importing this module is cheap; what carries the calls is loaded with the first of them.
"""

import sys
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from .client.arguments import check_positive, checked_headers, checked_mode
from .client.factories import ClientFactories
from .client.launch import Launch, launch_of
from .client_types import ObsT, StateT, StepResult
from .utils import convert_to_ws_url

if TYPE_CHECKING:
    from typing import Self

    from .client.call import Call, Frame
    from .client.pending import Pending, PendingStepResult
    from .client.retry import RetryPolicy
    from .client.session import Session
    from .client.source import Source
    from .containers.runtime import ContainerProvider, RuntimeProvider
    from .sync_client import SyncEnvClient

ActT = TypeVar("ActT")
T = TypeVar("T")

# The reply to a call with a deadline of its own is awaited this much longer than the deadline.
_DEADLINE_MARGIN_S: Final = 5.0
_FOREVER: Final = float("inf")


class EnvClient(ClientFactories, ABC, Generic[ActT, ObsT, StateT]):
    """Plays one session of an environment.

    Every verb works in every style. Without a running event loop in the calling thread it blocks and returns its
    value. With one, the call is under way when the verb returns, and what it returns may be awaited, or used as it
    is: then it blocks where it is first looked at. ``with``, ``async with`` and neither work; :meth:`sync` gives a
    client that always blocks. Calls made at the same time, from any threads and tasks, take their turns.

    Args:
        base_url: of the server: ``http://``, ``https://``, ``ws://``, ``wss://``, or none of them (then ``ws``).
        connect_timeout_s: bound of one try to connect, and of all tries together unless ``retry`` says otherwise.
        message_timeout_s: how long to wait for a reply; a call with a longer ``timeout_s`` waits for that. None
            waits for ever.
        max_message_size_mb: the largest reply taken, in units of 1024 x 1024 bytes; None for no limit.
        websocket_ping_interval_s: seconds between pings; None for none.
        websocket_ping_timeout_s: seconds after which a silent server is given up; None for never.
        provider: runs the server for this client, which stops it in :meth:`close`.
        mode: ``simulation`` or ``production``; default from ``OPENENV_CLIENT_MODE``, else ``simulation``.
        headers: sent with the handshake.
        token: sent as ``Authorization: Bearer <token>``.
        retry: bounds of the retries; by default each kind is bounded by ``connect_timeout_s``.

    Raises:
        ValueError: if an argument makes no sense, or there is neither ``base_url`` nor ``provider``.
    """

    def __init__(
        self,
        base_url: str | None = None,
        connect_timeout_s: float = 10.0,
        message_timeout_s: float | None = 60.0,
        max_message_size_mb: float | None = 100.0,
        websocket_ping_interval_s: float | None = 20.0,
        websocket_ping_timeout_s: float | None = 20.0,
        provider: "ContainerProvider | RuntimeProvider | Launch | None" = None,
        mode: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
        retry: "RetryPolicy | None" = None,
    ) -> None:
        if base_url is None and provider is None:
            raise ValueError("give base_url, the URL of a server, or provider, which runs one")
        if base_url is not None:
            convert_to_ws_url(base_url)  # raises if it is none
        optional = {
            "message_timeout_s": message_timeout_s,
            "max_message_size_mb": max_message_size_mb,
            "websocket_ping_interval_s": websocket_ping_interval_s,
            "websocket_ping_timeout_s": websocket_ping_timeout_s,
        }
        given = {name: value for name, value in optional.items() if value is not None}
        check_positive(connect_timeout_s=connect_timeout_s, **given)
        self._mode = checked_mode(mode)
        self._headers = checked_headers(headers, token)
        self._url = None if base_url is None else base_url.strip().rstrip("/")
        self._launch = None if provider is None else launch_of(provider, self._url)
        self._connect_timeout_s = connect_timeout_s
        self._message_timeout_s = message_timeout_s
        self._max_message_size_mb = max_message_size_mb
        self._ping_interval_s = websocket_ping_interval_s
        self._ping_timeout_s = websocket_ping_timeout_s
        self._retry = retry
        self._source: Source | None = None
        self._session: Session | None = None
        self._parent: EnvClient[ActT, ObsT, StateT] | None = None
        self._children: weakref.WeakSet[EnvClient[ActT, ObsT, StateT]] = weakref.WeakSet()
        self._opening: Pending[Self] | None = None

    # What an environment's client defines

    @abstractmethod
    def _step_payload(self, action: ActT) -> dict[str, Any]:
        """The JSON object that stands for ``action``."""

    @abstractmethod
    def _parse_result(self, payload: dict[str, Any]) -> StepResult[ObsT]:
        """The result in ``payload``, which has ``observation`` and, where there are any, ``reward``, ``done`` and
        ``metadata``."""

    @abstractmethod
    def _parse_state(self, payload: dict[str, Any]) -> StateT:
        """The state in ``payload``."""

    # Verbs

    def reset(self, *, timeout_s: float | None = None, **kwargs: Any) -> "PendingStepResult[ObsT]":
        """Start an episode. After a :class:`SessionLostError`, start it in a new session.

        Args:
            timeout_s: the server's deadline for this call, in seconds.
            **kwargs: for the environment's ``reset``: ``seed``, ``episode_id`` and its own.

        Returns:
            A :class:`StepResult` (where an event loop runs: one on its way).

        Raises:
            EnvConnectionError: if the server cannot be reached.
            EnvTimeoutError: if no reply came in time; the connection is dropped and the session kept where possible.
            SessionLostError: if the session is gone. Told once; after that this method starts a new one.
            CapacityError: if the server stayed full.
            ServerError: what else the server refuses, typed after the reason.
        """
        return self._play({"type": "reset", "data": kwargs}, timeout_s, starts_over=True)

    def step(self, action: ActT, timeout_s: float | None = None, **kwargs: Any) -> "PendingStepResult[ObsT]":
        """Take one action; ``kwargs`` are further arguments of the environment's ``step``. As :meth:`reset`."""
        frame = {"type": "step", "data": self._step_payload(action)}
        if kwargs:
            frame["kwargs"] = kwargs
        return self._play(frame, timeout_s)

    def state(self) -> "Pending[StateT]":
        """Where the episode stands; errors as in :meth:`reset`."""
        return self._ask(b'{"type":"state"}', lambda call: self._parse_state(call.data("state")))

    def connect(self) -> "Pending[Self]":
        """Open the session now instead of with the first call. Idempotent. Returns the client itself."""
        session = self._session or self._ensure_session()
        return self._outcome(session.connect(), self._itself)

    def disconnect(self) -> "Pending[None]":
        """End the session, and keep a server that this client runs. The next call opens a new session."""
        return self._end(stop=False)

    def close(self) -> "Pending[None]":
        """End the session, and stop a server that this client runs, but never one reached by ``base_url``.

        When it is done, the server has freed the session, or did not answer for ten seconds. Idempotent; a client
        of somebody else's server may be used again afterwards.
        """
        return self._end(stop=True)

    def new_session(self) -> "Self":
        """Another client with a session of its own on the same server; it closes with this one."""
        self._ensure_source()
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._session = twin._opening = None
        twin._children = weakref.WeakSet()
        twin._parent = self
        self._children.add(twin)
        return twin._start()

    def sync(self) -> "SyncEnvClient[ActT, ObsT, StateT]":
        """This client with verbs that always block, in a running event loop as well."""
        from .sync_client import SyncEnvClient

        return SyncEnvClient(self)

    # Attributes

    @property
    def base_url(self) -> str:
        """The server's URL as given, without a trailing slash; empty until a server of its own was started."""
        return self._base_url

    @property
    def _base_url(self) -> str:  # trainers read it under this name, too
        if self._url is not None:
            return self._url
        return "" if self._launch is None else self._launch.base_url

    @property
    def mode(self) -> str:
        """``simulation`` or ``production``."""
        return self._mode

    # Context managers, await

    def __enter__(self) -> "Self":
        try:
            _settle(self.connect())
        except BaseException:
            _settle(self.close())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _settle(self.close())

    async def __aenter__(self) -> "Self":
        return await self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __await__(self) -> "Generator[Any, None, Self]":
        """Wait until the session is open, and the server started where this client runs it; gives the client."""
        opening, self._opening = self._opening, None
        try:
            yield from (self.connect() if opening is None else opening).__await__()
        except BaseException:
            yield from self.close().__await__()
            raise
        return self

    def __getstate__(self) -> dict[str, Any]:
        # For other processes, and for copies: sessions and servers stay with the client that began them.
        if self._session is not None or self._source is not None or self._launch is not None:
            raise TypeError(
                "a client that has begun a session or runs a server cannot be pickled or copied: make one with "
                "base_url=... where it is needed, or new_session() in the same process"
            )
        state = self.__dict__.copy()
        del state["_children"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _children=weakref.WeakSet())

    # How

    @classmethod
    def _launch_client(cls, launch: Launch, options: dict[str, Any]) -> "Self":
        if cls is EnvClient:
            from .generic_client import GenericEnvClient

            return cast("type[Self]", GenericEnvClient)(provider=launch, **options)._start()
        return cls(provider=launch, **options)._start()

    def _start(self) -> "Self":
        """Open the session: blocking, or, where an event loop runs, in the background until it is awaited."""
        if _loop_is_running():
            self._opening = self.connect()
            return self
        return self.__enter__()

    def _play(
        self, frame: dict[str, Any], timeout_s: float | None, *, starts_over: bool = False
    ) -> "PendingStepResult[ObsT]":
        if timeout_s is not None:
            frame["timeout_s"] = timeout_s
        in_loop = _loop_is_running()
        call = self._request(frame, timeout_s, here=not in_loop, starts_over=starts_over)
        if in_loop:
            from .client.pending import PendingStepResult

            return PendingStepResult(call, self._read_result, self._cancel)
        call.wait()
        return cast("PendingStepResult[ObsT]", self._read_result(call))

    def _read_result(self, call: "Call") -> StepResult[ObsT]:
        return self._parse_result(call.data("observation"))

    def _ask(self, frame: "Frame", parse: "Callable[[Call], T]", **options: Any) -> "Pending[T]":
        """Send any other request; ``options`` as for a :class:`Call`."""
        return self._outcome(self._request(frame, None, here=not _loop_is_running(), **options), parse)

    def _request(self, frame: "Frame", timeout_s: float | None, **options: Any) -> "Call":
        limit_s = self._message_timeout_s
        if limit_s is None:
            limit_s = _FOREVER
        elif timeout_s is not None:
            limit_s = max(limit_s, timeout_s + _DEADLINE_MARGIN_S)
        return (self._session or self._ensure_session()).request(frame, limit_s, **options)

    def _cancel(self, call: "Call") -> None:
        if self._session is not None:
            self._session.cancel(call)

    def _outcome(self, call: "Call", parse: "Callable[[Call], T]") -> "Pending[T]":
        """The call's outcome, or, where an event loop runs, one on its way."""
        if _loop_is_running():
            from .client.pending import Pending

            return Pending(call, parse, self._cancel)
        call.wait()
        return cast("Pending[T]", parse(call))

    def _itself(self, call: "Call") -> "Self":
        call.result()
        return self

    def _end(self, *, stop: bool) -> "Pending[None]":
        from .client.call import Call
        from .client.pending import PendingEnd

        sessions = [client._session for client in self._descendants()] if stop else []
        ends = [session.end(stop=stop) for session in sessions if session is not None]
        if self._session is None and not (stop and self._launch is not None and self._parent is None):
            call = Call.finished()
        else:
            call = (self._session or self._ensure_session()).end(stop=stop, after=ends)
        if _loop_is_running():
            return PendingEnd(call, Call.result, self._cancel)
        call.wait()
        call.result()
        return cast("Pending[None]", None)

    def _descendants(self) -> "Iterator[EnvClient[ActT, ObsT, StateT]]":
        for child in list(self._children):
            yield child
            yield from child._descendants()

    def _ensure_source(self) -> "Source":
        if self._source is None:
            from .client.source import UrlSource
            from .client.websocket_link import LinkOptions

            size = self._max_message_size_mb
            options = LinkOptions(
                headers=self._headers,
                max_message_bytes=None if size is None else int(size * 1024 * 1024),
                ping_interval_s=self._ping_interval_s,
                ping_timeout_s=self._ping_timeout_s,
                connect_timeout_s=self._connect_timeout_s,
            )
            launch = self._launch
            self._source = UrlSource(self._base_url, options) if launch is None else launch.make_source(options)
        return self._source

    def _ensure_session(self) -> "Session":
        from .client import registry
        from .client.retry import RetryPolicy
        from .client.session import Session

        with registry.making:
            if self._session is None:
                session = Session(
                    self._ensure_source(),
                    self._retry or RetryPolicy(),
                    self._connect_timeout_s,
                    owns_source=self._launch is not None and self._parent is None,
                )
                finalizer = weakref.finalize(self, registry.end_in_background, session)
                finalizer.atexit = False  # the registry sees to that
                self._session = session
            return self._session


def _loop_is_running() -> bool:
    """Whether an event loop runs in this thread."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def _settle(outcome: Any) -> None:
    """Block for an outcome that may be on its way."""
    if _loop_is_running():
        outcome.wait()


__all__ = ["EnvClient", "StepResult"]
