"""Sessions on top of real environments."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from echo_env import EchoEnv
from openenv.core.client.retry import RetryPolicy
from openenv.core.client_types import StepResult
from openenv.core.env_server.mcp_types import Tool
from openenv.core.errors import CapacityError
from openenv.core.generic_client import GenericEnvClient
from openenv.core.harness import HarnessSessionError, StepEnvSessionAdapter, ToolResult, VerifyResult
from tests.core.client.play_client import PlayClient, impatient
from tests.core.client.playground import PlayAction
from tests.core.harness.play import ECHO_TOOLS, SAY, echo_session, opening, play_session


def play(session: StepEnvSessionAdapter, message: str, **more: Any) -> ToolResult:
    return session.call_tool("say", {"message": message, **more})


def test_an_episode_of_echoes(echo_url: str) -> None:
    session = echo_session(echo_url, task="greet", episode_id="e1")
    assert session.initial_messages() == [{"role": "user", "content": "task greet"}]
    assert session.list_tools() == ECHO_TOOLS
    result = session.call_tool("echo_message", {"message": "four"})
    assert result.error is None
    assert not result.done
    assert result.metadata["reward"] == pytest.approx(0.4)
    assert result.metadata["state"].episode_id == "e1"
    assert result.metadata["state"].step_count == 1
    assert result.data["tool_name"] == "echo_message"
    assert result.data["arguments"] == {"message": "four"}
    assert result.data["observation"]["result"] == "four"
    assert result.data["reward"] == pytest.approx(0.4)
    verdict = session.verify([{"role": "user", "content": "x"}])
    assert verdict.env_reward == pytest.approx(0.4)
    assert not verdict.done
    assert verdict.artifacts["transcript_length"] == 1
    assert verdict.artifacts["final_state"].step_count == 1
    assert session.verify([], {"mine": 1}).artifacts["final_state"] == {"mine": 1}
    session.close()


def test_the_seed_and_other_arguments_reach_the_environment(play_url: str) -> None:
    seen: list[StepResult[Any]] = []

    def keep(result: StepResult[Any], task: Any) -> list[Any]:
        seen.append(result)
        return []

    play_session(play_url, seed=5, initial_messages_builder=keep).close()
    play_session(play_url, reset_kwargs={"seed": 6}, initial_messages_builder=keep).close()
    play_session(play_url, seed=7, reset_kwargs={"seed": 7}, initial_messages_builder=keep).close()
    assert [result.observation.seed for result in seen] == [5, 6, 7]


def test_builders_get_what_they_are_promised(play_url: str) -> None:
    seen: dict[str, tuple[Any, ...]] = {}

    def result_of(*given: Any) -> ToolResult:
        seen["result"] = given
        return ToolResult("shown", metadata={"reward": given[2].reward})

    def verify(*given: Any) -> VerifyResult:
        seen["verify"] = given
        return VerifyResult(env_reward=0.5)

    session = play_session(play_url, task="t", tool_result_builder=result_of, verify_builder=verify)
    assert session.verify([]).env_reward == 0.5
    assert seen["verify"][:3] == ([], None, None)
    assert play(session, "hello").data == "shown"
    name, arguments, result, state = seen["result"]
    assert (name, arguments, result.observation.echoed) == ("say", {"message": "hello"}, "hello")
    assert state.log == ["hello"]
    session.verify([{"role": "user", "content": "x"}], "final")
    transcript, final_state, last, state = seen["verify"]
    assert (len(transcript), final_state, last.observation.echoed, state.log) == (1, "final", "hello", ["hello"])
    session.close()


def test_there_is_no_reward_before_a_step(echo_url: str) -> None:
    session = echo_session(echo_url)
    assert session.verify([]).env_reward is None
    session.close()


@pytest.mark.parametrize("name", ["reset", "step", "state", "close"])
def test_reserved_names_are_refused_and_the_client_closed(play_url: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"reserved for the environment's own verbs: rename {name}"):
        play_session(play_url, tool_specs=[SAY, {"name": name}])
    play_session(play_url).close()  # there is room


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tool_specs": [SAY, SAY]}, ValueError, "more than one say"),
        ({"tool_specs": ["say"]}, TypeError, "a tool is a Tool or a dict"),
        ({"seed": 1, "reset_kwargs": {"seed": 2}}, ValueError, "seed is 1, but reset_kwargs has 2"),
        ({"reset_kwargs": {"seed": "none"}}, ValueError, "VALIDATION_ERROR"),
        ({"initial_messages_builder": lambda result, task: 1 / 0}, ZeroDivisionError, "division"),
    ],
)
def test_a_session_that_does_not_start_closes_its_client(
    play_url: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        play_session(play_url, **options)
    play_session(play_url).close()


def test_tools_come_as_objects_whatever_they_were(play_url: str) -> None:
    session = play_session(play_url, tool_specs=[SAY, {"name": "wait"}])
    say, wait = session.list_tools()
    assert say == Tool(name="say", description="Say something.", input_schema=SAY["inputSchema"])
    assert wait.input_schema == {"type": "object", "properties": {}}
    session.close()


def test_an_unknown_tool_is_a_key_error_and_no_step(play_url: str) -> None:
    session = play_session(play_url)
    with pytest.raises(KeyError, match="unknown tool 'shout'; the tools are: say"):
        session.call_tool("shout", {})
    assert play(session, "x").metadata["state"].step_count == 1
    session.close()


def test_failing_tools_are_results(play_url: str) -> None:
    session = play_session(play_url)
    failed = play(session, "fail")
    assert failed.error is not None
    assert "EXECUTION_ERROR" in failed.error
    assert failed.metadata == {}
    misread = play(session, "x", volume=11)
    assert misread.error is not None
    assert misread.error.startswith("say does not take these arguments")
    assert play(session, "fine").metadata["reward"] == 1
    assert session.verify([]).env_reward == 1
    session.close()


def test_an_action_the_server_refuses_is_a_failing_tool(play_url: str) -> None:
    session = StepEnvSessionAdapter(
        GenericEnvClient(base_url=play_url),
        tool_specs=[SAY],
        action_builder=lambda name, arguments: arguments,
        initial_messages_builder=opening,
    )
    refused = session.call_tool("say", {"massage": "x"})
    assert refused.error is not None
    assert "VALIDATION_ERROR" in refused.error
    assert session.call_tool("say", {"message": "x"}).data["observation"]["echoed"] == "x"
    session.close()


def test_a_tool_error_in_the_observation_is_the_results(echo_url: str) -> None:
    session = echo_session(echo_url)
    failed = session.call_tool("echo_message", {"massage": "x"})
    assert failed.error is not None
    assert "massage" in failed.error
    assert failed.metadata["reward"] == 0
    session.close()


def test_nothing_reaches_an_episode_that_is_over(play_url: str) -> None:
    session = play_session(play_url)
    assert play(session, "done").done
    late = play(session, "one more")
    assert late.done
    assert late.error == "the episode is over: no further tool call is carried out"
    assert "reward" not in late.metadata
    verdict = session.verify([])
    assert verdict.done
    assert verdict.artifacts["final_state"].step_count == 1
    session.close()


def test_a_lost_server_ends_the_session_and_takes_the_reward_with_it(own_play_url: Callable[[], str]) -> None:
    session = play_session(own_play_url())
    assert play(session, "worth one").metadata["reward"] == 1
    with pytest.raises(ConnectionError):
        play(session, "exit")
    with pytest.raises(HarnessSessionError, match="the session broke in an earlier call"):
        play(session, "again")
    with pytest.raises(HarnessSessionError, match="the episode has no reward"):
        session.verify([])
    session.close()


def test_a_late_reply_is_no_reward(play_url: str) -> None:
    client = PlayClient(base_url=play_url)

    def slow(name: str, arguments: dict[str, Any]) -> PlayAction:
        return PlayAction(message="sleep", number=2)

    session = StepEnvSessionAdapter(client, tool_specs=[SAY], action_builder=slow, initial_messages_builder=opening)
    with impatient(client, 0.05), pytest.raises(TimeoutError):
        play(session, "x")
    with pytest.raises(HarnessSessionError, match="the episode has no reward"):
        session.verify([])
    session.close()


@pytest.mark.parametrize("builder", [lambda *given: 1 / 0, lambda *given: None], ids=["raises", "returns nothing"])
def test_a_result_that_cannot_be_built_is_no_failing_tool(play_url: str, builder: Callable[..., Any]) -> None:
    session = play_session(play_url, tool_result_builder=builder)
    with pytest.raises(HarnessSessionError, match="the result of say could not be read"):
        play(session, "x")
    with pytest.raises(HarnessSessionError, match="the episode has no reward"):
        session.verify([])
    session.close()


def test_closing_is_idempotent_and_ends_the_session(play_url: str) -> None:
    session = play_session(play_url)
    with pytest.raises(CapacityError):
        PlayClient(base_url=play_url, retry=RetryPolicy(capacity_s=0)).reset()
    session.close()
    session.close()
    with pytest.raises(HarnessSessionError, match="the session is closed"):
        play(session, "x")
    play_session(play_url).close()


def test_calls_from_threads_take_their_turns(play_url: str) -> None:
    session = play_session(play_url)
    counts: list[int] = []

    def call() -> None:
        for _ in range(5):
            counts.append(play(session, "x").metadata["state"].step_count)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 21))
    session.close()


async def test_a_session_blocks_inside_an_event_loop_too(echo_url: str) -> None:
    session = echo_session(echo_url)
    assert session.call_tool("echo_message", {"message": "x"}).metadata["reward"] == pytest.approx(0.1)
    session.close()


class Bare:
    """The least a client can be."""

    def __init__(self) -> None:
        self.times_closed = 0

    def reset(self, **arguments: Any) -> StepResult[dict[str, Any]]:
        return StepResult({"arguments": arguments})

    def step(self, action: Any) -> StepResult[dict[str, Any]]:
        if action == "lost":
            raise ConnectionResetError("the other side is gone")
        return StepResult({"value": float("nan")}, 0.25, False)

    def close(self) -> None:
        self.times_closed += 1


def bare_session(client: Bare, action: str = "x") -> StepEnvSessionAdapter:
    return StepEnvSessionAdapter(
        client, tool_specs=[SAY], action_builder=lambda *given: action, initial_messages_builder=opening
    )


def test_a_client_needs_no_sync_and_no_state() -> None:
    client = Bare()
    session = bare_session(client)
    result = session.call_tool("say", {})
    assert result.metadata == {"reward": 0.25, "state": None}
    assert result.data["observation"] == {"value": None}
    session.close()
    session.close()
    assert client.times_closed == 1


def test_the_errors_of_other_clients_are_told_apart_as_well() -> None:
    session = bare_session(Bare(), "lost")
    with pytest.raises(ConnectionResetError):
        session.call_tool("say", {})
    with pytest.raises(HarnessSessionError, match="the other side is gone"):
        session.verify([])


class Unwilling(Bare):
    """A client whose reset fails."""

    def reset(self, **arguments: Any) -> StepResult[dict[str, Any]]:
        raise RuntimeError("not now")


@pytest.mark.parametrize(
    ("client", "options"),
    [
        (Unwilling(), {}),
        (Bare(), {"tool_specs": [{"name": "reset"}]}),
        (Bare(), {"initial_messages_builder": lambda *given: 1 / 0}),
    ],
    ids=["reset", "tools", "messages"],
)
def test_the_client_is_closed_wherever_the_start_fails(client: Bare, options: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "tool_specs": [SAY],
        "action_builder": lambda *given: "x",
        "initial_messages_builder": opening,
    }
    with pytest.raises((RuntimeError, ValueError, ZeroDivisionError)):
        StepEnvSessionAdapter(client, **{**given, **options})
    assert client.times_closed == 1


class Stuck(Bare):
    """A client whose step hangs until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.stepping = threading.Event()
        self.closed = threading.Event()

    def step(self, action: Any) -> StepResult[dict[str, Any]]:
        self.stepping.set()
        assert self.closed.wait(60)
        raise RuntimeError("closed while a step was under way")

    def close(self) -> None:
        super().close()
        self.closed.set()


def test_closing_does_not_wait_for_a_call() -> None:
    client = Stuck()
    session = bare_session(client)
    raised: list[BaseException] = []

    def call() -> None:
        try:
            session.call_tool("say", {})
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert client.stepping.wait(60)
    session.close()
    thread.join()
    assert [str(error) for error in raised] == ["closed while a step was under way"]
    with pytest.raises(HarnessSessionError, match="the episode has no reward"):
        session.verify([])


def test_the_echo_client_has_the_face_that_is_used(echo_url: str) -> None:
    with EchoEnv(base_url=echo_url) as client:
        assert client.sync().reset().observation.echoed_message
