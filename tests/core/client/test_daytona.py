"""Sandboxes of Daytona: its own library against a server on this machine that speaks its interface.

The live service cannot be reached by the tests. What needs the library is skipped where it is not installed.
"""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from openenv.core.containers.runtime import DaytonaProvider as LazyDaytonaProvider
from openenv.core.containers.runtime.daytona_provider import DaytonaProvider, strip_buildkit_syntax
from openenv.core.errors import ServerStartError
from openenv.core.generic_client import GenericEnvClient
from tests.core.client.conftest import APP, ROOT
from tests.core.client.daytona_service import DaytonaService
from tests.core.client.play_client import PlayClient, say

# The library warns of an argument of its own that nobody gave it.
pytestmark = pytest.mark.filterwarnings("ignore:`server_url` is deprecated:DeprecationWarning")

needs_daytona = pytest.mark.skipif(find_spec("daytona") is None, reason="needs the extra openenv[daytona]")


@pytest.fixture
def daytona(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaytonaService]:
    monkeypatch.setenv("DAYTONA_API_KEY", "from-the-environment")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
    with DaytonaService(tmp_path) as service:
        monkeypatch.setenv("DAYTONA_API_URL", service.url)
        service.files = {"env/openenv.yaml": f"name: play\napp: {APP}\n"}
        yield service
        assert service.sandboxes == {}


@needs_daytona
def test_a_session_in_a_sandbox(daytona: DaytonaService) -> None:
    with PlayClient.from_docker_image("play:v1", provider=DaytonaProvider(), ready_timeout_s=60) as client:
        assert client.reset().observation.echoed == "ready"
        assert client.step(say("a")).observation.echoed == "a"
        [sandbox] = daytona.sandboxes.values()
        assert client.base_url == f"http://127.0.0.1:{sandbox.port}"
    [request] = daytona.asked("POST", "/api/sandbox")
    assert request["name"].startswith("openenv-")
    assert request["buildInfo"]["dockerfileContent"] == "FROM play:v1\n"
    assert (request["public"], request["autoStopInterval"], request["autoDeleteInterval"]) == (False, 15, 0)
    [command] = daytona.asked("POST", r"/toolbox/\w+/process/session/openenv-server/exec")
    directory = sandbox.directory / "env"
    assert command["command"] == f"cd {directory} && python3 -m uvicorn {APP} --host 0.0.0.0 --port 8000"
    assert command["runAsync"] is True
    assert daytona.asked("GET", r"/api/sandbox/\w+/ports/8000/signed-preview-url") == [{"expiresInSeconds": "86400"}]
    assert daytona.keys == {"Bearer from-the-environment"}


@needs_daytona
async def test_every_argument(daytona: DaytonaService) -> None:
    from daytona import Resources

    daytona.states = ["pending_build", "building_snapshot", "started"]
    lines: list[str] = []
    provider = DaytonaProvider(
        image="play",
        env_vars={"A": "1", "B": "2"},
        api_key="given",
        public=True,
        resources=Resources(cpu=2, memory=4),
        auto_stop_interval=0,
        target="eu",
        on_snapshot_create_logs=lines.append,
        cmd=f"python3 -m uvicorn {APP} --port 8000",
        create_timeout=60,
    )
    client = GenericEnvClient.from_docker_image("", provider=provider, env_vars={"B": "3"}, ready_timeout_s=60)
    async with client:
        assert (await client.reset()).observation["echoed"] == "ready"
    [request] = daytona.asked("POST", "/api/sandbox")
    assert request["env"] == {"A": "1", "B": "3"}
    assert (request["public"], request["autoStopInterval"], request["target"]) == (True, 0, "eu")
    assert (request["cpu"], request["memory"]) == (2, 4)
    assert lines == ["Step 1 : FROM play"]
    assert daytona.asked("POST", r"/toolbox/\w+/process/execute") == []
    assert daytona.asked("GET", r"/api/sandbox/\w+/ports/8000/preview-url") == [{}]
    assert daytona.keys == {"Bearer given"}


@needs_daytona
def test_a_snapshot(daytona: DaytonaService) -> None:
    with DaytonaProvider() as provider:
        provider.start_container("snapshot:play-1", 8000)
        with pytest.raises(RuntimeError, match="runs already"):
            provider.start_container("snapshot:play-1")
    [request] = daytona.asked("POST", "/api/sandbox")
    assert request["snapshot"] == "play-1"
    assert request.get("buildInfo") is None
    with pytest.raises(ValueError, match="its own resources"):
        DaytonaProvider(resources={"cpu": 2}).start_container("snapshot:play-1")


