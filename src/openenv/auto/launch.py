"""A server at a URL, or a container in its place."""

import asyncio
import logging
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Final

from ..core.client.launch import ContainerLaunch, Launch
from ..core.client.open_socket import is_loopback
from ..core.client.source import LaunchedSource, Source
from ..core.client.websocket_link import LinkOptions
from ..core.utils import convert_to_http_url
from .errors import ServerDownError

logger = logging.getLogger("openenv.auto")

DEFAULT_PROBE_S: Final = 10.0
"""How long the question whether a server is healthy may take, in seconds."""


def local_port(base_url: str) -> int | None:
    """The port of a URL that a container on this machine can serve: plain HTTP, on loopback, without a path."""
    parts = urllib.parse.urlsplit(convert_to_http_url(base_url))
    if parts.scheme != "http" or parts.path or parts.query or not is_loopback(parts.hostname or ""):
        return None
    return parts.port or 80


class UrlOrContainer(Launch):
    """Somebody's server if it is healthy; a container of the client's own if it is not there.

    Args:
        url: of the server.
        headers: sent with the question whether it is healthy.
        timeout_s: how long that may take, in seconds.
        container: makes the container to start instead; None if there is to be none.
        stands_in: start the container as well where something answers, but is not healthy.
        advice: what the user can do where there is none.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        timeout_s: float,
        container: Callable[[], ContainerLaunch] | None,
        *,
        stands_in: bool = False,
        advice: str = "",
    ) -> None:
        self.base_url = self._url = url.strip().rstrip("/")
        self._headers = dict(headers)
        self._timeout_s = timeout_s
        self._container = container
        self._stands_in = stands_in
        self._advice = advice
        self._running: ContainerLaunch | None = None

    @property
    def owns_server(self) -> bool:
        """Whether there is a container to stop."""
        return self._running is not None

    def start(self) -> None:
        problem, is_there = probe(self._url, self._headers, self._timeout_s)
        if problem is None:
            return
        reason = f"no healthy server at {self._url}: {problem}"
        if self._container is None or (is_there and not self._stands_in):
            raise ServerDownError(reason + self._advice) from ConnectionError(problem)
        logger.info("%s; starting a container", reason)
        try:
            self._running = self._container()
            self._running.start()
        except BaseException as error:
            self._running = None
            error.add_note(f"A container was to be started because there is {reason}")
            raise
        self.base_url = self._running.base_url

    def stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def make_source(self, options: LinkOptions) -> Source:
        return _Source(self, options)


class _Source(LaunchedSource):
    """Like any launched server's; but closing a client of somebody else's server is not the end of it."""

    def __init__(self, launch: UrlOrContainer, options: LinkOptions) -> None:
        super().__init__(launch, options)
        self._either = launch

    async def stop(self) -> None:
        starting = self._starting
        if starting is not None:
            await asyncio.wait({starting})
        if self._either.owns_server:
            await super().stop()
        elif starting is not None and (starting.cancelled() or starting.exception() is not None):
            self._starting = None  # the next call may look again


def probe(base_url: str, headers: Mapping[str, str], timeout_s: float) -> tuple[str | None, bool]:
    """Ask a server for ``/health``.

    Returns:
        What is wrong, None if it is healthy; and whether anything answered at all.
    """
    import httpx

    url = convert_to_http_url(base_url)
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        with httpx.Client(timeout=timeout_s, headers=dict(headers), trust_env=not is_loopback(host)) as client:
            status = client.get(f"{url}/health").status_code
    except httpx.ConnectError as error:
        return str(error) or type(error).__name__, False
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__, True
    return (None if status == 200 else f"GET /health answered {status}"), True
