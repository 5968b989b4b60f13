"""What `make` says on a machine that lacks something."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def make(directory: Path, target: str, python: str) -> subprocess.CompletedProcess[str]:
    """Run the Makefile in ``directory`` with a Python that is the shell script ``python``."""
    shutil.copy(ROOT / "Makefile", directory)
    for name in ("pyproject.toml", "constraints.txt"):
        (directory / name).touch()
    executable = directory / "python"
    executable.write_text(f"#!/bin/sh\n{python}\n")
    executable.chmod(0o755)
    command = ["make", target, f"PYTHON={executable}"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)


def test_an_old_python_is_named(tmp_path: Path) -> None:
    done = make(tmp_path, "demo", "exit 1")
    assert done.returncode != 0
    assert "is no Python 3.11 or newer: name one, as in  make demo PYTHON=" in done.stderr


def test_half_a_virtual_environment_is_not_kept(tmp_path: Path) -> None:
    half = 'mkdir -p .venv/bin; touch .venv/bin/python; echo "install python3-venv" >&2; exit 1'
    done = make(tmp_path, "demo", f'if [ "$2" = venv ]; then {half}; fi; exec "{sys.executable}" "$@"')
    assert done.returncode != 0
    assert "install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()
