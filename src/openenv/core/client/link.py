"""The way to one session of a server, whatever carries it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .call import Call


@dataclass(frozen=True)
class LinkInfo:
    """What the server said when the link was opened.

    Attributes:
        version: the server's version; None from servers that do not tell, which cannot reattach either.
        mode: ``simulation`` or ``production``, where the server tells.
        session_id: the session's id.
        session_secret: what reattaches it.
        received: on a reattached link, how many requests of the session the server has received.
    """

    version: str | None = None
    mode: str | None = None
    session_id: str | None = None
    session_secret: str | None = None
    received: int | None = None

    @property
    def can_reattach(self) -> bool:
        """Whether the session can be gone back to over another link."""
        return self.session_id is not None and self.session_secret is not None


@dataclass(frozen=True)
class LinkLoss:
    """Why a link is gone.

    Attributes:
        reason: in words.
        code: the close code the server sent; None where the connection just broke.
        reply_too_big: the client itself gave up, because of a message larger than it takes.
    """

    reason: str
    code: int | None = None
    reply_too_big: bool = False

    @property
    def is_final(self) -> bool:
        """Whether the server ended the session with it."""
        return self.code in (1000, 1001)


class LinkOwner(Protocol):
    """Who hears from a link, always on its loop's thread."""

    def link_message(self, link: "Link", message: Any) -> None:
        """A reply arrived: JSON as ``bytes``, or the decoded object."""

    def link_reply(self, link: "Link", call: "Call", message: bytes) -> bool:
        """The same, on the thread that waits for ``call``. False if it is no plain reply to that call: then the
        message must be reported by :meth:`link_message`."""

    def link_lost(self, link: "Link", loss: LinkLoss) -> None:
        """The link is gone; nothing follows."""


class Link(Protocol):
    """Carries frames of one session.

    Attributes:
        info: what the server said when the link was opened.
        is_local: the session lives in this process: no link can break, so a late reply is waited for on it.
    """

    info: LinkInfo
    is_local: bool

    def attach(self, owner: LinkOwner) -> None:
        """Report to ``owner``, beginning with what arrived before."""

    def send(self, frame: bytes) -> bool:
        """Send one JSON frame; from any thread. False if the link is gone and the frame certainly was not sent."""

    def exchange(self, frame: bytes, call: "Call") -> bool:
        """Send the frame of ``call``, if it is not empty, and wait for the reply on the caller's thread, if that is
        possible; where it is not, return without it. False as for :meth:`send`."""

    def after_interrupt(self) -> bool:
        """Clean up after an exception that a signal's handler raised on this thread, somewhere around a call.

        Returns:
            Whether :meth:`exchange` did nothing but wait then. Otherwise the link is to be given up.
        """

    def abort(self, reason: str) -> None:
        """Break the link at once; the owner hears nothing more of it."""

    async def finish(self, timeout_s: float) -> None:
        """End the session and wait until the server has freed it, or the time is up."""

    def forget_after_fork(self) -> None:
        """In the child of a fork: let go of what belongs to the parent."""
