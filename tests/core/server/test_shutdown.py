"""What a server does when it is told to stop."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.core.server.peers import eventually
from tests.core.server.processes import Server, client_of


def events(diary: Path) -> list[str]:
    return sorted(entry.name for entry in diary.iterdir())


@pytest.mark.parametrize("kind", ["puppet", "asynchronous"])
def test_sigterm_drains(kind: str, tmp_path: Path) -> None:
    with Server(kind, PUPPET_DIARY=str(tmp_path)) as server, ThreadPoolExecutor(1) as executor:
        busy, idle, lost = (server.peer() for _ in range(3))
        for peer in (busy, idle, lost):
            peer.reset()
        lost.abort()
        server.until_lost(lost)
        busy.send({"type": "step", "data": {"do": "wait", "gate": "g", "value": "worth the wait"}})
        server.wait_for_gate("g")
        request = executor.submit(server.post, "/step", {"action": {"do": "wait", "gate": "g", "value": "http"}})
        server.wait_for_gate("g", calls=2)
        server.terminate()
        eventually(lambda: server.http.get("/health").status_code == 503)
        assert server.http.get("/health").json() == {"status": "unhealthy"}

        # No new session, by any route
        with server.peer() as late:
            message = "Server is shutting down. Cannot accept new connections."
            assert late.receive() == {"type": "error", "data": {"message": message, "code": "SHUTTING_DOWN"}}
            assert late.until_closed().code == 1000
        response = server.post("/reset")
        assert (response.status_code, response.json()) == (503, {"detail": message, "code": "SHUTTING_DOWN"})
        assert int(response.headers["Retry-After"]) >= 1
        assert server.rpc("openenv/session/create")["error"] == {"code": -32000, "message": message, "data": None}

        # What is at work is finished, and its reply is sent
        server.open_gate("g")
        assert busy.receive()["data"]["observation"]["value"] == "worth the wait"
        assert request.result().json()["observation"]["value"] == "http"
        assert busy.until_closed().code == idle.until_closed().code == 1012
        assert server.wait() in (0, -15)
    assert len([entry for entry in events(tmp_path) if entry.startswith("created-")]) == 4
    for entry in events(tmp_path):
        if entry.startswith("created-"):
            assert (tmp_path / entry.replace("created", "closed")).exists()


def test_a_step_that_hangs_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    settings = {"OPENENV_DRAIN_TIMEOUT_S": "0.1", "OPENENV_CLOSE_TIMEOUT_S": "0.1"}
    with Server("puppet", PUPPET_DIARY=str(tmp_path), **settings) as server:
        hanging, idle = server.peer(), server.peer()
        idle.reset()
        hanging.send({"type": "step", "data": {"do": "wait", "gate": "never"}})
        server.wait_for_gate("never")
        server.terminate()
        server.wait()
    assert [entry for entry in events(tmp_path) if entry.startswith("closed-")] == ["closed-2"]


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    with Server("puppet", PUPPET_DIARY=str(tmp_path), OPENENV_CLOSE_TIMEOUT_S="0.1") as server:
        hanging = server.peer()
        hanging.send({"type": "step", "data": {"do": "wait", "gate": "never"}})
        server.wait_for_gate("never")
        server.terminate()
        eventually(lambda: server.http.get("/health").status_code == 503)
        server.terminate()
        server.wait()


def test_a_server_ends_with_its_parent(tmp_path: Path) -> None:
    with Server("puppet", PUPPET_DIARY=str(tmp_path)) as server:
        peer = server.peer()
        peer.reset()
        server.let_go()
        server.wait()
        assert peer.until_closed().code == 1012
    assert "closed-1" in events(tmp_path)


def test_an_instance_is_closed_with_its_server_and_not_before(tmp_path: Path) -> None:
    with Server("instance", PUPPET_DIARY=str(tmp_path)) as server:
        for _ in range(2):
            with server.peer() as peer:
                assert peer.reset()["data"]["observation"]["instance"] == 1
                peer.send({"type": "close"})
                assert peer.until_closed().code == 1000
            with server.peer() as other:
                other.reset()
                other.step()
            server.settle()
        assert "close-1" not in events(tmp_path)
        server.terminate()
        server.wait()
    assert "closed-1" in events(tmp_path)


def test_an_app_that_cannot_be_made_is_told_at_once() -> None:
    with pytest.raises(AssertionError, match="OPENENV_MAX_SESSIONS: Input should be greater than or equal to 1"):
        Server("puppet", OPENENV_MAX_SESSIONS="0")


def test_the_port_is_announced_only_once_it_serves() -> None:
    with Server("echo") as server, client_of(server.url) as client:
        assert client.get("/health").json() == {"status": "healthy"}
