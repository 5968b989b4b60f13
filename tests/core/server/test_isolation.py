"""Where environments run, and that a slow one delays nobody but its own session."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.core.server.peers import Peer, eventually
from tests.core.server.processes import Served, Server, Servers


@pytest.fixture
def gate() -> str:
    """The name of a gate that is closed."""
    return uuid.uuid4().hex


def instance_of(peer: Peer) -> int:
    return int(peer.reset()["data"]["observation"]["instance"])


def everybody_else_goes_on(server: Served) -> None:
    with server.peer() as other:
        assert other.reset()["type"] == "observation"
        assert other.step(value=1)["data"]["observation"]["value"] == 1
        assert other.state()["type"] == "state"
    assert server.http.get("/health").json() == {"status": "healthy"}
    assert server.post("/step", {"action": {}}).status_code == 200


# Nobody waits for another's environment


@pytest.mark.parametrize("kind", ["puppet", "asynchronous"])
def test_a_slow_step_delays_nobody(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind)
    with server.peer() as slow:
        slow.send({"type": "step", "data": {"do": "wait", "gate": gate, "value": "at last"}})
        server.wait_for_gate(gate)
        everybody_else_goes_on(server)
        server.open_gate(gate)
        assert slow.receive()["data"]["observation"]["value"] == "at last"


@pytest.mark.parametrize("kind", ["puppet", "asynchronous", "cheap"])
def test_a_slow_reset_delays_nobody(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind)
    with server.peer() as slow:
        slow.send({"type": "reset", "data": {"do": "wait", "gate": gate}})
        server.wait_for_gate(gate)
        everybody_else_goes_on(server)
        server.open_gate(gate)
        assert slow.receive()["type"] == "observation"


@pytest.mark.parametrize("kind", ["puppet", "asynchronous", "cheap"])
def test_a_slow_constructor_delays_nobody(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind)
    server.next("create", do="wait", gate=gate)
    with server.peer() as slow:
        slow.send({"type": "reset"})
        server.wait_for_gate(gate)
        everybody_else_goes_on(server)
        server.open_gate(gate)
        assert slow.receive()["type"] == "observation"


@pytest.mark.parametrize("kind", ["puppet", "cheap"])
def test_a_slow_close_delays_nobody(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind)
    server.next("close", do="wait", gate=gate)
    with server.peer() as slow:
        instance = instance_of(slow)
        slow.send({"type": "close"})
        server.wait_for_gate(gate)
        everybody_else_goes_on(server)
        server.open_gate(gate)
        assert slow.until_closed().code == 1000
        assert server.events(instance)[-1] == "closed"


@pytest.mark.parametrize("path", ["/reset", "/step"])
@pytest.mark.parametrize("where", ["create", "call", "close"])
def test_slow_requests_over_http_delay_nobody(server: Served, gate: str, path: str, where: str) -> None:
    slowness = {"do": "wait", "gate": gate}
    if where != "call":
        server.next(where, **slowness)
    arguments = slowness if where == "call" else {}
    body = arguments if path == "/reset" else {"action": arguments}
    with ThreadPoolExecutor(1) as executor:
        slow = executor.submit(server.post, path, body)
        server.wait_for_gate(gate)
        everybody_else_goes_on(server)
        assert not slow.done()
        server.open_gate(gate)
        assert slow.result().status_code == 200


def test_sessions_of_one_shared_thread_wait_for_each_other_but_the_server_does_not(serve: Servers, gate: str) -> None:
    server = serve("one_thread")
    with server.peer() as first, server.peer() as second:
        instances = [instance_of(first), instance_of(second)]
        first.send({"type": "step", "data": {"do": "wait", "gate": gate}})
        server.wait_for_gate(gate)
        second.send({"type": "step", "data": {}})
        assert server.http.get("/health").status_code == 200
        server.open_gate(gate)
        assert first.receive()["type"] == second.receive()["type"] == "observation"
    steps = [(e["event"], e["instance"]) for e in server.journal() if e["event"] in ("step", "stepped")]
    assert steps[-4:] == [
        ("step", instances[0]),
        ("stepped", instances[0]),
        ("step", instances[1]),
        ("stepped", instances[1]),
    ]


# Which thread


def test_all_of_a_session_happens_on_its_own_thread(server: Served) -> None:
    with server.peer() as first, server.peer() as second:
        instances = [instance_of(first), instance_of(second)]
        for peer in (first, second, first):
            peer.step()
            peer.state()
            peer.reset()
    eventually(lambda: all("closed" in server.events(instance) for instance in instances))
    threads = [set.union(*server.threads(instance).values()) for instance in instances]
    assert [len(own) for own in threads] == [1, 1]
    assert threads[0] != threads[1]
    assert server.loop_thread not in threads[0] | threads[1]


@pytest.mark.parametrize("name", ["one_thread", "one_thread_function"])
def test_environments_that_need_it_all_run_on_one_thread(serve: Servers, name: str) -> None:
    server = serve(name)
    with server.peer() as first, server.peer() as second:
        instances = [instance_of(first), instance_of(second)]
        first.step()
        instances.append(server.post("/step", {"action": {}}).json()["observation"]["instance"])
    eventually(lambda: all("closed" in server.events(instance) for instance in instances))
    threads = set.union(*(own for instance in instances for own in server.threads(instance).values()))
    assert len(threads) == 1
    assert server.loop_thread not in threads


def test_cheap_steps_run_on_the_event_loop_and_nothing_else_does(serve: Servers) -> None:
    server = serve("cheap")
    with server.peer() as peer:
        instance = instance_of(peer)
        peer.step()
        peer.request({"type": "step", "data": {}, "timeout_s": 5})
    eventually(lambda: "closed" in server.events(instance))
    threads = server.threads(instance)
    assert threads["step"] == {server.loop_thread}
    for event in ("create", "reset", "close"):
        assert server.loop_thread not in threads[event]


def test_coroutines_run_on_the_event_loop(serve: Servers) -> None:
    server = serve("asynchronous")
    with server.peer() as peer:
        instance = instance_of(peer)
        peer.step()
    eventually(lambda: "closed" in server.events(instance))
    threads = server.threads(instance)
    for event in ("reset", "step", "close"):
        assert threads[event] == {server.loop_thread}
    assert server.loop_thread not in threads["create"]


# One call at a time


def test_calls_of_one_session_take_turns_whatever_route_they_come_by(serve: Servers, gate: str) -> None:
    server = serve("tools")
    made = server.rpc("openenv/session/create")["result"]
    with (
        server.peer(
            session_id=made["session_id"], headers={"X-OpenEnv-Session-Secret": made["session_secret"]}
        ) as peer,
        ThreadPoolExecutor(2) as executor,
    ):
        peer.send({"type": "step", "data": {"type": "call_tool", "tool_name": "block", "arguments": {"gate": gate}}})
        server.wait_for_gate(gate)
        calls: list[Callable[[], object]] = [
            lambda: server.rpc("tools/call", name="note", arguments={"event": "over http"}, **made),
            lambda: server.rpc("tools/list", **made),
        ]
        waiting = [executor.submit(call) for call in calls]
        eventually(lambda: server.in_flight == 2)
        assert not any(call.done() for call in waiting)
        server.open_gate(gate)
        assert peer.receive()["data"]["observation"]["result"] == "waited"
        assert all("result" in call.result() for call in waiting)  # type: ignore[operator]
    events = [entry["event"] for entry in server.journal()]
    assert events.index(f"blocked {gate}") < events.index("over http")
    server.rpc("openenv/session/close", **made)


# The garbage collector


@pytest.mark.parametrize(("wanted", "frozen"), [("true", True), ("false", False)])
def test_what_is_there_before_the_first_session_is_kept_from_the_garbage_collector(wanted: str, frozen: bool) -> None:
    with Server("puppet", OPENENV_FREEZE_HEAP=wanted) as server:
        assert (server.http.get("/control/frozen").json() > 10_000) is frozen
