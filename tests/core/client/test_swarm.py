"""Swarm services by way of a ``docker`` command that really starts servers, several behind one port."""

import contextlib
import http.client
import itertools
import json
import os
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openenv.core.containers.runtime import DockerSwarmProvider as LazyDockerSwarmProvider
from openenv.core.containers.runtime import docker_command
from openenv.core.containers.runtime.local_docker import LocalDockerProvider
from openenv.core.containers.runtime.ports import free_port
from openenv.core.containers.runtime.providers import DockerSwarmProvider
from openenv.core.errors import ServerStartError, SessionLostError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.fake_commands import DOCKER, FakeEngine, install
from tests.core.client.fake_swarm import SWARM_DOCKER
from tests.core.client.peers import Proxy
from tests.core.client.play_client import PlayClient, say
from tests.core.client.test_process import is_dead


class FakeSwarm(FakeEngine):
    def left(self) -> list[str]:
        """Services and networks."""
        return [path.name for pattern in ("*.service", "*.network") for path in self.state.glob(pattern)]

    def pids(self) -> list[int]:
        paths = [*self.state.glob("*.service"), *self.state.glob("*.removed")]
        return [pid for path in paths if (pid := json.loads(path.read_text())["pid"]) is not None]


@pytest.fixture
def swarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSwarm]:
    fake = FakeSwarm(tmp_path, monkeypatch, SWARM_DOCKER)
    yield fake
    left, running = fake.left(), [pid for pid in fake.pids() if not is_dead(pid)]
    for pid in running:
        os.killpg(pid, 9)
    assert (left, running) == ([], [])


def test_a_service_and_sessions_on_its_replicas(swarm: FakeSwarm) -> None:
    with PlayClient.from_docker_image("play", provider=DockerSwarmProvider()) as first, first.new_session() as second:
        for client in (first, second):
            assert client.reset().observation.echoed == "ready"
            assert client.step(say("a")).observation.echoed == "a"
        assert first.state().step_count == second.state().step_count == 1
    [create] = swarm.commands("service", "create")
    port = first.base_url.rpartition(":")[2]
    assert first.base_url == f"http://localhost:{port}"
    name = create[4]
    assert name.startswith("play-")
    options = ["--detach", "--name", name, "--replicas", "2", "--publish", f"{port}:8000"]
    assert create == ["service", "create", *options, "play"]
    assert swarm.commands("service", "rm") == [["service", "rm", name]]


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_session_comes_back_to_its_replica_only_if_there_is_no_other(swarm: FakeSwarm, replicas: int) -> None:
    with DockerSwarmProvider() as provider:
        url = provider.start_container("play", replicas=replicas)
        provider.wait_for_ready(url, 60)
        while not all(is_healthy(url) for _ in range(replicas)):
            time.sleep(0.05)
        proxy = Proxy(("127.0.0.1", int(url.rpartition(":")[2])))
        with contextlib.closing(proxy), PlayClient(base_url=proxy.url) as client:
            client.reset()
            proxy.cut()
            if replicas == 1:
                assert client.step(say("a")).observation.echoed == "a"
            else:
                with pytest.raises(SessionLostError):
                    client.step(say("a"))


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10) as response:
            return bool(response.status == 200)
    except (OSError, http.client.HTTPException):
        return False


def test_every_argument(swarm: FakeSwarm) -> None:
    assert LazyDockerSwarmProvider is DockerSwarmProvider
    with DockerSwarmProvider(overlay_network="play-net") as provider:
        (swarm.state / "network-busy").touch()
        port = free_port()
        url = provider.start_container(
            "Registry.example:5000/Org/Play.env:V1",
            port,
            {"A": "1", "B": "x y"},
            replicas=1,
            cpu_limit=1.5,
            memory_limit="512m",
            constraints=["node.role==worker", "node.labels.gpu!=yes"],
            labels={"team": "rl"},
            command="python -m uvicorn 'my app:app'",
        )
        assert url == f"http://localhost:{port}"
        provider.wait_for_ready(url, 60)
        with pytest.raises(RuntimeError, match="runs already"):
            provider.start_container("play")
    [create] = swarm.commands("service", "create")
    name = create.pop(4)
    assert create == [
        *("service", "create", "--detach", "--name", "--replicas", "1", "--publish", f"{port}:8000"),
        *("--env", "A=1", "--env", "B=x y", "--limit-cpu", "1.5", "--limit-memory", "512m"),
        *("--constraint", "node.role==worker", "--constraint", "node.labels.gpu!=yes", "--label", "team=rl"),
        *("--network", "play-net", "registry.example:5000/org/play.env:V1", "python", "-m", "uvicorn", "my app:app"),
    ]
    assert name.startswith("registry-example-5000-org-play-env-v1-")  # a service's name has no dots
    assert swarm.commands("network", "create") == [
        ["network", "create", "--driver", "overlay", "--attachable", "play-net"]
    ]
    provider.stop_container()


