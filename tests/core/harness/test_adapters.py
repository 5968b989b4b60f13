"""The loop of a model with tools, and agents with loops of their own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from openenv.core.errors import ServerError, ToolCallError
from openenv.core.harness import (
    CLIHarnessAdapter,
    HarnessRolloutResult,
    HarnessRunLimits,
    HarnessSessionError,
    MCPHarnessAdapter,
    ResourceSession,
    SessionMCPBridge,
    ToolResult,
)
from tests.core.harness.play import NEXT, Model, TableSession, echo, echo_session, play_session, rewarded, say

LIMITS = HarnessRunLimits


def white_box(model: Model, session: ResourceSession, limits: HarnessRunLimits | None = None) -> HarnessRolloutResult:
    return MCPHarnessAdapter().run_white_box(model, session, limits)


def replies(rollout: HarnessRolloutResult) -> list[Any]:
    """What the model read of its tools."""
    return [json.loads(message["content"]) for message in rollout.messages if message["role"] == "tool"]


def assert_every_call_has_its_reply(rollout: HarnessRolloutResult) -> None:
    called = [call["id"] for message in rollout.messages for call in message.get("tool_calls", [])]
    assert [message["tool_call_id"] for message in rollout.messages if message["role"] == "tool"] == called


def test_a_conversation_with_the_echo_environment(echo_url: str) -> None:
    session = echo_session(echo_url, task="t")
    model = Model([echo("a")], [echo("bc"), echo("def")], "that is all")
    rollout = white_box(model, session, LIMITS(sampling={"temperature": 0.5}))
    session.close()
    assert rollout.done
    assert rollout.metrics == {"turns": 3, "tool_calls": 3}
    assert [entry.arguments["message"] for entry in rollout.tool_trace] == ["a", "bc", "def"]
    assert [entry.result.metadata["reward"] for entry in rollout.tool_trace] == pytest.approx([0.1, 0.2, 0.3])
    assert [event.type for event in rollout.events] == [
        "model_response", "tool_call", "model_response", "tool_call", "tool_call", "model_response",
    ]  # fmt: skip
    assert [message["role"] for message in rollout.messages] == [
        "user", "assistant", "tool", "assistant", "tool", "tool", "assistant",
    ]  # fmt: skip
    assert rollout.messages[-1] == {"role": "assistant", "content": "that is all"}
    assert replies(rollout)[0]["observation"]["result"] == "a"
    assert_every_call_has_its_reply(rollout)
    assert rollout.prompt_ids == [1, 2, 3]
    assert rollout.completion_ids == [10, 11, 20, 21, 30, 31]
    assert rollout.logprobs == [-0.5, -0.25] * 3
    messages, tools, sampling = model.asked[1]
    assert messages == rollout.messages[:3]
    assert tools == session.list_tools()
    assert sampling == {"temperature": 0.5}


def test_a_tool_that_says_done_ends_it(play_url: str) -> None:
    session = play_session(play_url)
    rollout = white_box(Model([say("a")], [say("done"), say("late")], "never asked"), session)
    assert rollout.done
    assert rollout.metrics == {"turns": 2, "tool_calls": 2}
    assert replies(rollout)[-1] == {"error": "not run: the episode is over"}
    assert_every_call_has_its_reply(rollout)
    assert session.verify(rollout.messages).artifacts["final_state"].log == ["a", "done"]
    session.close()


def test_unknown_and_failing_tools_answer_the_model(play_url: str) -> None:
    session = play_session(play_url)
    rollout = white_box(Model([("shout", {}), say("fail"), say("x", volume=3)], [say("fine")], "bye"), session)
    session.close()
    assert rollout.done
    unknown, failed, misread, fine = rollout.tool_trace
    assert unknown.result.error == "unknown tool 'shout'; the tools are: say"
    assert "EXECUTION_ERROR" in str(failed.result.error)
    assert "does not take these arguments" in str(misread.result.error)
    assert fine.result.metadata["reward"] == 1
    assert [reply.get("error") for reply in replies(rollout)[:3]] == [
        entry.result.error for entry in rollout.tool_trace[:3]
    ]
    assert rollout.events[1].payload["error"] == unknown.result.error


@pytest.mark.parametrize(
    "error", [ValueError("odd"), KeyError("odd"), ToolCallError("next", "odd"), FileNotFoundError("odd")]
)
def test_what_a_tool_raises_answers_the_model(error: Exception) -> None:
    session = TableSession([error, rewarded(1.0)])
    rollout = white_box(Model([NEXT], [NEXT], "bye"), session)
    assert "odd" in str(rollout.tool_trace[0].result.error)
    assert rollout.tool_trace[1].result.metadata == {"reward": 1.0}


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("gone"),
        TimeoutError("late"),
        HarnessSessionError("broken"),
        ServerError("full", "CAPACITY_REACHED"),
        ToolCallError("next", "gone", "transport_error"),
        KeyboardInterrupt(),
    ],
)
def test_a_session_that_cannot_go_on_ends_the_rollout(error: BaseException) -> None:
    with pytest.raises(type(error)):
        white_box(Model([NEXT], [NEXT], "bye"), TableSession([rewarded(1.0), error]))


def test_a_server_that_dies_ends_the_rollout(own_play_url: Callable[[], str]) -> None:
    session = play_session(own_play_url())
    with pytest.raises(ConnectionError):
        white_box(Model([say("a")], [say("exit")], "bye"), session)
    session.close()


def test_something_else_than_a_result_is_told() -> None:
    with pytest.raises(HarnessSessionError, match="must return a ToolResult, not str"):
        white_box(Model([NEXT], "bye"), TableSession(["text"]))
    with pytest.raises(TypeError, match="must return a ModelStepResult, not str"):
        MCPHarnessAdapter().run_white_box(lambda *given: "text", TableSession())  # type: ignore[arg-type]


def test_text_is_shown_as_it_is_and_data_as_json() -> None:
    session = TableSession(
        [ToolResult("plain text"), ToolResult({"b": 1, "a": "é"}), ToolResult(), ToolResult([1], error="no")]
    )
    rollout = white_box(Model([NEXT] * 4, "bye"), session)
    shown = [message["content"] for message in rollout.messages if message["role"] == "tool"]
    assert shown == ["plain text", '{"a": "é", "b": 1}', "null", '{"data": [1], "error": "no"}']


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_turns_are_limited_exactly(turns: int) -> None:
    model = Model(*[[NEXT]] * 5)
    rollout = white_box(model, TableSession([rewarded(1.0)] * 5), LIMITS(max_turns=turns))
    assert len(model.asked) == len(rollout.tool_trace) == turns
    assert not rollout.done
    assert rollout.metrics == {"turns": turns, "tool_calls": turns}


@pytest.mark.parametrize("total", [0, 1, 2, 3])
def test_calls_are_limited_exactly(total: int) -> None:
    session = TableSession([rewarded(1.0)] * 9)
    rollout = white_box(Model([NEXT, NEXT], [NEXT, NEXT], "bye"), session, LIMITS(max_total_tool_calls=total))
    assert len(session.called) == len(rollout.tool_trace) == total
    assert not rollout.done
    assert rollout.metrics == {"turns": 1 if total < 2 else 2, "tool_calls": total, "truncated": True}
    assert replies_error(rollout) == f"not run: the limit of {total} tool calls is reached"
    assert_every_call_has_its_reply(rollout)


def replies_error(rollout: HarnessRolloutResult) -> Any:
    return json.loads(rollout.messages[-1]["content"])["error"]


def test_a_limit_that_is_just_reached_truncates_nothing() -> None:
    session = TableSession([rewarded(1.0)] * 9)
    rollout = white_box(Model([NEXT, NEXT], "bye"), session, LIMITS(max_total_tool_calls=2))
    assert rollout.done
    assert rollout.metrics == {"turns": 2, "tool_calls": 2}


def test_calls_per_turn_are_limited_exactly_and_the_model_goes_on() -> None:
    session = TableSession([rewarded(1.0)] * 9)
    model = Model([NEXT] * 3, [NEXT] * 2, [NEXT], "bye")
    rollout = white_box(model, session, LIMITS(max_tool_calls_per_turn=1, max_total_tool_calls=3))
    assert rollout.done
    assert rollout.metrics == {"turns": 4, "tool_calls": 3}
    assert [message.get("content", "") for message in rollout.messages].count(
        '{"error": "not run: the limit of 1 tool calls in one turn is reached"}'
    ) == 3
    assert_every_call_has_its_reply(rollout)


def test_log_probabilities_must_fit_their_tokens() -> None:
    class Careless(Model):
        def __call__(self, *given: Any) -> Any:
            step = super().__call__(*given)
            step.logprobs.pop()
            return step

    with pytest.raises(ValueError, match="turn 0 has 1 log-probabilities for 2 tokens"):
        white_box(Careless("bye"), TableSession())


def test_each_harness_owns_its_loop_only() -> None:
    with pytest.raises(NotImplementedError, match="use CLIHarnessAdapter"):
        MCPHarnessAdapter().run_black_box(TableSession())
    with pytest.raises(NotImplementedError, match="use MCPHarnessAdapter"):
        CLIHarnessAdapter(agent()).run_white_box(Model("x"), TableSession())


# Agents with a loop of their own


def agent(*calls: tuple[str, dict[str, Any]], answers: list[Any] | None = None) -> Callable[..., HarnessRolloutResult]:
    """Makes the calls, whatever comes of them, and keeps no trace."""

    def run(bridge: SessionMCPBridge, session: ResourceSession, limits: HarnessRunLimits) -> HarnessRolloutResult:
        for name, arguments in calls:
            answer = request(bridge, "tools/call", {"name": name, "arguments": arguments})
            if answers is not None:
                answers.append(answer)
        return HarnessRolloutResult(messages=[{"role": "assistant", "content": "done"}], done=True)

    return run


def request(bridge: SessionMCPBridge, method: str, params: Any = None, request_id: Any = 7) -> Any:
    body = {"jsonrpc": "2.0", "id": request_id, "method": method}
    answer = bridge.handle_request(body if params is None else {**body, "params": params})
    assert json.loads(json.dumps(answer)) == answer
    assert answer["id"] == request_id
    return answer.get("result", answer.get("error"))


def test_an_agent_plays_through_the_bridge(echo_url: str) -> None:
    session, answers = echo_session(echo_url), list[Any]()
    rollout = CLIHarnessAdapter(agent(echo("ab"), echo("abc"), answers=answers)).run_black_box(session)
    assert rollout.done
    assert [entry.result.metadata["reward"] for entry in rollout.tool_trace] == pytest.approx([0.2, 0.3])
    assert answers[0].keys() == {"data", "done", "metadata", "error"}
    assert answers[0]["data"]["observation"]["result"] == "ab"
    assert answers[1]["metadata"]["state"]["step_count"] == 2
    assert session.verify(rollout.messages).env_reward == pytest.approx(0.3)
    session.close()


def test_a_runner_gets_session_and_limits_and_its_own_trace_stays() -> None:
    limits, session, seen = LIMITS(max_turns=3), TableSession([rewarded(1.0)]), list[Any]()
    kept = HarnessRolloutResult(tool_trace=[])

    def run(*given: Any) -> HarnessRolloutResult:
        seen.extend(given)
        return kept

    assert CLIHarnessAdapter(run).run_black_box(session, limits) is kept
    assert isinstance(seen[0], SessionMCPBridge)
    assert seen[1:] == [session, limits]


def test_the_bridge_keeps_the_limit_of_calls() -> None:
    session, answers = TableSession([rewarded(1.0)] * 9), list[Any]()
    adapter = CLIHarnessAdapter(agent(NEXT, NEXT, NEXT, answers=answers))
    rollout = adapter.run_black_box(session, LIMITS(max_total_tool_calls=2))
    assert len(session.called) == len(rollout.tool_trace) == 2
    assert rollout.metrics["truncated"] is True
    assert answers[-1]["error"] == "not run: the limit of 2 tool calls is reached"


def test_an_agent_cannot_finish_a_session_that_broke(own_play_url: Callable[[], str]) -> None:
    session, answers = play_session(own_play_url()), list[Any]()
    adapter = CLIHarnessAdapter(agent(say("worth one"), say("exit"), say("on and on"), answers=answers))
    with pytest.raises(HarnessSessionError):
        adapter.run_black_box(session)
    assert answers[0]["metadata"]["reward"] == 1
    assert answers[1]["code"] == answers[2]["code"] == -32603
    session.close()


def test_what_a_runner_raises_or_returns_wrongly_is_told() -> None:
    def broken(*given: Any) -> HarnessRolloutResult:
        raise FileNotFoundError("no such agent")

    with pytest.raises(FileNotFoundError, match="no such agent"):
        CLIHarnessAdapter(broken).run_black_box(TableSession())
    with pytest.raises(TypeError, match="must return a HarnessRolloutResult, not NoneType"):
        CLIHarnessAdapter(lambda *given: None).run_black_box(TableSession())  # type: ignore[arg-type]


def test_the_bridge_lists_tools_as_mcp_does() -> None:
    tools = request(SessionMCPBridge(TableSession()), "tools/list")["tools"]
    assert tools == [{"name": "next", "description": "The next result.", "inputSchema": {"type": "object"}}]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("initialize", None, -32601),
        ("resources/list", {}, -32601),
        ("tools/call", {"name": "nothing"}, -32601),
        ("tools/call", {}, -32602),
        ("tools/call", {"name": 5}, -32602),
        ("tools/call", {"name": "next", "arguments": [1]}, -32602),
        ("tools/call", [1], -32602),
    ],
)
def test_the_bridge_refuses_what_it_does_not_do(method: str, params: Any, code: int) -> None:
    session = TableSession([rewarded(1.0)])
    answer = request(SessionMCPBridge(session), method, params)
    assert answer["code"] == code
    assert not session.called


@pytest.mark.parametrize("body", [None, [], {}, {"method": 5}, {"id": [1], "jsonrpc": "2.0"}])
def test_the_bridge_answers_nonsense(body: Any) -> None:
    answer = SessionMCPBridge(TableSession()).handle_request(body)
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


def test_a_failing_tool_is_a_result_for_an_agent() -> None:
    bridge = SessionMCPBridge(TableSession([ValueError("odd"), rewarded(1.0)]))
    assert request(bridge, "tools/call", {"name": "next"})["error"] == "odd"
    assert request(bridge, "tools/call", {"name": "next"})["error"] is None
    assert bridge.failure is None
