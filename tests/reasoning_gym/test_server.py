"""A real server and real clients, and every way the package is imported and started."""

import json
import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from openenv.core.errors import EnvironmentFailureError, StepTimeoutError
from openenv.core.generic_client import GenericEnvClient
from reasoning_gym_env import ReasoningGymAction, ReasoningGymEnv, demo
from reasoning_gym_env.catalogue import catalogue
from reasoning_gym_env.server import app as app_module
from tests.cli.processes import ROOT, UVICORN, openenv, run, serving
from tests.reasoning_gym.conftest import DIRECTORY

LEGS: dict[str, Any] = {"dataset_name": "leg_counting", "seed": 1, "size": 100}
PATIENCE_S = 120


def client(url: str) -> ReasoningGymEnv:
    return ReasoningGymEnv(base_url=url, message_timeout_s=PATIENCE_S)


def answer(text: str) -> ReasoningGymAction:
    return ReasoningGymAction(answer=text)


# Over the wire


def test_plays_over_the_wire(server_url: str) -> None:
    with client(server_url) as env:
        result = env.reset(**LEGS, episode_id="mine")
        assert "how many legs" in result.observation.question
        assert (result.reward, result.done) == (0.0, False)
        result = env.step(answer("no idea"))
        assert (result.reward, result.done, result.observation.score) == (0.0, True, 0.0)
        expected = result.observation.correct_answer
        assert result.observation.dataset_metadata["difficulty"]["num_animals"] == [3, 10]
        env.reset(**LEGS)
        assert env.step(answer(expected)).reward == 1.0
        state = env.state()
        assert (state.dataset_name, state.seed, state.size, state.index) == ("leg_counting", 1, 100, 0)


def test_a_text_reply_is_enough_for_generic_clients(server_url: str) -> None:
    schema = httpx.get(f"{server_url}/schema", trust_env=False).json()
    assert schema["action"]["title"] == "ReasoningGymAction"
    assert schema["action"]["required"] == ["answer"]
    with GenericEnvClient(base_url=server_url, message_timeout_s=PATIENCE_S) as env:
        assert "how many legs" in env.reset(**LEGS).observation["question"]
        assert env.step({"answer": "no idea"}).reward == 0.0


def test_errors_are_told_and_the_session_goes_on(server_url: str) -> None:
    with client(server_url) as env:
        first = env.reset(**LEGS).observation.question
        with pytest.raises(EnvironmentFailureError, match="unknown dataset 'leg_count'; did you mean leg_counting"):
            env.reset(dataset_name="leg_count", seed=1, size=1)
        with pytest.raises(EnvironmentFailureError, match="size must be given"):
            env.reset(dataset_name="leg_counting", seed=1)
        assert env.step(answer("?")).done
        assert env.reset(**LEGS).observation.question == first
        with pytest.raises(EnvironmentFailureError, match="acre makes all its questions at once"):
            env.reset(dataset_name="acre", seed=1, size=10**9)
        assert env.reset(dataset_name="leg_counting", seed=1, size=10**9).observation.question == first


def test_every_session_has_a_dataset_of_its_own(server_url: str) -> None:
    names = ["leg_counting", "reverse_sort", "chess_state_eval", "number_sorting"]

    def play(name: str) -> list[Any]:
        with client(server_url) as env:
            results = [env.reset(dataset_name=name, seed=3, size=50)]
            for _ in range(8):
                results += [env.step(answer("?")), env.reset()]
        sources = [result.observation.dataset_metadata["source_dataset"] for result in results[1::2]]
        assert sources == [name] * 8
        return [result.observation.question for result in results[::2]]

    with ThreadPoolExecutor(8) as pool:
        played = list(pool.map(play, names * 2))
    assert played[:4] == played[4:]
    assert len({tuple(questions) for questions in played}) == 4


def test_scoring_keeps_nobody_waiting(server_url: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with client(server_url) as slow, client(server_url) as quick, ThreadPoolExecutor(1) as thread:
        slow.reset(dataset_name="gated_score", seed=1, size=5)
        scoring = thread.submit(slow.step, answer(str(gate)))
        for _ in range(5):
            quick.reset(**LEGS)
            assert quick.step(answer("?")).done
            assert httpx.get(f"{server_url}/health", trust_env=False).status_code == 200
        assert not scoring.done()
        gate.touch()
        assert scoring.result(PATIENCE_S).reward == 1.0


def test_a_deadline_stops_the_scoring(server_url: str, tmp_path: Path) -> None:
    with client(server_url) as env:
        env.reset(dataset_name="gated_score", seed=1, size=5)
        with pytest.raises(StepTimeoutError):
            env.step(answer(str(tmp_path / "never")), timeout_s=0.5)
        assert env.step(answer("1")).reward == 1.0


def test_the_curriculum_is_shown(server_url: str, tmp_path: Path) -> None:
    with client(server_url) as env:
        env.reset(dataset_name="reverse_sort", seed=1, size=100, difficulty="adaptive")
        while env.state().difficulty != {"reverse_sort": 0}:
            env.reset()
        env.step(answer("?"))
    body = httpx.get(f"{server_url}/curriculum", trust_env=False).json()
    assert body["problems"]["reverse_sort"]["samples"] >= 1
    shown = openenv("problems", "curriculum", "--url", server_url, PYTHONPATH=installed(tmp_path))
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"reverse_sort +0-0 ", shown.stdout)


