"""The end of clients: slots are free, nothing stays behind, nobody is told off."""

import gc
import threading
import time

import pytest
from websockets.sync.server import ServerConnection

from openenv.core.client.retry import RetryPolicy
from openenv.core.errors import EnvConnectionError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server, Servers
from tests.core.client.peers import observation, peer, wait_until
from tests.core.client.play_client import PlayClient, say
from tests.core.client.scripts import run_script


@pytest.fixture
def narrow(servers: Servers) -> Server:
    """A server with room for one session, so that whoever leaves something behind is noticed."""
    return servers.shared(OPENENV_MAX_SESSIONS="1")


def assert_free(server: Server) -> None:
    with PlayClient(base_url=server.url, retry=RetryPolicy(capacity_s=0)) as client:
        client.reset()


def test_the_slot_is_free_when_close_returns(narrow: Server) -> None:
    for _ in range(3):
        client = PlayClient(base_url=narrow.url)
        client.reset()
        client.close()
        assert_free(narrow)
        client.close()
        client.close()


def test_a_closed_client_may_be_used_again(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    client.close()  # before it was ever used
    client.reset()
    client.step(say("a"))
    client.close()
    client.reset()
    assert client.state().log == []
    client.disconnect()
    connected: object = client.connect()
    assert connected is client
    client.close()


def test_closing_after_an_error_inside_with(narrow: Server) -> None:
    def fail() -> None:
        with PlayClient(base_url=narrow.url) as client:
            client.reset()
            raise KeyError("mine")

    with pytest.raises(KeyError):
        fail()
    assert_free(narrow)


def test_closing_waits_for_a_call_of_another_thread(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    client.reset()
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(client.step(say("sleep", 0.3)).observation.echoed))
    thread.start()
    wait_until(lambda: client._session is not None and client._session._turns.active is not None)
    client.close()
    thread.join()
    assert results == ["sleep"]


def test_closing_does_not_wait_for_an_interrupted_call(server: Server) -> None:
    code = """
        import signal, sys, time
        from tests.core.client.play_client import PlayClient, say
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        started = time.monotonic()
        try:
            with PlayClient(base_url=sys.argv[1]) as client:
                client.reset()
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                client.step(say("sleep", 2))
        except KeyboardInterrupt:
            print("interrupted")
    """
    done = run_script(code, server.url)
    assert (done.stdout, done.stderr, done.returncode) == ("interrupted\n", "", 0)


def test_a_server_that_ignores_close_is_left_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from openenv.core.client import session

    monkeypatch.setattr(session, "CLOSE_TIMEOUT_S", 0.2)
    over = threading.Event()

    def play(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(observation("ready"))
        over.wait(20)

    with peer(play) as server:
        client = GenericEnvClient(base_url=server.url)
        client.reset()
        started = time.monotonic()
        client.close()
        assert time.monotonic() - started < 5
        over.set()


def test_a_collected_client_frees_its_slot(narrow: Server) -> None:
    client = PlayClient(base_url=narrow.url)
    client.reset()
    session = client._session
    assert session is not None
    del client
    gc.collect()
    wait_until(lambda: session._link is None)
    with PlayClient(base_url=narrow.url) as other:
        other.reset()


@pytest.mark.parametrize("style", ["plain", "running loop", "thread", "unused result"])
def test_a_client_that_is_alive_at_exit_frees_its_slot_without_a_word(narrow: Server, style: str) -> None:
    code = {
        "plain": "client.reset(); client.step(say('a'))",
        "running loop": """
async def main():
    await client.reset()
asyncio.run(main())
""",
        "thread": "t = threading.Thread(target=client.reset); t.start(); t.join()",
        "unused result": """
async def main():
    client.reset(); client.step(say('a'))
asyncio.run(main())
""",
    }[style]
    prelude = """
import asyncio, sys, threading
from tests.core.client.play_client import PlayClient, say
client = PlayClient(base_url=sys.argv[1])
"""
    done = run_script(prelude + code, narrow.url)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert_free(narrow)


def test_a_client_whose_process_is_killed_gives_its_slot_to_the_next(narrow: Server) -> None:
    code = """
        import os, signal, sys
        from tests.core.client.play_client import PlayClient
        client = PlayClient(base_url=sys.argv[1])
        client.reset()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run_script(code, narrow.url).returncode == -9
    with PlayClient(base_url=narrow.url) as client:
        client.reset()


def test_a_forked_child_leaves_its_parents_session_alone(server: Server) -> None:
    code = """
        import os, sys, warnings
        from openenv.core.errors import SessionLostError
        from tests.core.client.play_client import PlayClient, say
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads around
        client = PlayClient(base_url=sys.argv[1])
        fresh = PlayClient(base_url=sys.argv[1])
        client.reset(); client.step(say("parent"))
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                client.step(say("child"))
            except SessionLostError as error:
                assert "forked" in str(error), error
                client.reset(); client.step(say("child"))
                assert client.state().log == ["child"]
                fresh.reset()
                client.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0
        client.step(say("parent again"))
        print(client.state().log)
        client.close()
    """
    done = run_script(code, server.url)
    assert (done.stdout, done.stderr, done.returncode) == ("['parent', 'parent again']\n", "", 0)


def test_a_fork_is_free_of_what_other_threads_were_about(server: Server) -> None:
    code = """
        import os, sys, warnings
        from openenv.core.client import registry
        from tests.core.client.play_client import PlayClient
        warnings.simplefilter("ignore", DeprecationWarning)
        registry.making.acquire()  # as a thread does while it makes a session
        pid = os.fork()
        if pid == 0:
            with PlayClient(base_url=sys.argv[1]) as client:
                client.reset()
            os._exit(0)
        print(os.waitpid(pid, 0)[1])
    """
    done = run_script(code, server.url)
    assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)


async def test_calls_in_line_when_the_client_closes(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    first, second = client.reset(), client.step(say("a"))
    closing = client.close()
    assert (await first).observation.echoed == "ready"
    assert (await second).observation.echoed == "a"
    await closing


def test_a_client_that_owned_its_server_cannot_be_used_again() -> None:
    client = GenericEnvClient.from_process("tests.core.client.playground_app:app")
    client.reset()
    client.close()
    with pytest.raises(EnvConnectionError, match="make a new client"):
        client.reset()
    client.close()
