"""Environments in this process: the same checks, errors and JSON as over a socket, without a server."""

import asyncio
import gc
import threading
from functools import partial
from typing import Any

import pytest

from openenv.core.client.loop import LOCAL_LOOP
from openenv.core.client.models import environment_models
from openenv.core.env_client import EnvClient
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State
from openenv.core.errors import (
    EnvironmentFailureError,
    EnvTimeoutError,
    InvalidRequestError,
    SessionLostError,
    StepTimeoutError,
)
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import Server
from tests.core.client.peers import wait_until
from tests.core.client.play_client import PlayClient, impatient, say
from tests.core.client.playground import PlayAction, Playground, PlayObservation, PlayState
from tests.core.client.scripts import run_script


def test_it_plays() -> None:
    with PlayClient.local(Playground) as client:
        assert client.base_url == "local:Playground"
        assert client.reset(seed=4).observation.seed == 4
        assert client.step(say("a")).observation.echoed == "a"
        assert client.state().log == ["a"]
        twin = client.new_session()
        assert twin.state().log == []


async def test_it_plays_in_async_code() -> None:
    async with PlayClient.local(Playground) as client:
        await client.reset()
        assert (await client.step(say("a"))).observation.echoed == "a"
    client = await PlayClient.local(Playground)
    assert client.reset().observation.echoed == "ready"
    client.close()


def test_the_abstract_client_means_the_generic_one() -> None:
    client: Any = EnvClient.local(Playground)
    assert isinstance(client, GenericEnvClient)
    assert client.reset().observation["echoed"] == "ready"
    client.close()


def test_the_same_replies_as_over_a_socket(server: Server) -> None:
    def play(client: GenericEnvClient) -> list[Any]:
        with client:
            seen: list[Any] = [
                client.reset(seed=1),
                client.step({"message": "a"}, keyword="k"),
                client.state(),
            ]
            for action in ({"message": 5}, {"message": "fail"}, {"message": "sleep", "number": 0.4}):
                with pytest.raises(Exception) as caught:
                    client.step(action, timeout_s=0.1)
                seen.append((type(caught.value), str(caught.value)))
            return [*seen, client.state()]

    def without_threads(seen: list[Any]) -> list[Any]:
        for state in seen:
            if isinstance(state, dict):
                state.pop("threads")
        return seen

    local, remote = play(GenericEnvClient.local(Playground)), play(GenericEnvClient(base_url=server.url))
    assert without_threads(local) == without_threads(remote)


def test_errors() -> None:
    class Broken(Playground):
        def __init__(self) -> None:
            raise RuntimeError("secret reason")

    with pytest.raises(EnvironmentFailureError, match="FACTORY_ERROR"):
        GenericEnvClient.local(Broken)
    with GenericEnvClient.local(Playground) as client:
        with pytest.raises(InvalidRequestError):
            client.reset(seed="x")
        with pytest.raises(EnvironmentFailureError):
            client.step({"message": "fail"})
        with pytest.raises(StepTimeoutError):
            client.step({"message": "sleep", "number": 0.3}, timeout_s=0.05)
        assert client.step({"message": "on"}).observation["echoed"] == "on"


def test_a_late_reply() -> None:
    with PlayClient.local(Playground) as client:
        client.reset()
        with impatient(client, 0.2), pytest.raises(EnvTimeoutError, match="goes on"):
            client.step(say("sleep", 0.3))
        assert client.step(say("after")).observation.echoed == "after"
        assert client.state().log == ["sleep", "after"]


def test_a_session_that_stays_busy_is_given_up() -> None:
    client = PlayClient.local(Playground)
    client.reset()
    with impatient(client, 0.1):
        with pytest.raises(EnvTimeoutError):
            client.step(say("sleep", 3))
        with pytest.raises(SessionLostError):
            client.step(say("b"))
    client.reset()
    assert client.state().log == []
    client.close()


