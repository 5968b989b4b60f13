"""Environments by name: the client and the action class of any installed package, or of a Hugging Face Space.

Importing this package is cheap: every name is loaded when it is first used, and installed packages are looked for
when one is asked for.
"""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .auto_action import AutoAction
    from .auto_env import AutoEnv
    from .discovery import InstalledEnvironment, discover
    from .errors import (
        AmbiguousEnvironmentError,
        BrokenEnvironmentError,
        InstallError,
        RemoteCodeError,
        ServerDownError,
        UnknownEnvironmentError,
    )

__all__ = [
    "AmbiguousEnvironmentError",
    "AutoAction",
    "AutoEnv",
    "BrokenEnvironmentError",
    "InstallError",
    "InstalledEnvironment",
    "RemoteCodeError",
    "ServerDownError",
    "UnknownEnvironmentError",
    "discover",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AmbiguousEnvironmentError": ".errors",
        "AutoAction": ".auto_action",
        "AutoEnv": ".auto_env",
        "BrokenEnvironmentError": ".errors",
        "InstallError": ".errors",
        "InstalledEnvironment": ".discovery",
        "RemoteCodeError": ".errors",
        "ServerDownError": ".errors",
        "UnknownEnvironmentError": ".errors",
        "discover": ".discovery",
    },
)
