"""Real servers of the playground, each in a process of its own."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openenv.core.containers.runtime import ProcessProvider
from tests.core.client.gate import Gate
from tests.core.client.peers import Proxy

APP = "tests.core.client.playground_app:app"
ROOT = Path(__file__).parents[3]


class Server:
    """A running server."""

    def __init__(self, app: str, env_vars: dict[str, str]) -> None:
        self.provider = ProcessProvider(app, app_dir=ROOT, env_vars=env_vars, ready_timeout_s=60)
        self.url = self.provider.start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    @property
    def pid(self) -> int:
        pid = self.provider.pid
        assert pid is not None
        return pid

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as response:
            return json.load(response)


class Servers:
    """The servers of this test process, by their settings."""

    def __init__(self) -> None:
        self._servers: dict[tuple[str, ...], Server] = {}
        self._own: list[Server] = []

    def shared(self, app: str = APP, **env_vars: str) -> Server:
        """A server with these variables that tests share, so none may break it or leave sessions behind."""
        key = (app, *(f"{name}={value}" for name, value in sorted(env_vars.items())))
        if key not in self._servers:
            self._servers[key] = Server(app, env_vars)
        return self._servers[key]

    def own(self, app: str = APP, **env_vars: str) -> Server:
        """A server of the test's own, to be killed or worse."""
        self._own.append(Server(app, env_vars))
        return self._own[-1]

    def stop_own(self) -> None:
        while self._own:
            self._own.pop().provider.stop()

    def stop(self) -> None:
        self.stop_own()
        for server in self._servers.values():
            server.provider.stop()


@pytest.fixture(scope="session")
def _servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.stop()


@pytest.fixture
def servers(_servers: Servers) -> Iterator[Servers]:
    yield _servers
    _servers.stop_own()


@pytest.fixture
def server(servers: Servers) -> Server:
    """The server with the default settings."""
    return servers.shared()


@pytest.fixture
def make_proxy() -> Iterator[Callable[[Server], Proxy]]:
    """Put a proxy in front of a server."""
    proxies: list[Proxy] = []

    def make(server: Server) -> Proxy:
        proxies.append(Proxy(server.address))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """What holds a step of a server until the test lets it end."""
    return Gate(tmp_path)
