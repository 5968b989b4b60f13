"""`openenv problems`."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openenv.core.curriculum import Curriculum
from RLVE_Gym import RlveGymAction, RlveGymEnv, problems
from RLVE_Gym.cli.app import app
from RLVE_Gym.problems.checks import CHECKS

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **variables: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env=variables)


def words(text: str) -> str:
    """Without the frames and line breaks of an error panel."""
    return re.sub(r"[\s│╭╮╰╯─]+", " ", text)


def test_list() -> None:
    result = run("list", "--package", "RLVE_Gym")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split() == ["problem", "family", "kind", "package"]
    lines = [line.split() for line in result.stdout.splitlines()[1:]]
    assert lines == [[found.identifier, found.family, found.kind, "RLVE_Gym"] for found in problems.find()]


def test_list_filters() -> None:
    rows = json.loads(run("list", "--family", "sequences", "--json", "--package", "RLVE_Gym").stdout)
    assert "Sorting" in [row["identifier"] for row in rows]
    assert {row["family"] for row in rows} == {"sequences"}
    rows = json.loads(run("list", "--kind", "optimize", "--json").stdout)
    assert {row["kind"] for row in rows} == {"optimize"}
    assert json.loads(run("list", "--package", "nobody", "--json").stdout) == []


@pytest.mark.parametrize("arguments", [("--family", "graph"), ("--kind", "sum")])
def test_list_of_what_is_not(arguments: tuple[str, str]) -> None:
    result = run("list", *arguments)
    assert result.exit_code == 2
    assert f"no {arguments[0][2:]} is named" in result.stderr


def test_other_packages_problems_are_listed(tmp_path: Path) -> None:
    """A package contributes a catalogue by an entry point; one that fails is told and hides nothing."""
    (tmp_path / "puzzle_box.py").write_text(
        "from collections import namedtuple\n"
        "Entry = namedtuple('Entry', 'identifier family kind')\n"
        "def catalogue():\n    return [Entry('riddle', 'talk', 'value')]\n"
    )
    information = tmp_path / "puzzle_box-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: puzzle-box\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[openenv.problems]\npuzzle_box = puzzle_box:catalogue\nbroken = puzzle_box:nothing\n"
    )
    done = run_process("-m", "RLVE_Gym.cli.app", "list", "--json", path=tmp_path)
    rows = json.loads(done.stdout)
    assert {"identifier": "riddle", "family": "talk", "kind": "value", "package": "puzzle_box"} in rows
    assert len(rows) > 1
    assert "the catalogue of broken cannot be read" in done.stderr


def run_process(*arguments: str, path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    entries = [str(ROOT / "envs"), *([] if path is None else [str(path)])]
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entries)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_show() -> None:
    result = run("show", "Sorting", "--level", "2", "--seed", "7")
    problem = problems.get("Sorting")
    instance = problem.generate(7, 2)
    assert result.exit_code == 0
    assert problem.prompt(instance) in result.stdout
    assert f"Reference answer\n{problem.reference(instance)}" in result.stdout
    assert "sequences, asks for: sequence, level 2, seed 7" in result.stdout
    assert "rewarding_beta=" in result.stdout
    assert "Reference answer" not in run("show", "Sorting", "--no-answer").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "Sortin"), 2, "did you mean Sorting"),
        (("show", "KnightsAndKnaves", "--level", "1000"), 1, "gives no problem at level 1000 with seed 0"),
        (("show", "Multiplication", "--level", str(10**12), "--timeout", "0.5"), 1, "still at work after 0.5 s"),
        (("show", "Sorting", "--level", "-1"), 2, "Invalid value for"),
    ],
)
def test_show_what_is_not(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert said in words(result.stderr)


def test_sample(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    result = run("sample", "Sorting", "Knapsack", "-n", "3", "-l", "2", "-s", "5", "-o", str(file), "--parameter")
    assert result.exit_code == 0
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(row["environment_identifier"], row["level"], row["seed"]) for row in rows] == [
        (name, 2, seed) for name in ("Sorting", "Knapsack") for seed in (5, 6, 7)
    ]
    for row in rows:
        problem = problems.get(row["environment_identifier"])
        instance = problem.generate(row["seed"], 2)
        assert row["prompt"] == problem.prompt(instance)
        assert row["parameter"] == instance.parameter
        assert row["reference_answer"] == problem.reference(instance)


def test_sample_to_standard_output_without_answers() -> None:
    result = run("sample", "--family", "sequences", "--no-answer")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["environment_identifier"] for row in rows] == [
        found.identifier for found in problems.find(family="sequences")
    ]
    assert all(set(row) == {"environment_identifier", "level", "seed", "prompt"} for row in rows)


def test_sample_tells_what_fails(tmp_path: Path) -> None:
    result = run("sample", "KnightsAndKnaves", "Sorting", "--level", "60")
    assert result.exit_code == 1
    assert [json.loads(line)["environment_identifier"] for line in result.stdout.splitlines()] == ["Sorting"]
    assert "KnightsAndKnaves, level 60, seed 0" in result.stderr
    assert "1 of 2 samples could not be generated" in result.stderr
    assert run("sample", "Sorting", "-o", str(tmp_path / "no" / "such")).exit_code == 1


def test_check() -> None:
    result = run("check", "Sorting", "Multiplication", "--level", "0", "--level", "2")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert lines[0] == ["problem", "level", *CHECKS, "time"]
    assert [line[:2] for line in lines[1:]] == [
        ["Sorting", "0"],
        ["Sorting", "2"],
        ["Multiplication", "0"],
        ["Multiplication", "2"],
    ]
    assert all(line[2:7] == ["ok"] * 5 for line in lines[1:])


def test_check_finds_faults() -> None:
    """A level too far up is one, for every check; so is a limit passed."""
    result = run("check", "KnightsAndKnaves", "--level", "1000")
    assert result.exit_code == 1
    assert "KnightsAndKnaves, level 1000, generation: ParameterError" in result.stdout
    assert f"{len(CHECKS)} of {len(CHECKS)} checks failed" in result.stderr
    result = run("check", "Multiplication", "--level", str(10**12), "--timeout", "0.3")
    assert result.exit_code == 1
    assert "was still at work after 0.3 s" in result.stdout


@pytest.fixture(scope="module")
def adaptive_server() -> Iterator[RlveGymEnv]:
    variables = {"RLVE_GYM_WORKERS": "1", "RLVE_GYM_CURRICULUM_WINDOW_SIZE": "1"}
    with RlveGymEnv.from_process(ROOT / "envs" / "RLVE_Gym", env_vars=variables) as env:
        yield env


def test_curriculum_of_a_server(adaptive_server: RlveGymEnv) -> None:
    assert "No problem was played" in run("curriculum", "--url", adaptive_server.base_url).stdout
    adaptive_server.reset(environment_identifier="Sorting", difficulty="adaptive")
    adaptive_server.step(RlveGymAction(output="?"))
    result = run("curriculum", "--url", adaptive_server.base_url)
    assert result.stdout.splitlines()[1].split() == ["Sorting", "0-0", "0", "1", "of", "64", "0.00"]
    state = json.loads(run("curriculum", "--url", adaptive_server.base_url, "--json").stdout)
    assert state["environment2accuracy"] == {"Sorting": {"accuracy": 0.0, "num_samples": 1}}


def test_curriculum_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "curriculum.sqlite"
    with Curriculum(file, group_size=1) as curriculum:
        curriculum.report_many([("Sudoku", 0, 1.0)] * 8 + [("Sudoku", 1, 1.0)] * 2)
    result = run("curriculum", "--file", str(file))
    assert result.stdout.splitlines()[1].split() == ["Sudoku", "0-1", "1", "2", "of", "64", "1.00"]
    assert run("curriculum", RLVE_GYM_CURRICULUM=str(file)).stdout == result.stdout

    kept = tmp_path / "kept.json"
    kept.write_text(run("curriculum", "--file", str(file), "--json").stdout)
    copy = tmp_path / "copy.sqlite"
    assert run("curriculum", "--file", str(copy), "--restore", str(kept)).stdout == result.stdout
    kept.write_text("{}")
    broken = run("curriculum", "--file", str(copy), "--restore", str(kept))
    assert broken.exit_code == 1
    assert "environment2difficulty" in broken.stderr
    assert run("curriculum", "--file", str(copy)).stdout == result.stdout


def test_curriculum_that_is_not(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to look like one" * 100)
    for arguments, code, said in (
        ((), 2, "give --url, or --file"),
        (("--restore", "x"), 2, "needs --file"),
        (("--file", str(tmp_path / "none")), 1, "does not exist"),
        (("--file", str(tmp_path / "text")), 1, "is no curriculum"),
        (("--url", "http://127.0.0.1:1"), 1, "cannot be asked"),
        (("--url", "gopher://x"), 2, "gopher"),
    ):
        result = run("curriculum", *arguments, RLVE_GYM_CURRICULUM="")
        assert result.exit_code == code, result.output
        assert said in words(result.stderr)


def test_the_entry_point_adds_the_command(tmp_path: Path) -> None:
    """As an installed package does it: the framework's command lists ours without importing it."""
    information = tmp_path / "openenv_rlve_gym-0.1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: openenv-RLVE_Gym\nVersion: 0.1.0\nSummary: S.\n"
    )
    (information / "entry_points.txt").write_text("[openenv.commands]\nproblems = RLVE_Gym.cli.app:app\n")
    assert "problems" in run_process("-m", "openenv.cli", "--help", path=tmp_path).stdout
    done = run_process("-m", "openenv.cli", "problems", "list", "--family", "sequences", path=tmp_path)
    assert (done.returncode, "Sorting" in done.stdout) == (0, True)
    assert run_process("-m", "openenv.cli", "problems", "show", "Sortin", path=tmp_path).returncode == 2
