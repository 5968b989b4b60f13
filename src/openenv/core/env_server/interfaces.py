"""What an environment is: ``reset``, ``step``, ``state``."""

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypedDict, TypeVar, runtime_checkable

from .signatures import accepted_arguments
from .types import Action, EnvironmentMetadata, Observation, State

if TYPE_CHECKING:
    from ..rubrics.base import Rubric

ActT = TypeVar("ActT", bound=Action)
ObsT = TypeVar("ObsT", bound=Observation)
StateT = TypeVar("StateT", bound=State)


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    content: str


class ModelTokenizer(Protocol):
    """The part of a tokenizer that chat environments use."""

    def apply_chat_template(
        self,
        conversation: list[Message],
        tokenize: bool = True,
        return_tensors: str | None = None,
        **kwargs: Any,
    ) -> Any: ...

    def decode(self, token_ids: Any, skip_special_tokens: bool = False, **kwargs: Any) -> str: ...


class Transform(ABC, Generic[ObsT]):
    """A change to every observation, such as a reward added to it."""

    @abstractmethod
    def __call__(self, observation: ObsT) -> ObsT:
        """Return the observation to use instead."""


@runtime_checkable
class TaskProvider(Protocol):
    """An environment that owns its tasks; each method may be async. A task is chosen by ``reset(split=, index=)``."""

    def list_splits(self) -> list[Any]: ...

    def list_tasks(self, split: str) -> list[Any]: ...

    def num_tasks(self, split: str) -> int: ...

    def get_task(self, split: str, index: int) -> Any: ...

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[Any]: ...


class Environment(ABC, Generic[ActT, ObsT, StateT]):
    """Base of every environment.

    One instance serves one session. Its methods are called one at a time and, unless stated otherwise below,
    always on the same thread, which is never the server's event loop. Subclasses may narrow the signatures:
    arguments they do not take are not passed.
    """

    SUPPORTS_CONCURRENT_SESSIONS: ClassVar[bool] = False
    """Whether several instances may live in one process: set it when they share nothing that changes."""

    REQUIRES_SINGLE_THREAD_EXECUTOR: ClassVar[bool] = False
    """Whether all instances must be run on one and the same thread."""

    STEP_IS_CHEAP: ClassVar[bool] = False
    """Whether ``step`` and ``state`` take microseconds and never block: the server then calls them on its event
    loop, which saves two thread switches a step. A deadline cannot interrupt such a step. ``reset``, the
    constructor and ``close`` still run on a thread, not always the same one."""

    transform: Transform[ObsT] | None = None
    rubric: "Rubric | None" = None

    def __init__(self, transform: Transform[ObsT] | None = None, rubric: "Rubric | None" = None) -> None:
        self.transform = transform
        self.rubric = rubric

    @abstractmethod
    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ObsT:
        """Start a new episode and return its first observation.

        Args:
            seed: the same seed gives the same episode.
            episode_id: becomes ``state.episode_id``; a fresh one is made where it is None.
        """

    @abstractmethod
    def step(self, action: ActT, timeout_s: float | None = None, **kwargs: Any) -> ObsT:
        """Take one action.

        Args:
            timeout_s: the deadline the caller asked for, in seconds; the server watches it in any case.
        """

    @property
    @abstractmethod
    def state(self) -> StateT:
        """Where the episode stands."""

    async def reset_async(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ObsT:
        """Override this one instead of ``reset`` for code that awaits; it runs on the server's event loop."""
        return self.reset(**accepted_arguments(self.reset, {"seed": seed, "episode_id": episode_id, **kwargs}))

    async def step_async(self, action: ActT, timeout_s: float | None = None, **kwargs: Any) -> ObsT:
        """Override this one instead of ``step`` for code that awaits; it runs on the server's event loop."""
        return self.step(action, **accepted_arguments(self.step, {"timeout_s": timeout_s, **kwargs}))

    def get_metadata(self) -> EnvironmentMetadata:
        """What ``/metadata`` tells."""
        name = type(self).__name__
        return EnvironmentMetadata(name=name, description=f"{name} environment", version="1.0.0")

    def render_web(self, observation: dict[str, Any]) -> str | None:
        """HTML to draw an observation with on the web page; None for none."""
        return None

    def web_actions(self, observation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """One-click actions of the web page: ``(label, action)`` pairs."""
        return []

    def close(self) -> None:
        """Free what the instance holds. Called once, at the end of its session."""

    def _apply_transform(self, observation: ObsT) -> ObsT:
        return observation if self.transform is None else self.transform(observation)

    def _apply_rubric(self, action: ActT, observation: ObsT) -> float:
        if self.rubric is None:
            return 0.0
        from ..rubrics.containers import synchronously

        with synchronously():
            score = self.rubric(action, observation)
        if inspect.isawaitable(score):
            close = getattr(score, "close", None)
            if close is not None:
                close()
            raise TypeError("this rubric is async: await self._apply_rubric_async(action, observation) instead")
        return float(score)

    async def _apply_rubric_async(self, action: ActT, observation: ObsT) -> float:
        if self.rubric is None:
            return 0.0
        score = self.rubric(action, observation)
        return float(await score if inspect.isawaitable(score) else score)

    def _reset_rubric(self) -> None:
        if self.rubric is not None:
            self.rubric.reset()

    async def _reset_rubric_async(self) -> None:
        if self.rubric is not None:
            result: Any = self.rubric.reset()
            if inspect.isawaitable(result):
                await result


__all__ = [
    "ActT",
    "Action",
    "Environment",
    "EnvironmentMetadata",
    "Message",
    "ModelTokenizer",
    "ObsT",
    "Observation",
    "State",
    "StateT",
    "TaskProvider",
    "Transform",
    "accepted_arguments",
]
