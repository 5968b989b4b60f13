"""Collecting episodes, and going on after a crash."""

import json
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from openenv.core.harness import (
    CLIHarnessAdapter,
    HarnessRolloutResult,
    HarnessRunLimits,
    MCPHarnessAdapter,
    ToolResult,
    ToolTraceEntry,
    VerifyResult,
)
from openenv.core.harness.collect import CollectResult, CollectRunner, EpisodeRecord, RolloutSerializer
from tests.core.harness.collecting import TASKS, collect
from tests.core.harness.conftest import ROOT
from tests.core.harness.play import NEXT, Model, Sessions, TableSession, play_session, rewarded

IDS = [f"ep-{index:06d}" for index in range(len(TASKS))]


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]


def record(episode_id: str, **more: Any) -> EpisodeRecord:
    verify = VerifyResult(env_reward=0.5)
    return EpisodeRecord.from_rollout(episode_id, HarnessRolloutResult(done=True), verify, **more)


def runner(folder: Path, sessions: Sessions, tasks: Any = None, **options: Any) -> CollectRunner:
    return CollectRunner(
        session_factory=sessions,
        harness_adapter=MCPHarnessAdapter(),
        serializer=RolloutSerializer(folder),
        tasks=tasks,
        **options,
    )


def table(*rewards: Any) -> Sessions:
    """Sessions with these rewards, or that fail with these errors."""
    waiting = iter(rewards)

    def make(task: Any) -> TableSession:
        reward = next(waiting)
        if isinstance(reward, BaseException):
            raise reward
        return TableSession(verify=VerifyResult(env_reward=reward))

    return Sessions(make)


def silent(*given: Any) -> Any:
    return Model("nothing to do")(*given)


def test_a_collection(echo_url: str, tmp_path: Path) -> None:
    result = collect(echo_url, tmp_path / "new" / "folder", 3)
    assert result.avg_reward == pytest.approx(0.2)
    result.avg_reward = 0.2
    assert result == CollectResult(3, 0, 0, 0, IDS[:3], 0.2, 1.0)
    first, *_ = kept = lines(tmp_path / "new" / "folder")
    assert [(line["episode_id"], line["task"]) for line in kept] == list(zip(IDS, TASKS[:3], strict=False))
    assert [line["reward"] for line in kept] == pytest.approx([0.1, 0.2, 0.3])
    assert first["done"] is True
    assert first["metrics"] == {"turns": 2, "tool_calls": 1}
    assert [message["role"] for message in first["messages"]] == ["user", "assistant", "tool", "assistant"]
    (call,) = first["tool_trace"]
    assert (call["tool_name"], call["arguments"]) == ("echo_message", {"message": "a"})
    assert call["result"]["metadata"]["state"]["step_count"] == 1
    assert first["artifacts"]["transcript_length"] == 4
    assert (first["verify_metrics"], first["extra"]) == ({}, {})


@pytest.mark.parametrize("cut", [1, 40, 200], ids=["no line end", "torn", "torn early"])
def test_a_collection_killed_in_the_middle_of_a_line_goes_on(echo_url: str, tmp_path: Path, cut: int) -> None:
    command = [sys.executable, "-m", "tests.core.harness.collecting", echo_url, str(tmp_path), "2", str(cut)]
    killed = subprocess.run(command, cwd=ROOT, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "results.jsonl").read_bytes().endswith(b"\n")
    before = (tmp_path / "results.jsonl").read_bytes().splitlines()
    result = collect(echo_url, tmp_path)
    assert (result.num_collected, result.num_skipped, result.num_failed) == (3, 2, 0)
    assert [line["episode_id"] for line in lines(tmp_path)] == IDS
    assert [line["reward"] for line in lines(tmp_path)] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert (tmp_path / "results.jsonl").read_bytes().splitlines()[:2] == before[:2]


def test_resuming_a_finished_collection_plays_nothing(tmp_path: Path) -> None:
    runner(tmp_path, table(1.0, 1.0)).run(model_step=silent, num_episodes=2)
    kept = (tmp_path / "results.jsonl").read_bytes()
    sessions = table()
    result = runner(tmp_path, sessions).run(model_step=silent, num_episodes=2)
    assert result == CollectResult(0, 2, 0, 0, IDS[:2], 0.0, 0.0)
    assert not sessions.asked
    assert (tmp_path / "results.jsonl").read_bytes() == kept


