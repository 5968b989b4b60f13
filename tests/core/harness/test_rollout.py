"""Rewards that can be trusted, and rollouts for trainers."""

from collections.abc import Callable
from typing import Any

import pytest

from openenv.core.harness import (
    HarnessRolloutResult,
    HarnessRunLimits,
    MCPHarnessAdapter,
    ToolResult,
    ToolTraceEntry,
    VerifyResult,
    _resolve_env_reward,
    build_harness_rollout_func,
)
from tests.core.harness.play import NEXT, Model, Sessions, TableSession, echo, echo_session, play_session, rewarded, say


def resolve(seen: list[Any], verified: Any) -> float:
    """The reward of tool results with these rewards (``...`` for one without any) and this judgment."""
    results = [ToolResult(metadata={} if reward is ... else {"reward": reward}) for reward in seen]
    trace = [ToolTraceEntry("t", {}, result) for result in results]
    return _resolve_env_reward(HarnessRolloutResult(tool_trace=trace), VerifyResult(env_reward=verified))


@pytest.mark.parametrize(
    ("seen", "verified", "reward"),
    [
        ([0.5], 0.5, 0.5),
        ([0.5], None, 0.5),
        ([], 0.25, 0.25),
        ([None], 0.25, 0.25),
        ([...], 0.25, 0.25),
        ([1.0, 0.5], 0.5, 0.5),
        ([0.5, ..., None], None, 0.5),
        ([0], 0.0, 0.0),
        ([True], 1, 1.0),
        ([-1.5], -1.5, -1.5),
        ([0.10000000149011612], 0.1, 0.1),  # one of them went through a 32-bit float
        ([16777216.0], 16777217.0, 16777216.0),
    ],
)
def test_the_reward_is_the_environments(seen: list[Any], verified: Any, reward: float) -> None:
    resolved = resolve(seen, verified)
    assert type(resolved) is float
    assert resolved == pytest.approx(reward)


