"""The package: imported and started in every way, light to import, complete, and as its README says."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from RLVE_Gym import RlveGymAction, RlveGymEnv
from RLVE_Gym.server.settings import ENV_PREFIX, GymSettings
from tests.cli.processes import ROOT, UVICORN, run, serving

DIRECTORY = ROOT / "envs" / "RLVE_Gym"
README = (DIRECTORY / "README.md").read_text(encoding="utf-8")

# The user's own quick start, word for word.
SEED_QUICK_START = """
from RLVE_Gym import RlveGymAction, RlveGymEnv

try:
    # Create environment from Docker image
    RLVE_Gymenv = RlveGymEnv.from_docker_image("RLVE_Gym-env:latest")

    # Reset
    result = RLVE_Gymenv.reset()
    print(f"Problem Prompt: {RLVE_Gymenv.state().problem_input}")

    # Send multiple outputs
    outputs = [
        "Wrong Format",
        r"<answer>0</answer>",
        r"<answer>" + str(RLVE_Gymenv.problem.parameter["reference_answer"]) + r"</answer>",
    ]
    for output in outputs:
        result = RLVE_Gymenv.step(RlveGymAction(output=output))
        print(f"Sent: '{output}'")
        print(f"  -> Verifier Result: {result.observation.verifier_result}")
        print(f"  -> Reward: {result.reward}")
finally:
    RLVE_Gymenv.close()
