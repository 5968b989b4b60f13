"""What a server serves: how to make an environment, and the models of its data."""

import functools
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ..utils import run_async_safely
from .types import Action, Observation, ServerMode, State

logger = logging.getLogger("openenv.server")


@dataclass(frozen=True)
class EnvironmentSpec:
    """An environment and its models.

    Attributes:
        factory: makes one environment per call: a class, a function or a ``functools.partial``.
        instance: the one environment there is, where an instance was given instead of a factory.
    """

    factory: Callable[[], Any]
    action_cls: type[BaseModel] = Action
    observation_cls: type[BaseModel] = Observation
    state_cls: type[BaseModel] = State
    env_name: str | None = None
    mode: ServerMode = ServerMode.SIMULATION
    reset_observation_cls: type[BaseModel] | None = None
    instance: Any = field(default=None, compare=False)

    @classmethod
    def of(cls, env: Any, *, allow_instance: bool = False, **fields: Any) -> "EnvironmentSpec":
        """The specification for ``env``.

        Raises:
            TypeError: if ``env`` cannot make environments.
        """
        if not isinstance(env, type) and hasattr(env, "reset") and hasattr(env, "step"):
            if not allow_instance:
                raise TypeError(
                    f"env must be a class or a function that makes environments, not an instance of "
                    f"{type(env).__name__}: pass {type(env).__name__} itself"
                )
            return cls(factory=lambda: env, instance=env, **fields)
        if not callable(env):
            raise TypeError(f"env must be a class or a function that makes environments, not {type(env).__name__}")
        return cls(factory=env, **fields)

    @property
    def name(self) -> str:
        """The name in routes and lists: ``env_name``, else the class name."""
        return self.env_name or self.environment_type

    @property
    def factory_name(self) -> str:
        factory = self.factory
        while isinstance(factory, functools.partial):
            factory = factory.func
        return getattr(factory, "__name__", type(factory).__name__)

    @property
    def environment_type(self) -> str:
        return type(self.instance).__name__ if self.instance is not None else self.factory_name

    def environment_class(self) -> type | None:
        """The class, where it is known without making an environment."""
        if self.instance is not None:
            return type(self.instance)
        factory: Any = self.factory
        while isinstance(factory, functools.partial):
            factory = factory.func
        return factory if isinstance(factory, type) else None


@dataclass(frozen=True)
class Traits:
    """What an environment declares about its instances."""

    concurrent: bool
    single_thread: bool

    @classmethod
    def declared_by(cls, source: Any) -> "Traits":
        return cls(
            concurrent=bool(getattr(source, "SUPPORTS_CONCURRENT_SESSIONS", False)),
            single_thread=bool(getattr(source, "REQUIRES_SINGLE_THREAD_EXECUTOR", False)),
        )


def traits_of(spec: EnvironmentSpec) -> Traits:
    """What the spec's environments declare; a function is called once to find out."""
    if spec.instance is not None:
        # One session after another has it, the next one perhaps while a call of the last one still hangs.
        return Traits(concurrent=False, single_thread=True)
    cls = spec.environment_class()
    if cls is not None:
        return Traits.declared_by(cls)
    environment = spec.factory()
    try:
        return Traits.declared_by(environment)
    finally:
        close_unused(environment)


def close_unused(environment: Any) -> None:
    """Close an environment that no session has; if that fails, it is logged."""
    close = getattr(environment, "close", None)
    if close is None:
        return
    try:
        closing = close()
        if inspect.iscoroutine(closing):
            run_async_safely(closing)
    except Exception:
        logger.exception("%s failed to close", type(environment).__name__)


def is_async_verb(environment: Any, verb: str) -> bool:
    """Whether the environment's own ``<verb>_async`` is the one to call.

    It is, unless a class derived from the one that wrote it overrides the plain verb alone.
    """
    for cls in type(environment).__mro__:
        if cls.__module__.startswith("openenv.core."):
            return False
        if f"{verb}_async" in vars(cls):
            return True
        if verb in vars(cls):
            return False
    return False
