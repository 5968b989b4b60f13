"""The public package's client plays our servers, our client plays its servers; both find the same."""

from typing import Any

import pytest

from tests.peer.conftest import Played

pytestmark = pytest.mark.peer

BOTH = pytest.mark.parametrize("client", ["public client", "our client"])


def found(played: Played, client: str, scenario: str) -> Any:
    outcome = played[client][scenario]
    assert "found" in outcome, outcome["raised"]
    return outcome["found"]


def says(text: str, length: int, reward: float, step: int, done: bool = False) -> dict[str, Any]:
    """A step of the template's echo."""
    observation = {"echoed_message": text, "message_length": length, "greeting": "", "metadata": {"step": step}}
    return {"observation": observation, "reward": reward, "done": done}


@BOTH
@pytest.mark.parametrize("style", ["template_async", "template_sync"])
def test_an_episode_of_the_template(played: Played, client: str, style: str) -> None:
    episode = found(played, client, style)
    ready = {"echoed_message": "ready", "message_length": 0, "greeting": "hello 5", "metadata": {}}
    assert episode["reset"] == {"observation": ready, "reward": 0.0, "done": False}
    assert episode["steps"] == [says("a", 1, 0.5, 1), says("bcd", 3, 1.5, 2), says("done", 4, 2.0, 3, done=True)]
    assert episode["state"] == {"episode_id": "e1", "step_count": 3}


@BOTH
def test_a_typed_client(played: Played, client: str) -> None:
    expected = {"greeting": "hi 7", "echoed": "typed", "reward": 2.5, "step_count": 1}
    assert found(played, client, "template_typed") == expected


@BOTH
def test_a_client_per_thread_has_a_session_of_its_own(played: Played, client: str) -> None:
    assert found(played, client, "template_threads") == [[f"thread {number}", 10] for number in range(4)]


@BOTH
def test_an_error_is_told_and_the_session_goes_on(played: Played, client: str) -> None:
    errors = found(played, client, "template_errors")
    # Ours says what is wrong as well.
    assert errors["invalid"]["message"].startswith("Server error: Invalid message (code: VALIDATION_ERROR)")
    assert errors["failed"]["message"] == "Server error: told to raise (code: EXECUTION_ERROR)"
    assert "RuntimeError" in errors["invalid"]["classes"]
    assert "RuntimeError" in errors["failed"]["classes"]
    assert errors["state"] == {"episode_id": "survivor", "step_count": 2}


@BOTH
def test_a_full_server_refuses_and_the_others_play_on(played: Played, client: str) -> None:
    capacity = found(played, client, "template_capacity")
    assert "RuntimeError" in capacity["refused"]["classes"]
    assert "Server at capacity: 4/4 sessions active" in capacity["refused"]["message"]
    assert "CAPACITY_REACHED" in capacity["refused"]["message"]
    assert capacity["others"] == [2.5] * 4


def test_our_client_raises_its_own_kinds(played: Played) -> None:
    errors = found(played, "our client", "template_errors")
    assert errors["invalid"]["classes"][0] == "InvalidRequestError"
    assert errors["failed"]["classes"][0] == "EnvironmentFailureError"
    assert found(played, "our client", "template_capacity")["refused"]["classes"][0] == "CapacityError"
    assert found(played, "our client", "tools_errors")["failed"]["classes"][0] == "ToolCallError"


@BOTH
def test_tools_async(played: Played, client: str) -> None:
    expected = {"echo_message": ["message"], "echo_with_length": ["message"], "fail": ["reason"]}
    tools = found(played, client, "tools_async")
    assert tools["tools"] == expected
    assert tools["value"] == "Hello, World!"
    assert tools["object"] == {"message": "four", "length": 4}
    assert tools["has"] == [True, False]
    assert tools["description"] == "Say the message again."


@BOTH
def test_tools_sync(played: Played, client: str) -> None:
    assert found(played, client, "tools_sync") == {
        "tools": ["echo_message", "echo_with_length", "fail"],
        "value": "Hello, World!",
        "object": {"message": "four", "length": 4},
    }


@BOTH
def test_a_tool_that_fails(played: Played, client: str) -> None:
    errors = found(played, client, "tools_errors")
    assert "RuntimeError" in errors["unknown"]["classes"]
    assert "RuntimeError" in errors["failed"]["classes"]
    assert errors["unknown"]["message"].startswith("Tool 'nope' failed: ")
    assert errors["failed"]["message"].startswith("Tool 'fail' failed: ")
    assert "no luck" in errors["failed"]["message"]
    assert errors["after"] == "still here"


@BOTH
def test_tools_as_steps(played: Played, client: str) -> None:
    steps = found(played, client, "tools_steps")
    names = ["echo_message", "echo_with_length", "fail"]
    assert steps["typed"] == {
        "reset_reward": 0.0,
        "tools": names,
        "result": "Hello, World!",
        "error": None,
        "state": ["e2", 2],
    }
    assert steps["plain"] == {
        "tools": names,
        "result": "Hello, World!",
        "unknown": "tool_not_found",
        "step_count": 3,
    }


def test_the_public_client_plays_our_echo_environment(played: Played) -> None:
    assert found(played, "public client", "echo_env") == {
        "tools": ["echo_message", "echo_with_length"],
        "value": "Hello, World!",
        "result": "Hello, World!",
        "reward": pytest.approx(1.3),
        "episode_id": "e3",
        "ready": "Echo environment ready!",
    }


def test_the_public_client_plays_our_gym(played: Played) -> None:
    episode = found(played, "public client", "gym")
    assert episode["reset"]["observation"]["problem_input"] == episode["prompt"]
    assert episode["reset"]["observation"]["success"] is True
    verdicts = [step["observation"]["verifier_result"] for step in episode["steps"]]
    assert verdicts == [
        {"reward": -1.0, "accuracy": 0, "format_score": 0},
        {"reward": 0.0, "accuracy": 0, "format_score": 1},
        {"reward": 1.0, "accuracy": 1, "format_score": 1},
    ]
    assert [step["reward"] for step in episode["steps"]] == [-1.0, 0.0, 1.0]
    state = episode["state"]
    assert (state["episode_id"], state["num_samples"], state["sum_accuracy"]) == ("gym", 3, 1)
