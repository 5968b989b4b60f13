"""Rollouts for trainers, with rewards that can be trusted."""

import math
from collections.abc import Callable
from typing import Any, Final

from .adapters import HarnessAdapter
from .sessions import ResourceSession, closing_session
from .types import HarnessRolloutResult, HarnessRunLimits, ModelStep, VerifyResult

# Rewards that went through 32-bit floats on one of the two ways still agree.
_TOLERANCE: Final = 1e-6
_COLUMNS: Final = ("prompt_ids", "completion_ids", "logprobs", "verify_metrics")

RolloutFunc = Callable[[list[Any], Any], dict[str, list[Any]]]


def _resolve_env_reward(rollout: HarnessRolloutResult, verify: VerifyResult) -> float:
    """The episode's reward: that of the last tool result that has one, or else the verifier's.

    Raises:
        ValueError: if the two disagree, there is neither, or one is no finite number.
    """
    verified = _number("verify.env_reward", verify.env_reward)
    rewards = (entry.result.metadata.get("reward") for entry in reversed(rollout.tool_trace))
    seen = _number("the last tool result's reward", next((reward for reward in rewards if reward is not None), None))
    if seen is None and verified is None:
        raise ValueError(
            "the rollout has no reward: no tool result has metadata['reward'], and verify() gave no env_reward. "
            "An episode may end without a tool call: let verify() judge it"
        )
    if seen is None or verified is None:
        return float(verified if seen is None else seen)  # type: ignore[arg-type]
    if not math.isclose(seen, verified, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
        raise ValueError(
            f"verify.env_reward is {verified}, but the environment's last reward is {seen}: verify() must hand on the "
            "environment's reward, not make another"
        )
    return seen


def _number(what: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{what} is no number: {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{what} is {number}, not a finite number")
    return number


def judged_rollout(
    harness_adapter: HarnessAdapter, model_step: ModelStep, session: ResourceSession, limits: HarnessRunLimits | None
) -> tuple[HarnessRolloutResult, VerifyResult, float]:
    """Run a session, judge it, and settle its reward; errors as in the three."""
    rollout = harness_adapter.run_white_box(model_step, session, limits)
    verify = session.verify(rollout.messages)
    return rollout, verify, _resolve_env_reward(rollout, verify)


def build_harness_rollout_func(
    *,
    session_factory: Any,
    harness_adapter: HarnessAdapter,
    model_step_builder: Callable[[Any, ResourceSession], ModelStep],
    limits: HarnessRunLimits | None = None,
    reward_key: str = "env_reward",
) -> RolloutFunc:
    """A ``rollout_func(prompts, trainer)`` that plays one session per prompt.

    Args:
        session_factory: ``create(task=prompt)`` makes a session. Each is closed, whatever happens in it.
        harness_adapter: runs it.
        model_step_builder: ``(trainer, session)`` to the model step.
        reward_key: the column of the rewards.

    Returns:
        The function. It returns columns with one entry per prompt: ``prompt_ids``, ``completion_ids``, ``logprobs``
        (of all turns, one after the other), ``verify_metrics`` and ``reward_key``. It raises rather than invent a
        reward: see :func:`_resolve_env_reward`, and what the session raises where it breaks.

    Raises:
        ValueError: if ``reward_key`` names another column.
    """
    if reward_key in _COLUMNS:
        raise ValueError(f"reward_key {reward_key!r} is another column's name; there are {', '.join(_COLUMNS)}")

    def rollout_func(prompts: list[Any], trainer: Any) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {name: [] for name in (*_COLUMNS, reward_key)}
        for prompt in prompts:
            with closing_session(session_factory.create(task=prompt)) as session:
                model_step = model_step_builder(trainer, session)
                rollout, verify, reward = judged_rollout(harness_adapter, model_step, session, limits)
            if rollout.logprobs and len(rollout.logprobs) != len(rollout.completion_ids):
                raise ValueError(
                    f"the rollout has {len(rollout.logprobs)} log-probabilities for {len(rollout.completion_ids)} "
                    "tokens: every turn must have them, or none"
                )
            columns["prompt_ids"].append(rollout.prompt_ids)
            columns["completion_ids"].append(rollout.completion_ids)
            columns["logprobs"].append(rollout.logprobs)
            columns["verify_metrics"].append(verify.metrics)
            columns[reward_key].append(reward)
        return columns

    return rollout_func
