"""How sessions end, what they survive, and how their clients come back."""

import uuid
from typing import Any

import pytest

from tests.core.server.peers import Peer, eventually
from tests.core.server.processes import Served, Server, Servers

ROOM_FOR_ONE = {"max_sessions": 1}


@pytest.fixture
def gate() -> str:
    """The name of a gate that is closed."""
    return uuid.uuid4().hex


def played(server: Served) -> tuple[Peer, int]:
    """A client in the middle of an episode, and the number of its environment."""
    peer = server.peer()
    instance = int(peer.reset(episode_id="mine")["data"]["observation"]["instance"])
    peer.step()
    return peer, instance


def back(server: Served, lost: Peer, **query: str) -> Peer:
    """The client again, over a new socket."""
    return server.peer(session_id=lost.session_id, headers={"X-OpenEnv-Session-Secret": lost.secret}, **query)


def break_connection(peer: Peer, how: str) -> None:
    getattr(peer, how)()


# Ends


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_socket_that_is_closed_deliberately_ends_its_session(server: Served, code: int) -> None:
    peer, instance = played(server)
    peer.close(code)
    server.settle()
    assert server.events(instance)[-1] == "closed"


@pytest.mark.parametrize("how", ["abort", "vanish"])
def test_a_session_that_was_never_used_ends_with_its_socket(server: Served, how: str) -> None:
    break_connection(server.peer(), how)
    server.settle()


@pytest.mark.parametrize("kind", ["puppet", "asynchronous"])
@pytest.mark.parametrize("path", ["/ws", "/mcp"])
@pytest.mark.parametrize("how", ["close", "abort", "vanish"])
def test_a_client_that_leaves_during_the_constructor(serve: Servers, kind: str, path: str, how: str, gate: str) -> None:
    """Its slot is free at once, its environment closed once it is made."""
    server = serve(kind, **ROOM_FOR_ONE)
    server.next("create", do="wait", gate=gate)
    peer = server.peer(path)
    server.wait_for_gate(gate)
    instance = max(entry["instance"] for entry in server.journal())
    break_connection(peer, how)
    server.settle()
    assert server.events(instance) == ["create"]
    server.open_gate(gate)
    eventually(lambda: server.events(instance) == ["create", "created", "close", "closed"])


@pytest.mark.parametrize("code", [1002, 1011, 3000, 4999])
def test_a_socket_that_is_closed_for_another_reason_leaves_its_session_waiting(serve: Servers, code: int) -> None:
    server = serve("puppet", **ROOM_FOR_ONE)
    peer, instance = played(server)
    peer.close(code)
    with back(server, peer) as again:
        assert again.state()["data"]["episode_id"] == "mine"
        assert again.step()["data"]["observation"]["instance"] == instance
    server.settle()


def test_without_grace_a_broken_socket_ends_its_session(serve: Servers) -> None:
    server = serve("puppet", session_grace_s=0)
    peer, instance = played(server)
    peer.abort()
    server.settle()
    eventually(lambda: server.events(instance)[-1] == "closed")


def test_after_its_grace_time_a_waiting_session_ends(serve: Servers) -> None:
    server = serve("puppet", session_grace_s=0.1)
    peer, instance = played(server)
    peer.abort()
    server.settle()
    eventually(lambda: server.events(instance)[-1] == "closed")
    with back(server, peer) as late:
        assert late.receive()["data"]["message"] == f"Unknown session_id: {peer.session_id}"


# Comes back


@pytest.mark.parametrize("kind", ["puppet", "cheap", "asynchronous", "one_thread", "sole"])
@pytest.mark.parametrize("how", ["abort", "vanish"])
def test_a_session_goes_on_where_it_was(serve: Servers, kind: str, how: str) -> None:
    server = serve(kind)
    lost, instance = played(server)
    break_connection(lost, how)
    with back(server, lost) as peer:
        assert peer.session_id == lost.session_id
        assert peer.secret == lost.secret
        assert peer.headers["X-OpenEnv-Received"] == "2"
        assert peer.state()["data"]["step_count"] == 1
        assert peer.step()["data"]["observation"]["instance"] == instance
        assert peer.state()["data"]["step_count"] == 2
    server.settle()


