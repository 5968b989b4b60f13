"""Bringing a clone to a commit, whatever was done to it."""

import re
from pathlib import Path
from typing import Final

from .git_command import Git, GitServerError

_HASH: Final = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"^[-.@]|[\s~^:?*\[\\\x00-\x1f]|\.\.|@\{|^HEAD$")


def check_revision(commit: str) -> None:
    """See to it that ``commit`` can name a branch, a tag or a hash, and nothing else.

    Raises:
        ValueError: if it cannot.
    """
    if not commit or _UNSAFE.search(commit):
        raise ValueError(f"commit must be a branch, a tag or a commit's hash, not {commit!r}")


def check_out(git: Git, clone: Path, commit: str) -> None:
    """Make files, index, branches and stashes what they are after cloning and checking out ``commit``.

    The server is not asked: its branches are where they were when it was asked last.

    Raises:
        GitServerError: if the clone is damaged, or does not know ``commit``.
    """
    # Without a .git of its own it would be taken for a part of whatever repository is around it.
    if not (clone / ".git").is_dir():
        raise GitServerError(f"{clone} is no clone")
    for operation in ("rebase", "am", "cherry-pick", "revert"):
        git.run([operation, "--quit"], clone, is_clone=True)  # fails where none is under way
    git.check(["reset", "--quiet", "--hard"], clone, is_clone=True)
    branch = commit if _commit(git, clone, f"refs/remotes/origin/{commit}") else None
    if branch is not None:
        git.check(["checkout", "--quiet", "--force", "-B", branch, "--track", f"origin/{branch}"], clone, is_clone=True)
    else:
        # Not any name that git knows: a branch that was made in the clone is none of the server's.
        found = _commit(git, clone, f"refs/tags/{commit}") or (_HASH.fullmatch(commit) and _commit(git, clone, commit))
        if not found:
            raise GitServerError(f"there is no branch, tag or commit {commit!r}")
        git.check(["checkout", "--quiet", "--force", "--detach", found], clone, is_clone=True)
    git.check(["clean", "--quiet", "-ffdx"], clone, is_clone=True)
    branches = git.check(
        ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"], clone, is_clone=True
    ).splitlines()
    unwanted = [name for name in branches if name != branch]
    if unwanted:
        git.check(["branch", "--quiet", "-D", "--", *unwanted], clone, is_clone=True)
    git.check(["stash", "clear"], clone, is_clone=True)


def _commit(git: Git, clone: Path, revision: str) -> str:
    """The hash of the commit that ``revision`` means; empty if there is none."""
    arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    done = git.run(arguments, clone, is_clone=True)
    return done.stdout.strip() if done.exit_code == 0 else ""
