"""Installing the package of a Hugging Face Space: whether it may be done, and doing it."""

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from typing import Final

from .errors import InstallError, RemoteCodeError

TRUST_VARIABLE: Final = "OPENENV_TRUST_REMOTE_CODE"
_YES: Final = frozenset({"1", "true", "yes"})
_OUTPUT_LINES: Final = 30


def space_source(space: str) -> str:
    """URL of a Space's git repository. The variable ``HF_ENDPOINT`` names another Hub than ``huggingface.co``."""
    hub = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    return f"{hub}/spaces/{space}"


def allow_remote_code(space: str, *, trust_remote_code: bool) -> None:
    """Return if the Space's package may be installed: it runs code of the Space's owner on this machine.

    Who calls allows it, or the variable ``OPENENV_TRUST_REMOTE_CODE``, or the user who is asked; a process without a
    terminal asks nobody.

    Raises:
        RemoteCodeError: if it may not.
    """
    if trust_remote_code or os.environ.get(TRUST_VARIABLE, "").strip().lower() in _YES:
        return
    ways = (
        f"Read {space_source(space)} first; then pass trust_remote_code=True or set {TRUST_VARIABLE}=1. "
        "skip_install=True plays it without its package"
    )
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        raise RemoteCodeError(
            f"the package of the Space {space} is not installed, and installing it runs its code. {ways}"
        )
    question = f"Install the package of {space_source(space)}? This runs its code on this machine. [y/N] "
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise RemoteCodeError(
            f"the package of the Space {space} was not installed: the question was answered with no. {ways}"
        )


def install_space(space: str) -> None:
    """Install a Space's package into this interpreter's environment, by ``uv`` where there is one, else by ``pip``.

    Raises:
        InstallError: if there is neither, or it fails.
    """
    command = [*_installer(), f"git+{space_source(space)}"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            check=False,
        )
    except OSError as error:
        raise InstallError(f"the package of the Space {space} cannot be installed: {error}") from error
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").rstrip().splitlines()[-_OUTPUT_LINES:]
        output = "\n".join(lines)
        raise InstallError(f"the package of the Space {space} could not be installed; {command[0]} said:\n{output}")
    importlib.invalidate_caches()


def _installer() -> list[str]:
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--python", sys.executable]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    raise InstallError("neither uv nor pip is there to install with: install one of them")


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):  # no stream at all, or a closed one
        return False
