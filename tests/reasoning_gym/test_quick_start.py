"""The README, typed as a reader would type it: every Python block, in a fresh interpreter, from the repository root."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import environment
from tests.reasoning_gym import docker
from tests.reasoning_gym.conftest import DIRECTORY, ROOT

BLOCKS = re.findall(r"^```python\n(.*?)^```", (DIRECTORY / "README.md").read_text(encoding="utf-8"), re.S | re.M)
FROM_DOCKER = [block for block in BLOCKS if "from_docker_image" in block]
FROM_URL = [block for block in BLOCKS if "http://localhost:8000" in block]


def typed(code: str, **variables: str) -> str:
    """What the code prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", code],
        cwd=ROOT,
        env=environment(PYTHONPATH=f"{ROOT / 'src'}:{ROOT / 'envs'}", **variables),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for expected in re.findall(r"^ *print\(.*\)  # (.+)$", code, re.M):
        assert expected in done.stdout
    return done.stdout


@pytest.fixture
def containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that has a file per container; with a ``docker`` command that fills it."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{docker.__file__}" "$@"\n')
    program.chmod(0o755)
    started = tmp_path / "containers"
    started.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_DOCKER", str(started))
    return started


def test_every_block_is_played() -> None:
    assert (len(FROM_DOCKER), len(FROM_URL)) == (1, 2)
    assert len(BLOCKS) == 3


def test_a_container_is_started_and_stopped(containers: Path) -> None:
    (block,) = FROM_DOCKER
    lines = typed(block)
    assert lines.count("how many legs are there") == 3
    assert "0.0 0.0 True" in lines
    (container,) = containers.iterdir()
    assert container.name.startswith("reasoning_gym-env-latest-")
    assert container.suffix == ".removed"
    assert not docker.is_alive(int(container.read_text()))


@pytest.mark.parametrize("block", FROM_URL, ids=range(len(FROM_URL)))
def test_a_server_that_runs_is_played(block: str, server_url: str) -> None:
    lines = typed(block.replace("http://localhost:8000", server_url))
    if "composite" in block:
        assert lines.count("reverse_sort 0.0") + lines.count("chess_state_eval 0.0") == 3
