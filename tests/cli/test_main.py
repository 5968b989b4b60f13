"""The command line as such: help, errors, Ctrl-C, commands of other packages."""

import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openenv.cli.__main__ import app
from tests.cli.processes import OPENENV, openenv, run, serving

HEAVY = ("fastapi", "starlette", "uvicorn", "httpx", "websockets", "yaml", "fastmcp", "openenv.core")


def test_help_names_the_commands() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in ("init", "serve", "validate"):
        assert f" {name} " in result.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["init", "--help"]])
def test_help_imports_no_server_and_no_client(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from openenv.cli.__main__ import main\n"
        f"sys.argv = ['openenv', *{arguments!r}]\n"
        "try:\n    main()\n"
        f"finally:\n    print('imported:', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    assert "imported: []" in done.stdout


def test_the_client_needs_no_command_line() -> None:
    done = run([sys.executable, "-c", "import sys, openenv; openenv.cli; print('typer' in sys.modules)"])
    assert done.stdout == "False\n", done.stderr


def test_no_arguments_show_help_and_end_with_2() -> None:
    done = openenv()
    assert done.returncode == 2
    assert "Usage: " in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["--no-such-option"], ["serve", "--port", "x"], ["serve", "--port", "70000"]]
)
def test_bad_usage_ends_with_2_and_usage_on_stderr(arguments: list[str]) -> None:
    done = openenv(*arguments)
    assert done.returncode == 2
    assert "Usage: " in done.stderr
    assert done.stdout == ""


def test_a_mistyped_command_is_recognized() -> None:
    done = openenv("vlidate")
    assert done.returncode == 2
    assert "Did you mean 'validate'?" in done.stderr


def test_version() -> None:
    import openenv as package

    done = openenv("--version")
    assert (done.returncode, done.stdout) == (0, f"openenv {package.__version__}\n")


@pytest.fixture
def contributing_package(tmp_path: Path) -> str:
    """A directory for PYTHONPATH with an installed package that contributes commands."""
    (tmp_path / "greeter.py").write_text(
        "import sys, time\n"
        "import typer\n"
        "print('greeter was imported', file=sys.stderr)\n"
        "app = typer.Typer(help='Greet in many ways.')\n"
        "@app.command()\n"
        "def hello(name: str) -> None:\n    typer.echo(f'Hello {name}')\n"
        "@app.command()\n"
        "def bye(name: str) -> None:\n    typer.echo(f'Bye {name}')\n"
        "def plain(times: int = 1) -> None:\n    typer.echo('plain ' * times)\n"
        "def boom() -> None:\n    raise RuntimeError('it went wrong')\n"
        "def wait() -> None:\n    print('waiting', flush=True)\n    time.sleep(600)\n"
    )
    info = tmp_path / "greeter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\nSummary: Greets people.\n")
    (info / "entry_points.txt").write_text(
        "[openenv.commands]\n"
        "greet = greeter:app\nplain = greeter:plain\nboom = greeter:boom\nwait = greeter:wait\n"
        "missing = no_such_module:app\ninit = greeter:plain\n"
    )
    return str(tmp_path)


def test_commands_of_other_packages_are_listed_without_importing_them(contributing_package: str) -> None:
    done = openenv("--help", PYTHONPATH=contributing_package)
    assert done.returncode == 0
    assert " greet " in done.stdout
    assert "Greets people." in done.stdout
    assert done.stderr == ""


def test_commands_of_other_packages_run(contributing_package: str) -> None:
    done = openenv("greet", "hello", "Ann", PYTHONPATH=contributing_package)
    assert (done.returncode, done.stdout) == (0, "Hello Ann\n")
    done = openenv("plain", "--times", "2", PYTHONPATH=contributing_package)
    assert (done.returncode, done.stdout) == (0, "plain plain \n")


def test_our_commands_cannot_be_replaced(contributing_package: str) -> None:
    done = openenv("init", "--help", PYTHONPATH=contributing_package)
    assert "Create a new environment." in done.stdout
    assert "greeter was imported" not in done.stderr


def test_a_command_that_cannot_be_loaded_says_whose_it_is(contributing_package: str) -> None:
    done = openenv("missing", PYTHONPATH=contributing_package)
    assert done.returncode == 1
    assert "command 'missing' of the package greeter cannot be loaded" in done.stderr
    assert "no_such_module" in done.stderr


def test_an_uncaught_error_is_one_line_on_stderr(contributing_package: str) -> None:
    done = openenv("boom", PYTHONPATH=contributing_package)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Error: it went wrong"
    assert "Traceback" not in done.stderr


def test_ctrl_c_says_so_and_ends_with_130(contributing_package: str) -> None:
    with serving([*OPENENV, "wait"], PYTHONPATH=contributing_package) as process:
        process.wait_for("waiting")
        process.process.send_signal(signal.SIGINT)
        process.wait_for("Operation cancelled by user.")
        assert process.process.wait(60) == 130


def test_output_that_cannot_show_a_character_still_works(tmp_path: Path) -> None:
    done = openenv("init", "my_env", cwd=tmp_path, PYTHONIOENCODING="ascii", PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Created" in done.stdout
