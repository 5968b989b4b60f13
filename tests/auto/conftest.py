"""Servers, the stand-in for ``docker``, and packages made on the spot."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.auto.packages import Site
from tests.core.client.conftest import Server, Servers, _servers, server, servers
from tests.core.client.test_docker import FakeDocker, docker

__all__ = ["FakeDocker", "Server", "Servers", "_servers", "docker", "server", "servers"]

ECHO_APP = "echo_env.server.app:app"


@pytest.fixture
def echo_server(servers: Servers) -> Server:
    """A server of the echo environment."""
    return servers.shared(ECHO_APP)


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of this machine that refuses, and that nobody else can take meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A directory of packages at the head of this process's path."""
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    made = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(made.directory)
    before = set(sys.modules)
    yield made
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(made.directory) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.fixture
def pond(site: Site) -> str:
    """The name of an installed environment whose server the stand-in for ``docker`` runs."""
    site.add("openenv-pond", "pond", prefix="Pond")
    return "pond"
