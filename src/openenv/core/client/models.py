"""Which models an environment class uses, as its type arguments or annotations say."""

import functools
import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from ..env_server.types import Action, Observation, State


class EnvironmentModels(NamedTuple):
    """The models of an environment's data."""

    action_cls: type[BaseModel]
    observation_cls: type[BaseModel]
    state_cls: type[BaseModel]


def environment_models(
    env: Any,
    action_cls: type | None = None,
    observation_cls: type | None = None,
    state_cls: type | None = None,
) -> EnvironmentModels:
    """The models of ``env``: those given, then its type arguments, then its annotations, then the base classes.

    Args:
        env: a class, or anything that makes environments.
    """
    cls = _environment_class(env)
    found: list[type | None] = [action_cls, observation_cls, state_cls]
    if cls is not None:
        for candidates in (_type_arguments(cls), _annotations(cls)):
            found = [known or candidate for known, candidate in zip(found, candidates, strict=True)]
    action, observation, state = found
    return EnvironmentModels(action or Action, observation or Observation, state or State)


def factory_name(env: Any) -> str:
    """A name for what makes environments."""
    while isinstance(env, functools.partial):
        env = env.func
    return getattr(env, "__name__", type(env).__name__)


def _environment_class(env: Any) -> type | None:
    while isinstance(env, functools.partial):
        env = env.func
    if isinstance(env, type):
        return env
    if inspect.isroutine(env):
        return _model_hint(env, "return", object)
    return type(env) if hasattr(env, "reset") else None


def _type_arguments(cls: type) -> list[type | None]:
    """The arguments of ``Environment[...]`` among the bases of ``cls``."""
    for ancestor in cls.__mro__:
        for base in getattr(ancestor, "__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and hasattr(origin, "step"):
                arguments = [a if isinstance(a, type) and issubclass(a, BaseModel) else None for a in get_args(base)]
                if len(arguments) == 3 and any(arguments):
                    return arguments
    return [None, None, None]


def _annotations(cls: type) -> Iterator[type | None]:
    step = getattr(cls, "step", None)
    yield _model_hint(step, "action", BaseModel)
    yield _model_hint(step, "return", BaseModel)
    yield _model_hint(getattr(getattr(cls, "state", None), "fget", None), "return", BaseModel)


def _model_hint(function: Any, name: str, kind: type) -> type | None:
    try:
        hint = get_type_hints(function).get(name)
    except (TypeError, NameError, AttributeError):  # not a function, or annotated with names it cannot see
        return None
    return hint if isinstance(hint, type) and issubclass(hint, kind) else None
