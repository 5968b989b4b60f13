"""A stand-in for the ``docker`` command: a container is the environment's server, started as its image starts it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parents[2] / "envs" / "reasoning_gym_env"
IMAGE = "reasoning_gym-env:latest"


def run(arguments: list[str], started: Path) -> int:
    name = arguments[arguments.index("--name") + 1]
    port, inner = arguments[arguments.index("-p") + 1].split(":")
    if (arguments[-1], inner) != (IMAGE, "8000"):
        print(f"Unable to find image '{arguments[-1]}' locally", file=sys.stderr)
        return 125
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "server.app:app", "--host", "127.0.0.1", "--port", port],
        cwd=DIRECTORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    (started / name).write_text(str(server.pid))
    print(name)
    return 0


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def main(arguments: list[str]) -> int:
    started = Path(os.environ["FAKE_DOCKER"])  # a directory with a file per container: its process id
    command, name = arguments[0], arguments[-1]
    if command == "run":
        return run(arguments, started)
    if command == "stop":
        pid = int((started / name).read_text())
        os.kill(pid, signal.SIGTERM)
        while is_alive(pid):
            time.sleep(0.02)
    elif command == "rm":
        (started / name).rename(started / f"{name}.removed")
    elif command == "inspect":
        print("true 0")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
