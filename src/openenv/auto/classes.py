"""The classes of an installed environment. Only here is its package imported."""

import importlib
from collections.abc import Callable
from typing import Any

from ..core.env_client import EnvClient
from .discovery import InstalledEnvironment
from .errors import BrokenEnvironmentError


def client_class(environment: InstalledEnvironment) -> type[EnvClient[Any, Any, Any]]:
    """The client's class.

    Raises:
        BrokenEnvironmentError: if the package cannot be imported, or has no such class.
    """
    return _load(environment, "client", environment.client_class, lambda found: issubclass(found, EnvClient))


def action_class(environment: InstalledEnvironment) -> type:
    """The class of its actions; errors as in :func:`client_class`."""
    from ..core.env_server.types import Action

    return _load(environment, "action", environment.action_class, lambda found: issubclass(found, Action))


def _load(environment: InstalledEnvironment, kind: str, name: str, fits: Callable[[type], bool]) -> type:
    """The class ``name`` in any case; failing that, the only one of the package's own that fits."""
    modules = [_import(environment, module) for module in ("", ".client", ".models")]
    present = [module for module in modules if module is not None]
    for module in present:
        found = getattr(module, name, None)
        if isinstance(found, type):
            return _checked(environment, kind, name, found, fits)
    classes = {
        found
        for module in present
        for attribute in dir(module)
        if isinstance(found := getattr(module, attribute, None), type) and fits(found)
    }
    own = {found for found in classes if f"{found.__module__}.".startswith(f"{environment.module}.")}
    alike = {found for found in classes if found.__name__.lower() == name.lower()}
    for candidates in (alike, own):
        if len(candidates) == 1:
            return candidates.pop()
    raise BrokenEnvironmentError(
        f"{environment.distribution} has no class {name!r} in its module {environment.module!r}: its openenv.yaml may "
        f"name the {kind} class under the key {kind!r}"
    )


def _checked(
    environment: InstalledEnvironment, kind: str, name: str, found: type, fits: Callable[[type], bool]
) -> type:
    if not fits(found):
        raise BrokenEnvironmentError(f"{name!r} of {environment.distribution} is no {kind} class: {found!r}")
    return found


def _import(environment: InstalledEnvironment, part: str) -> Any:
    name = environment.module + part
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if part and error.name == name:
            return None  # it keeps its classes elsewhere
        raise _broken(environment, name, error) from error
    except Exception as error:
        raise _broken(environment, name, error) from error


def _broken(environment: InstalledEnvironment, module: str, error: Exception) -> BrokenEnvironmentError:
    return BrokenEnvironmentError(
        f"{environment.distribution} is installed, but importing its module {module!r} fails: "
        f"{type(error).__name__}: {error}"
    )
