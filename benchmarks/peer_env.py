"""The public package ``openenv``, in a virtual environment of its own.

``python benchmarks/peer_env.py [PATH]`` makes it (default ``.venv-peer`` in the repository root). Tests and benchmarks
find it there, or where the environment variable ``OPENENV_PEER_PYTHON`` names its interpreter.
"""

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

PEER_VERSION: Final = "0.10.0"
ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT_PATH: Final = ROOT / ".venv-peer"


def peer_python() -> Path | None:
    """The interpreter of the peer's environment; None where there is none."""
    named = os.environ.get("OPENENV_PEER_PYTHON")
    python = Path(named) if named else DEFAULT_PATH / "bin" / "python"
    return python if installed_version(python) == PEER_VERSION else None


def installed_version(python: Path) -> str | None:
    """The version of the distribution ``openenv`` that ``python`` sees; None where it sees none."""
    if not python.exists():
        return None
    # -I: the current directory must not shadow what is installed there
    ask = "from importlib.metadata import version; print(version('openenv'))"
    answer = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None


def make_peer(path: Path = DEFAULT_PATH) -> Path:
    """Make the environment unless it is there, and return its interpreter.

    Raises:
        subprocess.CalledProcessError: if the installation fails.
    """
    python = path / "bin" / "python"
    if installed_version(python) != PEER_VERSION:
        venv.create(path, with_pip=True, clear=path.exists())
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"openenv=={PEER_VERSION}"], check=True)
    return python


def main() -> int:
    """Make the environment and print its interpreter."""
    parser = argparse.ArgumentParser(prog="peer_env.py", description=f"install openenv=={PEER_VERSION}")
    parser.add_argument("path", nargs="?", type=Path, default=DEFAULT_PATH, help="default: .venv-peer")
    print(make_peer(parser.parse_args().path.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
