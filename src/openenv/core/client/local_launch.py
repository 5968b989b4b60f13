"""The stand-in for a server where the environment runs in this process."""

from collections.abc import Callable
from typing import Any

from .launch import Launch
from .models import environment_models, factory_name
from .source import LocalSource, Source
from .websocket_link import LinkOptions


class LocalLaunch(Launch):
    """Makes environments in this process; there is nothing to start or stop.

    Args:
        env: makes one environment per call.
        settings: of the session layer; None for those of the environment variables.
    """

    def __init__(
        self,
        env: Callable[[], Any],
        action_cls: type | None,
        observation_cls: type | None,
        state_cls: type | None,
        settings: Any,
    ) -> None:
        self.base_url = f"local:{factory_name(env)}"
        self._env = env
        self._models = environment_models(env, action_cls, observation_cls, state_cls)
        self._settings = settings

    def start(self) -> None:
        return

    def stop(self) -> None:
        return

    def make_source(self, options: LinkOptions) -> Source:
        return LocalSource(self._make_session, self.base_url)

    def _make_session(self) -> Any:
        from ..env_server.local import LocalSession

        models = self._models
        return LocalSession(
            self._env,
            models.action_cls,
            models.observation_cls,
            state_cls=models.state_cls,
            settings=self._settings,
        )
