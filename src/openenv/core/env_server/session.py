"""One session: one environment instance, its thread, its lock, its clock."""

import asyncio
import inspect
import logging
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar

from .exceptions import CallTimeoutError, EnvironmentFactoryError, SessionNotFoundError
from .interfaces import Environment
from .mcp_types import CallToolAction, is_timeout
from .rate_limit import RateLimit
from .serialization import serialize_observation
from .settings import ServerSettings
from .signatures import accepted, keyword_names
from .specification import EnvironmentSpec, close_unused, is_async_verb
from .types import SessionInfo
from .workers import BEHIND_ANOTHER, CONTAINED, WorkerThread, WorkerThreads, contained

T = TypeVar("T")

logger = logging.getLogger("openenv.server")

MCP_TOOL_CALL_TIMEOUT = 30.0
"""Deadline of a tool call that brings none of its own, in seconds."""

# So much longer a tool call may take, to tell that it has passed its deadline: as a failed tool, not as an error.
_TOOL_MARGIN_S = 0.5


class SessionKind(StrEnum):
    """Which route made a session."""

    SOCKET = "socket"
    HTTP = "http"
    LOCAL = "local"
    THROWAWAY = "throwaway"


class SessionPhase(StrEnum):
    """Where a session is in its life."""

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


class Place(StrEnum):
    """Where a verb of an environment runs."""

    THREAD = "thread"  # the session's own thread
    LOOP = "loop"  # awaited on the event loop: asynchronous environments
    INLINE = "inline"  # called on the event loop: steps that are declared cheap


