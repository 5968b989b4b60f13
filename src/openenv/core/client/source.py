"""Where sessions come from: a server's URL, a server that is started first, or this process."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import EnvConnectionError, ServerStartError
from ..utils import convert_to_ws_url
from .launch import Launch
from .link import Link
from .loop import CLIENT_LOOP, LOCAL_LOOP
from .websocket_link import LinkOptions, open_websocket

T = TypeVar("T")


class Source(ABC):
    """Opens links to sessions. Its coroutines run on the loop named by ``loop_name``.

    Attributes:
        url: of the server, for messages.
    """

    loop_name = CLIENT_LOOP

    def __init__(self, url: str) -> None:
        self.url = url

    async def start(self) -> None:  # noqa: B027
        """Make sure that there is a server to open links to."""

    @abstractmethod
    async def open(self, query: str = "", headers: Mapping[str, str] | None = None) -> Link:
        """Open a link to a new session, or, with the session's id in ``query``, to one there is.

        Raises:
            OpenError: if there is no way to the server.
            ServerError: if it refuses.
        """

    async def stop(self) -> None:  # noqa: B027
        """Stop what :meth:`start` started."""

    def stop_now(self) -> None:  # noqa: B027
        """Stop it from a thread without a loop, at interpreter exit."""

    def obituary(self) -> str | None:
        """If the server is known to have ended, how."""
        return None

    def disown_after_fork(self) -> None:  # noqa: B027
        """In the child of a fork: what was started is the parent's, to be used but not to be stopped."""


class UrlSource(Source):
    """A server that somebody else runs."""

    def __init__(self, url: str, options: LinkOptions) -> None:
        super().__init__(convert_to_ws_url(url))
        self._options = options

    async def open(self, query: str = "", headers: Mapping[str, str] | None = None) -> Link:
        return await open_websocket(f"{self.url}/ws{query}", self._options, headers)


class LaunchedSource(Source):
    """A server that the client owns: started with the first session, stopped when the client closes."""

    def __init__(self, launch: Launch, options: LinkOptions) -> None:
        super().__init__("the client's own server")
        self._launch = launch
        self._options = options
        self._starting: asyncio.Task[None] | None = None
        self._stopped = False
        self._is_parents = False  # a fork came after start()

    async def start(self) -> None:
        if self._stopped:
            raise EnvConnectionError("close() has stopped this client's own server: make a new client")
        if self._is_parents:
            if not self._launch.base_url:
                raise EnvConnectionError("the process that this one was forked from was still starting the server")
            self.url = convert_to_ws_url(self._launch.base_url)
            return
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        await in_thread(self._launch.start)
        self.url = convert_to_ws_url(self._launch.base_url)

    async def open(self, query: str = "", headers: Mapping[str, str] | None = None) -> Link:
        if (end := self.obituary()) is not None:
            raise ServerStartError(end)
        return await open_websocket(f"{self.url}/ws{query}", self._options, headers)

    async def stop(self) -> None:
        if self._is_parents:
            return
        self._stopped = True
        if self._starting is not None:
            await asyncio.wait({self._starting})
            if not self._starting.cancelled():
                self._starting.exception()  # told already, to whoever asked for a session
        await in_thread(self._launch.stop)

    def stop_now(self) -> None:
        if not self._is_parents:
            self._stopped = True
            self._launch.stop()

    def obituary(self) -> str | None:
        return None if self._is_parents else self._launch.obituary()  # only a parent can wait for its child

    def disown_after_fork(self) -> None:
        self._is_parents = self._is_parents or self._starting is not None


class LocalSource(Source):
    """Environments in this process, without a server.

    Args:
        make_session: gives one session's server side, as :func:`.local_link.open_local` wants it.
    """

    loop_name = LOCAL_LOOP

    def __init__(self, make_session: Callable[[], Any], url: str) -> None:
        super().__init__(url)
        self._make_session = make_session

    async def open(self, query: str = "", headers: Mapping[str, str] | None = None) -> Link:
        from .local_link import open_local

        return await open_local(self._make_session)


async def in_thread(function: Callable[[], T]) -> T:
    """Run blocking ``function`` on a thread of its own.

    Not on the loop's executor: its threads take no work any more while the interpreter exits.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def tell(setter: Callable[[Any], None], value: Any) -> None:
        if not outcome.done():
            setter(value)

    def run() -> None:
        try:
            value = function()
        except BaseException as error:
            loop.call_soon_threadsafe(tell, outcome.set_exception, error)
        else:
            loop.call_soon_threadsafe(tell, outcome.set_result, value)

    threading.Thread(target=run, name="openenv-launch", daemon=True).start()
    return await outcome
