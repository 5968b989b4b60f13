"""What trainers read from agents that own their loop: tokens, log-probabilities and masks of the model's turns.

These are the shapes alone. The process layer that runs such agents and captures their tokens is not part of this
package.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, runtime_checkable


class TraceEntry(TypedDict, total=False):
    """One exchange with the model.

    ``request`` and ``response`` have the chat-completions form. ``loss_mask`` covers the prompt and the completion:
    1 for tokens to train on.
    """

    request: dict[str, Any]
    response: dict[str, Any]
    prompt_token_ids: list[int]
    completion_token_ids: list[int]
    completion_tokens: list[str]
    per_token_logps: list[float]
    loss_mask: list[int]
    reward: float | None
    metadata: dict[str, Any]


@dataclass(frozen=True)
class TrainingTurn:
    """One turn of the model with its tokens.

    Attributes:
        prompt_token_ids: P tokens.
        completion_token_ids: C tokens.
        per_token_logps: C log-probabilities.
        loss_mask: P + C zeros and ones; 0 for the prompt, 1 for completion tokens to train on.
        request: chat-completions request that led to it.
        response: chat-completions response.
        metadata: further data.

    Raises:
        ValueError: if the lengths do not fit, the mask trains on a prompt token or holds anything but 0 and 1, or a
            log-probability is not finite.
    """

    prompt_token_ids: list[int]
    completion_token_ids: list[int]
    per_token_logps: list[float]
    loss_mask: list[int]
    request: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        prompt, completion = len(self.prompt_token_ids), len(self.completion_token_ids)
        if len(self.per_token_logps) != completion:
            raise ValueError(
                f"per_token_logps must have one entry per completion token: {len(self.per_token_logps)} "
                f"for {completion}"
            )
        if len(self.loss_mask) != prompt + completion:
            raise ValueError(
                f"loss_mask must cover the prompt and the completion: {len(self.loss_mask)} entries for "
                f"{prompt} + {completion} tokens"
            )
        if any(bit not in (0, 1) for bit in self.loss_mask):
            raise ValueError("loss_mask must hold zeros and ones only")
        if any(self.loss_mask[:prompt]):
            raise ValueError("loss_mask must be 0 for every token of the prompt: the model did not write them")
        if not all(math.isfinite(logp) for logp in self.per_token_logps):
            raise ValueError("per_token_logps must be finite")


@dataclass(frozen=True)
class TrainingTrace:
    """The turns of an episode that may be trained on, in order."""

    turns: list[TrainingTurn]

    def to_trace_entries(self) -> list[TraceEntry]:
        """The turns as dicts."""
        return [
            TraceEntry(
                request=turn.request,
                response=turn.response,
                prompt_token_ids=list(turn.prompt_token_ids),
                completion_token_ids=list(turn.completion_token_ids),
                per_token_logps=list(turn.per_token_logps),
                loss_mask=list(turn.loss_mask),
                metadata=turn.metadata,
            )
            for turn in self.turns
        ]


@runtime_checkable
class TrainableSession(Protocol):
    """A session whose agent owns the loop, and which can tell what to train on."""

    def wait_for_completion(self, timeout_s: float | None = None) -> int:
        """Wait for the agent and return its exit status.

        Raises:
            TimeoutError: if it did not end in time; its turns so far can still be fetched.
        """
        ...

    def fetch_training_trace(self) -> TrainingTrace:
        """The turns captured from the agent."""
        ...