def test_an_episode_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    serializer = RolloutSerializer(tmp_path)
    serializer.write_episode(record(IDS[0]))
    serializer.write_episode(record(IDS[0]))
    result = runner(tmp_path, table(1.0)).run(model_step=silent, num_episodes=2)
    assert (result.num_skipped, result.num_collected) == (1, 1)


def test_failed_and_dropped_episodes_are_counted_and_played_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = runner(tmp_path, table(1.0, ConnectionError("no server"), 0.0, None, -1.0), tasks=count())
    result = first.run(model_step=silent, num_episodes=5, should_keep=lambda record: record.reward != 0)
    assert result == CollectResult(2, 0, 1, 2, IDS, 0.0, 0.5)
    assert "episode ep-000001 failed" in caplog.text
    assert "no server" in caplog.text
    assert "has no reward" in caplog.text
    sessions = table(0.25, 0.5, 0.75)
    result = runner(tmp_path, sessions, tasks=count()).run(model_step=silent, num_episodes=5)
    assert result == CollectResult(3, 2, 0, 0, IDS, 0.5, 1.0)
    assert [(asked["task"], asked["episode_id"]) for asked in sessions.asked] == [(i, IDS[i]) for i in (1, 2, 3)]
    assert {line["episode_id"]: line["reward"] for line in lines(tmp_path)} == dict(
        zip(IDS, [1.0, 0.25, 0.5, 0.75, -1.0], strict=True)
    )


def test_a_disagreement_about_the_reward_is_never_written(tmp_path: Path) -> None:
    session = TableSession([rewarded(0.5)], VerifyResult(env_reward=1.0))
    result = runner(tmp_path, Sessions(lambda task: session)).run(model_step=Model([NEXT], "bye"), num_episodes=1)
    assert (result.num_failed, result.num_collected) == (1, 0)
    assert session.times_closed == 1
    assert not (tmp_path / "results.jsonl").exists()


def test_every_session_is_closed(play_url: str, tmp_path: Path) -> None:
    sessions = Sessions(lambda task: play_session(play_url))  # a server with room for one
    model = Model([("say", {"message": "x"})], RuntimeError("odd"), [("say", {"message": "x"})], "bye")
    result = runner(tmp_path, sessions).run(model_step=model, num_episodes=2)
    assert (result.num_failed, result.num_collected) == (1, 1)
    play_session(play_url).close()


def test_an_interrupt_ends_the_collection_and_closes_the_session(tmp_path: Path) -> None:
    session = TableSession()
    with pytest.raises(KeyboardInterrupt):
        runner(tmp_path, Sessions(lambda task: session)).run(model_step=Model(KeyboardInterrupt()), num_episodes=3)
    assert session.times_closed == 1


def test_a_harness_that_cannot_run_a_model_says_so_at_once(tmp_path: Path) -> None:
    sessions = table(1.0)
    collector = CollectRunner(
        session_factory=sessions,
        harness_adapter=CLIHarnessAdapter(lambda *given: HarnessRolloutResult()),
        serializer=RolloutSerializer(tmp_path),
    )
    with pytest.raises(NotImplementedError):
        collector.run(model_step=silent, num_episodes=3)
    assert len(sessions.asked) == 1


def test_starting_over_keeps_what_was_there(tmp_path: Path) -> None:
    for reward in (0.25, 0.5, 0.75):
        result = runner(tmp_path, table(reward)).run(model_step=silent, num_episodes=1, resume=False)
        assert result.num_collected == 1
    assert [line["reward"] for line in lines(tmp_path)] == [0.75]
    aside = [json.loads((tmp_path / f"results.{number}.bak.jsonl").read_text()) for number in (1, 2)]
    assert [line["reward"] for line in aside] == [0.25, 0.5]


