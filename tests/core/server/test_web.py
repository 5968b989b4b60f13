"""The web page at ``/web``, its data, and when it is there."""

import re
from pathlib import Path

import httpx
import pytest

from openenv.core.env_server import EnvironmentMetadata, create_app, load_environment_metadata
from tests.core.server.environments import EchoAction, EchoEnvironment, EchoObservation
from tests.core.server.processes import Served, Server, Servers


@pytest.fixture
def web(serve: Servers) -> Served:
    return serve("web")


def test_the_way_to_the_page_and_its_readme(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Échos\n", encoding="utf-8")
    with Server("web", ENV_README_PATH=str(readme)) as server:
        for path in ("/", "/web"):
            for query in ("", "?a=1"):
                response = server.http.get(path + query)
                assert (response.status_code, response.headers["Location"]) == (307, f"/web/{query}")
            assert server.http.get(path, follow_redirects=True).status_code == 200
        about = server.http.get("/web/metadata").json()
        assert about["readme_content"] == "# Échos\n"
        assert about["name"] == "EchoEnvironment"
        assert server.http.get("/metadata").json()["readme_content"] is None


def test_the_page(web: Served) -> None:
    response = web.http.get("/web/")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    for control in ("reset", "step", "state", "readme", "action", "log"):
        assert f'id="{control}"' in response.text
    assert not re.search(r"(src|href)=.?https?://", response.text), "the page loads nothing from elsewhere"


def test_its_schema_and_title(web: Served, serve: Servers) -> None:
    schema = web.http.get("/web/schema").json()
    assert schema["title"] == "A title"
    assert schema["mode"] == "simulation"
    assert schema["action"] == web.http.get("/schema").json()["action"]
    assert serve("instance").http.get("/web/schema").json()["title"] == "OpenEnv: Puppet"


def test_it_plays_over_the_same_socket(web: Served) -> None:
    with web.peer(headers={"Origin": "/".join(web.url.split("/")[:3])}) as peer:
        assert peer.reset()["type"] == "observation"
        assert peer.step(message="from a page")["data"]["observation"]["echoed"] == "from a page"


@pytest.mark.parametrize("word", ["true", "1", "yes", "TRUE", " Yes "])
async def test_a_variable_turns_it_on(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("ENABLE_WEB_INTERFACE", word)
    assert await status_of_page() == 200


@pytest.mark.parametrize("word", ["", "0", "false", "no", "on"])
async def test_it_is_off_otherwise(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("ENABLE_WEB_INTERFACE", word)
    assert await status_of_page() == 404
    monkeypatch.delenv("ENABLE_WEB_INTERFACE")
    assert await status_of_page() == 404


async def status_of_page() -> int:
    app = create_app(EchoEnvironment, EchoAction, EchoObservation)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://host") as client:
        return (await client.get("/web/")).status_code


def test_an_instance_serves_one_session_after_another(serve: Servers) -> None:
    server = serve("instance")
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        with server.peer() as second:
            assert second.receive()["data"]["code"] == "CAPACITY_REACHED"
        assert server.http.get("/web/metadata").json()["name"] == "Puppet"
        peer.send({"type": "close"})
        peer.until_closed()
    with server.peer() as peer:
        assert peer.reset()["data"]["observation"]["instance"] == instance
    server.settle()
    assert "close" not in server.events(instance)


def test_an_instance_does_one_thing_at_a_time_whoever_asks(serve: Servers) -> None:
    server = serve.fresh("instance", close_timeout_s=0.05)
    with server.peer() as first:
        instance = first.reset()["data"]["observation"]["instance"]
        frame = {"type": "step", "data": {"do": "wait", "gate": "instance"}, "timeout_s": 0.05}
        assert first.request(frame)["data"]["code"] == "TIMEOUT"
    server.settle()
    with server.peer() as second:
        second.send({"type": "step", "data": {"value": "mine"}})
        assert server.http.get("/health").status_code == 200
        server.open_gate("instance")
        assert second.receive()["data"]["observation"]["value"] == "mine"
    assert server.events(instance)[-5:] == ["reset", "step", "stepped", "step", "stepped"]
    assert len(server.threads(instance)["step"]) == 1


def test_metadata_of_an_instance_and_of_what_makes_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed: list[object] = []

    class Described(EchoEnvironment):
        def get_metadata(self) -> EnvironmentMetadata:
            return EnvironmentMetadata(name="d", description="described", readme_content="own")

        def close(self) -> None:
            closed.append(self)

    assert load_environment_metadata(Described).readme_content == "own"
    assert len(closed) == 1
    assert load_environment_metadata(lambda: Described()).name == "d"
    assert len(closed) == 2
    assert load_environment_metadata(Described()).description == "described"
    assert len(closed) == 2
    (tmp_path / "README.md").write_text("from a file")
    monkeypatch.setenv("ENV_README_PATH", str(tmp_path / "README.md"))
    assert load_environment_metadata(EchoEnvironment).readme_content == "from a file"
    assert load_environment_metadata(Described).readme_content == "own"
