"""Repositories of a Gitea server: listed over its HTTP API, and cloned into a workspace that is reset fast."""

import shlex
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

from .git_checkout import check_out, check_revision
from .git_command import Git, GitServerError, GitTimeoutError
from .gitea_api import GiteaApi, RepoInfo

_FIRST_PAUSE_S: Final = 0.05
_LAST_PAUSE_S: Final = 1.0
# Commands that talk to the server; the others have no use for the password.
_REMOTE_COMMANDS: Final = frozenset({"clone", "fetch", "ls-remote", "pull", "push", "remote", "submodule"})


class GitServerClient:
    """Works with the repositories of one account of a Gitea server.

    Whoever may run commands in the workspace (:meth:`execute_git_command`) acts with this account on the server, and
    a hook he writes can learn its password: give an account that may do no more than he.

    Args:
        gitea_url: of the server, such as ``http://gitea:3000``.
        username: of the account; repositories given without an owner are its own.
        password: of the account, or a token in its place. It is never put into a URL, a file or an argument.
        workspace_dir: where repositories are cloned to; made when it is needed.
        command_timeout_s: bound of every git command, in seconds.

    Raises:
        ValueError: if an argument makes no sense.
    """

    def __init__(
        self,
        gitea_url: str,
        username: str,
        password: str,
        workspace_dir: str = "/workspace",
        *,
        command_timeout_s: float = 120.0,
    ) -> None:
        if not username or any(c in text for text in (username, password) for c in "\r\n\0"):
            raise ValueError("username and password must be one line each, and username not empty")
        if not command_timeout_s > 0:
            raise ValueError(f"command_timeout_s must be a positive number, not {command_timeout_s!r}")
        self._api = GiteaApi(gitea_url, username, password)
        self.gitea_url = self._api.url
        self.username = username
        self.workspace_dir = Path(workspace_dir)
        self._git = Git(self.gitea_url, username, password, command_timeout_s)
        self._directories: dict[str, str] = {}

    # The server

    def wait_for_ready(self, timeout: float = 30) -> bool:
        """Wait until the server answers; False if it has not after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        pause = _FIRST_PAUSE_S
        while True:
            if self._api.answers(max(_FIRST_PAUSE_S, deadline - time.monotonic())):
                return True
            if time.monotonic() + pause > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE_S)

    def list_repositories(self) -> list[RepoInfo]:
        """The repositories that the account can reach, in the server's order.

        Raises:
            EnvConnectionError: if the server cannot be reached.
            GitServerError: if it refuses, for example the password.
        """
        return self._api.repositories()

    # The workspace

    def clone_to_workspace(self, repo_name: str, target_dir: str | None = None, commit: str = "main") -> str:
        """Clone a repository, in place of what is there, and check out ``commit``.

        Args:
            repo_name: ``repo`` of the account, or ``owner/repo``.
            target_dir: directory in the workspace; default the repository's name.
            commit: a branch of the server, a tag, or a commit's hash.

        Returns:
            The path of the clone.

        Raises:
            ValueError: if a name is none, or leads out of the workspace.
            GitServerError: if there is no such repository or commit; then what was there is still there.
        """
        owner, name = self._repository(repo_name)
        check_revision(commit)
        target = self._inside(name if target_dir is None else target_dir)
        if target == self.workspace_dir.resolve():
            raise ValueError("target_dir must be a directory in the workspace, not the workspace itself")
        target.parent.mkdir(parents=True, exist_ok=True)
        url = f"{self.gitea_url}/{quote(owner)}/{quote(name)}.git"
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            clone = staging / "clone"
            self._git.check(["clone", "--quiet", "--", url, str(clone)], staging, with_credentials=True)
            check_out(self._git, clone, commit)
            if target.exists():
                target.rename(staging / "replaced")
            clone.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._directories[repo_name] = str(target)
        return str(target)

    def reset_workspace(self, repo_name: str, commit: str = "main") -> bool:
        """Bring a clone back to ``commit``: files, index, branches and stashes are as after cloning.

        The server is not asked: a branch is where it was when the server was asked last. A clone that is damaged, or
        does not know ``commit``, is made anew.

        Args:
            repo_name: as it was cloned.
            commit: as for :meth:`clone_to_workspace`; only a commit's hash means the same for ever.

        Returns:
            True.

        Raises:
            ValueError: if a name is none, or leads out of the workspace.
            GitServerError: if the repository was not cloned, or there is no such commit.
        """
        path = self._clone_of(repo_name)
        check_revision(commit)
        try:
            check_out(self._git, path, commit)
        except GitTimeoutError:
            raise
        except GitServerError:
            self.clone_to_workspace(repo_name, str(path.relative_to(self.workspace_dir.resolve())), commit)
        return True

    def execute_git_command(self, command: str, working_dir: str = "") -> tuple[int, str, str]:
        """Run a git command in the workspace. No shell reads it, and nobody is asked anything.

        Args:
            command: such as ``commit -m 'a message'``, with or without ``git`` in front; options of git itself
                (``-C``, ``-c``, ``--git-dir``) are not taken.
            working_dir: in the workspace; default the workspace itself.

        Returns:
            Exit code, standard output, standard error.

        Raises:
            ValueError: if the command cannot be read, or ``working_dir`` is no directory of the workspace.
            GitTimeoutError: if it takes too long.
        """
        try:
            arguments = shlex.split(command)
        except ValueError as error:
            raise ValueError(f"the git command {command!r} cannot be read: {error}") from None
        if arguments[:1] == ["git"]:
            arguments = arguments[1:]
        if not arguments or arguments[0].startswith("-"):
            raise ValueError(f"a git command begins with its name, such as 'status --short', not {command!r}")
        self.workspace_dir.mkdir(parents=True, exist_ok=True)
        directory = self._inside(working_dir)
        if not directory.is_dir():
            raise ValueError(f"working_dir {working_dir!r} is no directory of the workspace")
        done = self._git.run(arguments, directory, with_credentials=arguments[0] in _REMOTE_COMMANDS)
        return done.exit_code, done.stdout, done.stderr

    def get_current_commit(self, repo_name: str) -> str:
        """The hash of the commit that a clone is at.

        Raises:
            GitServerError: if the repository was not cloned.
        """
        return self._git.check(["rev-parse", "--verify", "HEAD"], self._clone_of(repo_name), is_clone=True)

    def workspace_exists(self, repo_name: str) -> bool:
        """Whether the repository is cloned."""
        return (self._path_of(repo_name) / ".git").exists()

    # Names and paths

    def _repository(self, repo_name: str) -> tuple[str, str]:
        owner, _, name = repo_name.strip().removesuffix(".git").rpartition("/")
        owner = owner or self.username
        for part in (owner, name):
            if not part or part.startswith((".", "-")) or any(not (c.isalnum() or c in "._-") for c in part):
                raise ValueError(f"repo_name must look like 'repo' or 'owner/repo', not {repo_name!r}")
        return owner, name

    def _path_of(self, repo_name: str) -> Path:
        if repo_name in self._directories:
            return Path(self._directories[repo_name])
        return self._inside(self._repository(repo_name)[1])

    def _clone_of(self, repo_name: str) -> Path:
        path = self._path_of(repo_name)
        if not path.is_dir():
            raise GitServerError(f"{repo_name!r} is not in the workspace: clone_to_workspace() first")
        return path

    def _inside(self, path: str) -> Path:
        workspace = self.workspace_dir.resolve()
        found = (workspace / path).resolve()
        if not found.is_relative_to(workspace):
            raise ValueError(f"{path!r} leads out of the workspace")
        return found


__all__ = ["GitServerClient", "GitServerError", "GitTimeoutError", "RepoInfo"]
