"""An episode as it is kept, and the outcome of a collection."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..plain import plain
from ..rollout import _resolve_env_reward
from ..types import HarnessRolloutResult, VerifyResult


@dataclass
class EpisodeRecord:
    """One episode, as plain JSON data.

    Attributes:
        episode_id: its name.
        messages: the conversation.
        reward: the environment's.
        done: whether it came to its end.
        tool_trace: the calls carried out: ``tool_name``, ``arguments`` and ``result``.
        metrics: those of the rollout.
        verify_metrics: those of the judgment.
        artifacts: further data of the judgment.
        task: what the session was made with.
        extra: whatever else is to be kept.
    """

    episode_id: str
    messages: list[dict[str, Any]]
    reward: float
    done: bool
    tool_trace: list[dict[str, Any]]
    metrics: dict[str, Any]
    verify_metrics: dict[str, Any]
    artifacts: dict[str, Any]
    task: Any = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_rollout(
        cls,
        episode_id: str,
        rollout: HarnessRolloutResult,
        verify: VerifyResult,
        task: Any = None,
        extra: dict[str, Any] | None = None,
    ) -> "EpisodeRecord":
        """The record of a rollout and its judgment.

        Raises:
            ValueError: if they have no reward, or two different ones.
            TypeError: if something in them has no JSON form.
        """
        return cls(
            episode_id=episode_id,
            messages=plain(rollout.messages),
            reward=_resolve_env_reward(rollout, verify),
            done=rollout.done or verify.done,
            tool_trace=plain(rollout.tool_trace),
            metrics=plain(rollout.metrics),
            verify_metrics=plain(verify.metrics),
            artifacts=plain(verify.artifacts),
            task=plain(task),
            extra=plain(extra or {}),
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


@dataclass
class CollectResult:
    """What became of a collection.

    Attributes:
        num_collected: episodes written by this run.
        num_skipped: episodes that were there already.
        num_dropped: episodes that ``should_keep`` refused.
        num_failed: episodes that ended in an error; the log tells which.
        episode_ids: all episodes asked for, in order, whatever became of them.
        avg_reward: of those collected by this run; 0.0 if there are none.
        success_rate: share of them with a reward above 0; 0.0 if there are none.
    """

    num_collected: int
    num_skipped: int
    num_dropped: int
    num_failed: int
    episode_ids: list[str]
    avg_reward: float
    success_rate: float
