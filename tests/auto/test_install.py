"""Installing the package of a Space: who allows it, and that it is really done.

The Hub is a directory of git repositories, and the environment to install into is made for the test.
"""

import json
import os
import pty
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from openenv import AutoAction, AutoEnv
from openenv.auto import InstallError, RemoteCodeError
from openenv.auto.install import allow_remote_code
from tests.auto.packages import make_space
from tests.cli.processes import PATIENCE_S, environment

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git command")

CLASS = (
    "from openenv import AutoEnv\n"
    "client = AutoEnv.get_env_class('Owner/Ping'); print(client.__name__, client.__module__)"
)


class Machine:
    """An environment of its own that sees the libraries of this one, and a Hub with one Space."""

    def __init__(self, directory: Path) -> None:
        self.hub = directory / "hub"
        make_space(self.hub, "Owner/Ping", "openenv-ping_env", "ping_env", "Ping")
        venv = directory / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        self.python = str(venv / "bin" / "python")
        [packages] = venv.glob("lib/*/site-packages")
        (packages / "these.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        self.bin = directory / "bin"
        self.bin.mkdir()
        (self.bin / "git").symlink_to(str(shutil.which("git")))
        self.home = directory

    def add_uv(self) -> Path:
        """Put a stand-in for ``uv`` on the path that lets pip do the work; gives the file of what it is told."""
        told, uv = self.home / "told.json", self.bin / "uv"
        uv.write_text(
            f"#!{self.python}\n"
            "import json, os, subprocess, sys\n"
            f"with open({str(told)!r}, 'w') as file:\n"
            "    json.dump([sys.argv[1:], os.environ['GIT_TERMINAL_PROMPT']], file)\n"
            "pip = [sys.argv[4], '-m', 'pip', 'install', '--force-reinstall', '--no-deps', *sys.argv[5:]]\n"
            "sys.exit(subprocess.call(pip))\n"
        )
        uv.chmod(0o755)
        return told

    def variables(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in environment().items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}
        own = {
            "HF_ENDPOINT": self.hub.as_uri(),
            "PATH": str(self.bin),  # no uv that the machine may have
            "HOME": str(self.home),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
        }
        return {**kept, **own, **more}

    def run(self, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-c", code],
            cwd=self.home,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def run_at_a_terminal(self, code: str, answer: str) -> tuple[int, str]:
        """Run ``code`` with a terminal at which somebody types ``answer``; exit status and what is shown there."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [self.python, "-c", code],
            cwd=self.home,
            env=self.variables(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        try:
            os.write(ours, answer.encode())
            while True:
                try:
                    block = os.read(ours, 65536)
                except OSError:  # how a pseudo-terminal tells that the other side is gone
                    break
                if not block:
                    break
                shown += block
            return process.wait(PATIENCE_S), shown.decode()
        finally:
            os.close(ours)
            process.kill()
            process.wait()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def no_trust(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OPENENV_TRUST_REMOTE_CODE", raising=False)
    return


@needs_git
def test_installed_by_pip_when_trusted_and_found_afterwards(machine: Machine) -> None:
    done = machine.run(CLASS, OPENENV_TRUST_REMOTE_CODE="1")
    assert (done.returncode, done.stdout) == (0, "PingEnv ping_env\n"), done.stderr
    # By now it is installed: nobody has to be trusted, and the Hub is not asked.
    shutil.rmtree(machine.hub)
    code = (
        "from openenv import AutoAction\n"
        "for name in ('owner/ping', 'ping', 'ping-env'):\n    print(AutoAction.from_env(name).__name__)\n"
    )
    done = machine.run(code)
    assert (done.returncode, done.stdout) == (0, "PingAction\n" * 3), done.stderr
    # Another Space of that name is another environment.
    done = machine.run("from openenv import AutoEnv; AutoEnv.get_env_class('other/ping')")
    assert "InstallError: openenv-ping_env of the Space owner/ping is installed" in done.stderr


@needs_git
def test_a_process_without_a_terminal_asks_nobody(machine: Machine) -> None:
    done = machine.run(CLASS)
    assert done.returncode == 1
    assert "RemoteCodeError: the package of the Space Owner/Ping is not installed" in done.stderr
    assert done.stdout == ""
    done = machine.run("from openenv import AutoEnv; AutoEnv.get_env_info('ping')")
    assert "UnknownEnvironmentError" in done.stderr


@needs_git
def test_the_question_answered_with_yes(machine: Machine) -> None:
    status, shown = machine.run_at_a_terminal(CLASS, "y\n")
    assert status == 0, shown
    assert f"{machine.hub.as_uri()}/spaces/Owner/Ping? This runs its code on this machine. [y/N]" in shown
    assert "PingEnv ping_env" in shown


@needs_git
@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "yep\n"])
def test_the_question_answered_with_anything_else(machine: Machine, answer: str) -> None:
    status, shown = machine.run_at_a_terminal(CLASS, answer)
    assert status == 1
    assert "answered with no" in shown
    assert "UnknownEnvironmentError" in machine.run("from openenv import AutoEnv; AutoEnv.get_env_info('ping')").stderr


@needs_git
def test_installed_by_uv_where_there_is_one(machine: Machine) -> None:
    told = machine.add_uv()
    code = (
        "from openenv import AutoAction\n"
        "action = AutoAction.from_env('Owner/Ping', trust_remote_code=True); print(action.__name__)"
    )
    done = machine.run(code)
    assert (done.returncode, done.stdout) == (0, "PingAction\n"), done.stderr
    url = f"git+{machine.hub.as_uri()}/spaces/Owner/Ping"
    assert json.loads(told.read_text()) == [["pip", "install", "--python", machine.python, url], "0"]


@needs_git
def test_what_the_installer_says_when_it_fails(machine: Machine) -> None:
    code = "from openenv import AutoEnv; AutoEnv.get_env_class('Owner/Missing')"
    done = machine.run(code, OPENENV_TRUST_REMOTE_CODE="yes")
    assert "InstallError: the package of the Space Owner/Missing could not be installed" in done.stderr
    assert "does not appear to be a git repository" in done.stderr or "does not exist" in done.stderr


@needs_git
def test_a_package_that_is_no_environment(machine: Machine) -> None:
    make_space(machine.hub, "Owner/Tool", "some-tool", "some_tool", "Tool")
    code = "from openenv import AutoEnv; AutoEnv.get_env_class('Owner/Tool')"
    done = machine.run(code, OPENENV_TRUST_REMOTE_CODE="TRUE")
    assert "InstallError: the package of the Space Owner/Tool is installed, but no environment" in done.stderr


@needs_git
def test_two_spaces_whose_packages_have_one_name(machine: Machine) -> None:
    machine.add_uv()  # this one replaces a package by another of the same name and version; pip does not
    make_space(machine.hub, "Another/Ping", "openenv-ping_env", "ping_env", "Ping")
    make_space(machine.hub, "Another/Pong", "openenv-ping_env", "ping_env", "Ping")
    code = (
        f"{CLASS}\n"
        "for name in ('Another/Ping', 'Another/Pong'):\n"
        "    try:\n        AutoEnv.get_env_class(name)\n"
        "    except ValueError as error:\n        print(type(error).__name__, error)\n"
    )
    done = machine.run(code, OPENENV_TRUST_REMOTE_CODE="true")
    first, second, third = done.stdout.splitlines()
    assert first == "PingEnv ping_env"
    assert second.startswith("InstallError openenv-ping_env of the Space owner/ping is installed under the name of")
    assert third.startswith("InstallError the package of the Space Another/Pong has replaced 'ping_env', which this")
    done = machine.run("from openenv import AutoEnv; print(AutoEnv.get_env_class('another/pong').__name__)")
    assert done.stdout == "PingEnv\n"


def test_no_installer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("openenv.auto.install.importlib.util.find_spec", lambda name: None)
    with pytest.raises(InstallError, match="neither uv nor pip"):
        AutoAction.from_env("owner/not-here", trust_remote_code=True)


def test_an_installer_that_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uv").write_text("#!/nowhere/at-all\n")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match="cannot be installed"):
        AutoAction.from_env("owner/not-here", trust_remote_code=True)


@pytest.mark.parametrize("value", ["1", "true", "yes", "TRUE", " Yes "])
def test_values_of_the_variable_that_allow(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENENV_TRUST_REMOTE_CODE", value)
    allow_remote_code("a/b", trust_remote_code=False)


@pytest.mark.parametrize("value", ["", "0", "false", "no", "on", "y"])
def test_values_of_the_variable_that_do_not(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENENV_TRUST_REMOTE_CODE", value)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(RemoteCodeError, match="skip_install=True") as caught:
        allow_remote_code("a/b", trust_remote_code=False)
    assert isinstance(caught.value, ValueError)


@pytest.mark.usefixtures("no_trust")
def test_nothing_is_run_before_somebody_allows_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "stdin", None)
    for ask in (AutoEnv.from_env, AutoEnv.from_hub, AutoEnv.get_env_class, AutoAction.from_env):
        with pytest.raises(RemoteCodeError):
            ask("owner/not-here")  # type: ignore[operator]
    assert not (tmp_path / "ran").exists()