@needs_daytona
def test_an_image_from_a_dockerfile(daytona: DaytonaService, tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    dockerfile = tmp_path / "server" / "Dockerfile"
    dockerfile.write_text("# syntax=docker/dockerfile:1\nFROM play\nRUN --mount=type=cache,target=/c make\n")
    for image in (
        DaytonaProvider.image_from_dockerfile(dockerfile),
        DaytonaProvider().image_from_dockerfile(str(dockerfile), context_dir=tmp_path),
    ):
        with DaytonaProvider() as provider:
            provider.start_container(image)
    requests = daytona.asked("POST", "/api/sandbox")
    assert [request["buildInfo"]["dockerfileContent"] for request in requests] == ["FROM play\nRUN make\n"] * 2
    with pytest.raises(FileNotFoundError):
        DaytonaProvider.image_from_dockerfile(tmp_path)
    with pytest.raises(NotADirectoryError):
        DaytonaProvider.image_from_dockerfile(dockerfile, dockerfile)


@needs_daytona
def test_copied_paths_start_from_the_context(daytona: DaytonaService, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM play\nCOPY code /code\n")
    (tmp_path / "context" / "code").mkdir(parents=True)
    daytona.refuse["GET /api/object-storage/push-access"] = (403, "no uploads today")
    image = DaytonaProvider.image_from_dockerfile(dockerfile, tmp_path / "context")
    with pytest.raises(ServerStartError, match="no uploads today"):  # there is no object storage to upload it to
        DaytonaProvider().start_container(image)
    built = DaytonaProvider()._request(image, name="n", env_vars={}).image
    [context] = built._context_list
    assert (context.source_path, context.archive_path) == (str(tmp_path / "context" / "code"), "code")


@needs_daytona
def test_a_new_preview_url(daytona: DaytonaService) -> None:
    provider = DaytonaProvider()
    with pytest.raises(RuntimeError, match="no sandbox runs"):
        provider.refresh_preview_url()
    with provider:
        url = provider.start_container("play")
        assert provider.refresh_preview_url() == url
        assert len(daytona.asked("GET", ".*/signed-preview-url")) == 2
        daytona.refuse["GET .*/signed-preview-url"] = (503, "try later")
        with pytest.raises(RuntimeError, match="try later"):
            provider.refresh_preview_url()


@needs_daytona
def test_wrong_arguments(daytona: DaytonaService) -> None:
    assert LazyDaytonaProvider is DaytonaProvider
    with pytest.raises(ValueError, match="port 8000 only"):
        DaytonaProvider().start_container("play", 8001)
    with pytest.raises(ValueError, match="no image"):
        DaytonaProvider().start_container()
    assert daytona.requests == []


@needs_daytona
@pytest.mark.parametrize(
    ("refused", "message"),
    [
        ("POST /api/sandbox", "no sandbox for you"),
        ("POST .*/process/session", "no sandbox for you"),
        ("POST .*/exec", "no sandbox for you"),
        ("GET .*/signed-preview-url", "no sandbox for you"),
    ],
)
def test_a_start_that_fails_leaves_nothing(daytona: DaytonaService, refused: str, message: str) -> None:
    daytona.refuse[refused] = (400, message)
    provider = DaytonaProvider()
    with pytest.raises(ServerStartError, match=f"could not start 'play'.*{message}|gives no URL.*{message}"):
        provider.start_container("play")
    assert daytona.sandboxes == {}
    del daytona.refuse[refused]
    with provider:
        provider.start_container("play")


@needs_daytona
def test_a_sandbox_that_does_not_come_up_is_deleted(daytona: DaytonaService) -> None:
    daytona.states = ["starting", "error"]
    with pytest.raises(ServerStartError, match="out of luck"):
        DaytonaProvider().start_container("play")
    daytona.states = ["starting"]
    with pytest.raises(ServerStartError, match="exceeded timeout"):
        DaytonaProvider(create_timeout=1).start_container("play")
    assert len(daytona.created) == 2


@needs_daytona
def test_a_sandbox_that_cannot_be_deleted_is_told(daytona: DaytonaService) -> None:
    provider = DaytonaProvider()
    provider.start_container("play")
    daytona.refuse["DELETE .*"] = (503, "not now")
    with pytest.raises(RuntimeError, match=r"sandbox openenv-\w+ could not be deleted.*not now"):
        provider.close()
    daytona.refuse["POST .*/exec"] = (400, "no")
    with pytest.raises(ServerStartError) as raised:
        DaytonaProvider().start_container("play")
    assert any("could not be deleted" in note for note in raised.value.__cause__.__notes__)  # type: ignore[union-attr]
    daytona.refuse.clear()
    provider.close()
    [other] = daytona.sandboxes
    daytona.sandboxes.pop(other)
    provider.close()


@needs_daytona
def test_a_sandbox_that_is_gone_already(daytona: DaytonaService) -> None:
    with DaytonaProvider() as provider:
        provider.start_container("play")
        [sandbox] = daytona.sandboxes.values()
        daytona.sandboxes.clear()
        sandbox.end()


@needs_daytona
def test_a_server_that_ends_shows_its_log(daytona: DaytonaService) -> None:
    provider = DaytonaProvider(cmd="echo the server has a problem; exit 7")
    with pytest.raises(ServerStartError, match=r"ended with exit code 7(?s:.*)the server has a problem"):
        GenericEnvClient.from_docker_image("play", provider=provider)


@needs_daytona
def test_a_server_that_is_never_healthy_shows_its_log(daytona: DaytonaService) -> None:
    provider = DaytonaProvider(cmd="echo says nothing; exec sleep 600")
    with pytest.raises(TimeoutError, match=r"not healthy within 1 s(?s:.*)says nothing"):
        GenericEnvClient.from_docker_image("play", provider=provider, ready_timeout_s=1)


@needs_daytona
@pytest.mark.parametrize(
    ("files", "message"),
    [({"env/openenv.yaml": "- no mapping"}, "no manifest"), ({"env/openenv.yaml": "name: [", "x": ""}, "no manifest")],
)
def test_a_manifest_that_is_none(daytona: DaytonaService, files: dict[str, str], message: str) -> None:
    daytona.files = files
    with pytest.raises(ServerStartError, match=message):
        DaytonaProvider().start_container("play")


def test_the_command_for_a_manifest() -> None:
    from openenv.core.containers.runtime.sandbox_command import server_command

    answers = {"cat '/a b/openenv.yaml'": "name: x\napp: m:a"}
    command = server_command(lambda command: answers.get(command, "/a b/openenv.yaml\n/a b/c/openenv.yaml\n"), 8000)
    assert command == "cd '/a b' && python3 -m uvicorn m:a --host 0.0.0.0 --port 8000"
    with pytest.raises(ServerStartError, match="give the provider a cmd"):
        server_command(lambda _: "", 8000)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "daytona", None)
    with pytest.raises(ImportError, match=r"pip install 'openenv\[daytona\]'"):
        DaytonaProvider()


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("#syntax = docker/dockerfile:1\n# check=skip=all\n# a comment\nFROM x\n", "# a comment\nFROM x\n"),
        ("RUN --mount=type=cache,target=/c pip install .\n", "RUN pip install .\n"),
        (
            "RUN --mount=type=cache,target=/c \\\n    --mount=target=/t,type=tmpfs \\\n    a && \\\n    b\n",
            "RUN \\\n    a && \\\n    b\n",
        ),
        ("COPY --link --from=b --chown=1:1 /a /b\nADD --link=true c d\n", "COPY --from=b --chown=1:1 /a /b\nADD c d\n"),
        ("run --mount=type=cache,target=/c x", "run x"),
        ("RUN --mount=type=secret,id=s cat /run/secrets/s\n", "RUN --mount=type=secret,id=s cat /run/secrets/s\n"),
        ("RUN --network=none --mount=type=cache,target=/c x\n", "RUN --network=none x\n"),
        ("RUN tool --mount=type=cache,target=/c --link\n", "RUN tool --mount=type=cache,target=/c --link\n"),
        ("FROM --platform=linux/amd64 x\nCOPY --linked a b\n", "FROM --platform=linux/amd64 x\nCOPY --linked a b\n"),
    ],
)
def test_buildkit_syntax(text: str, stripped: str) -> None:
    assert strip_buildkit_syntax(text) == stripped
    assert DaytonaProvider.strip_buildkit_syntax(stripped) == stripped


def test_the_dockerfiles_of_the_environments_stay() -> None:
    for path in ROOT.glob("envs/*/server/Dockerfile"):
        text = path.read_text()
        assert strip_buildkit_syntax(text) == text
