"""Collecting episodes."""

import logging
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from ..adapters import HarnessAdapter
from ..rollout import judged_rollout
from ..sessions import ResourceSessionFactory, closing_session
from ..types import HarnessRunLimits, ModelStep
from .records import CollectResult, EpisodeRecord
from .serializer import RolloutSerializer

logger = logging.getLogger("openenv.harness")


class CollectRunner:
    """Plays episodes and keeps them.

    Args:
        session_factory: ``create(task=..., episode_id=...)`` makes the session of an episode. Each is closed.
        harness_adapter: runs it.
        serializer: keeps the episodes.
        tasks: one for each episode, in order; None plays every episode without one.
        limits: of every rollout.
    """

    def __init__(
        self,
        *,
        session_factory: ResourceSessionFactory[Any],
        harness_adapter: HarnessAdapter,
        serializer: RolloutSerializer,
        tasks: Iterable[Any] | None = None,
        limits: HarnessRunLimits | None = None,
    ) -> None:
        self._session_factory = session_factory
        self._harness_adapter = harness_adapter
        self._serializer = serializer
        self._rest = None if tasks is None else iter(tasks)
        self._drawn: list[Any] = []
        self._limits = limits

    def run(
        self,
        *,
        model_step: ModelStep,
        num_episodes: int,
        episode_id_prefix: str = "ep",
        resume: bool = True,
        should_keep: Callable[[EpisodeRecord], bool] | None = None,
    ) -> CollectResult:
        """Play the episodes ``<prefix>-000000``, ``<prefix>-000001``, ... that are not on disk yet.

        Episode i always has the i-th task, so that resuming changes nothing. An episode that fails is logged and
        counted, and the others go on; a later run tries it again, as it does those that were dropped.

        Args:
            model_step: the model.
            num_episodes: how many there shall be, those on disk included.
            resume: go on with the episodes on disk; otherwise they are put aside first.
            should_keep: whether to write an episode.

        Raises:
            ValueError: if there are fewer tasks than episodes, or the results file is not one.
            OSError: if an episode cannot be written.
            NotImplementedError: if the adapter cannot run a model step.
        """
        if isinstance(num_episodes, bool) or not isinstance(num_episodes, int) or num_episodes < 0:
            raise ValueError(f"num_episodes must be a whole number from 0, not {num_episodes!r}")
        tasks = self._tasks(num_episodes)
        if not resume:
            self._serializer.start_over()
        on_disk = self._serializer.collected_episode_ids()
        ids = [f"{episode_id_prefix}-{index:06d}" for index in range(num_episodes)]
        rewards: list[float] = []
        skipped = dropped = failed = 0
        for episode_id, task in zip(ids, tasks, strict=True):
            if episode_id in on_disk:
                skipped += 1
                continue
            try:
                record = self._play(model_step, episode_id, task)
            except NotImplementedError:
                raise
            except Exception:
                logger.warning("episode %s failed", episode_id, exc_info=True)
                failed += 1
                continue
            if should_keep is not None and not should_keep(record):
                dropped += 1
                continue
            self._serializer.write_episode(record)
            rewards.append(record.reward)
        return CollectResult(
            num_collected=len(rewards),
            num_skipped=skipped,
            num_dropped=dropped,
            num_failed=failed,
            episode_ids=ids,
            avg_reward=sum(rewards) / len(rewards) if rewards else 0.0,
            success_rate=sum(reward > 0 for reward in rewards) / len(rewards) if rewards else 0.0,
        )

    def _play(self, model_step: ModelStep, episode_id: str, task: Any) -> EpisodeRecord:
        with closing_session(self._session_factory.create(task=task, episode_id=episode_id)) as session:
            rollout, verify, _ = judged_rollout(self._harness_adapter, model_step, session, self._limits)
        return EpisodeRecord.from_rollout(episode_id, rollout, verify, task)

    def _tasks(self, number: int) -> list[Any]:
        if self._rest is None:
            return [None] * number
        self._drawn += islice(self._rest, max(0, number - len(self._drawn)))
        if len(self._drawn) < number:
            raise ValueError(f"there are {len(self._drawn)} tasks for {number} episodes: give one for each")
        return self._drawn[:number]