def test_the_secret_may_come_as_a_query(server: Served) -> None:
    lost, _ = played(server)
    lost.abort()
    with server.peer(session_id=lost.session_id, session_secret=lost.secret) as peer:
        assert peer.state()["data"]["step_count"] == 1


@pytest.mark.parametrize("secret", ["wrong", "", None, "é"])
def test_nobody_else_comes_back(server: Served, secret: str | None) -> None:
    with server.peer() as owner:
        owner.reset()
        query = {"session_id": owner.session_id}
        if secret is not None:
            query["session_secret"] = secret
        with server.peer(**query) as thief:
            assert "X-OpenEnv-Session-Id" not in thief.headers
            assert thief.receive() == {
                "type": "error",
                "data": {"message": f"Unknown session_id: {owner.session_id}", "code": "SESSION_ERROR"},
            }
            assert thief.until_closed().code == 1000
        assert owner.state()["type"] == "state"


def test_unknown_sessions(server: Served) -> None:
    for session_id in ("nobody", "", str(uuid.uuid4())):
        with server.peer(session_id=session_id, session_secret="s") as peer:
            assert peer.receive()["data"] == {"message": f"Unknown session_id: {session_id}", "code": "SESSION_ERROR"}


def test_a_session_in_its_constructor_takes_no_second_socket(server: Served, gate: str) -> None:
    server.next("create", do="wait", gate=gate)
    with server.peer() as first:
        server.wait_for_gate(gate)
        with back(server, first) as second:
            message = f"Session {first.session_id} is still initializing"
            assert second.receive()["data"] == {"message": message, "code": "SESSION_ERROR"}
        server.open_gate(gate)
        assert first.reset()["type"] == "observation"


def test_a_half_open_socket_is_taken_over(server: Served) -> None:
    """The client knows that its connection is dead; the server does not, and needs not."""
    dead, instance = played(server)
    with back(server, dead) as peer:
        assert peer.step()["data"]["observation"]["instance"] == instance
        closed = dead.until_closed()
        assert (closed.code, closed.reason) == (1008, "the session's client came back over another socket")
        assert peer.state()["data"]["step_count"] == 2


def test_a_client_may_come_back_again_and_again(server: Served) -> None:
    peer, instance = played(server)
    for number in range(2, 8):
        earlier = peer
        if number % 2:
            earlier.abort()
        peer = back(server, earlier)
        earlier.vanish()
        assert peer.step()["data"]["observation"]["instance"] == instance
        assert peer.state()["data"]["step_count"] == number
    peer.close()


# Nothing is lost, and nothing runs twice


@pytest.mark.parametrize("kind", ["puppet", "asynchronous"])
@pytest.mark.parametrize("when", ["before it is done", "after it is done"])
@pytest.mark.parametrize("how", ["abort", "half open"])
def test_the_reply_of_a_step_in_flight_is_delivered(serve: Servers, kind: str, when: str, how: str, gate: str) -> None:
    server = serve(kind)
    lost, instance = played(server)
    lost.send({"type": "step", "data": {"do": "wait", "gate": gate, "value": "survived"}})
    server.wait_for_gate(gate)
    if how == "abort":
        lost.abort()
    if when == "after it is done":
        server.open_gate(gate)
        eventually(lambda: server.events(instance)[-1] == "stepped")
    with back(server, lost, awaiting="3") as peer:
        assert peer.headers["X-OpenEnv-Received"] == "3"
        server.open_gate(gate)
        assert peer.receive()["data"]["observation"]["value"] == "survived"
        assert peer.state()["data"]["step_count"] == 2
    assert server.events(instance).count("step") == 2


