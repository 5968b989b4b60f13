"""``openenv init``: make a new environment from the template."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from ..console import console, fail, warn
from ..scaffold import check_name, create_environment, image_name

_LOCK_TIMEOUT_S: Final = 300

# Tells `openenv validate` that the lock file is missing for a reason; see openenv.cli.validation.directory.
_UNLOCKED: Final = """
[tool.openenv]
# uv.lock could not be made together with this environment. Run `uv lock`, then remove this section.
require-lock = false
"""


def command(
    env_name: Annotated[str, typer.Argument(help="Its name, a Python identifier such as my_env.")],
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Where to make its directory. Default: here.", show_default=False),
    ] = None,
) -> None:
    """Create a new environment."""
    try:
        check_name(env_name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="ENV_NAME") from None
    target = (output_dir or Path.cwd()).resolve() / env_name
    if target.exists() and not target.is_dir():
        raise typer.BadParameter(f"{target} is a file", param_hint="ENV_NAME")
    if target.is_dir() and any(target.iterdir()):
        raise typer.BadParameter(f"{target} exists and is not empty", param_hint="ENV_NAME")

    out = console()
    out.print(f"[bold]Creating OpenEnv environment '{env_name}'...[/bold]")
    try:
        files = create_environment(env_name, target)
    except OSError as error:
        fail(f"{target} cannot be created: {error}")
    out.print(f"[green]✓[/green] Created {len(files)} files")

    out.print("Generating uv.lock...")
    problem = _lock(target)
    if problem is None:
        out.print("[green]✓[/green] Generated uv.lock")
    else:
        warn(f"uv.lock was not generated: {problem.rstrip('.')}. Run 'uv lock' in {target} when you can")
        with (target / "pyproject.toml").open("a", encoding="utf-8", newline="\n") as project:
            project.write(_UNLOCKED)

    out.print(f"\n[green]Environment created successfully at:[/green] {escape(str(target))}\n")
    out.print("[bold]Next steps:[/bold]")
    for step in (
        f"cd {target}",
        f"Edit models.py and server/{env_name}_environment.py: they are your environment",
        "uv sync                   # or: pip install -e '.[dev]'",
        "python3 -m pytest         # its tests",
        "openenv serve --reload    # run it here",
        f"docker build -t {image_name(env_name)}:latest -f server/Dockerfile .",
    ):
        out.print(f"  {step}", markup=False)


def _lock(directory: Path) -> str | None:
    """Make ``uv.lock``; the reason if that fails."""
    if (executable := shutil.which("uv")) is not None:
        uv = [executable]
    elif find_spec("uv") is not None:
        uv = [sys.executable, "-m", "uv"]
    else:
        return "uv is not installed"
    try:
        done = subprocess.run(
            [*uv, "lock", "--directory", str(directory)], capture_output=True, text=True, timeout=_LOCK_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode != 0 or not (directory / "uv.lock").is_file():
        output = (done.stderr or done.stdout).strip()
        return f"uv lock failed: {output or f'exit status {done.returncode}'}"
    return None
