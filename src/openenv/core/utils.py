"""Small helpers around URLs and coroutines."""

from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

_WS_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_HTTP_SCHEMES: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


def convert_to_ws_url(url: str) -> str:
    """The WebSocket form of a server's URL, without a trailing slash.

    Args:
        url: with scheme ``http``, ``https``, ``ws`` or ``wss``, or with none (then ``ws`` is meant).

    Raises:
        ValueError: if the URL names no host or another scheme.
    """
    return _with_scheme(url, _WS_SCHEMES, "ws")


def convert_to_http_url(url: str) -> str:
    """The HTTP form of a server's URL, without a trailing slash; otherwise as :func:`convert_to_ws_url`."""
    return _with_scheme(url, _HTTP_SCHEMES, "http")


def _with_scheme(url: str, schemes: dict[str, str], default: str) -> str:
    if not isinstance(url, str):
        raise ValueError(f"a server's URL is a string such as 'http://localhost:8000', not {url!r}")
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        scheme, rest = default, scheme
    target = schemes.get(scheme.lower())
    if target is None:
        raise ValueError(f"URL {url!r} has the scheme {scheme!r}; use http, https, ws or wss")
    rest = rest.rstrip("/")
    if not rest or rest[0] in "/?#:" or any(c.isspace() for c in rest):
        raise ValueError(f"URL {url!r} names no host; it should look like 'http://localhost:8000'")
    return f"{target}://{rest}"


def hf_space_subdomain(repo_id: str) -> str:
    """The host label of a Hugging Face Space: ``"Org/My_Space"`` gives ``"org-my-space"``.

    Raises:
        ValueError: if ``repo_id`` is not of the form ``"<owner>/<space>"``.
    """
    owner, separator, name = repo_id.partition("/")
    if not (separator and owner and name) or "/" in name:
        raise ValueError(f"repo_id must look like 'owner/space', not {repo_id!r}")
    return "".join(c if c in "abcdefghijklmnopqrstuvwxyz0123456789" else "-" for c in repo_id.lower())


def run_async_safely(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from synchronous code, whether or not an event loop runs in this thread.

    Inside a running loop the coroutine gets a thread and a loop of its own, and that loop's thread waits.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)

    import threading

    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(coroutine))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="openenv-run-async")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


__all__ = ["convert_to_http_url", "convert_to_ws_url", "hf_space_subdomain", "run_async_safely"]
