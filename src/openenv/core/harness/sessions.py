"""Sessions: one episode of an environment, seen as a conversation with tools."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .types import Message, ToolResult, VerifyResult

if TYPE_CHECKING:
    from ..env_server.mcp_types import Tool

logger = logging.getLogger("openenv.harness")


class ResourceSession(ABC):
    """One episode. Made by a :class:`ResourceSessionFactory`, used by one rollout, closed by whoever made it."""

    @abstractmethod
    def initial_messages(self) -> list[Message]:
        """The messages the conversation opens with."""

    @abstractmethod
    def list_tools(self) -> "list[Tool]":
        """The tools the model may call."""

    @abstractmethod
    def call_tool(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Call a tool.

        A tool that fails says so in :attr:`ToolResult.error`; what else is raised here is told to the model, too,
        except a ``ConnectionError``, a ``TimeoutError`` and a :class:`HarnessSessionError`: after those nobody
        knows where the episode stands, so they end the rollout.

        Raises:
            KeyError: if there is no such tool.
        """

    @abstractmethod
    def verify(self, transcript: list[Message], final_state: Any | None = None) -> VerifyResult:
        """Judge the episode by its conversation and, where the caller has it, its last state."""

    @abstractmethod
    def close(self) -> None:
        """Free everything. Idempotent, and allowed from another thread while a call is under way."""


SessionT = TypeVar("SessionT", bound=ResourceSession)


class ResourceSessionFactory(ABC, Generic[SessionT]):
    """Makes sessions."""

    @abstractmethod
    def create(self, task: Any, seed: int | None = None, episode_id: str | None = None) -> SessionT:
        """A new session.

        Args:
            task: what the episode is about, such as a prompt or a row of a dataset.
            seed: selects the problem: trainers give all rollouts of a group the same one.
            episode_id: name of the episode.
        """


@contextmanager
def closing_session(session: ResourceSession) -> Iterator[ResourceSession]:
    """Close ``session`` on every way out. A failure to close is logged: it changes no outcome and hides no error."""
    try:
        yield session
    finally:
        try:
            session.close()
        except Exception:
            logger.warning("a session could not be closed", exc_info=True)
