"""From a name to a client that plays: by URL, by container, and by a Space."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from openenv import AutoAction, AutoEnv, GenericEnvClient
from openenv.auto import ServerDownError, UnknownEnvironmentError
from openenv.core.containers.runtime.local_docker import LocalDockerProvider
from openenv.core.containers.runtime.ports import free_port
from openenv.core.errors import EnvConnectionError, ServerStartError
from tests.auto.packages import Site
from tests.core.client.conftest import Server, Servers
from tests.core.client.test_docker import FakeDocker
from tests.core.client.test_process import is_dead

REMOTE = "http://192.0.2.1:9"  # an address that is set aside for documentation


def say(text: str) -> Any:
    return AutoAction.from_env("echo")(tool_name="echo_message", arguments={"message": text})


def play(client: Any) -> None:
    client.reset()
    result = client.step(say("abc"))
    assert result.observation.result == "abc"
    assert result.reward == pytest.approx(0.3)


@contextmanager
def answering(status: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers everything with ``status``, and what headers it was asked with."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# A server there is


def test_a_url(echo_server: Server) -> None:
    with AutoEnv.from_env("echo", base_url=echo_server.url) as client:
        assert type(client) is AutoEnv.get_env_class("echo")
        play(client)
    assert echo_server.get("/health")["status"] == "healthy"


def test_a_url_in_plain_code_and_again_after_closing(echo_server: Server) -> None:
    client = AutoEnv.from_hub("echo-env", base_url=f"{echo_server.url}/", message_timeout_s=30)
    assert client.base_url == echo_server.url
    play(client)
    client.close()
    play(client)  # it is somebody else's server, so closing was not the end
    with client.new_session() as twin:
        play(twin)
    client.close()


async def test_a_url_awaited(echo_server: Server) -> None:
    client = await AutoEnv.from_env("echo", base_url=echo_server.url.replace("http", "ws"))
    await client.reset()
    assert (await client.step(say("abc"))).observation.result == "abc"
    await client.close()
    async with AutoEnv.from_env("echo", echo_server.url) as client:
        assert (await client.reset()).done is False


async def test_a_url_synchronously_in_a_running_loop(echo_server: Server) -> None:
    client = AutoEnv.from_env("echo", echo_server.url)
    play(client)
    client.close()


def test_without_the_package(echo_server: Server) -> None:
    client = AutoEnv.from_env("no-such-package", echo_server.url, skip_install=True)
    assert type(client) is GenericEnvClient
    client.reset()
    action = AutoAction.from_env("no-such-package", skip_install=True)(
        tool_name="echo_message", arguments={"message": "a"}
    )
    assert client.step(action).observation["result"] == "a"
    client.close()
    with AutoEnv.from_env("org/space", echo_server.url, skip_install=True) as client:
        assert type(client) is GenericEnvClient


def test_a_token_goes_with_the_question_too(servers: Servers) -> None:
    from tests.auto.conftest import ECHO_APP

    server = servers.shared(ECHO_APP, OPENENV_TOKEN="s3cret")
    with AutoEnv.from_env("echo", server.url, token="s3cret") as client:
        play(client)
    with answering(503) as (url, asked):
        with pytest.raises(ServerDownError):
            AutoEnv.from_env("echo", url, token="s3cret", headers={"X-Mine": "1"})
        assert asked[0]["Authorization"] == "Bearer s3cret"
        assert asked[0]["X-Mine"] == "1"


# None


def test_a_remote_server_that_is_down(
    dead_port: int, pond: str, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not loopback to this machine's rules, and still nothing that leaves it.
    monkeypatch.setattr("openenv.auto.launch.is_loopback", lambda host: False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(ValueError, match="no healthy server at http://127.0.0.1") as caught:
        AutoEnv.from_env(pond, base_url=f"http://127.0.0.1:{dead_port}")
    assert isinstance(caught.value, ConnectionError)
    assert isinstance(caught.value, EnvConnectionError)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert docker.commands("run") == []


async def test_a_remote_server_that_is_down_in_async_code(
    dead_port: int, pond: str, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openenv.auto.launch.is_loopback", lambda host: False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(ServerDownError):
        await AutoEnv.from_env(pond, base_url=f"http://127.0.0.1:{dead_port}")
    assert docker.commands("run") == []


def test_arguments_that_a_remote_server_has_no_use_for() -> None:
    with pytest.raises(TypeError, match="mesage_timeout_s"):
        AutoEnv.from_env("echo", REMOTE, mesage_timeout_s=1)


def test_something_else_listens_there(pond: str, docker: FakeDocker) -> None:
    with answering(500) as (url, _), pytest.raises(ServerDownError, match="GET /health answered 500"):
        AutoEnv.from_env(pond, url)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(ServerDownError, match="no healthy server"):
            AutoEnv.from_env(pond, url, connect_timeout_s=0.3)
    assert docker.commands("run") == []


def test_a_local_server_that_is_down_is_started(pond: str, docker: FakeDocker) -> None:
    port = free_port()
    client = AutoEnv.from_env(pond, base_url=f"http://localhost:{port}", env_vars={"A": "1"})
    assert client.base_url == f"http://localhost:{port}"
    assert type(client).__name__ == "PondEnv"
    assert client.reset().observation["echoed"] == "ready"
    [run] = docker.commands("run")
    assert run[-1] == "pond:latest"
    assert run[run.index("-p") + 1] == f"{port}:8000"
    assert run[run.index("-e") + 1] == "A=1"
    [container] = docker.containers()
    client.close()
    assert is_dead(container["pid"])
    assert docker.containers() == []


async def test_a_local_server_that_is_down_is_started_in_async_code(pond: str, docker: FakeDocker) -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    async with AutoEnv.from_env(pond, url, docker_image="mine:1") as client:
        assert (await client.reset()).observation["echoed"] == "ready"
    assert [arguments[-1] for arguments in docker.commands("run")] == ["mine:1"]
    assert docker.containers() == []


@pytest.mark.parametrize("path", ["https://localhost:{}", "http://localhost:{}/envs/echo"])
def test_a_local_url_that_no_container_can_serve(dead_port: int, pond: str, path: str, docker: FakeDocker) -> None:
    with pytest.raises(ServerDownError):
        AutoEnv.from_env(pond, path.format(dead_port))
    assert docker.commands("run") == []


def test_no_docker_either_tells_both(dead_port: int, pond: str, docker: FakeDocker) -> None:
    (docker.state / "no-engine").touch()
    with pytest.raises(ServerStartError, match="Docker is not available") as caught:
        AutoEnv.from_env(pond, f"http://localhost:{dead_port}")
    assert "no healthy server at http://localhost" in caught.value.__notes__[0]


def test_nothing_to_start(dead_port: int, docker: FakeDocker) -> None:
    with pytest.raises(ServerDownError, match="docker_image"):
        AutoEnv.from_env("nobody", f"http://localhost:{dead_port}", skip_install=True)
    with pytest.raises(ValueError, match="base_url or docker_image"):
        AutoEnv.from_env("nobody", skip_install=True)
    with pytest.raises(UnknownEnvironmentError, match="skip_install"):
        AutoEnv.from_env("nobody", f"http://localhost:{dead_port}")
    assert docker.commands("run") == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"wait_timeout": 0}, "wait_timeout"),
        ({"base_url": ""}, "names no host"),
        ({"base_url": "ftp://x"}, "scheme"),
        ({"base_url": "http://localhost:9", "port": 8}, "contradicts"),
        ({"base_url": "http://localhost:9", "connect_timeout_s": -1}, "connect_timeout_s"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        AutoEnv.from_env("echo", **arguments)


# Containers


def test_the_default_image(pond: str, docker: FakeDocker) -> None:
    with AutoEnv.from_env(pond, env_vars={"A": "1"}, message_timeout_s=30) as client:
        assert type(client).__name__ == "PondEnv"
        assert client.reset().observation["echoed"] == "ready"
    [run] = docker.commands("run")
    assert run[-1] == "pond:latest"
    assert "A=1" in run


def test_an_image_of_ones_own_and_a_provider(pond: str, docker: FakeDocker) -> None:
    port = free_port()
    with AutoEnv.from_env(pond, docker_image="mine:2", container_provider=LocalDockerProvider(), port=port) as client:
        assert client.base_url == f"http://localhost:{port}"
    assert [arguments[-1] for arguments in docker.commands("run")] == ["mine:2"]


def test_a_container_without_importing_the_package(docker: FakeDocker, site: Site) -> None:
    site.add("openenv-needy", "needy", {"__init__.py": "import a_library_nobody_has"})
    with AutoEnv.from_env("needy", skip_install=True) as client:
        assert type(client) is GenericEnvClient
    assert [arguments[-1] for arguments in docker.commands("run")] == ["needy:latest"]


def test_a_container_that_takes_too_long(dead_port: int, pond: str, docker: FakeDocker) -> None:
    with pytest.raises(TimeoutError, match="not healthy within 1 s"):
        AutoEnv.from_env(pond, docker_image="mute", wait_timeout=1)
    with pytest.raises(TimeoutError, match="not healthy within 1 s"):
        AutoEnv.from_env(pond, f"http://localhost:{dead_port}", docker_image="mute", wait_timeout=1)


# Spaces


def test_a_space_that_runs(echo_server: Server, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.auto.names.space_url", lambda space: echo_server.url)
    for name in ("org/echo_env", "https://huggingface.co/spaces/org/echo-env"):
        with AutoEnv.from_hub(name) as client:
            assert type(client).__name__ == "EchoEnv"
            play(client)
    with AutoEnv.from_env("org/anything", skip_install=True) as client:
        assert type(client) is GenericEnvClient
    assert docker.commands("run") == []


def test_a_space_that_sleeps_is_run_here(
    dead_port: int, pond: str, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(503) as (asleep, _):
        monkeypatch.setattr("openenv.auto.names.space_url", lambda space: asleep)
        with AutoEnv.from_env(f"Org/{pond}") as client:
            assert client.reset().observation["echoed"] == "ready"
            assert client.base_url != asleep
    monkeypatch.setattr("openenv.auto.names.space_url", lambda space: f"http://localhost:{dead_port}")
    with AutoEnv.from_env("org/anything", skip_install=True):
        pass
    images = [arguments[-1] for arguments in docker.commands("run")]
    assert images == ["registry.hf.space/org-pond:latest", "registry.hf.space/org-anything:latest"]


def test_where_a_space_serves() -> None:
    from openenv.auto.names import space_url

    assert space_url("Org/My_Space.v2") == "https://org-my-space-v2.hf.space"
