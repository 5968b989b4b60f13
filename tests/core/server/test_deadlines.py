"""Deadlines of constructors, resets, steps and closes."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.core.server.peers import Peer, eventually
from tests.core.server.processes import Served, Servers

KINDS = ["puppet", "asynchronous"]


@pytest.fixture
def gate() -> str:
    """The name of a gate that is closed."""
    return uuid.uuid4().hex


def past_deadline(reply: dict[str, Any], call: str, timeout_s: float) -> None:
    assert reply == {
        "type": "error",
        "data": {
            "message": f"{call} did not finish within {timeout_s:g} s",
            "code": "TIMEOUT",
            "timeout_s": timeout_s,
        },
    }


def wait_at(gate: str) -> dict[str, str]:
    return {"do": "wait", "gate": gate}


# The error


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_s_own_deadline_over_websockets(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind)
    with server.peer() as peer:
        past_deadline(peer.request({"type": "step", "data": wait_at(gate), "timeout_s": 0.05}), "step", 0.05)
        server.open_gate(gate)
        assert peer.step(value=1)["data"]["observation"]["value"] == 1
    gate += "again"
    with server.peer() as peer:
        past_deadline(peer.request({"type": "reset", "data": wait_at(gate), "timeout_s": 0.05}), "reset", 0.05)
        server.open_gate(gate)
        assert peer.reset()["type"] == "observation"
    gate += "again"
    with server.peer() as peer:
        past_deadline(peer.reset(timeout_s=0.05, **wait_at(gate)), "reset", 0.05)
        server.open_gate(gate)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_s_own_deadline_over_http(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind, close_timeout_s=0.05)
    for call, body in (
        ("step", {"action": wait_at(gate), "timeout_s": 0.05}),
        ("reset", {**wait_at(gate), "timeout_s": 0.05}),
    ):
        response = server.post(f"/{call}", body)
        assert (response.status_code, response.json()) == (
            504,
            {"detail": f"{call} did not finish within 0.05 s", "code": "TIMEOUT", "timeout_s": 0.05},
        )
    server.open_gate(gate)
    server.settle()


@pytest.mark.parametrize("kind", KINDS)
def test_deadlines_of_the_settings(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind, step_timeout_s=0.05, reset_timeout_s=0.07)
    with server.peer() as peer:
        past_deadline(peer.step(**wait_at(gate)), "step", 0.05)
        server.open_gate(gate)
        assert peer.step()["type"] == "observation"
    gate += "again"
    with server.peer() as peer:
        past_deadline(peer.reset(**wait_at(gate)), "reset", 0.07)
        server.open_gate(gate)
    gate += "again"
    with server.peer() as peer, ThreadPoolExecutor(1) as executor:
        # The call's own deadline wins over the shorter one of the settings.
        reply = executor.submit(peer.request, {"type": "step", "data": wait_at(gate), "timeout_s": 60})
        with server.peer() as clock:
            past_deadline(clock.step(**wait_at(gate)), "step", 0.05)
        server.open_gate(gate)
        assert reply.result()["type"] == "observation"


def test_a_cheap_step_that_was_not_is_an_error(serve: Servers) -> None:
    with serve("cheap").peer() as peer:
        frame = {"type": "step", "data": {"do": "sleep", "value": 0.02}, "timeout_s": 0.001}
        past_deadline(peer.request(frame), "step", 0.001)
        assert peer.step()["type"] == "observation"
    with serve("cheap", step_timeout_s=0.001).peer() as peer:
        past_deadline(peer.step(do="sleep", value=0.02), "step", 0.001)


@pytest.mark.parametrize("kind", ["puppet", "asynchronous", "cheap", "one_thread"])
def test_deadlines_may_be_as_far_away_as_floats_go(serve: Servers, kind: str) -> None:
    with serve(kind).peer() as peer:
        assert peer.request({"type": "step", "data": {}, "timeout_s": 1e300})["type"] == "observation"
        assert peer.request({"type": "reset", "timeout_s": 1e300})["type"] == "observation"


# The session afterwards


def test_the_next_call_waits_for_the_one_that_overran(server: Served, gate: str) -> None:
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        past_deadline(peer.request({"type": "step", "data": wait_at(gate), "timeout_s": 0.05}), "step", 0.05)
        server.wait_for_gate(gate)
        # ... within its own deadline
        call = "step waits for an earlier call that is still running and"
        past_deadline(peer.request({"type": "step", "data": {}, "timeout_s": 0.05}), call, 0.05)
        call = "reset waits for an earlier call that is still running and"
        past_deadline(peer.request({"type": "reset", "timeout_s": 0.05}), call, 0.05)
        peer.send({"type": "step", "data": {"value": "mine"}})
        peer.send({"type": "state"})
        assert server.events(instance)[-1] == "step"
        server.open_gate(gate)
        assert peer.receive()["data"]["observation"]["value"] == "mine"  # and not what the late step returned
        assert peer.receive()["data"]["step_count"] == 2
        assert server.events(instance)[-4:] == ["step", "stepped", "step", "stepped"]


def test_after_a_reset_that_overran_cheap_steps_wait_too(serve: Servers, gate: str) -> None:
    server = serve("cheap")
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        past_deadline(peer.reset(timeout_s=0.05, **wait_at(gate)), "reset", 0.05)
        peer.send({"type": "step", "data": {"value": "mine"}})
        assert server.http.get("/health").status_code == 200
        assert server.events(instance)[-1] == "reset"
        server.open_gate(gate)
        assert peer.receive()["data"]["observation"]["value"] == "mine"


def test_a_coroutine_is_cancelled_at_its_deadline_and_waited_for_if_it_refuses(serve: Servers, gate: str) -> None:
    server = serve("asynchronous")
    with server.peer() as peer:
        past_deadline(peer.request({"type": "step", "data": wait_at(gate), "timeout_s": 0.05}), "step", 0.05)
        assert peer.step(value="at once")["data"]["observation"]["value"] == "at once"
        stubborn = {"do": "stubborn", "gate": gate, "value": "late"}
        past_deadline(peer.request({"type": "step", "data": stubborn, "timeout_s": 0.05}), "step", 0.05)
        call = "step waits for an earlier call that is still running and"
        past_deadline(peer.request({"type": "step", "data": {}, "timeout_s": 0.05}), call, 0.05)
        server.open_gate(gate)
        assert peer.step(value="mine")["data"]["observation"]["value"] == "mine"


def test_the_clock_starts_when_the_work_starts(serve: Servers, gate: str) -> None:
    """Behind the thread that all sessions share, a call may wait for longer than its deadline."""
    server = serve("one_thread")
    with server.peer() as first, server.peer() as second, serve("puppet").peer() as clock:
        first.send({"type": "step", "data": wait_at(gate)})
        server.wait_for_gate(gate)
        second.send({"type": "step", "data": {"value": "in time"}, "timeout_s": 0.05})
        past_deadline(clock.request({"type": "step", "data": wait_at(gate), "timeout_s": 0.1}), "step", 0.1)
        server.open_gate(gate)
        assert second.receive()["data"]["observation"]["value"] == "in time"
        assert first.receive()["type"] == "observation"
        gate += "again"
        past_deadline(second.request({"type": "step", "data": wait_at(gate), "timeout_s": 0.05}), "step", 0.05)
        server.open_gate(gate)


def test_a_coroutine_that_blocks_is_an_error_too(serve: Servers) -> None:
    """Nothing can cancel it, so it has a result in the end: one that came too late."""
    with serve("asynchronous").peer() as peer:
        frame = {"type": "step", "data": {"do": "sleep", "value": 0.02}, "timeout_s": 0.001}
        past_deadline(peer.request(frame), "step", 0.001)
        past_deadline(peer.reset(do="sleep", value=0.02, timeout_s=0.001), "reset", 0.001)
        assert peer.step(value=1)["data"]["observation"]["value"] == 1


def test_nobody_waits_for_ever_behind_a_call_that_hangs_on_the_thread_all_share(serve: Servers, gate: str) -> None:
    server = serve("one_thread", create_timeout_s=0.3, close_timeout_s=0.05)
    with server.peer() as first, server.peer() as second, server.peer() as third:
        instance = second.reset()["data"]["observation"]["instance"]
        for peer in (first, third):
            assert peer.state()["type"] == "state"
        before = server.events(instance)
        # One waits already when the call that hangs passes its deadline, one comes later.
        first.send({"type": "step", "data": wait_at(gate), "timeout_s": 0.2})
        server.wait_for_gate(gate)
        second.send({"type": "step", "data": {}, "timeout_s": 0.1})
        past_deadline(first.receive(), "step", 0.2)
        call = "step waits for an earlier call that is still running and"
        past_deadline(second.receive(), call, 0.1)
        past_deadline(third.request({"type": "step", "data": {}, "timeout_s": 0.05}), call, 0.05)
        with server.peer() as late:
            assert late.receive()["data"]["code"] == "FACTORY_ERROR"
        second.send({"type": "step", "data": {"value": "mine"}, "timeout_s": 60})
        server.open_gate(gate)
        assert second.receive()["data"]["observation"]["value"] == "mine"
        # The step whose turn came too late was not made.
        assert server.events(instance) == [*before, "step", "stepped"]
        past_deadline(
            third.request({"type": "step", "data": {"do": "sleep", "value": 0.1}, "timeout_s": 0.05}), "step", 0.05
        )
    server.settle()


# Constructors and closes


def test_a_constructor_past_its_deadline_and_what_it_makes_after_all(serve: Servers, gate: str) -> None:
    server = serve("puppet", create_timeout_s=0.05, max_sessions=1)
    server.next("create", **wait_at(gate))
    with server.peer() as peer:
        assert peer.receive()["data"]["code"] == "FACTORY_ERROR"
    assert server.active == 0
    server.wait_for_gate(gate)
    instance = next(e["instance"] for e in reversed(server.journal()) if e["event"] == "create")
    assert server.events(instance) == ["create"]
    server.open_gate(gate)
    eventually(lambda: server.events(instance) == ["create", "created", "close", "closed"])
    with server.peer() as peer:
        assert peer.reset()["type"] == "observation"
    server.settle()


@pytest.mark.parametrize("kind", ["puppet", "asynchronous", "one_thread"])
def test_a_close_past_its_deadline_frees_its_slot(serve: Servers, kind: str, gate: str) -> None:
    server = serve(kind, close_timeout_s=0.05)
    server.next("close", **wait_at(gate))
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        peer.send({"type": "close"})
        assert peer.until_closed().code == 1000
        assert server.active == 0
        assert server.events(instance)[-1] == "close"
    server.open_gate(gate)
    if kind != "asynchronous":  # that one was cancelled
        eventually(lambda: server.events(instance)[-1] == "closed")


@pytest.mark.parametrize("kind", ["puppet", "asynchronous"])
def test_a_session_ends_while_a_step_hangs(serve: Servers, kind: str, gate: str) -> None:
    """The environment is closed in its turn: never while its step is at work, unless that can be cancelled."""
    server = serve(kind, close_timeout_s=0.05, step_timeout_s=None)
    peer = server.peer()
    instance = peer.reset()["data"]["observation"]["instance"]
    peer.send({"type": "step", "data": wait_at(gate)})
    server.wait_for_gate(gate)
    peer.close()
    server.settle()
    if kind == "puppet":
        assert server.events(instance)[-1] == "step"
    server.open_gate(gate)
    eventually(lambda: server.events(instance)[-2:] == ["close", "closed"])


def test_a_session_ends_while_a_step_waits_for_one_that_hangs(serve: Servers, gate: str) -> None:
    server = serve("puppet", close_timeout_s=0.05)
    peer: Peer = server.peer()
    instance = peer.reset()["data"]["observation"]["instance"]
    past_deadline(peer.request({"type": "step", "data": wait_at(gate), "timeout_s": 0.05}), "step", 0.05)
    peer.send({"type": "step", "data": {}})
    peer.close()
    server.settle()
    server.open_gate(gate)
    eventually(lambda: server.events(instance)[-3:] == ["stepped", "close", "closed"])


def test_a_coroutine_that_overran_ends_before_its_environment_is_closed(serve: Servers, gate: str) -> None:
    server = serve("asynchronous")
    with server.peer() as peer:
        instance = peer.reset()["data"]["observation"]["instance"]
        stubborn = {"do": "stubborn", "gate": gate}
        past_deadline(peer.request({"type": "step", "data": stubborn, "timeout_s": 0.05}), "step", 0.05)
        peer.send({"type": "close"})
        eventually(lambda: server.http.get(f"/control/sessions/{peer.session_id}").json() is None)
        assert server.active == 1
        server.open_gate(gate)
        assert peer.until_closed().code == 1000
    assert server.events(instance)[-4:] == ["step", "stepped", "close", "closed"]


def test_whoever_waits_for_a_session_that_ends_is_told_so(serve: Servers, gate: str) -> None:
    server = serve("tools", close_timeout_s=0.05)
    made = server.rpc("openenv/session/create")["result"]
    with ThreadPoolExecutor(2) as executor:
        calls = [executor.submit(server.rpc, "tools/call", name="block", arguments={"gate": gate}, **made)]
        server.wait_for_gate(gate)
        calls.append(executor.submit(server.rpc, "tools/call", name="count", **made))
        eventually(lambda: server.in_flight == 2)
        assert server.rpc("openenv/session/close", **made)["result"]["closed"] is True
        for call in calls:
            assert call.result()["error"]["message"] == f"Unknown session_id: {made['session_id']}"
    server.open_gate(gate)
