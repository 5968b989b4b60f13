"""The environments under test. Puppets do what an action tells them; the others are what users write."""

import asyncio
import itertools
import threading
import time
from typing import Any

import numpy as np
from pydantic import BaseModel, Field, field_validator

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State
from tests.core.server.world import WORLD

# Echo, as the protocol's documents show it


class EchoAction(Action):
    message: str

    @field_validator("message")
    @classmethod
    def _must_be_bearable(cls, message: str) -> str:
        if message == "unbearable":
            raise KeyError(message)  # no ValueError: a bug in a validator, not a wrong action
        return message


class EchoObservation(Observation):
    echoed: str = ""


class EchoState(State):
    last: str | None = None


class EchoEnvironment(Environment[EchoAction, EchoObservation, EchoState]):
    """Repeats. Its verbs take no more arguments than they need, and its constructor does not call the base's."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        self._state = EchoState(episode_id="none yet")

    def reset(self) -> EchoObservation:  # type: ignore[override]
        self._state = EchoState(episode_id="one")
        return EchoObservation()

    def step(self, action: EchoAction) -> EchoObservation:  # type: ignore[override]
        self._state.step_count += 1
        self._state.last = action.message
        return EchoObservation(echoed=action.message, reward=len(action.message), metadata=action.metadata)

    @property
    def state(self) -> EchoState:
        return self._state


# Puppets


class PuppetAction(Action):
    do: str = "echo"
    value: Any = None
    gate: str = ""


class PuppetObservation(Observation):
    value: Any = None
    instance: int = 0
    thread: int = 0
    arguments: dict[str, Any] = Field(default_factory=dict)


class PuppetState(State):
    steps: int = 0


class Unprintable(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Inner(BaseModel):
    numbers: tuple[int, ...] = (1, 2)
    child: "Inner | None" = None


ERRORS: dict[str, BaseException] = {
    "ValueError": ValueError("no such luck"),
    "silent": ValueError(),
    "SystemExit": SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt(),
    "StopIteration": StopIteration("over"),
    "CancelledError": asyncio.CancelledError(),
    "GeneratorExit": GeneratorExit(),
    "Unprintable": Unprintable(),
    "surrogate": ValueError("half a \ud800 character"),
    "TimeoutError": TimeoutError("the database is slow"),
}

NONSENSE: dict[str, Any] = {
    "nothing": None,
    "a dict": {"done": False},
    "a class": Observation,
    "reward nan": Observation.model_construct(reward=float("nan"), done=False, metadata={}),
    "reward inf": Observation.model_construct(reward=float("-inf"), done=False, metadata={}),
    "reward text": Observation.model_construct(reward="much", done=False, metadata={}),
    "bytes": PuppetObservation(value=b"\xff"),
    "an object": PuppetObservation(value=object()),
    "half a character": PuppetObservation(value="\ud800"),
}

SHOWS: dict[str, Any] = {
    "array": np.arange(6).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "scalars": [np.float32(0.5), np.int64(-3), np.bool_(True)],
    "halves": np.array([0.5, 1.0], dtype=np.float16),
    "nan": [float("nan"), float("inf"), np.array([1.0, np.nan])],
    "tuple": (1, ("two", None)),
    "model": Inner(child=Inner(numbers=())),
    "set": {1},
    "keys": {1: "one", None: "none"},
    "big": 2**200,
}

_INSTANCES = itertools.count(1)


class Puppet(Environment[PuppetAction, PuppetObservation, PuppetState]):
    """Does what it is told, by actions, by arguments of reset, and by the world for its constructor and close."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self.instance = next(_INSTANCES)
        WORLD.write("create", self.instance)
        self._close_script = WORLD.next_script("close")
        self._obey(**WORLD.next_script("create"))
        self._state: Any = PuppetState()
        WORLD.write("created", self.instance)

    def _obey(self, do: str = "echo", value: Any = None, gate: str = "") -> Any:
        match do:
            case "echo":
                return value
            case "wait":
                WORLD.wait(gate)
                return value
            case "sleep":
                time.sleep(value)
                return value
            case "large":
                return "x" * value
            case "raise":
                raise ERRORS[value]
            case "show":
                return SHOWS[value]
        raise ValueError(f"a puppet cannot {do}")

    def _observe(self, action: PuppetAction, arguments: dict[str, Any]) -> Any:
        if action.do == "return":
            return NONSENSE[action.value]
        if action.do == "state":
            known = isinstance(action.value, str) and action.value in NONSENSE
            self._state = NONSENSE[action.value] if known else action.value
        elif action.do == "done":
            return PuppetObservation(done=True, reward=action.value, metadata=action.metadata)
        elif action.do == "raw reward":
            return PuppetObservation.model_construct(reward=np.float32(0.5), done=False, metadata={})
        else:
            arguments = {**arguments, "thread": threading.get_ident()}
            value = self._obey(action.do, action.value, action.gate)
            return self._shown(value, arguments)
        return self._shown(None, arguments)

    def _shown(self, value: Any, arguments: dict[str, Any]) -> PuppetObservation:
        thread = arguments.pop("thread", 0)
        return PuppetObservation(value=value, instance=self.instance, thread=thread, arguments=arguments)

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        do: str = "echo",
        value: Any = None,
        gate: str = "",
        **kwargs: Any,
    ) -> Any:
        WORLD.write("reset", self.instance)
        self._state = PuppetState(episode_id=episode_id or f"episode of {self.instance}", seed=seed)
        arguments = {**kwargs, "seed": seed, "episode_id": episode_id}
        return self._observe(PuppetAction(do=do, value=value, gate=gate), arguments)

    def step(self, action: PuppetAction, timeout_s: float | None = None, **kwargs: Any) -> Any:
        WORLD.write("step", self.instance)
        observation = self._observe(action, {**kwargs, "timeout_s": timeout_s})
        WORLD.write("stepped", self.instance)
        if isinstance(self._state, PuppetState):
            self._state.step_count += 1
        return observation

    @property
    def state(self) -> Any:
        if self._state == "raise":
            raise ValueError("no state")
        if self._state == "exit":
            raise SystemExit(4)
        return self._state

    def close(self) -> None:
        WORLD.write("close", self.instance)
        self._obey(**self._close_script)
        WORLD.write("closed", self.instance)


