"""Servers by way of a ``uv`` command that really starts them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openenv.core.containers.runtime.uv_provider import UVProvider
from openenv.core.errors import ServerStartError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import ROOT
from tests.core.client.fake_commands import UV, install, path_with


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and a ``uv`` to run it."""
    install(tmp_path / "bin", "uv", UV)
    monkeypatch.setenv("PATH", path_with(tmp_path / "bin"))
    monkeypatch.setenv("FAKE_UV_STATE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'src'}")
    project = tmp_path / "project"
    (project / "server").mkdir(parents=True)
    (project / "server" / "app.py").write_text("from tests.core.client.playground_app import app\n")
    return project


def command(tmp_path: Path) -> dict[str, Any]:
    return dict(json.loads((tmp_path / "command.json").read_text()))


def test_it_runs_a_project(project: Path, tmp_path: Path) -> None:
    with UVProvider(project_path=project, env_vars={"FOR_UV": "set"}) as provider:
        port = provider.base_url.rpartition(":")[2]
        assert provider.base_url == f"http://localhost:{port}"
        with GenericEnvClient(base_url=provider.base_url) as client:
            assert client.reset().observation["echoed"] == "ready"
        with pytest.raises(RuntimeError, match="runs already"):
            provider.start()
    seen = command(tmp_path)
    assert " ".join(seen["arguments"]) == (
        f"run --isolated --project {project} -- uvicorn server.app:app --host 0.0.0.0 --port {port} --workers 1"
    )
    assert (seen["cwd"], seen["variable"]) == (str(project), "set")
    with pytest.raises(RuntimeError, match="not started"):
        _ = provider.base_url
    provider.stop()


def test_a_space_from_source(project: Path, tmp_path: Path) -> None:
    with GenericEnvClient.from_env(
        "org/env", use_docker=False, project_path=str(project), host="127.0.0.1", env_vars={"FOR_UV": "given"}
    ) as client:
        assert client.reset().observation["echoed"] == "ready"
        assert client.base_url.startswith("http://127.0.0.1:")
    assert command(tmp_path)["variable"] == "given"


def test_a_repository_is_cloned_and_the_clone_removed(project: Path, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "x"], check=True)
    provider = UVProvider(project_path=f"git+file://{project}", host="127.0.0.1")
    with GenericEnvClient.from_env("org/env", use_docker=False, provider=provider) as client:
        assert client.reset().observation["echoed"] == "ready"
        clone = Path(command(tmp_path)["cwd"])
        assert clone != project
    assert not clone.exists()
    with pytest.raises(RuntimeError, match="could not be cloned"):
        UVProvider(project_path=f"git+file://{tmp_path / 'nothing'}").start()


def test_a_project_that_fails(project: Path) -> None:
    (project / "server" / "app.py").write_text("raise RuntimeError('not today')\n")
    with pytest.raises(ServerStartError, match="not today"):
        GenericEnvClient.from_env("org/env", use_docker=False, project_path=str(project))
    with pytest.raises(ServerStartError, match="no directory"):
        UVProvider(project_path=project / "nothing").start()


def test_contradictions(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = UVProvider(project_path=project)
    with pytest.raises(ValueError, match="reload: give these to the provider itself"):
        GenericEnvClient.from_env("org/env", use_docker=False, provider=provider, reload=True)
    with pytest.raises(ValueError, match="project_path: give these to the provider itself"):
        GenericEnvClient.from_env("org/env", use_docker=False, provider=provider, project_path="x")
    with pytest.raises(ValueError, match="use_docker=False"):
        GenericEnvClient.from_env("org/env", provider=provider)
    with pytest.raises(ValueError, match="tag"):
        GenericEnvClient.from_env("org/env", use_docker=False, tag="v1")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="no 'uv' command"):
        provider.start()
