"""Commands that stand in for ``docker`` and ``uv``: they really start servers, as processes of their own."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.core.client.conftest import APP, ROOT

DOCKER = f"""#!{sys.executable}
import json, os, signal, socket, subprocess, sys, time
from pathlib import Path

state = Path(os.environ["FAKE_DOCKER_STATE"])
arguments = sys.argv[1:]
with open(state / "commands.jsonl", "a") as commands:
    commands.write(json.dumps(arguments) + "\\n")
verb = arguments[0]

def record(name):
    return state / f"{{name}}.json"

def alive(pid):
    try:
        stat = Path(f"/proc/{{pid}}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"

if verb == "version":
    if (state / "no-engine").exists():
        sys.exit("Cannot connect to the Docker daemon")
    print("27.0")
elif verb == "run":
    assert arguments[1] == "-d"
    options, rest = {{"-e": []}}, arguments[2:]
    while rest[0].startswith("-"):
        flag, value, *rest = rest
        options["-e"].append(value) if flag == "-e" else options.update({{flag: value}})
    [image] = rest
    name, port = options["--name"], options["-p"].removesuffix(":8000")
    if record(name).exists():
        sys.exit(f'Conflict. The container name "/{{name}}" is already in use by container "0123".')
    record(name).write_text(json.dumps({{"image": image, "pid": None, "port": port}}))
    if (state / "taken-ports").exists() and int((state / "taken-ports").read_text()) > 0:
        (state / "taken-ports").write_text(str(int((state / "taken-ports").read_text()) - 1))
        sys.exit("driver failed programming external connectivity: Bind failed: port is already allocated")
    if image.startswith("missing"):
        sys.exit(f"Unable to find image '{{image}}' locally")
    environment = {{**os.environ, **dict(pair.split("=", 1) for pair in options["-e"])}}
    code = {{"broken": "print('the server has a problem'); raise SystemExit(7)",
            "mute": "print('says nothing', flush=True); import time; time.sleep(600)"}}.get(image.split(":")[0])
    command = [sys.executable, "-c", code] if code else [
        sys.executable, "-m", "openenv.core.env_server.run", os.environ["FAKE_APP"], "--port", port]
    log = open(state / f"{{name}}.log", "wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    record(name).write_text(json.dumps({{"image": image, "pid": process.pid, "port": port}}))
    print("0123456789abcdef")
elif verb == "stop":
    path = record(arguments[-1])
    if not path.exists():
        sys.exit("No such container")
    pid = json.loads(path.read_text())["pid"]
    if pid is not None:
        try:
            os.kill(pid, signal.SIGTERM)
            while alive(pid):
                time.sleep(0.01)
        except ProcessLookupError:
            pass
elif verb == "rm":
    record(arguments[-1]).unlink(missing_ok=True)
elif verb == "inspect":
    pid = json.loads(record(arguments[-1]).read_text())["pid"]
    print("true 0" if alive(pid) else "false 7")
elif verb == "logs":
    sys.stderr.write((state / f"{{arguments[-1]}}.log").read_text())
else:
    sys.exit(f"unknown command {{verb}}")
"""

UV = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path

arguments = sys.argv[1:]
Path(os.environ["FAKE_UV_STATE"], "command.json").write_text(json.dumps({{
    "arguments": arguments, "cwd": os.getcwd(), "variable": os.environ.get("FOR_UV")}}))
assert arguments[:3] == ["run", "--isolated", "--project"] and arguments[4:6] == ["--", "uvicorn"]
os.execv(sys.executable, [sys.executable, "-m", *arguments[5:]])
"""


def install(directory: Path, name: str, script: str) -> None:
    """Put a command into ``directory``."""
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(script)
    path.chmod(0o755)


def path_with(directory: Path) -> str:
    """A ``PATH`` on which the directory's commands come first."""
    return f"{directory}{os.pathsep}{os.environ['PATH']}"


class FakeEngine:
    """The ``docker`` command of a test, and what it was told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
        install(folder / "bin", "docker", script)
        self.state = folder / "state"
        self.state.mkdir()
        monkeypatch.setenv("PATH", path_with(folder / "bin"))
        monkeypatch.setenv("FAKE_DOCKER_STATE", str(self.state))
        monkeypatch.setenv("FAKE_APP", APP)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))

    def commands(self, *verb: str) -> list[list[str]]:
        """The arguments of the commands that began with ``verb``."""
        path = self.state / "commands.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [arguments for line in lines if (arguments := json.loads(line))[: len(verb)] == list(verb)]
