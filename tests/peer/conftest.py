"""Plays the scenarios with both packages, once per test run however many workers there are."""

import fcntl
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peer_env import PEER_VERSION, ROOT, peer_python
from benchmarks.serving import clean_environment, serving

Played = dict[str, dict[str, Any]]

SCENARIOS = Path(__file__).parent / "scenarios.py"
ECHOES = {"template": "tests.peer.servers.template_echo:app", "tools": "tests.peer.servers.tools_echo:app"}
OUR_SERVERS = {**ECHOES, "echo_env": "envs.echo_env.server.app:app", "gym": "envs.RLVE_Gym.server.app:app"}

# Far above what anything here takes: a run that hangs fails instead.
PATIENCE_S = 300


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """What became of every scenario: of the public client on our servers, of our client on public servers."""
    public = peer_python()
    if public is None:
        pytest.skip(
            f"openenv=={PEER_VERSION} is not there: run `python benchmarks/peer_env.py`, "
            "or name its interpreter in OPENENV_PEER_PYTHON"
        )
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the workers of a run share it
    kept = folder / "played.json"
    with (folder / "played.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(play_all(Path(sys.executable), public)))
        outcomes: Played = json.loads(kept.read_text())
    return outcomes


def play_all(ours: Path, public: Path) -> Played:
    """Both pairings at a time."""
    with ThreadPoolExecutor(2) as pool:
        public_client = pool.submit(play, ours, OUR_SERVERS, public)
        our_client = pool.submit(play, public, ECHOES, ours)
        return {"public client": public_client.result(), "our client": our_client.result()}


def play(serves: Path, apps: dict[str, str], plays: Path) -> dict[str, Any]:
    """Serve ``apps`` with one interpreter, each in a process of its own, and play them with the other."""
    with ExitStack() as stack, ThreadPoolExecutor(len(apps)) as pool:
        started = [(name, pool.submit(stack.enter_context, serving(serves, app, ROOT))) for name, app in apps.items()]
        urls = {name: server.result().url for name, server in started}
        done = subprocess.run(
            [plays, SCENARIOS, json.dumps(urls)],
            cwd=ROOT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        logs = "".join(f"\n{name}:\n{server.result().log()}" for name, server in started)
    assert done.returncode == 0, f"{done.stderr}\n{logs}"
    outcomes: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcomes
