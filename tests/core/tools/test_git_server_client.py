"""Repositories of a server, cloned, spoiled and reset."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openenv.core.errors import EnvConnectionError, OpenEnvError
from openenv.core.tools import GitServerClient
from openenv.core.tools.git_server_client import GitServerError, GitTimeoutError, RepoInfo
from tests.core.client.peers import wait_until
from tests.core.client.test_process import is_dead
from tests.core.tools.gitea import PASSWORD, USER, Gitea, git, make_repository


def why_not() -> str | None:
    """What keeps these tests from running here."""
    if shutil.which("git") is None:
        return "there is no git command"
    # That is a package of its own in some distributions.
    backend = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    return None if Path(backend, "git-http-backend").exists() else "this git cannot serve over HTTP"


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "")


@pytest.fixture
def own_git_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of whoever runs the tests."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "t")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@localhost")


@pytest.fixture
def gitea(tmp_path: Path, own_git_settings: None) -> Iterator[Gitea]:
    server = Gitea(tmp_path / "served")
    yield server
    server.close()


@pytest.fixture
def hashes(gitea: Gitea) -> tuple[str, str]:
    """The commits of the repository ``agent/task``."""
    return make_repository(gitea.root, f"{USER}/task")


@pytest.fixture
def client(gitea: Gitea, hashes: tuple[str, str], tmp_path: Path) -> GitServerClient:
    return GitServerClient(f"{gitea.url}/", USER, PASSWORD, workspace_dir=str(tmp_path / "workspace"))


def files(directory: str | Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in Path(directory).iterdir() if path.name != ".git"}


# The server


def test_it_is_ready(client: GitServerClient, gitea: Gitea) -> None:
    assert client.wait_for_ready(timeout=30) is True
    other = GitServerClient(gitea.url, USER, "wrong")
    assert other.wait_for_ready() is True  # it answers, whatever it thinks of the password


def test_it_is_not_ready() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = GitServerClient(f"http://127.0.0.1:{held.getsockname()[1]}", USER, PASSWORD)
        assert client.wait_for_ready(timeout=0.2) is False
        with pytest.raises(EnvConnectionError, match="cannot be reached") as caught:
            client.list_repositories()
        assert PASSWORD not in str(caught.value)
        assert isinstance(caught.value, ConnectionError)


def test_a_server_that_is_still_starting(client: GitServerClient, gitea: Gitea) -> None:
    gitea.api_status = 502
    assert client.wait_for_ready(timeout=0.1) is False
    gitea.api_status = None
    assert client.wait_for_ready() is True


def test_all_pages_of_the_list(client: GitServerClient, gitea: Gitea) -> None:
    for name in ("b", "c", "d", "e"):
        (gitea.root / "org" / f"{name}.git").mkdir(parents=True)
    found = client.list_repositories()
    assert [entry["full_name"] for entry in found] == [f"{USER}/task", "org/b", "org/c", "org/d", "org/e"]
    assert found[0] == RepoInfo(
        name="task",
        full_name=f"{USER}/task",
        clone_url=f"https://elsewhere/{USER}/task.git",
        description="",
        default_branch="main",
    )


def test_a_wrong_password(gitea: Gitea, client: GitServerClient, tmp_path: Path) -> None:
    wrong = GitServerClient(gitea.url, USER, "hunter2", workspace_dir=str(tmp_path / "other"))
    with pytest.raises(GitServerError, match="refuses the account 'agent'") as listing:
        wrong.list_repositories()
    with pytest.raises(GitServerError, match="Authentication failed") as cloning:
        wrong.clone_to_workspace("task")
    for caught in (listing, cloning):
        assert "hunter2" not in str(caught.value)
        assert isinstance(caught.value, OpenEnvError)
        assert isinstance(caught.value, RuntimeError)
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.parametrize(("status", "body"), [(404, b"no"), (200, b"<html>"), (200, b"{}"), (200, b'["x"]')])
def test_something_that_is_no_gitea(client: GitServerClient, gitea: Gitea, status: int, body: bytes) -> None:
    gitea.api_status, gitea.api_body = status, body
    with pytest.raises(GitServerError, match="is it a Gitea server"):
        client.list_repositories()


# Cloning


def test_a_clone(client: GitServerClient, hashes: tuple[str, str], tmp_path: Path) -> None:
    assert client.workspace_exists("task") is False
    path = client.clone_to_workspace("task")
    assert path == str((tmp_path / "workspace" / "task").resolve())
    assert files(path) == {"a.txt": "second\n"}
    assert client.workspace_exists("task") is True
    assert client.get_current_commit("task") == hashes[1]
    assert [entry.name for entry in (tmp_path / "workspace").iterdir()] == ["task"]


@pytest.mark.parametrize("commit", ["v1", "side", "hash", "short"])
def test_a_clone_at_a_commit(client: GitServerClient, hashes: tuple[str, str], commit: str) -> None:
    commit = {"hash": hashes[0], "short": hashes[0][:10]}.get(commit, commit)
    path = client.clone_to_workspace(f"{USER}/task.git", "deep/place", commit)
    assert path.endswith("/workspace/deep/place")
    assert files(path) == {"a.txt": "first\n"}
    assert client.get_current_commit(f"{USER}/task.git") == hashes[0]
    assert client.workspace_exists(f"{USER}/task.git")
    branch = client.execute_git_command("branch --show-current", "deep/place")
    assert branch == (0, "side\n" if commit == "side" else "", "")


def test_a_clone_takes_the_place_of_what_is_there_once_it_is_complete(client: GitServerClient, tmp_path: Path) -> None:
    target = tmp_path / "workspace" / "task"
    target.mkdir(parents=True)
    (target / "mine").write_text("x")
    for name, commit in (("missing", "main"), ("task", "no-such-branch"), ("task", "0" * 40)):
        with pytest.raises(GitServerError):
            client.clone_to_workspace(name, "task", commit)
        assert files(target) == {"mine": "x"}
    client.clone_to_workspace("task")
    assert files(target) == {"a.txt": "second\n"}
    assert [entry.name for entry in target.parent.iterdir()] == ["task"]


def test_the_password_is_nowhere(client: GitServerClient, gitea: Gitea, tmp_path: Path) -> None:
    # The server is the judge: it looks at the arguments of every process while git talks to it.
    seen: list[str] = []
    answer = gitea.answer

    def look(request: object) -> None:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue  # it has ended meanwhile
        answer(request)  # type: ignore[arg-type]

    gitea.answer = look  # type: ignore[method-assign]
    path = Path(client.clone_to_workspace("task"))
    assert not Path("/proc/self").exists() or any("clone --quiet" in line for line in seen)
    assert not [line for line in seen if PASSWORD in line]
    for file in path.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()
    assert not list((tmp_path / "home").iterdir())
    assert PASSWORD not in repr(client) + repr(vars(client)["_git"])
    assert not [line for line in gitea.requests if PASSWORD in line or "@" in line]


def test_the_password_is_for_that_server_only(client: GitServerClient, tmp_path: Path) -> None:
    other = Gitea(tmp_path / "served")
    try:
        status, _, error = client.execute_git_command(f"clone {other.url}/{USER}/task.git stolen")
    finally:
        other.close()
    assert status == 128
    assert "could not read Username" in error
    assert not (tmp_path / "workspace" / "stolen").exists()


# Resetting


def spoil(client: GitServerClient, path: Path) -> None:
    def run(command: str) -> None:
        status, _, error = client.execute_git_command(command, path.name)
        assert status == 0, error

    (path / "a.txt").write_text("stashed\n")
    run("stash")
    run("switch -c mine")
    (path / "a.txt").write_text("committed\n")
    run("commit -am 'my own commit'")
    run("switch main")
    run("reset --hard HEAD~1")
    (path / "a.txt").write_text("changed\n")
    (path / "new.txt").write_text("untracked\n")
    (path / ".gitignore").write_text("*.log\n")
    (path / "x.log").write_text("ignored\n")
    run("add .gitignore")
    (path / "inner").mkdir()
    git("init", "--quiet", cwd=path / "inner")
    (path / "inner" / "f").write_text("x")


def assert_clean(client: GitServerClient, path: Path, commit: str, branch: str = "main") -> None:
    assert client.get_current_commit("task") == commit
    for command, expected in {
        "status --short --ignored": "",
        "stash list": "",
        "branch --format=%(refname:short)": f"{branch}\n",
        "branch --show-current": f"{branch}\n",
    }.items():
        assert client.execute_git_command(command, path.name) == (0, expected, "")


def test_a_reset(client: GitServerClient, gitea: Gitea, hashes: tuple[str, str]) -> None:
    path = Path(client.clone_to_workspace("task"))
    asked = len(gitea.requests)
    for _ in range(2):
        spoil(client, path)
        assert client.reset_workspace("task") is True
        assert files(path) == {"a.txt": "second\n"}
        assert_clean(client, path, hashes[1])
    assert len(gitea.requests) == asked  # that is what makes it fast


def test_a_reset_to_another_commit(client: GitServerClient, hashes: tuple[str, str]) -> None:
    path = Path(client.clone_to_workspace("task"))
    spoil(client, path)
    client.reset_workspace("task", "side")
    assert files(path) == {"a.txt": "first\n"}
    assert_clean(client, path, hashes[0], "side")
    client.reset_workspace("task", hashes[1])
    assert client.get_current_commit("task") == hashes[1]
    assert client.execute_git_command("branch", "task")[1] == f"* (HEAD detached at {hashes[1][:7]})\n"


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
def test_a_reset_in_the_midst_of_something(client: GitServerClient, hashes: tuple[str, str], operation: str) -> None:
    path = Path(client.clone_to_workspace("task"))
    client.execute_git_command(f"switch -c mine {hashes[0]}", "task")
    (path / "a.txt").write_text("mine\n")
    client.execute_git_command("commit -am mine", "task")
    status, _, _ = client.execute_git_command(f"{operation} main", "task")
    assert status == 1  # a conflict
    client.reset_workspace("task")
    assert_clean(client, path, hashes[1])
    (path / "a.txt").write_text("again\n")
    assert client.execute_git_command(f"commit -am 'after the {operation}'", "task")[0] == 0


@pytest.mark.parametrize("damage", ["no .git", "no objects", "locked", "no HEAD", "config"])
def test_a_reset_of_a_clone_that_is_damaged(client: GitServerClient, hashes: tuple[str, str], damage: str) -> None:
    path = Path(client.clone_to_workspace("task"))
    match damage:
        case "no .git":
            shutil.rmtree(path / ".git")
        case "no objects":
            shutil.rmtree(path / ".git" / "objects")
        case "locked":
            (path / ".git" / "index.lock").touch()
        case "no HEAD":
            (path / ".git" / "HEAD").write_text("nonsense")
        case "config":
            (path / ".git" / "config").write_text("[[[")
    client.reset_workspace("task")
    assert files(path) == {"a.txt": "second\n"}
    assert_clean(client, path, hashes[1])


def test_a_reset_touches_nothing_but_the_clone(client: GitServerClient, tmp_path: Path) -> None:
    path = Path(client.clone_to_workspace("task"))
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "diary").write_text("x")
    client.execute_git_command(f"config core.worktree {tmp_path / 'precious'}", "task")
    hook = path / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    client.reset_workspace("task", "side")
    assert files(tmp_path / "precious") == {"diary": "x"}
    assert files(path) == {"a.txt": "first\n"}
    assert not (tmp_path / "hooked").exists()


def test_a_reset_to_what_only_the_clone_knows(client: GitServerClient, hashes: tuple[str, str]) -> None:
    client.clone_to_workspace("task")
    client.execute_git_command("branch decoy", "task")
    with pytest.raises(GitServerError, match="no branch, tag or commit 'decoy'"):
        client.reset_workspace("task", "decoy")
    assert client.get_current_commit("task") == hashes[1]


def test_a_reset_to_a_commit_that_came_later(client: GitServerClient, gitea: Gitea, tmp_path: Path) -> None:
    client.clone_to_workspace("task")
    git("clone", "--quiet", str(gitea.root / USER / "task.git"), "later", cwd=tmp_path)
    (tmp_path / "later" / "b.txt").write_text("third\n")
    git("add", ".", cwd=tmp_path / "later")
    git("commit", "--quiet", "-m", "third", cwd=tmp_path / "later")
    git("push", "--quiet", cwd=tmp_path / "later")
    third = git("rev-parse", "HEAD", cwd=tmp_path / "later")
    client.reset_workspace("task", third)
    assert client.get_current_commit("task") == third


def test_what_was_not_cloned(client: GitServerClient) -> None:
    for ask in (client.reset_workspace, client.get_current_commit):
        with pytest.raises(GitServerError, match="clone_to_workspace"):
            ask("task")


# Commands


def test_commands(client: GitServerClient, gitea: Gitea, hashes: tuple[str, str]) -> None:
    path = Path(client.clone_to_workspace("task"))
    assert client.execute_git_command("rev-parse HEAD", "task") == (0, f"{hashes[1]}\n", "")
    assert client.execute_git_command("git log --format=%s", "task")[1] == "second\nfirst\n"
    status, output, error = client.execute_git_command("show nothing", "task")
    assert (status, output) == (128, "")
    assert "unknown revision" in error
    (path / "a b.txt").write_text("x")
    assert client.execute_git_command("add 'a b.txt'", "task")[0] == 0
    assert client.execute_git_command("commit -m 'one; touch /tmp/x && $(exit)'", "task")[0] == 0
    assert client.execute_git_command("log -1 --format=%s", "task")[1] == "one; touch /tmp/x && $(exit)\n"
    assert client.execute_git_command("push", "task")[0] == 0  # as the account
    assert git("log", "-1", "--format=%s", "main", cwd=gitea.root / USER / "task.git").startswith("one;")
    assert client.execute_git_command("commit --allow-empty", "task")[0] == 1  # no editor opens for a message
    assert client.execute_git_command("init --quiet other") == (0, "", "")
    assert client.workspace_exists("other")


def test_a_command_that_asks_for_the_password_gets_none(client: GitServerClient) -> None:
    client.clone_to_workspace("task")
    status, output, _ = client.execute_git_command("credential fill", "task")
    assert status != 0
    assert PASSWORD not in output
    assert PASSWORD not in client.execute_git_command("config --list", "task")[1]


@pytest.mark.parametrize(
    "command", ["", "git", "  ", "-C / status", "git -c alias.x=!id x", "--git-dir=/x status", "commit -m 'open"]
)
def test_what_is_no_command(client: GitServerClient, command: str) -> None:
    with pytest.raises(ValueError, match="git command"):
        client.execute_git_command(command)


@pytest.mark.parametrize("directory", ["..", "/", "../workspace-of-others", "task/../..", "no-such-directory"])
def test_directories_out_of_the_workspace(client: GitServerClient, directory: str) -> None:
    with pytest.raises(ValueError, match="workspace"):
        client.execute_git_command("status", directory)


def test_a_link_out_of_the_workspace(client: GitServerClient, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "task").symlink_to(tmp_path / "outside")
    with pytest.raises(ValueError, match="leads out of the workspace"):
        client.clone_to_workspace("task")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_command_that_takes_too_long(client: GitServerClient, gitea: Gitea, tmp_path: Path) -> None:
    path = Path(client.clone_to_workspace("task"))
    note = tmp_path / "pid"
    client.execute_git_command(f"config alias.hang '!echo $$ > {note}; exec sleep 600'", "task")
    hasty = GitServerClient(gitea.url, USER, PASSWORD, str(path.parent), command_timeout_s=0.5)
    with pytest.raises(GitTimeoutError, match=r"'git hang' took longer than 0.5 s") as caught:
        hasty.execute_git_command("hang", path.name)
    assert isinstance(caught.value, TimeoutError)
    if note.exists() and note.read_text().strip():  # on a machine busy enough it was ended before it began
        wait_until(lambda: is_dead(int(note.read_text())))


# Arguments


@pytest.mark.parametrize(
    "name", ["", "/", "a/", "..", "../x", "a/../b", "-x", "a/b/c", "a b", "a:b", ".git", "x/.git", "http://x/y"]
)
def test_what_is_no_repository(client: GitServerClient, name: str) -> None:
    for ask in (client.clone_to_workspace, client.workspace_exists, client.get_current_commit, client.reset_workspace):
        with pytest.raises(ValueError, match="owner/repo"):
            ask(name)


@pytest.mark.parametrize(
    "commit", ["", "-f", "--upload-pack=x", "a..b", "main~1", "a b", "HEAD", "@", "main^", "x:y", ".x"]
)
def test_what_is_no_commit(client: GitServerClient, commit: str) -> None:
    with pytest.raises(ValueError, match="commit must be"):
        client.clone_to_workspace("task", commit=commit)


@pytest.mark.parametrize("target", ["", ".", "..", "/", "x/../.."])
def test_what_is_no_target(client: GitServerClient, target: str) -> None:
    with pytest.raises(ValueError, match="workspace"):
        client.clone_to_workspace("task", target)


@pytest.mark.parametrize(
    ("url", "username", "password", "options", "problem"),
    [
        ("gitea:3000", "a", "b", {}, "gitea_url must look like"),
        ("ftp://gitea", "a", "b", {}, "gitea_url must look like"),
        ("http://", "a", "b", {}, "gitea_url must look like"),
        ("http://a:b@gitea", "a", "b", {}, "no credentials"),
        ("http://gitea", "", "b", {}, "username"),
        ("http://gitea", "a", "b\nhost=evil", {}, "one line"),
        ("http://gitea", "a", "b", {"command_timeout_s": 0}, "command_timeout_s"),
    ],
)
def test_arguments_that_make_no_sense(
    url: str, username: str, password: str, options: dict[str, float], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        GitServerClient(url, username, password, **options)  # type: ignore[arg-type]
    assert "a:b" not in str(caught.value)


def test_no_git(client: GitServerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitServerError, match="install git"):
        client.clone_to_workspace("task")


def test_importing_costs_little() -> None:
    code = (
        "import sys; from openenv.core.tools import GitServerClient\n"
        "print({'httpx', 'fastapi', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
