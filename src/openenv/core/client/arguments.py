"""Checks of the arguments of a client. Light to import."""

import os
from collections.abc import Mapping
from typing import Any, Final

MODES: Final = ("simulation", "production")

# Arguments of a client, as opposed to those of whatever runs its server.
_CLIENT_ARGUMENTS: Final = frozenset(
    {
        "connect_timeout_s",
        "message_timeout_s",
        "max_message_size_mb",
        "websocket_ping_interval_s",
        "websocket_ping_timeout_s",
        "mode",
        "headers",
        "token",
        "retry",
    }
)


def check_positive(**values: Any) -> None:
    """Every value must be a positive number.

    Raises:
        ValueError: naming the one that is not.
    """
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ValueError(f"{name} must be a positive number, not {value!r}")


def checked_mode(mode: str | None) -> str:
    """The mode given, else that of the variable ``OPENENV_CLIENT_MODE``, else ``simulation``."""
    given = mode if mode is not None else os.environ.get("OPENENV_CLIENT_MODE") or "simulation"
    if not isinstance(given, str) or given.lower() not in MODES:
        where = "mode" if mode is not None else "OPENENV_CLIENT_MODE"
        raise ValueError(f"{where} must be 'simulation' or 'production', not {given!r}")
    return given.lower()


def checked_headers(headers: Mapping[str, str] | None, token: str | None) -> dict[str, str]:
    """The headers of the handshake."""
    checked = dict(headers or {})
    if token is not None:
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("token must be a non-empty string of printable ASCII characters")
        if any(name.lower() == "authorization" for name in checked):
            raise ValueError("give either token or an Authorization header, not both")
        checked["Authorization"] = f"Bearer {token}"
    for name, value in checked.items():
        if not isinstance(value, str) or "\r" in value or "\n" in value:
            raise ValueError(f"header {name!r} must have a one-line string value, not {value!r}")
    return checked


def split_arguments(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The client's own arguments, and the rest."""
    own = {name: value for name, value in arguments.items() if name in _CLIENT_ARGUMENTS}
    return own, {name: value for name, value in arguments.items() if name not in own}
