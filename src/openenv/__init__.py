"""OpenEnv: environments for reinforcement-learning post-training of language models.

Importing this package is cheap: every name below is loaded when it is first used.
"""

from typing import TYPE_CHECKING, Any

from ._lazy import lazy_exports

if TYPE_CHECKING:
    from . import cli, core
    from .auto.auto_action import AutoAction
    from .auto.auto_env import AutoEnv
    from .core.generic_client import GenericAction, GenericEnvClient
    from .core.sync_client import SyncEnvClient

    __version__: str

__all__ = ["AutoAction", "AutoEnv", "GenericAction", "GenericEnvClient", "SyncEnvClient", "cli", "core"]

_load, __dir__ = lazy_exports(
    __name__,
    {
        "AutoAction": ".auto.auto_action",
        "AutoEnv": ".auto.auto_env",
        "GenericAction": ".core.generic_client",
        "GenericEnvClient": ".core.generic_client",
        "SyncEnvClient": ".core.sync_client",
        "cli": ".cli",
        "core": ".core",
    },
)


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
        globals()[name] = _version()
        return globals()[name]
    return _load(name)
