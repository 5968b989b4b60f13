"""One environment played by hand: what a page of an environment's own drives."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from ..wire import decode, encode
from .protocol import arguments_of, dump_state, parse_action, validated
from .session import Session, SessionKind
from .session_manager import SessionManager
from .settings import ServerSettings
from .specification import EnvironmentSpec
from .types import EnvironmentMetadata, ResetRequest

MOST_LOGS: Final = 1000
"""Steps that an episode's log keeps; the oldest go first."""


class ActionLog(BaseModel):
    """One step of an episode. ``timestamp`` is ISO 8601, in UTC."""

    timestamp: str
    action: dict[str, Any]
    observation: dict[str, Any]
    reward: bool | int | float | None
    done: bool
    step_count: int


class EpisodeState(BaseModel):
    """Where the episode stands. ``is_reset``: whether no step has been taken since the last reset."""

    episode_id: str | None = None
    step_count: int = 0
    current_observation: dict[str, Any] | None = None
    action_logs: list[ActionLog] = Field(default_factory=list)
    is_reset: bool = True


class WebInterfaceManager:
    """Resets and steps one environment and keeps a log of it.

    The environment does one thing at a time, on a thread of its own where it is synchronous, under the deadlines of
    ``settings``. Belongs to the event loop that uses it first.

    Args:
        env: the environment, which :meth:`close` closes.
        action_cls, observation_cls: its models.
        metadata: what it says about itself; default: :meth:`.Environment.get_metadata`.
        settings: default: from the environment variables.
    """

    def __init__(
        self,
        env: Any,
        action_cls: type[BaseModel],
        observation_cls: type[BaseModel],
        metadata: EnvironmentMetadata | None = None,
        *,
        settings: ServerSettings | None = None,
    ) -> None:
        self.env = env
        self.action_cls = action_cls
        self.metadata: EnvironmentMetadata = env.get_metadata() if metadata is None else metadata
        self.episode_state = EpisodeState()
        spec = EnvironmentSpec.of(env, allow_instance=True, action_cls=action_cls, observation_cls=observation_cls)
        settings = (settings or ServerSettings.from_environment()).model_copy(update={"max_sessions": 1})
        self._manager = SessionManager(spec, settings)
        self._session: Session | None = None
        self._turn = asyncio.Lock()

    async def reset_environment(self, kwargs: dict[str, Any] | None = None) -> dict[str, Any]:
        """Start an episode; ``{"observation", "reward", "done"[, "metadata"]}``.

        Raises:
            InvalidMessageError: if ``kwargs`` cannot be reset arguments.
            CallTimeoutError: past the deadline.
            Exception: whatever the environment raises.
        """
        arguments, timeout_s = arguments_of(validated(ResetRequest, kwargs or {}))
        async with self._turn:
            session = await self._opened()
            data = _plain(await session.reset(arguments, timeout_s))
            state = _plain(dump_state(await session.state()))
            self.episode_state = EpisodeState(
                episode_id=state.get("episode_id"),
                step_count=state.get("step_count", 0),
                current_observation=data["observation"],
            )
            return data

    async def step_environment(self, action_dict: dict[str, Any]) -> dict[str, Any]:
        """Take the action that ``action_dict`` describes; as :meth:`reset_environment`, and so its errors."""
        action = parse_action(action_dict, self.action_cls)
        async with self._turn:
            session = await self._opened()
            data = _plain(await session.step(action))
            state = _plain(dump_state(await session.state()))
            log = ActionLog(
                timestamp=datetime.now(UTC).isoformat(),
                action=action_dict,
                observation=data["observation"],
                reward=data["reward"],
                done=data["done"],
                step_count=state.get("step_count", 0),
            )
            episode = self.episode_state
            self.episode_state = EpisodeState(
                episode_id=state.get("episode_id"),
                step_count=log.step_count,
                current_observation=log.observation,
                action_logs=[*episode.action_logs, log][-MOST_LOGS:],
                is_reset=False,
            )
            return data

    def get_state(self) -> dict[str, Any]:
        """The environment's state, as ``GET /state`` shows one. Raises what the environment raises."""
        return _plain(dump_state(self.env.state))

    async def close(self) -> None:
        """Close the environment; idempotent. It cannot be played any more."""
        if not self._manager.draining:
            await self._manager.shutdown()

    async def _opened(self) -> Session:
        if self._session is None:
            self._session = await self._manager.create(SessionKind.LOCAL)
        return self._session


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """As it would arrive over the wire."""
    plain: dict[str, Any] = decode(encode(data))
    return plain
