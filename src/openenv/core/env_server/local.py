"""A session without a server: what a client plays in its own process."""

from typing import Any

from pydantic import BaseModel

import openenv

from ..wire import decode, encode
from .failures import failure_for
from .mcp_rpc import JsonRpcHandler
from .protocol import SessionProtocol
from .session import Session, SessionKind
from .session_manager import SessionManager
from .settings import ServerSettings
from .specification import EnvironmentSpec
from .types import Action, Observation, State


class LocalSession:
    """Answers the messages of ``/ws`` in this process: same validation, same JSON, same errors, no socket.

    Belongs to the event loop that opens it.
    """

    def __init__(
        self,
        env: Any,
        action_cls: type[BaseModel] = Action,
        observation_cls: type[BaseModel] = Observation,
        state_cls: type[BaseModel] = State,
        settings: ServerSettings | None = None,
    ) -> None:
        self._spec = EnvironmentSpec.of(
            env,
            allow_instance=True,
            action_cls=action_cls,
            observation_cls=observation_cls,
            state_cls=state_cls,
        )
        self._settings = settings or ServerSettings.from_environment()
        self._manager: SessionManager | None = None
        self._session: Session | None = None
        self._protocol: SessionProtocol | None = None

    async def open(self) -> None:
        """Make the environment.

        Raises:
            EnvironmentFactoryError: if that fails.
        """
        settings = self._settings.model_copy(update={"max_sessions": 1})
        self._manager = SessionManager(self._spec, settings)
        rpc = JsonRpcHandler(self._manager, openenv.__version__)
        self._session = await self._manager.create(SessionKind.LOCAL)
        self._protocol = SessionProtocol(self._session, rpc)

    async def request(self, frame: dict[str, Any] | str | bytes) -> dict[str, Any]:
        """The reply frame to ``frame``; errors are frames too."""
        if self._protocol is None:
            raise RuntimeError("open() the session first")
        try:
            message = encode(frame).decode() if isinstance(frame, dict) else frame
        except TypeError as error:
            return failure_for(error).frame()
        reply = self._protocol.answer_now(message) or await self._protocol.answer(message)
        decoded: dict[str, Any] = decode(reply)
        return decoded

    async def close(self) -> None:
        """Close the environment; idempotent."""
        manager, self._manager = self._manager, None
        if manager is not None:
            await manager.shutdown()
        self._session = self._protocol = None