@pytest.mark.parametrize(
    ("seen", "verified", "message"),
    [
        ([], None, "has no reward"),
        ([None, ...], None, "has no reward"),
        ([0.5], 0.6, "verify.env_reward is 0.6, but the environment's last reward is 0.5"),
        ([0.0], 1.0, "must hand on the environment's reward"),
        ([1.0, 0.0], 1.0, "last reward is 0.0"),
        ([0.0], 1e-4, "last reward is 0.0"),
        ([float("nan")], float("nan"), "not a finite number"),
        ([float("inf")], None, "the last tool result's reward is inf"),
        ([], float("-inf"), "verify.env_reward is -inf"),
        (["1.0"], None, "is no number"),
        ([1.0], "1.0", "is no number"),
        ([[1.0]], None, "is no number"),
        ([10**400], None, "is no number"),
    ],
)
def test_a_doubtful_reward_is_none(seen: list[Any], verified: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(seen, verified)


def rollouts(sessions: Sessions, *models: Model, **options: Any) -> Callable[[list[Any], Any], dict[str, list[Any]]]:
    waiting = iter(models)
    return build_harness_rollout_func(
        session_factory=sessions,
        harness_adapter=MCPHarnessAdapter(),
        model_step_builder=lambda trainer, session: next(waiting),
        **options,
    )


def test_one_session_per_prompt(echo_url: str) -> None:
    sessions = Sessions(lambda task: echo_session(echo_url, task=task))
    rollout_func = rollouts(sessions, Model([echo("abcd")], "bye"), Model([echo("ab")], [echo("a")], "bye"))
    columns = rollout_func(["p1", "p2"], "the trainer")
    assert [asked["task"] for asked in sessions.asked] == ["p1", "p2"]
    assert columns.pop("env_reward") == pytest.approx([0.4, 0.1])
    assert columns == {
        "prompt_ids": [[1, 2], [1, 2, 3]],
        "completion_ids": [[10, 11, 20, 21], [10, 11, 20, 21, 30, 31]],
        "logprobs": [[-0.5, -0.25] * 2, [-0.5, -0.25] * 3],
        "verify_metrics": [{}, {}],
    }


def test_the_builder_gets_trainer_and_session_and_the_key_is_the_callers() -> None:
    session, seen = TableSession(verify=VerifyResult(env_reward=0.5, metrics={"moves": 3})), list[Any]()

    def build(*given: Any) -> Model:
        seen.extend(given)
        return Model("bye")

    rollout_func = build_harness_rollout_func(
        session_factory=Sessions(lambda task: session),
        harness_adapter=MCPHarnessAdapter(),
        model_step_builder=build,
        reward_key="score",
    )
    columns = rollout_func(["p"], "trainer")
    assert seen == ["trainer", session]
    assert (columns["score"], columns["verify_metrics"]) == ([0.5], [{"moves": 3}])
    assert "env_reward" not in columns
    assert session.times_closed == 1


def test_limits_are_passed_on() -> None:
    session = TableSession([rewarded(1.0)] * 5)
    columns = rollouts(Sessions(lambda task: session), Model(*[[NEXT]] * 5), limits=HarnessRunLimits(max_turns=2))(
        ["p"], 0
    )
    assert columns["prompt_ids"] == [[1, 2]]


def test_no_prompts_no_rows() -> None:
    columns = rollouts(Sessions(lambda task: TableSession()))([], None)
    assert columns == {
        name: [] for name in ("prompt_ids", "completion_ids", "logprobs", "verify_metrics", "env_reward")
    }


@pytest.mark.parametrize("name", ["prompt_ids", "completion_ids", "logprobs", "verify_metrics"])
def test_the_rewards_need_a_column_of_their_own(name: str) -> None:
    with pytest.raises(ValueError, match="another column's name"):
        rollouts(Sessions(lambda task: TableSession()), reward_key=name)


class Failing(TableSession):
    """Fails at one point."""

    def __init__(self, where: str) -> None:
        super().__init__([rewarded(1.0), ConnectionError("call_tool")], VerifyResult(env_reward=1.0))
        self._where = where

    def __getattribute__(self, name: str) -> Any:
        if name in ("initial_messages", "list_tools", "verify") and name == object.__getattribute__(self, "_where"):
            raise ConnectionError(name)
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("where", ["initial_messages", "list_tools", "verify", "call_tool"])
def test_a_session_is_closed_wherever_it_fails(where: str) -> None:
    session = Failing(where)
    script: list[Any] = [[NEXT], [NEXT], "bye"] if where == "call_tool" else [[NEXT], "bye"]
    with pytest.raises(ConnectionError, match=where):
        rollouts(Sessions(lambda task: session), Model(*script))(["p"], None)
    assert session.times_closed == 1


@pytest.mark.parametrize("error", [RuntimeError("the model failed"), KeyboardInterrupt()])
def test_a_session_is_closed_when_the_model_fails(play_url: str, error: BaseException) -> None:
    sessions = Sessions(lambda task: play_session(play_url))
    with pytest.raises(type(error)):
        rollouts(sessions, Model([say("x")], error))(["p"], None)
    assert rollouts(sessions, Model([say("x")], "bye"))(["p"], None)["env_reward"] == [1.0]  # there is room


def test_a_session_is_closed_when_its_reward_is_doubtful() -> None:
    session = TableSession([rewarded(0.5)], VerifyResult(env_reward=1.0))
    with pytest.raises(ValueError, match="must hand on the environment's reward"):
        rollouts(Sessions(lambda task: session), Model([NEXT], "bye"))(["p"], None)
    assert session.times_closed == 1


def test_a_session_is_closed_when_there_is_no_model_for_it() -> None:
    session = TableSession()

    def build(trainer: Any, session: Any) -> Model:
        raise LookupError("no model")

    rollout_func = build_harness_rollout_func(
        session_factory=Sessions(lambda task: session),
        harness_adapter=MCPHarnessAdapter(),
        model_step_builder=build,
    )
    with pytest.raises(LookupError, match="no model"):
        rollout_func(["p"], None)
    assert session.times_closed == 1


def test_a_session_that_cannot_be_closed_changes_no_reward(caplog: pytest.LogCaptureFixture) -> None:
    class Sticky(TableSession):
        def close(self) -> None:
            raise OSError("stuck")

    session = Sticky(verify=VerifyResult(env_reward=0.5))
    assert rollouts(Sessions(lambda task: session), Model("bye"))(["p"], None)["env_reward"] == [0.5]
    assert "a session could not be closed" in caplog.text


def test_a_verifier_of_its_own_that_disagrees_is_refused(play_url: str) -> None:
    sessions = Sessions(lambda task: play_session(play_url, verify_builder=lambda *given: VerifyResult(env_reward=0.7)))
    with pytest.raises(ValueError, match="verify.env_reward is 0.7, but the environment's last reward is 1.0"):
        rollouts(sessions, Model([say("x")], "bye"))(["p"], None)
    play_session(play_url).close()


def test_turns_with_and_without_log_probabilities_do_not_mix() -> None:
    class Forgetful(Model):
        def __call__(self, *given: Any) -> Any:
            step = super().__call__(*given)
            if len(self.asked) > 1:
                step.logprobs = []
            return step

    with pytest.raises(ValueError, match="2 log-probabilities for 4 tokens"):
        rollouts(Sessions(lambda task: TableSession([rewarded(1.0)])), Forgetful([NEXT], "bye"))(["p"], None)