@pytest.mark.parametrize("kind", ["puppet", "cheap", "asynchronous"])
def test_a_reply_that_was_sent_into_the_void_is_sent_again(serve: Servers, kind: str) -> None:
    server = serve(kind)
    lost, instance = played(server)
    lost.send({"type": "step", "data": {"value": "unread"}})
    eventually(lambda: server.events(instance).count("stepped") == 2)
    lost.abort()
    for _ in range(2):
        peer = back(server, lost, awaiting="3")
        assert peer.receive()["data"]["observation"]["value"] == "unread"
        peer.abort()
    with back(server, lost) as peer:
        assert peer.state()["data"]["step_count"] == 2  # and nothing unasked for before it
    assert server.events(instance).count("step") == 2


@pytest.mark.parametrize("awaiting", ["3", "4", "99999999999999999999999", "-1", "x", "", "٣"])
def test_what_never_came_is_for_the_client_to_send_again(server: Served, awaiting: str) -> None:
    lost, _ = played(server)
    lost.abort()
    with back(server, lost, awaiting=awaiting) as peer:
        assert peer.headers["X-OpenEnv-Received"] == "2"
        assert peer.step(value="again")["data"]["observation"]["value"] == "again"


def test_errors_and_states_count_as_requests_too(server: Served) -> None:
    with server.peer() as lost:
        lost.request("{")
        lost.request({"type": "fly"})
        lost.request(b"")
        lost.state()
        lost.abort()
        with back(server, lost, awaiting="4") as peer:
            assert peer.headers["X-OpenEnv-Received"] == "4"
            assert peer.receive()["type"] == "state"


@pytest.mark.parametrize("awaiting", ["0", "1", "2"])
def test_replies_that_are_not_kept(serve: Servers, awaiting: str) -> None:
    server = serve("puppet", max_kept_reply_bytes=100)
    lost, _ = played(server)
    lost.abort()
    with back(server, lost, awaiting=awaiting) as peer:
        reply = peer.receive()
        message = f"the reply to request {awaiting} is not kept: it was too large or is too old"
        assert reply == {"type": "error", "data": {"message": message, "code": "REPLY_LOST"}}
        assert peer.state()["data"]["step_count"] == 1


# Slots


@pytest.mark.parametrize("kind", ["puppet", "sole", "asynchronous"])
def test_a_waiting_session_gives_up_its_slot_when_another_client_needs_it(serve: Servers, kind: str) -> None:
    server = serve(kind, **ROOM_FOR_ONE)
    lost, instance = played(server)
    lost.abort()
    server.until_lost(lost)
    with server.peer() as other:
        reply = other.reset()
        assert reply["type"] == "observation"
        eventually(lambda: server.events(instance)[-1] == "closed")
        with back(server, lost) as late:
            assert late.receive()["data"]["code"] == "SESSION_ERROR"
    server.settle()


def test_the_session_that_has_waited_longest_goes_first(serve: Servers) -> None:
    server = serve("puppet", max_sessions=3)
    lost = [played(server)[0] for _ in range(3)]
    for number in (1, 0, 2):
        lost[number].abort()
        server.until_lost(lost[number])
    with server.peer() as new:
        new.reset()
        with back(server, lost[0]) as first, back(server, lost[2]) as third:
            assert first.state()["data"]["step_count"] == third.state()["data"]["step_count"] == 1
            with back(server, lost[1]) as second:
                assert second.receive()["data"]["code"] == "SESSION_ERROR"
    server.settle()


def test_a_session_with_a_socket_keeps_its_slot(serve: Servers) -> None:
    server = serve("puppet", **ROOM_FOR_ONE)
    peer, _ = played(server)
    with server.peer() as other:
        assert other.receive()["data"]["code"] == "CAPACITY_REACHED"
    assert peer.state()["data"]["step_count"] == 1
    peer.close()
    server.settle()


def test_environments_that_cannot_live_side_by_side_never_do(serve: Servers, gate: str) -> None:
    """Even when one gives up its slot: the next constructor waits for its close."""
    server = serve("sole")
    server.next("close", do="wait", gate=gate)
    lost, instance = played(server)
    lost.abort()
    server.until_lost(lost)
    with server.peer() as other:
        server.wait_for_gate(gate)
        other.send({"type": "reset"})
        assert server.http.get("/health").status_code == 200
        assert server.journal()[-1] == {**server.journal(instance)[-1], "event": "close"}
        server.open_gate(gate)
        successor = other.receive()["data"]["observation"]["instance"]
    own = [entry for entry in server.journal() if entry["instance"] in (instance, successor)]
    events = [(entry["instance"], entry["event"]) for entry in own]
    assert events.index((instance, "closed")) < events.index((successor, "create"))
    server.settle()


