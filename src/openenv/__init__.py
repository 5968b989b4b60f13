"""OpenEnv: environments for reinforcement-learning post-training of language models.

Importing this package is cheap: every name below is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openenv.core.generic_client import GenericAction, GenericEnvClient
    from openenv.core.sync_client import SyncEnvClient

    from . import cli, core

__all__ = ["GenericAction", "GenericEnvClient", "SyncEnvClient", "cli", "core"]

_LAZY_MODULES = {"core": "openenv.core", "cli": "openenv.cli"}
_LAZY_NAMES = {
    "GenericAction": "openenv.core.generic_client",
    "GenericEnvClient": "openenv.core.generic_client",
    "SyncEnvClient": "openenv.core.sync_client",
}


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    for distribution in ("openenv", "openenv-core"):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "0.0.0"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _LAZY_MODULES:
        value = import_module(_LAZY_MODULES[name])
    elif name in _LAZY_NAMES:
        value = getattr(import_module(_LAZY_NAMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
