"""Real servers, each in a process of its own and with room for one session: one left open fails what comes next."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openenv.core.containers.runtime import ProcessProvider

ROOT = Path(__file__).parents[3]
ECHO = "envs.echo_env.server.app:app"
PLAYGROUND = "tests.core.client.playground_app:app"


def make_provider(app: str) -> ProcessProvider:
    room = {"MAX_CONCURRENT_ENVS": "1", "OPENENV_MAX_SESSIONS": "1"}
    return ProcessProvider(app, app_dir=ROOT, env_vars=room, ready_timeout_s=60)


@pytest.fixture(scope="session")
def echo_url() -> Iterator[str]:
    """An echo server that the tests of a worker share."""
    provider = make_provider(ECHO)
    yield provider.start()
    provider.stop()


@pytest.fixture(scope="session")
def play_url() -> Iterator[str]:
    """A playground server that the tests of a worker share."""
    provider = make_provider(PLAYGROUND)
    yield provider.start()
    provider.stop()


@pytest.fixture
def own_play_url() -> Iterator[Callable[[], str]]:
    """Starts playground servers that a test may kill."""
    providers: list[ProcessProvider] = []

    def start() -> str:
        providers.append(make_provider(PLAYGROUND))
        return providers[-1].start()

    yield start
    for provider in providers:
        provider.stop()