class SolePuppet(Puppet):
    SUPPORTS_CONCURRENT_SESSIONS = False


class OneThreadPuppet(Puppet):
    REQUIRES_SINGLE_THREAD_EXECUTOR = True


class CheapPuppet(Puppet):
    STEP_IS_CHEAP = True


class AsyncPuppet(Puppet):
    """Awaits: its waits do not block, and its ``stubborn`` waits ignore that they are cancelled."""

    async def reset_async(self, **kwargs: Any) -> Any:  # type: ignore[override]
        if kwargs.get("do") in ("wait", "stubborn"):
            await self._wait(PuppetAction(do=kwargs.pop("do"), gate=kwargs.pop("gate")))
        return self.reset(**kwargs)

    async def step_async(self, action: PuppetAction, timeout_s: float | None = None, **kwargs: Any) -> Any:
        await self._wait(action)
        if action.do in ("wait", "stubborn"):
            action = PuppetAction(value=action.value)
        return self.step(action, timeout_s, **kwargs)

    async def _wait(self, action: PuppetAction) -> None:
        if action.do == "wait":
            await WORLD.wait_async(action.gate)
        while action.do == "stubborn" and not WORLD.gate(action.gate).is_set():
            try:
                await WORLD.wait_async(action.gate)
            except asyncio.CancelledError:
                continue

    async def close(self) -> None:  # type: ignore[override]
        WORLD.write("close", self.instance)
        script = self._close_script
        if script.get("do") == "wait":
            await WORLD.wait_async(script["gate"])
        else:
            self._obey(**script)
        WORLD.write("closed", self.instance)


# What users write besides


class ArrayAction(Action):
    index: int = 0


class ArrayObservation(Observation):
    board: np.ndarray
    inner: Inner = Inner()


class ArrayState(State):
    board: np.ndarray | None = None


class ArrayEnvironment(Environment[ArrayAction, ArrayObservation, ArrayState]):
    """Has NumPy fields, and says more about itself than its name."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ArrayObservation:
        self._board = np.eye(2, dtype=np.int8)
        return ArrayObservation(board=self._board)

    def step(self, action: ArrayAction, timeout_s: float | None = None, **kwargs: Any) -> ArrayObservation:
        return ArrayObservation(board=self._board[action.index], reward=1.0)

    @property
    def state(self) -> ArrayState:
        return ArrayState(board=getattr(self, "_board", None))

    def get_metadata(self) -> EnvironmentMetadata:
        script = WORLD.next_script("create")
        if script:
            raise ERRORS[script["value"]]
        return EnvironmentMetadata(name="arrays", description="NumPy all over", version="3.1", author="me")


class TaskEnvironment(EchoEnvironment):
    """Owns ten tasks in each of three splits."""

    def list_splits(self) -> list[Any]:
        return ["train", "hard", {"name": "test", "type": "test"}]

    async def list_tasks(self, split: str) -> list[dict[str, Any]]:
        return [self.get_task(split, index) for index in range(self.num_tasks(split))]

    def num_tasks(self, split: str) -> int:
        if split == "unknown":
            raise KeyError(split)
        return 10

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        return {"split": split, "question": range(10)[index]}

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[dict[str, Any]]:
        return [self.get_task(split, index) for index in range(10)[start:stop]]