class Session:
    """One client's environment. Calls are serialized whatever route they come by.

    Attributes:
        received: how many requests came over the session's sockets, answered or not.
        last_reply: the latest reply, kept for a client whose socket broke before it arrived.
        work: the request at work, where it does not run inline.
        step_place: where steps run, known once the session is open.
        attached: whether a socket has the session now.
        closing: whether it ends once its socket is gone.
        rate_limit: on its messages, whatever route they come by.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        settings: ServerSettings,
        threads: WorkerThreads,
        kind: SessionKind,
        address: str | None = None,
    ) -> None:
        self.id = str(uuid.uuid4())
        self.secret = secrets.token_urlsafe(24)
        self.spec = spec
        self.settings = settings
        self.kind = kind
        self.address = address
        self.phase = SessionPhase.NEW
        self.step_place = Place.THREAD
        self.reset_place = Place.THREAD
        self.created_at = time.time()
        self.last_activity = time.monotonic()
        self.step_count = 0
        self.received = 0
        self.last_reply: str | None = None
        self.attached = False
        self.closing = False
        self.rate_limit = RateLimit(settings.max_messages_per_second)
        self.work: asyncio.Task[Any] | None = None
        self._at_work: asyncio.Future[Any] | None = None
        self._threads = threads
        self._worker: WorkerThread | None = None
        self._stray: asyncio.Task[Any] | None = None
        self._keeps_worker = True
        self._lock = asyncio.Lock()
        self._environment: Any = None

    @property
    def busy(self) -> bool:
        """Whether a call is at work or waits for its turn."""
        return self._lock.locked()

    async def until_free(self) -> None:
        """Return once no call is at work."""
        async with self._lock:
            return

    def info(self) -> SessionInfo:
        return SessionInfo(
            session_id=self.id,
            created_at=self.created_at,
            last_activity_at=time.time() - (time.monotonic() - self.last_activity),
            step_count=self.step_count,
            environment_type=self.spec.environment_type,
        )

    # Life

    async def open(self) -> None:
        """Make the environment, off the event loop.

        Raises:
            EnvironmentFactoryError: if its constructor fails or passes its deadline; the reason is logged.
            SessionNotFoundError: if the session was closed meanwhile.
        """
        async with self._lock:
            self._check_phase(SessionPhase.NEW)
            self._worker = self._threads.take()
            made: list[Any] = []
            try:
                creation = self._worker.submit("create", lambda: self._create(made), self.settings.create_timeout_s)
                environment = await creation
            except BaseException as error:
                if isinstance(error, CallTimeoutError | asyncio.CancelledError):
                    self._worker.post("close", lambda: _close_late(made))
                self._release_worker()
                self.phase = SessionPhase.CLOSED
                if not isinstance(error, Exception):
                    raise
                logger.error("%s could not be created", self.spec.factory_name, exc_info=error)
                raise EnvironmentFactoryError(self.spec.factory_name) from None
            self._environment = environment
            if self.phase is SessionPhase.CLOSED:  # while the constructor ran
                await self._dispose()
                raise SessionNotFoundError(self.id)
            self._bind(environment)
            self.phase = SessionPhase.OPEN

    def _create(self, made: list[Any]) -> Any:
        environment = self.spec.factory()
        made.append(environment)
        for verb in ("reset", "step"):
            if not callable(getattr(environment, verb, None)):
                raise TypeError(f"{self.spec.factory_name} made {type(environment).__name__}, which has no {verb}()")
        if hasattr(environment, "_mode"):
            environment._mode = self.spec.mode.value
        return environment

    def _bind(self, environment: Any) -> None:
        single = self._worker is not None and self._worker.shared
        cheap = getattr(environment, "STEP_IS_CHEAP", False) and not single
        self.reset_place, self._reset_call = self._place(environment, "reset")
        self.step_place, self._step_call = self._place(environment, "step")
        if cheap and self.step_place is Place.THREAD:
            self.step_place, self._step_call = Place.INLINE, environment.step
        self._reset_names = keyword_names(self._reset_call)
        self._step_names = keyword_names(self._step_call)
        self._step_takes_timeout = self._step_names is None or "timeout_s" in self._step_names
        self._keeps_worker = single or self.step_place is Place.THREAD
        if not self._keeps_worker:
            self._release_worker()

    @staticmethod
    def _place(environment: Any, verb: str) -> tuple[Place, Callable[..., Any]]:
        """Where ``verb`` runs, and what to call."""
        if not is_async_verb(environment, verb):
            return Place.THREAD, getattr(environment, verb)
        call = getattr(environment, f"{verb}_async")
        run_coroutine = getattr(environment, "run_coroutine", None)
        if run_coroutine is None:
            return Place.LOOP, call

        # An MCP environment may have synchronous tools: its coroutines run on a loop of its own, on its thread.
        def run_off_the_loop(*args: Any, **kwargs: Any) -> Any:
            return run_coroutine(call(*args, **kwargs))

        run_off_the_loop.__signature__ = inspect.signature(call)  # type: ignore[attr-defined]
        return Place.THREAD, run_off_the_loop

    async def close(self) -> None:
        """Close the environment and free its thread; idempotent.

        A call at work gets ``close_timeout_s`` to end, then the environment as much again to close.
        """
        phase, self.phase = self.phase, SessionPhase.CLOSED
        if phase is SessionPhase.CLOSED:
            return
        self.last_reply = None
        try:
            await self._take_last_turn()
        except TimeoutError:
            logger.warning("%s is still at work and is left behind", self.spec.factory_name)
            return
        try:
            if phase is SessionPhase.OPEN:  # else open() closes what it makes
                await self._dispose()
        finally:
            self._lock.release()

    async def _take_last_turn(self) -> None:
        """Wait for the call at work; past ``close_timeout_s`` its caller is told that the session has ended."""
        try:
            async with asyncio.timeout(self.settings.close_timeout_s):
                await self._lock.acquire()
        except TimeoutError:
            if self._at_work is None:
                raise
            if isinstance(self._at_work, asyncio.Task):
                self._at_work.cancel()
            elif not self._at_work.done():
                self._at_work.set_exception(SessionNotFoundError(self.id))
            async with asyncio.timeout(self.settings.close_timeout_s):
                await self._lock.acquire()

    async def close_instance(self) -> None:
        """Close the environment that all sessions share, where an instance was given instead of a factory."""
        await self._dispose_of(self.spec.instance)

    async def _dispose(self) -> None:
        environment, self._environment = self._environment, None
        await self._dispose_of(None if self.spec.instance is not None else environment)

    async def _dispose_of(self, environment: Any) -> None:
        close = getattr(environment, "close", None)
        try:
            # The base class's close() does nothing: no need to take a thread for it.
            if close is not None and getattr(close, "__func__", None) is not Environment.close:
                await self._call_close(close)
        except CallTimeoutError:
            logger.warning("%s did not close in time and is left behind", self.spec.factory_name)
        except Exception:
            logger.exception("%s failed to close", self.spec.factory_name)
        finally:
            self._release_worker()

    async def _call_close(self, close: Callable[[], Any]) -> None:
        timeout_s = self.settings.close_timeout_s
        await self._outlast_coroutine("close", timeout_s)
        closing: asyncio.Future[Any]
        if inspect.iscoroutinefunction(close):
            closing = asyncio.ensure_future(_contain(close))
        else:
            worker = self._worker = self._worker or self._threads.take()
            if worker.busy and not worker.shared:
                # Behind a call that hangs: the thread closes the environment if it ever gets there.
                worker.post("close", close)
                raise CallTimeoutError("close", timeout_s)
            closing = worker.submit("close", close, None)
        await asyncio.wait({closing}, timeout=timeout_s)
        if not closing.done():
            closing.cancel()
            raise CallTimeoutError("close", timeout_s)
        _result_of(closing)

    def _release_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            self._threads.give_back(worker)

    # Verbs

    async def reset(self, arguments: dict[str, Any], timeout_s: float | None = None) -> dict[str, Any]:
        """Reset with those of ``arguments`` that the environment takes; the ``data`` of the reply.

        Raises:
            CallTimeoutError: past the deadline (``timeout_s``, else the setting).
            InvalidResultError: if the environment returns nonsense.
            SessionNotFoundError: if the session has ended.
            Exception: whatever the environment raises.
        """
        timeout_s = self.settings.reset_timeout_s if timeout_s is None else timeout_s
        async with self._lock:
            self._check_phase(SessionPhase.OPEN)
            call, given = self._reset_call, accepted(self._reset_names, arguments)
            if self.reset_place is Place.LOOP:
                observation = await self._on_loop("reset", lambda: call(**given), timeout_s)
            else:
                observation = await self._on_thread("reset", lambda: call(**given), timeout_s)
            self.step_count = 0
            return serialize_observation(observation)

    async def step(
        self, action: Any, arguments: dict[str, Any] | None = None, timeout_s: float | None = None
    ) -> dict[str, Any]:
        """Take one action; the ``data`` of the reply. Raises as :meth:`reset` does."""
        return serialize_observation(await self.step_observation(action, arguments, timeout_s))

    async def step_observation(
        self, action: Any, arguments: dict[str, Any] | None = None, timeout_s: float | None = None
    ) -> Any:
        """Take one action; what the environment returned, unchecked."""
        async with self._lock:
            self._check_phase(SessionPhase.OPEN)
            call, given = self._step_call, self._step_arguments(arguments, timeout_s)
            deadline_s = self._step_deadline(action, timeout_s)
            margin_s = _TOOL_MARGIN_S if isinstance(action, CallToolAction) else 0.0
            if self.step_place is Place.THREAD:
                observation = await self._on_thread("step", lambda: call(action, **given), deadline_s, margin_s)
            elif self.step_place is Place.LOOP:
                observation = await self._on_loop("step", lambda: call(action, **given), deadline_s, margin_s)
            else:
                await self._until_quiet("step", deadline_s)
                observation = self._inline(call, action, given, deadline_s)
            self.step_count += 1
            return observation

    def can_step_now(self) -> bool:
        """Whether :meth:`step_now` may be called: steps are cheap and nothing else is at work."""
        return (
            self.step_place is Place.INLINE
            and self.phase is SessionPhase.OPEN
            and not self._lock.locked()
            and self._worker is None
        )

    def step_now(self, action: Any, arguments: dict[str, Any] | None, timeout_s: float | None) -> dict[str, Any]:
        """A cheap step, without a switch of task or thread."""
        given = self._step_arguments(arguments, timeout_s) if arguments or timeout_s is not None else {}
        observation = self._inline(self._step_call, action, given, self._step_deadline(action, timeout_s))
        self.step_count += 1
        return serialize_observation(observation)

    async def state(self) -> Any:
        """The environment's state object."""
        async with self._lock:
            self._check_phase(SessionPhase.OPEN)
            environment = self._environment
            if self.step_place is Place.THREAD:
                return await self._on_thread("state", lambda: environment.state, self.settings.step_timeout_s)
            await self._until_quiet("state", self.settings.step_timeout_s)
            with CONTAINED:
                return environment.state

    async def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Call another method of the environment, synchronous or not, off the event loop.

        Raises:
            AttributeError: if the environment has no such method.
        """
        async with self._lock:
            self._check_phase(SessionPhase.OPEN)
            method = getattr(self._environment, name)
            if inspect.iscoroutinefunction(method) and getattr(self._environment, "run_coroutine", None) is None:
                return await self._on_loop(name, lambda: method(**arguments), self.settings.step_timeout_s)

            def run() -> Any:
                result = method(**arguments)
                return self._environment.run_coroutine(result) if inspect.iscoroutine(result) else result

            return await self._on_thread(name, run, self.settings.step_timeout_s)

    @property
    def environment_class(self) -> type:
        """What the session's environment is."""
        return type(self._environment)

    def has(self, name: str) -> bool:
        """Whether the environment has the method ``name``."""
        return callable(getattr(self._environment, name, None))

    # How

    def _check_phase(self, phase: SessionPhase) -> None:
        if self.phase is not phase:
            raise SessionNotFoundError(self.id)
        self.last_activity = time.monotonic()

    def _step_arguments(self, arguments: dict[str, Any] | None, timeout_s: float | None) -> dict[str, Any]:
        given = accepted(self._step_names, arguments) if arguments else {}
        given.pop("action", None)
        if timeout_s is not None and self._step_takes_timeout:
            given["timeout_s"] = timeout_s
        return given

    def _step_deadline(self, action: Any, timeout_s: float | None) -> float | None:
        if timeout_s is not None:
            return timeout_s
        timeout_s = self.settings.step_timeout_s
        if isinstance(action, CallToolAction):
            return min(MCP_TOOL_CALL_TIMEOUT, timeout_s or MCP_TOOL_CALL_TIMEOUT)
        return timeout_s

    def _inline(self, call: Callable[..., Any], action: Any, given: dict[str, Any], timeout_s: float | None) -> Any:
        self.last_activity = started = time.monotonic()
        try:
            observation = call(action, **given)
        except BaseException as error:  # as CONTAINED does, without the cost of a context
            told = contained(error)
            if told is error:
                raise
            raise told from error
        return _in_time("step", started, timeout_s, observation)

    async def _on_thread(
        self, name: str, call: Callable[[], Any], timeout_s: float | None, margin_s: float = 0.0
    ) -> Any:
        await self._until_quiet(name, timeout_s)
        worker = self._worker = self._worker or self._threads.take()

        def timed() -> Any:
            started = time.monotonic()
            return _in_time(name, started, timeout_s, call())

        self._at_work = worker.submit(name, timed, timeout_s, margin_s)
        try:
            return await self._at_work
        finally:
            self._at_work = None
            self.last_activity = time.monotonic()
            # A borrowed thread goes back, unless a call that passed its deadline still runs there: the session's
            # next call must wait for that one.
            if not self._keeps_worker and not worker.busy and self._worker is worker:
                self._release_worker()

    async def _on_loop(
        self, name: str, call: Callable[[], Awaitable[Any]], timeout_s: float | None, margin_s: float = 0.0
    ) -> Any:
        await self._until_quiet(name, timeout_s)

        async def timed() -> Any:
            started = time.monotonic()
            return _in_time(name, started, timeout_s, await _contain(call))

        task = self._at_work = asyncio.ensure_future(timed())
        try:
            await asyncio.wait({task}, timeout=None if timeout_s is None else timeout_s + margin_s)
        finally:
            self._at_work = None
            self.last_activity = time.monotonic()
            if not task.done():
                task.cancel()
                self._stray = task
        if self._stray is task:
            raise CallTimeoutError(name, timeout_s or 0.0)
        if task.cancelled():
            self._check_phase(SessionPhase.OPEN)  # it was close() that cancelled the call
        return _result_of(task)

    async def _until_quiet(self, name: str, timeout_s: float | None) -> None:
        """Wait for a call that passed its deadline to end after all."""
        worker = self._worker
        if self._stray is None and (worker is None or worker.shared or not worker.busy):
            return
        self._at_work = asyncio.ensure_future(self._outlast_stray(name, timeout_s))
        try:
            await self._at_work
        except asyncio.CancelledError:
            self._check_phase(SessionPhase.OPEN)  # it was close() that cancelled the wait
            raise
        finally:
            self._at_work = None

    async def _outlast_stray(self, name: str, timeout_s: float | None) -> None:
        await self._outlast_coroutine(name, timeout_s)
        worker = self._worker
        if worker is not None and not worker.shared:
            await worker.until_idle(name, timeout_s)
            if not self._keeps_worker:
                self._release_worker()

    async def _outlast_coroutine(self, name: str, timeout_s: float | None) -> None:
        if self._stray is None:
            return
        done, _ = await asyncio.wait({self._stray}, timeout=timeout_s)
        if not done:
            raise CallTimeoutError(name + BEHIND_ANOTHER, timeout_s or 0.0)
        error = None if self._stray.cancelled() else self._stray.exception()
        if error is not None and not isinstance(error, CallTimeoutError):
            logger.warning("a call failed after its deadline: %r", error)
        self._stray = None


def _in_time(name: str, started: float, timeout_s: float | None, result: T) -> T:
    """``result``, if it came before the deadline or says itself that it did not: not every call can be cut short.

    Raises:
        CallTimeoutError: if it came too late.
    """
    if timeout_s is None or time.monotonic() - started <= timeout_s or is_timeout(result):
        return result
    raise CallTimeoutError(name, timeout_s)


async def _contain(call: Callable[[], Awaitable[Any]]) -> Any:
    """Await ``call()``, with errors that asyncio does not take for its own."""
    try:
        return await call()
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as error:
        raise contained(error) from error


def _result_of(done: asyncio.Future[Any]) -> Any:
    """The result of what is done; an environment that raised ``CancelledError`` has failed like any other."""
    if done.cancelled():
        raise contained(asyncio.CancelledError())
    return done.result()


def _close_late(made: list[Any]) -> None:
    """Close what a constructor made after all, on its thread, when nobody waited for it any more."""
    for environment in made:
        close_unused(environment)
