"""Waiting until a server is healthy."""

import http.client
import time
import urllib.parse
from collections.abc import Callable
from typing import Final

from ...errors import EnvTimeoutError, ServerStartError
from ...utils import convert_to_http_url

_FIRST_PAUSE_S: Final = 0.02
_LAST_PAUSE_S: Final = 0.5
_PER_REQUEST_S: Final = 2.0


def wait_for_health(
    base_url: str,
    timeout_s: float,
    *,
    ended: Callable[[], str | None] = lambda: None,
    tail: Callable[[], str] = lambda: "",
) -> None:
    """Ask ``GET /health`` until it answers 200. No proxy is used.

    Args:
        base_url: of the server.
        timeout_s: how long to ask, in seconds.
        ended: says how the server has ended, once it has.
        tail: the last lines that the server wrote, for the message.

    Raises:
        EnvTimeoutError: if there is no such answer in time (a ``TimeoutError``).
        ServerStartError: if the server has ended.
    """
    deadline = time.monotonic() + timeout_s
    pause = _FIRST_PAUSE_S
    while True:
        left = deadline - time.monotonic()
        problem = _problem(base_url, max(0.05, min(_PER_REQUEST_S, left)))
        if problem is None:
            return
        if (end := ended()) is not None:
            raise ServerStartError(end)
        if deadline - time.monotonic() <= pause:
            raise EnvTimeoutError(
                f"the server at {base_url} was not healthy within {timeout_s:g} s ({problem}){with_output(tail())}"
            )
        time.sleep(pause)
        pause = min(2 * pause, _LAST_PAUSE_S)


def _problem(base_url: str, timeout_s: float) -> str | None:
    """What keeps the server from being healthy."""
    parts = urllib.parse.urlsplit(convert_to_http_url(base_url))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout_s)
    try:
        connection.request("GET", f"{parts.path}/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return None if status == 200 else f"GET /health answered {status}"


def with_output(tail: str) -> str:
    """The end of a message: what the server wrote, if it wrote anything."""
    return f"; its last output:\n{tail.rstrip()}" if tail.strip() else ""
