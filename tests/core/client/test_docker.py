"""Containers by way of a ``docker`` command that really starts servers."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openenv.core.containers.runtime.providers import LocalDockerProvider
from openenv.core.errors import ServerStartError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.fake_commands import DOCKER, FakeEngine
from tests.core.client.play_client import PlayClient, say
from tests.core.client.scripts import run_script
from tests.core.client.test_process import is_dead


class FakeDocker(FakeEngine):
    def containers(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self.state.glob("*.json")]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDocker]:
    fake = FakeDocker(tmp_path, monkeypatch, DOCKER)
    yield fake
    left = fake.containers()
    for container in left:
        if container["pid"] is not None and not is_dead(container["pid"]):
            os.kill(container["pid"], 9)
    assert left == []


def test_plain_synchronous_code(docker: FakeDocker) -> None:
    client = PlayClient.from_docker_image("org/play:latest", env_vars={"A": "1", "B": "x y"})
    assert client.reset().observation.echoed == "ready"
    assert client.step(say("a")).observation.echoed == "a"
    [container] = docker.containers()
    [run] = docker.commands("run")
    port = client.base_url.rpartition(":")[2]
    assert client.base_url == f"http://localhost:{port}"
    name = run[3]
    assert name.startswith("org-play-latest-")
    assert run == [
        "run",
        "-d",
        "--name",
        name,
        "-p",
        f"{port}:8000",
        "-e",
        "A=1",
        "-e",
        "B=x y",
        "org/play:latest",
    ]
    client.close()
    assert is_dead(container["pid"])
    assert [arguments[-1] for arguments in docker.commands("stop") + docker.commands("rm")] == [name, name]
    client.close()


async def test_awaited(docker: FakeDocker) -> None:
    client = await PlayClient.from_docker_image("play")
    assert (await client.reset()).observation.echoed == "ready"
    await client.close()
    assert docker.containers() == []
    async with PlayClient.from_docker_image("play") as client:
        assert (await client.reset()).observation.echoed == "ready"


def test_sync(docker: FakeDocker) -> None:
    with PlayClient.from_docker_image("play", message_timeout_s=30).sync() as client:
        assert client.reset().observation.echoed == "ready"


async def test_synchronously_in_a_running_loop(docker: FakeDocker) -> None:
    client = PlayClient.from_docker_image("play")
    assert client.reset().observation.echoed == "ready"
    client.close()
    assert docker.containers() == []


@pytest.mark.parametrize("end", ["sys.exit()", "client.close()", "del client; import gc; gc.collect()"])
def test_a_fork_leaves_the_container_alone(docker: FakeDocker, end: str) -> None:
    code = f"""
import os, sys
from openenv.core.generic_client import GenericEnvClient
client = GenericEnvClient.from_docker_image("play")
client.reset()
pid = os.fork()
if pid == 0:
    with GenericEnvClient(base_url=client.base_url) as own:
        own.reset()
    {end}
    sys.exit()
assert os.waitpid(pid, 0)[1] == 0
client.step({{"message": "still there"}})
client.close()
"""
    done = run_script(code, warnings="ignore")
    assert (done.stderr, done.returncode) == ("", 0)
    assert len(docker.commands("stop")) == 1


def test_a_given_port_and_provider(docker: FakeDocker) -> None:
    from openenv.core.containers.runtime.ports import free_port

    port = free_port()
    with LocalDockerProvider() as provider:
        client = GenericEnvClient.from_docker_image("play", provider=provider, port=port)
        assert client.base_url == f"http://localhost:{port}"
        with pytest.raises(RuntimeError, match="runs already"):
            provider.start_container("play")
        client.close()
    with pytest.raises(ValueError, match="from_docker_image"):
        GenericEnvClient(provider=LocalDockerProvider())


def test_no_engine_and_no_command(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    (docker.state / "no-engine").touch()
    with pytest.raises(RuntimeError, match=r"Docker is not available.*Cannot connect to the Docker daemon"):
        LocalDockerProvider()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="Docker is not available"):
        GenericEnvClient.from_docker_image("play")


def test_an_image_that_is_missing(docker: FakeDocker) -> None:
    with pytest.raises(RuntimeError, match=r"could not start 'missing:1'.*Unable to find image"):
        GenericEnvClient.from_docker_image("missing:1")


def test_a_container_that_ends_shows_its_log(docker: FakeDocker) -> None:
    with pytest.raises(ServerStartError, match=r"ended with exit code 7(?s:.*)the server has a problem"):
        GenericEnvClient.from_docker_image("broken")


async def test_a_container_that_ends_in_async_code(docker: FakeDocker) -> None:
    with pytest.raises(ServerStartError, match="the server has a problem"):
        await GenericEnvClient.from_docker_image("broken")


def test_a_server_that_never_becomes_healthy_shows_its_log(docker: FakeDocker) -> None:
    with pytest.raises(TimeoutError, match=r"not healthy within 1 s(?s:.*)says nothing"):
        GenericEnvClient.from_docker_image("mute", ready_timeout_s=1)


def test_a_port_that_is_taken_meanwhile(docker: FakeDocker) -> None:
    (docker.state / "taken-ports").write_text("2")
    with GenericEnvClient.from_docker_image("play") as client:
        assert client.reset().observation["echoed"] == "ready"
    assert len(docker.commands("run")) == 3
    (docker.state / "taken-ports").write_text("1")
    with pytest.raises(RuntimeError, match="already allocated"):
        GenericEnvClient.from_docker_image("play", port=1)


def test_a_space(docker: FakeDocker) -> None:
    with GenericEnvClient.from_env("Org/My_Env", env_vars={"A": "1"}) as client:
        client.reset()
    with GenericEnvClient.from_hub("Org/My_Env", tag="v2", provider=LocalDockerProvider()):
        pass
    images = [arguments[-1] for arguments in docker.commands("run")]
    assert images == ["registry.hf.space/org-my-env:latest", "registry.hf.space/org-my-env:v2"]
    with pytest.raises(ValueError, match="project_path"):
        GenericEnvClient.from_env("org/env", project_path="x")
    with pytest.raises(ValueError, match="owner/space"):
        GenericEnvClient.from_env("env")


@pytest.mark.parametrize(
    ("image", "taken"),
    [
        ("RLVE_Gym-env:Latest", "rlve_gym-env:Latest"),
        ("Registry:5000/Org/Play", "registry:5000/org/play"),
        ("registry:5000/Play:V1", "registry:5000/play:V1"),
        ("Play@sha256:AB", "play@sha256:AB"),
    ],
)
def test_repositories_have_small_letters_only(docker: FakeDocker, image: str, taken: str) -> None:
    provider = LocalDockerProvider()
    provider.start_container(image)
    [run] = docker.commands("run")
    assert run[-1] == taken
    provider.stop_container()
