"""Which keyword arguments a function takes: environments may narrow the signatures of their verbs."""

import inspect
from collections.abc import Iterable
from functools import lru_cache
from types import FunctionType
from typing import Any


def keyword_names(function: Any) -> frozenset[str] | None:
    """The names ``function`` takes by keyword; None if it takes any."""
    plain = getattr(function, "__func__", None)
    if isinstance(plain, FunctionType) and not plain.__dict__:  # an undecorated method: once per class is enough
        return _method_names(plain)
    return _names(inspect.signature(function).parameters.values())


@lru_cache(maxsize=1024)
def _method_names(function: FunctionType) -> frozenset[str] | None:
    return _names(list(inspect.signature(function).parameters.values())[1:])


def _names(parameters: Iterable[inspect.Parameter]) -> frozenset[str] | None:
    parameters = list(parameters)
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return frozenset(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))


def accepted(names: frozenset[str] | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Those of ``arguments`` that are among ``names`` (see :func:`keyword_names`)."""
    return arguments if names is None else {name: value for name, value in arguments.items() if name in names}


def accepted_arguments(function: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Those of ``arguments`` that ``function`` takes by keyword."""
    return accepted(keyword_names(function), arguments)
