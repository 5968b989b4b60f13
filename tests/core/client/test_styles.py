"""Every way to write the calls, against a real server."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openenv.core.client.retry import RetryPolicy
from openenv.core.client_types import StepResult
from openenv.core.generic_client import GenericAction, GenericEnvClient
from openenv.core.mcp_client import MCPToolClient
from openenv.core.sync_client import SyncEnvClient
from tests.core.client.conftest import Server, Servers
from tests.core.client.play_client import PlayClient, say
from tests.core.client.playground import Playground


async def test_async_with(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client:
        result = await client.reset(seed=3, episode_id="mine")
        assert (result.observation.echoed, result.observation.seed, result.reward) == ("ready", 3, 0.0)
        result = await client.step(say("hi"))
        assert (result.observation.echoed, result.reward, result.done) == ("hi", 1, False)
        state = await client.state()
        assert (state.episode_id, state.step_count) == ("mine", 1)


def test_sync_client_in_a_with(server: Server) -> None:
    with PlayClient(base_url=server.url).sync() as client:
        assert type(client.reset()) is StepResult
        assert client.step(say("a")).observation.echoed == "a"
        assert client.state().step_count == 1


def test_plain_with(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        assert type(client.reset()) is StepResult
        assert client.step(say("done")).done is True


def test_no_with_at_all(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    client.reset()
    client.step(say("a"))
    assert client.state().log == ["a"]
    client.close()


def test_one_client_per_thread(server: Server) -> None:
    def play(number: int) -> list[str]:
        with PlayClient(base_url=server.url) as client:
            client.reset()
            for turn in range(10):
                client.step(say(f"{number}.{turn}"))
            return list(client.state().log)

    with ThreadPoolExecutor(8) as pool:
        logs = list(pool.map(play, range(8)))
    assert logs == [[f"{number}.{turn}" for turn in range(10)] for number in range(8)]


async def test_sync_calls_inside_a_running_loop_block_where_they_are_looked_at(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    result = client.reset(seed=9)
    assert isinstance(result, StepResult)
    assert result.observation.seed == 9
    second = client.step(say("b"))
    assert repr(second)  # does not need the result
    assert (second.reward, second.done) == (1, False)
    assert client.state().log == ["b"]
    client.close()


async def test_a_discarded_close_inside_a_running_loop_has_closed(servers: Servers) -> None:
    server = servers.shared(OPENENV_MAX_SESSIONS="1")
    for _ in range(3):
        client = PlayClient(base_url=server.url)
        client.reset()
        client.step(say("a"))
        client.close()
        # The slot is free now: the next client would have to wait otherwise.
        with PlayClient(base_url=server.url, retry=RetryPolicy(capacity_s=0)) as other:
            assert other.reset().observation.echoed == "ready"


async def test_plain_with_inside_a_running_loop(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        assert client.reset().observation.echoed == "ready"
        assert (await client.step(say("x"))).observation.echoed == "x"


async def test_sync_client_inside_a_running_loop(server: Server) -> None:
    with PlayClient(base_url=server.url).sync() as client:
        assert type(client.reset()) is StepResult
        assert type(client.step(say("a"), timeout_s=30)) is StepResult
        assert client.state().log == ["a"]
        twin = client.new_session()
        assert twin.reset().observation.echoed == "ready"
        assert client.sync() is client


async def test_results_are_coroutines_to_asyncio(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client, PlayClient(base_url=server.url) as other:
        await asyncio.gather(client.reset(), other.reset())
        task = asyncio.create_task(client.step(say("task")))
        assert "step" in repr(task) or repr(task)  # must not block
        assert (await task).observation.echoed == "task"
        assert (await asyncio.wait_for(other.step(say("wait_for")), 30)).observation.echoed == "wait_for"
        pending = client.step(say("twice"))
        assert await pending is await pending


async def test_the_call_is_under_way_before_it_is_awaited(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client, PlayClient(base_url=server.url) as other:
        await asyncio.gather(client.reset(), other.reset())
        first = client.step(say("a"))
        # This thread never goes back to its loop, and yet the step happens.
        while other.sync().step(say("poll")).observation.echoed and not first.__dict__["_call"].done:
            continue
        assert (await first).observation.echoed == "a"


async def test_await_the_client_itself(server: Server) -> None:
    client = await PlayClient(base_url=server.url)
    assert (await client.reset()).observation.echoed == "ready"
    await client.close()


def test_a_client_moves_between_loops_and_threads(server: Server) -> None:
    client = PlayClient(base_url=server.url)

    async def play(message: str) -> None:
        await client.step(say(message))

    client.reset()
    asyncio.run(play("first loop"))
    asyncio.run(play("second loop"))
    thread = threading.Thread(target=lambda: client.step(say("thread")))
    thread.start()
    thread.join()
    assert client.state().log == ["first loop", "second loop", "thread"]
    client.close()


def test_calls_from_many_threads_take_turns(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        with ThreadPoolExecutor(16) as pool:
            echoed = list(pool.map(lambda i: client.step(say(str(i))).observation.echoed, range(100)))
        assert echoed == [str(i) for i in range(100)]
        assert sorted(client.state().log, key=int) == echoed


async def test_calls_from_many_tasks_run_in_the_order_they_were_made(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client:
        await client.reset()
        results = await asyncio.gather(*(client.step(say(str(i))) for i in range(100)))
        assert [r.observation.echoed for r in results] == [str(i) for i in range(100)]
        assert (await client.state()).log == [str(i) for i in range(100)]


async def test_a_cancelled_call_in_line_is_not_made_and_the_next_works(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client:
        await client.reset()
        running = asyncio.create_task(client.step(say("sleep", 0.3)))
        waiting = asyncio.create_task(client.step(say("never")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await client.step(say("after"))).observation.echoed == "after"
        assert (await running).observation.echoed == "sleep"
        assert (await client.state()).log == ["sleep", "after"]


async def test_a_cancelled_call_that_was_sent_gives_its_reply_to_nobody(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client:
        await client.reset()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.step(say("sleep", 0.3)), 0.05)
        assert (await client.step(say("after"))).observation.echoed == "after"
        assert (await client.state()).log == ["sleep", "after"]


async def test_an_unused_failure_is_logged_and_the_next_call_works(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with PlayClient(base_url=server.url) as client:
        await client.reset()
        client.step(say("fail"))
        assert (await client.step(say("next"))).observation.echoed == "next"
    assert "asked to fail" in caplog.text


async def test_a_pending_result_pickles_compares_and_prints_as_the_result(server: Server) -> None:
    import copy
    import pickle

    async with GenericEnvClient(base_url=server.url) as client:
        await client.reset()
        pending = client.step({"message": "a"})
        result = await pending
        assert pending == result
        assert result == pending
        assert str(pending) == str(result)
        assert repr(client.step({"message": "a"})) == repr(result)  # what a notebook shows at the end of a cell
        assert pickle.loads(pickle.dumps(pending)) == result
        assert type(copy.copy(pending)) is StepResult
        pending.reward = 7.0
        assert result.reward == 7.0


async def test_a_pending_state_of_a_generic_client_is_used_like_the_dict(server: Server) -> None:
    async with GenericEnvClient(base_url=server.url) as client:
        await client.reset()
        state: Any = client.state()
        assert state["step_count"] == 0
        assert "log" in state
        assert dict(state.items()) == state
        assert len(state) == len(list(state))


def test_generic_actions(server: Server) -> None:
    class Plain:
        def __init__(self) -> None:
            self.message = "object"
            self._private = 1

    assert repr(GenericAction(code="x")) == "GenericAction(code='x')"
    with GenericEnvClient(base_url=server.url) as client:
        client.reset()
        for action, echoed in (
            ({"message": "dict"}, "dict"),
            (GenericAction(message="generic"), "generic"),
            (say("model"), "model"),
            (Plain(), "object"),
        ):
            assert client.step(action).observation["echoed"] == echoed
        with pytest.raises(TypeError, match="an action is"):
            client.step(3)
        with pytest.raises(TypeError, match="JSON"):
            client.step({"message": object()})
        assert client.step({"message": "still"}).observation["echoed"] == "still"


def test_keyword_arguments_and_deadline_reach_the_step(server: Server) -> None:
    with PlayClient(base_url=server.url) as client:
        client.reset()
        client.step(say("a"), timeout_s=30, keyword="given")
        assert client.state().keyword == "given"


def test_an_action_may_change_after_the_call(server: Server) -> None:
    with GenericEnvClient(base_url=server.url) as client:
        client.reset()
        action = {"message": "before"}

        async def play() -> Any:
            blocker = client.step({"message": "sleep", "number": 0.1})
            pending = client.step(action)
            action["message"] = "after"
            await blocker
            return await pending

        assert asyncio.run(play()).observation["echoed"] == "before"


def test_two_sessions_are_independent_and_close_together(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    client.reset()
    twin = client.new_session()
    assert type(twin) is PlayClient
    twin.reset()
    client.step(say("one"))
    twin.step(say("two"))
    assert (client.state().log, twin.state().log) == (["one"], ["two"])
    client.close()
    assert twin.state().log == []  # closed with its parent: this is a new session
    client.close()


def test_sessions_of_sessions_close_with_the_first(server: Server) -> None:
    client = PlayClient(base_url=server.url)
    grandchild = client.new_session().new_session()
    grandchild.reset()
    grandchild.step(say("one"))
    client.close()
    assert grandchild.state().log == []  # this is a new session
    grandchild.close()


def test_a_client_that_has_not_begun_goes_to_another_process(server: Server) -> None:
    import copy
    import pickle

    client = MCPToolClient(base_url=server.url, token="t")
    for twin in (pickle.loads(pickle.dumps(client)), copy.copy(client), copy.deepcopy(client)):
        assert (twin.base_url, twin._headers) == (client.base_url, client._headers)
        with twin, twin.new_session() as other:
            assert not other.reset().done


def test_a_client_with_a_session_or_a_server_stays_where_it_is(server: Server) -> None:
    import copy
    import pickle

    with PlayClient(base_url=server.url) as client, PlayClient.local(Playground) as local:
        for one in (client, local):
            for way in (pickle.dumps, copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match="cannot be pickled or copied"):
                    way(one)


async def test_two_sessions_in_async_code(server: Server) -> None:
    async with PlayClient(base_url=server.url) as client:
        twin = await client.new_session()
        await asyncio.gather(client.reset(), twin.reset())
        await asyncio.gather(client.step(say("one")), twin.step(say("two")))
        assert (await twin.state()).log == ["two"]


def test_the_sync_client_forwards_what_an_environment_adds(server: Server) -> None:
    class Richer(PlayClient):
        flag = "here"

        async def shout(self, text: str) -> str:
            result = await self.step(say(text.upper()))
            return result.observation.echoed

        def whisper(self, text: str) -> str:
            return self.step(say(text.lower())).observation.echoed

        def later(self) -> Any:
            return self.step(say("later"))

    async def inside() -> None:
        with Richer(base_url=server.url).sync() as client:
            assert isinstance(client, SyncEnvClient)
            assert isinstance(client.async_client, Richer)
            client.reset()
            assert client.flag == "here"
            assert client.shout("a") == "A"
            assert client.whisper("B") == "b"
            assert type(client.later()) is StepResult
            with pytest.raises(AttributeError):
                _ = client.nothing

    asyncio.run(inside())
    with Richer(base_url=server.url).sync() as client:
        client.reset()
        assert client.shout("c") == "C"
        assert client.whisper("D") == "d"
