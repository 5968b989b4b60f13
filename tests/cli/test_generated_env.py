"""What ``openenv init`` makes runs, tests green and plays, untouched, in every way its README names."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cli.processes import UVICORN, run, serving

READY = "My Env environment ready!"

# Without the plugins that happen to be installed here: its tests need none.
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def pytest_in(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run([*PYTEST, *arguments], cwd=directory, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def test_its_own_tests_pass(my_env: Path) -> None:
    done = pytest_in(my_env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_its_tests_pass_from_elsewhere(my_env: Path) -> None:
    done = pytest_in(my_env.parent, "my_env/tests", "-k", "contract")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_tests_notice_a_broken_environment(my_env: Path) -> None:
    source = my_env / "server" / "my_env_environment.py"
    text = source.read_text()
    source.write_text(text.replace("episode_id=episode_id or str(uuid4())", "episode_id='always the same'"))
    done = pytest_in(my_env)
    assert done.returncode == 1
    assert "2 failed" in done.stdout


def test_runs_as_a_script(my_env: Path) -> None:
    done = run([sys.executable, "server/my_env_environment.py"], cwd=my_env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == [
        f"reset: {READY}",
        "step: Hi reward: 0.2",
        "step: Hello, World! reward: 1.3",
    ]


@pytest.mark.parametrize(
    ("command", "below"),
    [
        ([*UVICORN, "server.app:app", "--port", "0"], "."),
        ([*UVICORN, "my_env.server.app:app", "--port", "0"], ".."),
        ([sys.executable, "-m", "server.app", "--port", "0"], "."),
        ([sys.executable, "-m", "my_env.server.app", "--port", "0"], ".."),
        ([sys.executable, "server/app.py", "--port", "0"], "."),
    ],
)
def test_serves(pristine_env: Path, command: list[str], below: str) -> None:
    with serving(command, cwd=(pristine_env / below).resolve()) as server:
        reply = httpx.post(f"{server.url}/reset", trust_env=False).raise_for_status().json()
        assert reply["observation"] == {"echoed_message": READY, "message_length": 0, "metadata": {}}
        assert (reply["reward"], reply["done"]) == (0.0, False)

        action = {"message": "x" * 25}
        reply = httpx.post(f"{server.url}/step", json={"action": action}, trust_env=False).raise_for_status().json()
        assert reply["observation"]["message_length"] == 25
        assert (reply["reward"], reply["done"]) == (2.5, False)
        assert reply["metadata"] == {"step": 1}

        schema = httpx.get(f"{server.url}/schema", trust_env=False).json()
        assert schema["action"]["required"] == ["message"]


def test_a_real_import_error_is_not_hidden(my_env: Path) -> None:
    models = my_env / "models.py"
    models.write_text("import no_such_library\n" + models.read_text())
    for module, cwd in [("server.app", my_env), ("my_env.server.app", my_env.parent)]:
        done = run([sys.executable, "-c", f"import {module}"], cwd=cwd)
        assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'no_such_library'"


def test_its_readme_runs(pristine_env: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (pristine_env / "README.md").read_text(), re.DOTALL)
    done = run([sys.executable, "-c", block], cwd=pristine_env.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [READY, "Hi 2 0.2", "Hello, World! 13 1.3", "2"]


def test_its_client_needs_no_server_library(pristine_env: Path) -> None:
    code = "import sys, my_env; print([name for name in ('fastapi', 'uvicorn', 'fastmcp') if name in sys.modules])"
    done = run([sys.executable, "-c", code], cwd=pristine_env.parent)
    assert done.stdout == "[]\n", done.stderr
