"""What trainers read from agents that own their loop."""

from typing import Any

import pytest

from openenv.core.harness import TrainableSession, TrainingTrace, TrainingTurn
from openenv.core.harness.capture.upstream import training_sampling

TURN: dict[str, Any] = {
    "prompt_token_ids": [1, 2],
    "completion_token_ids": [3, 4],
    "per_token_logps": [-0.5, 0.0],
    "loss_mask": [0, 0, 1, 0],
}


def test_a_trace_becomes_entries() -> None:
    request = {"messages": [{"role": "user", "content": "x"}]}
    response = {"choices": [{"message": {"content": "y"}}]}
    (entry,) = TrainingTrace([TrainingTurn(**TURN, request=request, response=response)]).to_trace_entries()
    assert entry == {**TURN, "request": request, "response": response, "metadata": {}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"per_token_logps": [-0.5]}, "one entry per completion token: 1 for 2"),
        ({"loss_mask": [1, 0]}, r"2 entries for 2 \+ 2 tokens"),
        ({"loss_mask": [0, 0, 2, 0]}, "zeros and ones"),
        ({"loss_mask": [0, 1, 1, 0]}, "0 for every token of the prompt"),
        ({"per_token_logps": [-0.5, float("nan")]}, "finite"),
        ({"per_token_logps": [float("-inf"), 0.0]}, "finite"),
    ],
)
def test_tokens_masks_and_probabilities_must_fit(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingTurn(**{**TURN, **wrong})


def test_a_session_is_trainable_by_what_it_can_do() -> None:
    class Agent:
        def wait_for_completion(self, timeout_s: float | None = None) -> int:
            return 0

        def fetch_training_trace(self) -> TrainingTrace:
            return TrainingTrace([])

    assert isinstance(Agent(), TrainableSession)
    assert not isinstance(object(), TrainableSession)


NEUTRAL = {
    "top_p": 1.0,
    "top_k": -1,
    "min_p": 0.0,
    "frequency_penalty": 0.0,
    "presence_penalty": 0.0,
    "repetition_penalty": 1.0,
}


@pytest.mark.parametrize("given", [{}, {"top_k": 0}, {"top_p": 1, "min_p": 0}, NEUTRAL])
def test_sampling_for_training_is_written_out(given: dict[str, Any]) -> None:
    assert training_sampling({"temperature": 0.8, **given}) == {"temperature": 0.8, **NEUTRAL}


def test_no_sampling_asks_for_none() -> None:
    assert training_sampling(None) == {}


@pytest.mark.parametrize("temperature", [0, -1.0, float("inf"), float("nan"), True, "1", None])
def test_a_temperature_is_needed(temperature: Any) -> None:
    with pytest.raises(ValueError, match="temperature"):
        training_sampling({"temperature": temperature})


@pytest.mark.parametrize(
    "given", [{"top_p": 0.9}, {"top_k": 5}, {"min_p": 0.1}, {"repetition_penalty": 1.1}, {"presence_penalty": None}]
)
def test_what_bends_the_distribution_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"training sampling needs .*{next(iter(given))}"):
        training_sampling({"temperature": 1.0, **given})


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="does not know max_tokens, seed"):
        training_sampling({"temperature": 1.0, "seed": 1, "max_tokens": 5})