"""

# A `docker` whose containers are processes that run the image's command.
FAKE_DOCKER = """#!{python}
import os, pathlib, signal, subprocess, sys
shelf, command, arguments = pathlib.Path(__file__).parent, sys.argv[1], sys.argv[2:]
with open(shelf / "calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
if command == "run":
    name, port = arguments[arguments.index("--name") + 1], arguments[arguments.index("-p") + 1].split(":")[0]
    uvicorn = [sys.executable, "-m", "uvicorn", "server.app:app", "--host", "127.0.0.1", "--port", port]
    log = open(shelf / (name + ".log"), "w")
    server = subprocess.Popen(uvicorn, cwd={directory!r}, stdout=log, stderr=log, start_new_session=True)
    (shelf / name).write_text(str(server.pid))
elif command == "stop":
    os.kill(int((shelf / arguments[0]).read_text()), signal.SIGTERM)
elif command == "logs":
    print((shelf / (arguments[-1] + ".log")).read_text())
elif command == "inspect":
    print("true 0")
"""


def test_the_users_quick_start_runs_as_written(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(FAKE_DOCKER.format(python=sys.executable, directory=str(DIRECTORY)))
    docker.chmod(0o755)
    done = run([sys.executable, "-c", SEED_QUICK_START], PATH=f"{tmp_path}:/usr/bin:/bin", PYTHONPATH="envs")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Problem Prompt: What is 97 * 53?")
    assert re.findall(r"Reward: (.*)", done.stdout) == ["-1.0", "0.0", "1.0"]
    calls = (tmp_path / "calls").read_text()
    assert re.search(r"^run -d .* rlve_gym-env:latest$", calls, re.MULTILINE)
    assert re.search(r"^stop .*\nrm ", calls, re.MULTILINE)


# Imports


@pytest.mark.parametrize("package", ["RLVE_Gym", "envs.RLVE_Gym"])
def test_importing_is_light(package: str) -> None:
    code = (
        f"import sys, json, {package}\n"
        "early = set(sys.modules)\n"
        f"from {package} import RlveGymAction, RlveGymEnv, RlveGymObservation, RlveGymState, problems\n"
        "problems.find()\n"
        "heavy = ['fastapi', 'uvicorn', 'fastmcp', 'numpy', 'sympy', 'scipy', 'networkx', 'rich', 'typer']\n"
        f"families = [name for name in sys.modules if name.startswith('{package}.problems.') and 'kit' not in name]\n"
        "print(json.dumps([[n for n in heavy if n in sys.modules], families, [n for n in early if 'pydantic' in n]]))\n"
    )
    done = run([sys.executable, "-c", code], PYTHONPATH="envs")
    assert done.returncode == 0, done.stderr
    heavy, loaded, early = json.loads(done.stdout)
    assert heavy == []
    assert early == []
    assert {name.rpartition(".")[2] for name in loaded} == {"catalogue", "registry", "rlve"}


def test_the_names_of_the_package() -> None:
    import RLVE_Gym

    assert set(RLVE_Gym.__all__) == {"RlveGymAction", "RlveGymEnv", "RlveGymObservation", "RlveGymState", "problems"}
    for name in RLVE_Gym.__all__:
        assert getattr(RLVE_Gym, name) is not None


# Started in every way


@pytest.mark.parametrize(
    ("command", "cwd"),
    [
        ([*UVICORN, "server.app:app", "--port", "0"], DIRECTORY),
        ([*UVICORN, "envs.RLVE_Gym.server.app:app", "--port", "0"], ROOT),
        ([sys.executable, "-m", "RLVE_Gym.server.app", "--port", "0"], DIRECTORY.parent),
        ([sys.executable, "server/app.py", "--port", "0"], DIRECTORY),
    ],
    ids=["uvicorn in its folder", "uvicorn at the root", "module", "script"],
)
def test_serves(command: list[str], cwd: Path) -> None:
    with serving(command, cwd=cwd, RLVE_GYM_WORKERS="1") as process, RlveGymEnv(base_url=process.url) as env:
        assert env.reset().observation.success
        parameter = env.problem.parameter
        assert parameter is not None
        assert env.step(RlveGymAction(output=f"<answer>{parameter['reference_answer']}</answer>")).reward == 1.0


def test_serves_by_the_command() -> None:
    command = [sys.executable, "-m", "openenv.cli", "serve", "envs/RLVE_Gym", "--host", "127.0.0.1", "--port", "0"]
    with serving(command, RLVE_GYM_WORKERS="1") as process, RlveGymEnv(base_url=process.url) as env:
        assert env.reset(environment_identifier="Sorting").observation.success


def test_runs_as_a_script() -> None:
    done = run([sys.executable, "server/RLVE_Gym_environment.py"], cwd=DIRECTORY)
    assert done.returncode == 0, done.stderr
    assert "What is 97 * 53?" in done.stdout
    assert re.findall(r"reward (\S+)", done.stdout) == ["-1.0", "-1.0", "1.0"]


def test_production_mode_gives_no_verdicts() -> None:
    command = [*UVICORN, "server.app:app", "--port", "0"]
    with serving(command, cwd=DIRECTORY, OPENENV_MODE="production") as process:
        batch = {"items": [{"environment_identifier": "Sorting", "seed": 0, "level": 0, "outputs": ["a"]}]}
        assert httpx.post(f"{process.url}/verify_batch", json=batch, trust_env=False).status_code == 404
        assert httpx.get(f"{process.url}/health", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RLVE_GYM_ENVIRONMENT_IDENTIFIER", "Sortin", "did you mean Sorting"),
        ("MAX_CONCURRENT_ENVS", "many", "must be a whole number, not 'many'"),
        ("RLVE_GYM_CURRICULUM", "/no/such/directory/file", "cannot be opened"),
    ],
)
def test_a_wrong_setting_stops_the_server_at_once(name: str, value: str, said: str) -> None:
    done = run([*UVICORN, "server.app:app", "--port", "0"], cwd=DIRECTORY, **{name: value})
    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]


def test_the_servers_defaults_come_from_variables() -> None:
    variables = {
        "RLVE_GYM_ENVIRONMENT_IDENTIFIER": "Sorting",
        "RLVE_GYM_DIFFICULTY": "2",
        "RLVE_GYM_SEED": "30",
        "RLVE_GYM_ANSWER_MARKERS": '["[", "]"]',
        "RLVE_GYM_ARGUMENTS": '{"Sorting": {"wrong_format": 0.0}}',
    }
    with RlveGymEnv.from_process(DIRECTORY, env_vars=variables) as env:
        env.reset()
        assert env.step(RlveGymAction(output="?")).reward == 0.0
        state = env.state()
    assert (state.environment_identifier, state.level, state.problem_seed, state.seed, state.answer_markers) == (
        "Sorting",
        2,
        30,
        31,
        ("[", "]"),
    )


# Complete


def test_the_front_matter_is_the_spaces() -> None:
    import yaml

    front: dict[str, Any] = yaml.safe_load(README.split("---")[1])
    assert {key: front[key] for key in ("title", "emoji", "colorFrom", "colorTo", "sdk", "app_port", "base_path")} == {
        "title": "RlveGym Environment Server",
        "emoji": "📡",
        "colorFrom": "purple",
        "colorTo": "blue",
        "sdk": "docker",
        "app_port": 8000,
        "base_path": "/web",
    }


# The README


def settings_table() -> str:
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    defaults = GymSettings()
    for name, field in GymSettings.model_fields.items():
        value = getattr(defaults, name)
        shown = "" if value in (None, {}) else f"`{json.dumps(value) if isinstance(value, tuple) else value}`"
        rows.append(f"| `{ENV_PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def test_the_readmes_table_of_settings_is_up_to_date() -> None:
    assert settings_table() in README


BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(4))
def test_its_readme_runs(number: int) -> None:
    assert len(BLOCKS) == 4
    done = run([sys.executable, "-c", BLOCKS[number]], PYTHONPATH="envs", RLVE_GYM_WORKERS="1")
    assert done.returncode == 0, done.stderr
    for expected in re.findall(r"print\(.*\)  # (.+)$", BLOCKS[number], re.MULTILINE):
        assert expected in done.stdout.splitlines()