def test_prefix_and_limits(tmp_path: Path) -> None:
    session = TableSession([rewarded(1.0)] * 5)
    collector = runner(tmp_path, Sessions(lambda task: session), limits=HarnessRunLimits(max_turns=1))
    result = collector.run(model_step=Model([NEXT], [NEXT]), num_episodes=1, episode_id_prefix="try")
    assert result.episode_ids == ["try-000000"]
    assert lines(tmp_path)[0]["done"] is False


@pytest.mark.parametrize("tasks", [["a"], iter(["a"])], ids=["list", "iterator"])
def test_there_must_be_a_task_for_each_episode(tmp_path: Path, tasks: Any) -> None:
    collector = runner(tmp_path, table(1.0), tasks=tasks)
    with pytest.raises(ValueError, match="there are 1 tasks for 2 episodes"):
        collector.run(model_step=silent, num_episodes=2)
    assert collector.run(model_step=silent, num_episodes=1).num_collected == 1


@pytest.mark.parametrize("number", [-1, 1.0, True])
def test_the_number_of_episodes_is_a_whole_one(tmp_path: Path, number: Any) -> None:
    with pytest.raises(ValueError, match="num_episodes must be a whole number"):
        runner(tmp_path, table()).run(model_step=silent, num_episodes=number)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text('{"episode_id": "ep-000000"}\n\n{"name": "x"}\n')
    with pytest.raises(ValueError, match=r"results.jsonl, line 3 is no episode"):
        runner(tmp_path, table(1.0)).run(model_step=silent, num_episodes=1)
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 3


def test_a_torn_line_longer_than_a_block_is_cut_off(tmp_path: Path) -> None:
    serializer = RolloutSerializer(tmp_path)
    serializer.write_episode(record("one"))
    with serializer.results_path.open("ab") as file:
        file.write(b'{"episode_id": "two", "messages": "' + b"x" * 200_000)
    assert serializer.collected_episode_ids() == {"one"}
    serializer.write_episode(record("three"))
    assert [line["episode_id"] for line in lines(tmp_path)] == ["one", "three"]


def test_a_file_of_one_torn_line_starts_anew(tmp_path: Path) -> None:
    serializer = RolloutSerializer(tmp_path)
    serializer.results_path.write_bytes(b'{"episode_id": "o')
    assert serializer.collected_episode_ids() == set()
    serializer.write_episode(record("one"))
    assert [line["episode_id"] for line in lines(tmp_path)] == ["one"]


def test_an_episode_without_a_json_form_fails_alone(tmp_path: Path) -> None:
    collector = runner(tmp_path, table(1.0, 1.0), tasks=[b"bytes", "text"])
    result = collector.run(model_step=silent, num_episodes=2)
    assert (result.num_failed, result.num_collected) == (1, 1)
    assert [line["task"] for line in lines(tmp_path)] == ["text"]


def test_a_record_is_plain_data() -> None:
    result = ToolResult({"seen": (1, 2)}, metadata={"reward": 0.5, "state": VerifyResult(done=True)})
    rollout = HarnessRolloutResult(tool_trace=[ToolTraceEntry("t", {}, result)], metrics={"n": {3}})
    kept = EpisodeRecord.from_rollout("e", rollout, VerifyResult(done=True), "task", {"run": 4})
    assert kept.reward == 0.5
    assert kept.done
    assert kept.tool_trace[0]["result"]["data"] == {"seen": [1, 2]}
    assert kept.tool_trace[0]["result"]["metadata"]["state"]["done"] is True
    assert (kept.metrics, kept.extra) == ({"n": [3]}, {"run": 4})
    assert EpisodeRecord(**json.loads(json.dumps(kept.to_dict()))) == kept


def test_metadata_is_written_whole(tmp_path: Path) -> None:
    serializer = RolloutSerializer(str(tmp_path / "deep"))
    serializer.write_metadata({"model": "m", "é": 1})
    serializer.write_metadata({"model": "n"})
    assert json.loads(serializer.metadata_path.read_text(encoding="utf-8")) == {"model": "n"}
    with pytest.raises(TypeError):
        serializer.write_metadata({"model": b"bytes"})
    assert sorted(path.name for path in serializer.output_dir.iterdir()) == ["metadata.json"]