@pytest.mark.parametrize(
    "wrong", [{"replica": 3}, {"detach": True}, {"replicas": 0}, {"replicas": True}, {"replicas": "2"}]
)
def test_other_arguments_are_refused(swarm: FakeSwarm, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DockerSwarmProvider().start_container("play", **wrong)
    assert swarm.commands("service") == swarm.commands("swarm") == []


def test_a_swarm_is_initialised_once_and_stays(swarm: FakeSwarm) -> None:
    with pytest.raises(RuntimeError, match="docker swarm init"):
        DockerSwarmProvider(auto_init_swarm=False).start_container("play")
    for _ in range(2):
        with DockerSwarmProvider() as provider:
            provider.start_container("nowhere")
    local = ["--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377"]
    assert swarm.commands("swarm") == [["swarm", "init", *local]]
    with DockerSwarmProvider(auto_init_swarm=False) as provider:
        provider.start_container("nowhere")
    (swarm.state / "swarm").write_text("active false")
    with pytest.raises(RuntimeError, match="manages no swarm"):
        DockerSwarmProvider().start_container("play")


def test_a_network_that_was_there_stays(swarm: FakeSwarm) -> None:
    (swarm.state / "theirs.network").touch()
    with DockerSwarmProvider(overlay_network="theirs") as provider:
        provider.start_container("nowhere")
    assert swarm.left() == ["theirs.network"]
    (swarm.state / "theirs.network").unlink()


def test_a_start_that_fails_leaves_nothing(swarm: FakeSwarm) -> None:
    provider = DockerSwarmProvider(overlay_network="play-net")
    with pytest.raises(RuntimeError, match="could not start 'refused': Error response from daemon: refused"):
        provider.start_container("refused")
    assert swarm.left() == []
    provider.start_container("nowhere")
    provider.close()


@pytest.mark.parametrize(
    ("image", "reason"),
    [("missing", "No such image: missing"), ("broken", r"non-zero exit \(7\)(?s:.*)the server has a problem")],
)
def test_replicas_that_end(swarm: FakeSwarm, image: str, reason: str) -> None:
    with pytest.raises(ServerStartError, match=reason):
        GenericEnvClient.from_docker_image(image, provider=DockerSwarmProvider())


def test_replicas_that_find_no_node(swarm: FakeSwarm) -> None:
    with pytest.raises(TimeoutError, match=r"not healthy(?s:.*)Pending: no suitable node"):
        GenericEnvClient.from_docker_image("nowhere", provider=DockerSwarmProvider(), ready_timeout_s=1)


def test_a_port_that_is_taken_meanwhile(swarm: FakeSwarm) -> None:
    (swarm.state / "taken-ports").write_text("2")
    with DockerSwarmProvider(overlay_network="play-net") as provider:
        provider.start_container("nowhere")
    assert len(swarm.commands("service", "create")) == 3
    assert len(swarm.commands("network", "create")) == 1
    (swarm.state / "taken-ports").write_text("1")
    with pytest.raises(RuntimeError, match="already in use by service"):
        DockerSwarmProvider().start_container("nowhere", port=1)


@pytest.mark.parametrize(("kind", "script"), [(DockerSwarmProvider, SWARM_DOCKER), (LocalDockerProvider, DOCKER)])
def test_two_that_start_in_the_same_millisecond(
    swarm: FakeSwarm,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[DockerSwarmProvider | LocalDockerProvider],
    script: str,
) -> None:
    install(tmp_path / "bin", "docker", script)
    ticks = itertools.chain([1_000_000, 1_000_000], itertools.count(2_000_000, 1_000_000))
    monkeypatch.setattr(docker_command.time, "time_ns", lambda: next(ticks))
    with kind() as first, kind() as second:
        one, two = first.start_container("play"), second.start_container("play")
        first.wait_for_ready(one, 60)
        second.wait_for_ready(two, 60)
