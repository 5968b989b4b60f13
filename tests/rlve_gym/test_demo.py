"""`python -m RLVE_Gym.demo`, what `make demo` runs."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from RLVE_Gym import demo, problems
from RLVE_Gym.demo import ANSWERS, Episode, episodes
from RLVE_Gym.problems.rlve import identifier2environment
from tests.cli.processes import run

ROW = re.compile(r"^(\w+) +(\d+) +(right|wrong|garbled) +(-?\d\.\d\d) +([01]) +([01]) +\d+ ms$", re.MULTILINE)


def test_it_plays_every_problem_and_all_is_as_expected() -> None:
    done = run([sys.executable, "-m", "RLVE_Gym.demo"], PYTHONPATH="envs", RLVE_GYM_WORKERS="2")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = ROW.findall(done.stdout)
    assert len(rows) >= 20
    assert {row[0] for row in rows} == {entry.identifier for entry in problems.find()}
    assert {row[2] for row in rows} == set(ANSWERS)
    for _, _, answer, reward, accuracy, well_formed in rows:
        assert (accuracy, well_formed) == {"right": ("1", "1"), "wrong": ("0", "1"), "garbled": ("0", "0")}[answer]
        assert float(reward) <= 1.0
    assert re.search(r"http://127.0.0.1:\d+/docs", done.stdout)
    assert f"All {len(rows)} verdicts are as expected" in done.stdout


@pytest.mark.parametrize("count", [1, 6, 24, 25, 400])
def test_every_problem_is_planned_and_enough_episodes(count: int) -> None:
    identifiers = [f"P{i}" for i in range(count)]
    plan = list(episodes(identifiers))
    assert len(plan) >= 20
    assert {episode.identifier for episode in plan} == set(identifiers)
    assert {episode.answer for episode in plan} == set(ANSWERS)
    assert len(set(plan)) == len(plan)


class Server:
    """A client whose server judges everything alike."""

    def __init__(self, verdict: dict[str, Any]) -> None:
        self.verdict = verdict
        self.problem = identifier2environment["Sorting"]()
        self.problem.set_config(problems.get("Sorting").generate(0, 0).to_dict())

    def reset(self, **arguments: Any) -> Any:
        return Result(problem_input=self.problem.prompt_generator())

    def step(self, action: Any) -> Any:
        return Result(verifier_result=self.verdict)


class Result:
    def __init__(self, **fields: Any) -> None:
        self.observation = type("Observation", (), fields)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_wrong_verdict_is_found(answer: str) -> None:
    """A server that takes every answer for right, and one that takes none, are both found out."""
    episode = Episode("Sorting", 0, 0, answer)
    kind: Any = demo.play
    for verdict, is_right in (
        ({"reward": 1.0, "accuracy": 1, "format_score": 1}, answer == "right"),
        ({"reward": -1.0, "accuracy": 0, "format_score": 0}, answer == "garbled"),
    ):
        _, row = kind(Server(verdict), episode)
        assert (row.fault is None) is is_right


def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    done = run([sys.executable, "-m", "RLVE_Gym.demo"], PYTHONPATH="envs", RLVE_GYM_WORKERS="none")
    assert done.returncode == 1
    assert "The demo failed" in done.stdout
    assert "RLVE_GYM_WORKERS" in done.stdout
