"""``openenv serve``: the real command, serving a generated environment."""

import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.cli.processes import OPENENV, ROOT, openenv, serving

LOCAL = ["--host", "127.0.0.1", "--port", "0"]


def reset_message(url: str, token: str | None = None) -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = httpx.post(f"{url}/reset", headers=headers, trust_env=False).raise_for_status()
    return str(response.json()["observation"]["echoed_message"])


def test_serves_a_directory(pristine_env: Path) -> None:
    with serving([*OPENENV, "serve", str(pristine_env), *LOCAL]) as server:
        assert reset_message(server.url) == "My Env environment ready!"
        assert "Warning" not in server.output


def test_serves_where_you_are(pristine_env: Path) -> None:
    with serving([*OPENENV, "serve", *LOCAL], cwd=pristine_env) as server:
        assert reset_message(server.url) == "My Env environment ready!"


def test_serves_the_echo_environment_from_the_root() -> None:
    with serving([*OPENENV, "serve", "envs/echo_env", *LOCAL], cwd=ROOT) as server:
        assert reset_message(server.url) == "Echo environment ready!"


def test_serves_with_several_workers(pristine_env: Path) -> None:
    with serving([*OPENENV, "serve", str(pristine_env), *LOCAL, "--workers", "2"]) as server:
        url = server.url
        server.wait_for(r"(?s)Application startup complete.*Application startup complete")
        assert reset_message(url) == "My Env environment ready!"


def test_reloads_what_changes(my_env: Path) -> None:
    with serving([*OPENENV, "serve", str(my_env), *LOCAL, "--reload"]) as server:
        url = server.url
        server.wait_for("Application startup complete")
        assert reset_message(url) == "My Env environment ready!"
        source = my_env / "server" / "my_env_environment.py"
        source.write_text(source.read_text().replace("environment ready!", "environment reloaded!"))
        server.wait_for(r"(?s)Application startup complete.*Application startup complete")
        assert reset_message(url) == "My Env environment reloaded!"


def test_asks_for_its_token(pristine_env: Path) -> None:
    with serving([*OPENENV, "serve", str(pristine_env), "--port", "0", "--token", "sesame"]) as server:
        assert reset_message(server.url, "sesame") == "My Env environment ready!"
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            reset_message(server.url)
        assert "Warning" not in server.output


def test_warns_when_everyone_can_reach_it(pristine_env: Path) -> None:
    with serving([*OPENENV, "serve", str(pristine_env), "--port", "0"]) as server:
        server.wait_for(r"Warning: everyone who reaches 0\.0\.0\.0:0 can use this server")
        assert reset_message(server.url) == "My Env environment ready!"


@pytest.mark.parametrize(("kill", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_ends_by_signal(pristine_env: Path, kill: signal.Signals, exit_code: int) -> None:
    with serving([*OPENENV, "serve", str(pristine_env), *LOCAL]) as server:
        server.wait_for("Uvicorn running on")
        server.process.send_signal(kill)
        assert server.process.wait(60) == exit_code
        assert "Traceback" not in server.output


@pytest.mark.parametrize("supervised", [["--reload"], ["--workers", "2"]])
def test_ctrl_c_says_so_also_where_a_supervisor_watches(pristine_env: Path, supervised: list[str]) -> None:
    with serving([*OPENENV, "serve", str(pristine_env), *LOCAL, *supervised]) as server:
        server.wait_for("Application startup complete")
        server.process.send_signal(signal.SIGINT)
        server.wait_for("Operation cancelled by user.")
        assert server.process.wait(60) == 130
        assert "Traceback" not in server.output


def test_a_port_in_use_is_an_error(my_env: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = openenv("serve", str(my_env), "--host", "127.0.0.1", "--port", str(port))
        assert done.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
        assert "Choose another" in done.stderr

        # Without --port the manifest's is taken.
        manifest = my_env / "openenv.yaml"
        manifest.write_text(manifest.read_text().replace("port: 8000", f"port: {port}"))
        done = openenv("serve", str(my_env), "--host", "127.0.0.1")
        assert done.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_host_that_is_none_is_an_error(pristine_env: Path) -> None:
    done = openenv("serve", str(pristine_env), "--host", "203.0.113.1", "--port", "0")
    assert done.returncode == 1
    assert "cannot listen on 203.0.113.1:0" in done.stderr


def test_a_directory_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    done = openenv("serve", str(tmp_path))
    assert done.returncode == 1
    assert "holds no openenv.yaml" in done.stderr
    done = openenv("serve", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "is not a directory" in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_app_that_cannot_be_imported_is_an_error(my_env: Path, workers: str) -> None:
    app = my_env / "server" / "app.py"
    app.write_text("import no_such_library\n" + app.read_text())
    done = openenv("serve", str(my_env), *LOCAL, "--workers", workers)
    assert done.returncode == 1
    assert "cannot be imported: ModuleNotFoundError: No module named 'no_such_library'" in done.stderr
    assert f'File "{app}", line 1' in done.stderr
    assert "importlib" not in done.stderr


def test_an_app_that_exits_when_imported_is_an_error(my_env: Path) -> None:
    app = my_env / "server" / "app.py"
    app.write_text(app.read_text() + "\nsys.exit('no licence found')\n")
    done = openenv("serve", str(my_env), *LOCAL)
    assert done.returncode == 1
    assert "cannot be imported: SystemExit: no licence found" in done.stderr


def test_an_app_that_is_not_there_is_an_error(my_env: Path) -> None:
    manifest = my_env / "openenv.yaml"
    content = manifest.read_text()
    for target, reason in [("server.app:application", "has no attribute 'application'"), ("server.app", "module:attr")]:
        manifest.write_text(content.replace("server.app:app", target))
        done = openenv("serve", str(my_env), *LOCAL)
        assert done.returncode == 1
        assert reason in done.stderr


def test_reload_with_several_workers_is_bad_usage(pristine_env: Path) -> None:
    done = openenv("serve", str(pristine_env), "--reload", "--workers", "2")
    assert done.returncode == 2
    assert "--workers" in done.stderr
