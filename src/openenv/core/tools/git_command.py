"""Running ``git`` so that it asks nobody, ends in time, and tells nobody the password."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ..client.open_socket import is_loopback
from ..errors import OpenEnvError

# The credentials travel in variables of the process: an argument could be read by every user of the machine, and a
# file or the repository's configuration by whoever comes later.
_HELPER: Final = (
    '!f() { test "$1" = get && '
    'printf "username=%s\\npassword=%s\\n" "$OPENENV_GIT_USERNAME" "$OPENENV_GIT_PASSWORD"; }; f'
)


class GitServerError(OpenEnvError, RuntimeError):
    """The git server refuses, or a git command fails."""


class GitTimeoutError(GitServerError, TimeoutError):
    """A git command took too long and was ended."""


@dataclass(frozen=True)
class GitResult:
    """What a command said, and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Git:
    """Runs ``git``.

    Args:
        server_url: the only server that the credentials are for.
        username: of the account there.
        password: of the account there.
        timeout_s: bound of every command, in seconds.
    """

    server_url: str
    username: str
    password: str = field(repr=False)
    timeout_s: float

    def run(
        self, arguments: Sequence[str], directory: Path, *, with_credentials: bool = False, is_clone: bool = False
    ) -> GitResult:
        """Run one command to its end.

        Args:
            arguments: without ``git`` itself.
            directory: to run it in.
            with_credentials: let it log in to the server.
            is_clone: ``directory`` is a clone, and nothing else is meant, whatever its configuration says.

        Raises:
            GitServerError: if there is no ``git``.
            GitTimeoutError: if it takes too long.
        """
        executable = shutil.which("git")
        if executable is None:
            raise GitServerError("there is no 'git' command: install git")
        with subprocess.Popen(
            [executable, *arguments],
            cwd=directory,
            env={**self._variables(with_credentials=with_credentials), **(_pinned(directory) if is_clone else {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that what git starts ends with it
        ) as process:
            try:
                stdout, stderr = process.communicate(timeout=self.timeout_s)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    message = f"'git {' '.join(arguments)}' took longer than {self.timeout_s:g} s and was ended"
                    raise GitTimeoutError(message) from None
                raise
        return GitResult(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))

    def check(
        self, arguments: Sequence[str], directory: Path, *, with_credentials: bool = False, is_clone: bool = False
    ) -> str:
        """As :meth:`run`; gives what the command printed, without blanks around it.

        Raises:
            GitServerError: if it fails, with what it said.
        """
        # The repository's own hooks and monitors are not for commands that nobody asked for.
        quiet = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false")
        done = self.run([*quiet, *arguments], directory, with_credentials=with_credentials, is_clone=is_clone)
        if done.exit_code != 0:
            reason = done.stderr.strip() or done.stdout.strip() or f"exit code {done.exit_code}"
            raise GitServerError(f"'git {arguments[0]}' failed: {reason}")
        return done.stdout.strip()

    def _variables(self, *, with_credentials: bool) -> dict[str, str]:
        host = urlsplit(self.server_url).hostname or ""
        variables = {
            **os.environ,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_EDITOR": "true",
            "GIT_PAGER": "cat",
            "LC_ALL": "C.UTF-8",
        }
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # of a hook that this process may run in
            variables.pop(name, None)
        if is_loopback(host):
            without_proxy = ",".join(filter(None, [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), host]))
            variables.update(no_proxy=without_proxy, NO_PROXY=without_proxy)
        if with_credentials:
            settings = [(f"credential.{self.server_url}.helper", helper) for helper in ("", _HELPER)]  # "": no others
            first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
            for number, (key, value) in enumerate(settings, start=first):
                variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
            variables |= {
                "GIT_CONFIG_COUNT": str(first + len(settings)),
                "OPENENV_GIT_USERNAME": self.username,
                "OPENENV_GIT_PASSWORD": self.password,
            }
        return variables


def _pinned(clone: Path) -> dict[str, str]:
    return {"GIT_DIR": str(clone / ".git"), "GIT_WORK_TREE": str(clone)}
