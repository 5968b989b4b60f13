"""A link to an environment in this process: the server's session layer without a server."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import error_for_code
from .link import LinkInfo, LinkOwner

if TYPE_CHECKING:
    from .call import Call


async def open_local(make_session: Callable[[], Any]) -> "LocalLink":
    """A link to a new session.

    Args:
        make_session: gives the session: ``async open()``, ``async request(frame) -> reply``, ``async close()``.

    Raises:
        ServerError: if the environment cannot be made.
    """
    session = make_session()
    try:
        await session.open()
    except Exception as error:
        from ..env_server.failures import failure_for

        data = failure_for(error).frame()["data"]
        raise error_for_code(data["message"], data["code"], data) from error
    return LocalLink(asyncio.get_running_loop(), session)


class LocalLink:
    """Carries frames to a session object. Everything but :meth:`send` runs on the loop's thread."""

    is_local = True

    def __init__(self, loop: asyncio.AbstractEventLoop, session: Any) -> None:
        self.info = LinkInfo()
        self._loop = loop
        self._session = session
        self._owner: LinkOwner | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, owner: LinkOwner) -> None:
        self._owner = owner

    def send(self, frame: bytes) -> bool:
        self._loop.call_soon_threadsafe(self._take, frame)
        return True

    def _take(self, frame: bytes) -> None:
        self._keep(self._loop.create_task(self._answer(frame)))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, frame: bytes) -> None:
        try:
            reply = await self._session.request(frame.decode())  # text, as on a socket
        except Exception as error:
            reply = {"type": "error", "data": {"message": str(error), "code": "SESSION_ERROR"}}
        if self._owner is not None:
            self._owner.link_message(self, reply)

    def exchange(self, frame: bytes, call: "Call") -> bool:
        return self.send(frame) if frame else True

    def after_interrupt(self) -> bool:
        return False

    def abort(self, reason: str) -> None:
        self._owner = None
        self._keep(self._loop.create_task(self._session.close()))

    async def finish(self, timeout_s: float) -> None:
        self._owner = None
        closing = self._loop.create_task(self._session.close())
        self._keep(closing)
        await asyncio.wait({closing}, timeout=timeout_s)

    def forget_after_fork(self) -> None:
        self._owner = None
