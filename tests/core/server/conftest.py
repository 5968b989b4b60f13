"""Real servers for the tests."""

from collections.abc import Iterator

import pytest

from tests.core.server.peers import OPEN
from tests.core.server.processes import Served, Servers, shared_servers


@pytest.fixture(autouse=True)
def _no_connection_outlives_its_test() -> Iterator[None]:
    yield
    for peer in list(OPEN):
        peer.vanish()


@pytest.fixture(scope="session")
def serve() -> Iterator[Servers]:
    """Apps by name and settings, in one server process that all tests of this process share."""
    with shared_servers() as servers:
        yield servers


@pytest.fixture
def server(serve: Servers) -> Iterator[Served]:
    """Puppets with the default settings; every session that a test makes must end with it."""
    puppets = serve("puppet")
    yield puppets
    puppets.settle()