# How death is noticed


@pytest.mark.parametrize("how", ["abort", "vanish"])
def test_a_broken_connection_is_noticed_while_a_step_runs(serve: Servers, how: str, gate: str) -> None:
    """The slot is free although the step is not over; "within a second" is left to a machine with time on its hands."""
    server = serve("puppet", **ROOM_FOR_ONE)
    lost, _ = played(server)
    lost.send({"type": "step", "data": {"do": "wait", "gate": gate}})
    server.wait_for_gate(gate)
    break_connection(lost, how)
    server.until_lost(lost)
    with server.peer() as other:
        assert other.reset()["type"] == "observation"
    server.open_gate(gate)
    server.settle()


@pytest.mark.parametrize("reply", ["none", "large"])
def test_a_peer_that_answers_no_ping_is_given_up(reply: str) -> None:
    """Even if a reply is on its way that it will never read."""
    options = {"ws_ping_interval": 0.1, "ws_ping_timeout": 0.1}
    with Server("puppet", options=options, OPENENV_MAX_SESSIONS="1") as server:
        silent, _ = played(server)  # it reads nothing any more, so it answers nothing
        if reply == "large":
            silent.send({"type": "step", "data": {"do": "large", "value": 30_000_000}})
        server.until_lost(silent)
        with back(server, silent) as peer:
            assert peer.state()["data"]["step_count"] == (1 if reply == "none" else 2)
        silent.vanish()


def test_a_peer_that_answers_pings_may_think_for_as_long_as_it_wants() -> None:
    options = {"ws_ping_interval": 0.05, "ws_ping_timeout": 5}
    with Server("puppet", options=options) as server, server.peer() as thinking:
        thinking.reset()
        thinking.answer_pings(3)
        assert thinking.step()["type"] == "observation"


# Idleness


def test_by_default_nothing_expires_that_has_a_socket(server: Served) -> None:
    with server.peer() as peer:
        peer.reset()
        info: dict[str, Any] = server.http.get(f"/control/sessions/{peer.session_id}").json()
        assert info["step_count"] == 0
        assert info["environment_type"] == "Puppet"
        assert info["created_at"] <= info["last_activity_at"]


def test_idle_sessions_end_if_a_setting_says_so(serve: Servers) -> None:
    server = serve("puppet", session_idle_timeout_s=0.2)
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        eventually(lambda: server.active == 0)
        eventually(lambda: server.events(instance)[-1] == "closed")
        reply = peer.step()
        assert reply["data"] == {"message": f"Unknown session_id: {peer.session_id}", "code": "SESSION_ERROR"}
        assert peer.until_closed().code == 1000


def test_a_step_in_flight_is_never_idle(serve: Servers, gate: str) -> None:
    server = serve("puppet", session_idle_timeout_s=0.2)
    with server.peer() as busy, server.peer() as idle:
        busy.send({"type": "step", "data": {"do": "wait", "gate": gate, "value": "busy"}})
        idle.reset()
        eventually(lambda: server.active == 1)
        with server.peer() as clock:
            clock.reset()
            eventually(lambda: server.active == 1)
        server.open_gate(gate)
        assert busy.receive()["data"]["observation"]["value"] == "busy"
        assert busy.step()["type"] == "observation"
    server.settle()


@pytest.mark.parametrize("what", ["state", "error"])
def test_whatever_a_client_asks_is_activity(serve: Servers, what: str) -> None:
    server = serve("puppet", session_idle_timeout_s=0.5)
    frame = {"type": "state"} if what == "state" else {"type": "step", "data": {"do": "raise", "value": "ValueError"}}
    with server.peer() as active, server.peer() as idle:
        idle.reset()
        eventually(lambda: active.request(frame) is not None and server.active == 1)
        assert active.step()["type"] == "observation"
    server.settle()
