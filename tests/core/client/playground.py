"""The environment that the client's tests play: what an action's message says happens."""

import os
import threading
import time
from pathlib import Path
from typing import Any

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State


class PlayAction(Action):
    message: str = ""
    number: float = 0
    gate: str = ""
    """The path of a `gate.Gate`, for "hold"."""


class PlayObservation(Observation):
    echoed: str = ""
    seed: int | None = None


class PlayState(State):
    log: list[str] = []
    """Every message of this session, in the order in which the steps ran."""
    keyword: str | None = None
    threads: list[str] = []


class Playground(Environment[PlayAction, PlayObservation, PlayState]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        if os.environ.get("PLAYGROUND_BROKEN"):
            raise RuntimeError("this environment cannot be made")
        self._state = PlayState(episode_id="none")

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> PlayObservation:
        self._state = PlayState(episode_id=episode_id or "fresh", log=list(self._state.log))
        return PlayObservation(echoed="ready", seed=seed, reward=0.0)

    def step(
        self, action: PlayAction, timeout_s: float | None = None, keyword: str | None = None, **kwargs: Any
    ) -> PlayObservation:
        state = self._state
        state.step_count += 1
        state.keyword = keyword
        match action.message:
            case "sleep":
                time.sleep(action.number)
            case "hold":
                _pass(Path(action.gate))
            case "fail":
                raise ValueError("the playground was asked to fail")
            case "exit":
                os._exit(3)
            case "big":
                return PlayObservation(echoed="x" * int(action.number))
        state.log.append(action.message)
        state.threads = sorted({*state.threads, threading.current_thread().name})
        return PlayObservation(echoed=action.message, reward=1, done=action.message == "done")

    @property
    def state(self) -> PlayState:
        return self._state


def _pass(gate: Path, timeout_s: float = 30.0) -> None:
    """Say that the step has begun, and wait until it may end."""
    gate.touch()
    deadline = time.monotonic() + timeout_s
    while not gate.with_suffix(".open").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