def test_environments_are_closed() -> None:
    closed: list[int] = []

    class Closing(Playground):
        def close(self) -> None:
            closed.append(id(self))

    client = PlayClient.local(Closing)
    client.reset()
    client.close()
    assert len(closed) == 1
    client.reset()  # may be used again
    client.close()
    assert len(closed) == 2
    forgotten = PlayClient.local(Closing)
    forgotten.reset()
    del forgotten
    gc.collect()
    wait_until(lambda: len(closed) == 3)


def test_a_function_and_a_partial_make_environments() -> None:
    class Named(Playground):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def step(self, action: PlayAction) -> PlayObservation:  # type: ignore[override]
            return PlayObservation(echoed=self.name)

    with PlayClient.local(partial(Named, "partial")) as client:
        client.reset()
        assert client.step(say("x")).observation.echoed == "partial"
    with PlayClient.local(lambda: Named("lambda"), PlayAction, PlayObservation, PlayState) as client:
        client.reset()
        assert client.step(say("x")).observation.echoed == "lambda"


def test_asynchronous_environments_have_a_loop_of_their_own() -> None:
    class Async(Playground):
        async def step_async(self, action: PlayAction, **kwargs: Any) -> PlayObservation:  # type: ignore[override]
            await asyncio.sleep(0)
            return PlayObservation(echoed=threading.current_thread().name)

    with PlayClient.local(Async) as client:
        client.reset()
        assert client.step(say("x")).observation.echoed == LOCAL_LOOP


def test_an_environment_that_plays_another_locally_must_await() -> None:
    class Nesting(Playground):
        async def step_async(self, action: PlayAction, **kwargs: Any) -> PlayObservation:  # type: ignore[override]
            async with PlayClient.local(Playground) as inner:
                await inner.reset()
                if action.message == "await":
                    return (await inner.step(say("inner"))).observation
                return inner.step(say("inner")).observation

    with PlayClient.local(Nesting) as client:
        client.reset()
        assert client.step(say("await")).observation.echoed == "inner"
        with pytest.raises(EnvironmentFailureError, match="Await it instead"):
            client.step(say("block"))


def test_no_server_library_is_loaded() -> None:
    code = """
import sys
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.playground import Playground
with GenericEnvClient.local(Playground) as client:
    client.reset()
    assert client.step({"message": "a"}).observation["echoed"] == "a"
print([name for name in ("fastapi", "starlette", "uvicorn", "fastmcp", "numpy") if name in sys.modules])
"""
    done = run_script(code)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_an_open_local_client_at_exit() -> None:
    code = """
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.playground import Playground
class Loud(Playground):
    def close(self):
        print("closed")
client = GenericEnvClient.local(Loud)
client.reset()
"""
    done = run_script(code)
    assert (done.stdout, done.stderr, done.returncode) == ("closed\n", "", 0)


def test_models_are_found() -> None:
    class Annotated:
        def reset(self) -> PlayObservation:
            raise NotImplementedError

        def step(self, action: PlayAction) -> PlayObservation:
            raise NotImplementedError

        @property
        def state(self) -> PlayState:
            raise NotImplementedError

    class Bare:
        def step(self, action):  # type: ignore[no-untyped-def]
            return action

    class Sub(Playground):
        pass

    class OwnAction(Action):
        pass

    class Unbound(Environment[Any, Any, Any]):
        pass

    def make() -> Playground:
        return Playground()

    play = (PlayAction, PlayObservation, PlayState)
    base = (Action, Observation, State)
    assert environment_models(Playground) == play
    assert environment_models(Sub) == play
    assert environment_models(Annotated) == play
    assert environment_models(make) == play
    assert environment_models(Playground()) == play
    assert environment_models(Bare) == base
    assert environment_models(Unbound) == base
    assert environment_models(lambda: 1) == base
    assert environment_models(Sub, action_cls=OwnAction) == (OwnAction, PlayObservation, PlayState)
