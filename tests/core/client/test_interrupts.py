"""A signal's handler may raise between any two statements of a call: at Ctrl-C, or to bound the time of something."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

import openenv.core.client
from openenv.core.env_client import EnvClient
from openenv.core.errors import SessionLostError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server
from tests.core.client.peers import observation, peer, requests
from tests.core.client.playground import Playground

CLIENT = openenv.core.client.__path__[0]
LONG_ENOUGH_S = 20.0


@contextmanager
def interrupted_at(moment: int) -> Iterator[None]:
    """Raise KeyboardInterrupt at the n-th moment of this thread's way through the client at which handlers may run.

    These are the beginnings of functions, and the returns from them; it is there that the interpreter looks.
    """
    left = moment

    def profile(frame: FrameType, event: str, arg: object) -> None:
        nonlocal left
        if event != "c_call" and frame.f_code.co_filename.startswith(CLIENT):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


def interrupt_everywhere(client: EnvClient[Any, Any, Any]) -> Iterator[int]:
    """Interrupt a step at its first moment, then one at its second, and so on, until it comes through."""
    moment, was_interrupted = 0, True
    while was_interrupted:
        moment += 1
        try:
            with interrupted_at(moment):
                client.step({"message": f"interrupted {moment}"})
            was_interrupted = False
        except KeyboardInterrupt:
            was_interrupted = True
        yield moment
    assert moment > 30


def say(client: EnvClient[Any, Any, Any], message: str) -> str:
    echoed: str = client.step({"message": message}).observation["echoed"]
    return echoed


def test_the_session_goes_on_and_no_reply_goes_astray(server: Server) -> None:
    with GenericEnvClient(base_url=server.url, message_timeout_s=LONG_ENOUGH_S) as client:
        client.reset()
        said = []
        for moment in interrupt_everywhere(client):
            said.append(f"after {moment}")
            assert say(client, said[-1]) == said[-1]
        log = client.state()["log"]
        assert [message for message in log if message.startswith("after")] == said
        assert len(set(log)) == len(log)


def test_those_who_wait_in_line_get_their_turn(server: Server) -> None:
    over = threading.Event()
    wrong: list[str] = []

    def keep_playing(name: str) -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            try:
                if say(client, f"{name} {turn}") != f"{name} {turn}":
                    wrong.append(f"{name} {turn}")
            except Exception as error:
                wrong.append(str(error))

    with GenericEnvClient(base_url=server.url, message_timeout_s=LONG_ENOUGH_S) as client:
        client.reset()
        others = [threading.Thread(target=keep_playing, args=(name,)) for name in ("one", "two")]
        for other in others:
            other.start()
        for moment in interrupt_everywhere(client):
            assert say(client, f"after {moment}") == f"after {moment}"
        over.set()
        for other in others:
            other.join()
    assert wrong == []


@pytest.fixture(params=["plain", "local"])
def plain_client(request: pytest.FixtureRequest) -> Iterator[GenericEnvClient]:
    """A client that cannot go back to a session whose link it has given up."""

    def play(connection: ServerConnection) -> None:
        for asked in requests(connection):
            connection.send(observation(asked["data"].get("message", "ready")))

    if request.param == "local":
        with GenericEnvClient.local(Playground, message_timeout_s=LONG_ENOUGH_S) as client:
            yield client
    else:
        with peer(play) as server, GenericEnvClient(base_url=server.url, message_timeout_s=LONG_ENOUGH_S) as client:
            yield client


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_session_that_cannot_be_gone_back_to_is_usable_or_lost(plain_client: GenericEnvClient) -> None:
    client = plain_client
    client.reset()
    for moment in interrupt_everywhere(client):
        try:
            assert say(client, f"after {moment}") == f"after {moment}"
        except SessionLostError:
            client.reset()
            assert say(client, "again") == "again"