# The package


def installed(directory: Path) -> str:
    """An import path where this package and RLVE_Gym, whose command it is, are installed."""
    for name in ("RLVE_Gym", "reasoning_gym_env"):
        project = tomllib.loads((ROOT / "envs" / name / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata = directory / f"openenv_{name}-{project['version']}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1\n")
        points = "".join(
            f"[{group}]\n" + "".join(f"{point} = {target}\n" for point, target in entries.items())
            for group, entries in project["entry-points"].items()
        )
        (metadata / "entry_points.txt").write_text(points)
    return f"{directory}:{ROOT / 'src'}:{ROOT / 'envs'}"


def test_the_datasets_are_listed_with_the_problems(tmp_path: Path) -> None:
    path = installed(tmp_path)
    listed = openenv("problems", "list", "--package", "reasoning_gym_env", "--json", PYTHONPATH=path)
    assert listed.returncode == 0, listed.stderr
    rows = [
        {"identifier": entry.identifier, "family": entry.family, "kind": "question", "package": "reasoning_gym_env"}
        for entry in catalogue()
    ]
    assert json.loads(listed.stdout) == rows
    everything = openenv("problems", "list", PYTHONPATH=path).stdout
    assert re.search(r"^chess_state_eval +games +question +reasoning_gym_env", everything, re.MULTILINE)
    assert re.search(r"^\w+ +\w+ +\w+ +RLVE_Gym", everything, re.MULTILINE)


def test_clients_and_servers_do_not_load_the_library() -> None:
    heavy = "{'reasoning_gym', 'numpy', 'sympy', 'chess'}"
    for code in (
        f"import reasoning_gym_env, reasoning_gym_env.catalogue; heavy = {heavy} | {{'fastapi', 'starlette'}}",
        f"import reasoning_gym_env.server.app; heavy = {heavy}",
        f"import envs.reasoning_gym_env.server.app; heavy = {heavy}",
    ):
        check = f"import sys; {code}; assert not heavy & set(sys.modules), heavy & set(sys.modules)"
        done = run([sys.executable, "-c", check], PYTHONPATH=f"{ROOT / 'src'}:{ROOT / 'envs'}")
        assert done.returncode == 0, done.stderr


def test_the_environment_checks_itself() -> None:
    done = run([sys.executable, "server/reasoning_gym_environment.py"], cwd=DIRECTORY, PYTHONPATH=str(ROOT / "src"))
    assert done.returncode == 0, done.stderr
    assert re.findall(r"-> 'I do not know': 0.0; .*: 1.0$", done.stdout, re.MULTILINE) != []
    assert done.stdout.count(": 1.0\n") == 3


def test_uvicorn_serves_it_from_its_own_directory() -> None:
    command = [*UVICORN, "server.app:app", "--reload", "--port", "0"]
    with serving(command, cwd=DIRECTORY, PYTHONPATH=str(ROOT / "src")) as server:
        server.wait_for("Application startup complete")
        with client(server.url) as env:
            assert "how many legs" in env.reset().observation.question
            assert env.step(answer("?")).done


def test_the_demo_plays() -> None:
    done = run([sys.executable, "-m", "reasoning_gym_env.demo"], PYTHONPATH=f"{ROOT / 'src'}:{ROOT / 'envs'}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 16 scores are as expected." in done.stdout
    assert "/docs" in done.stdout


def test_the_demo_tells_what_goes_wrong(server_url: str) -> None:
    done = run(
        [sys.executable, "-m", "reasoning_gym_env.demo"],
        PYTHONPATH=f"{ROOT / 'src'}:{ROOT / 'envs'}",
        REASONING_GYM_WORKERS="none",
    )
    assert done.returncode == 1
    assert "The demo failed" in done.stdout
    assert "REASONING_GYM_WORKERS" in done.stdout
    with client(server_url) as env:
        row = demo.play(env, {"dataset_name": "graph_color"})  # has no stored answer that would be right
    assert (row.wrong, row.right) != (None, None)
    assert not row.is_as_expected
    assert not replace(row, wrong=1.0, right=1.0).is_as_expected
    assert replace(row, wrong=0.0, right=1.0).is_as_expected


def test_it_is_ready_to_be_deployed() -> None:
    done = openenv("validate", str(DIRECTORY), PYTHONPATH=str(ROOT / "src"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("value", "expected"), [("", 1024), ("8", 8)])
def test_the_bound_of_sessions_is_read(value: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_ENVS", value)
    assert app_module.make_app().state.openenv_server.max_concurrent_envs == expected


def test_a_bound_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_ENVS", "many")
    with pytest.raises(ValueError, match="MAX_CONCURRENT_ENVS must be a whole number, not 'many'"):
        app_module.make_app()
