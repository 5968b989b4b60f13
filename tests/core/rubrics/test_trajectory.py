import inspect
from typing import Any

import pytest

from openenv.core.env_server.types import Observation
from openenv.core.rubrics.trajectory import ExponentialDiscountingTrajectoryRubric, TrajectoryRubric


class LastReward(ExponentialDiscountingTrajectoryRubric):
    def score_trajectory(self, trajectory: list[tuple[Any, Any]]) -> float:
        return float(trajectory[-1][1].reward or 0.0)


def play(rubric: TrajectoryRubric, length: int, reward: float) -> list[Any]:
    return [
        rubric(f"a{step}", Observation(done=step == length - 1, reward=reward if step == length - 1 else None))
        for step in range(length)
    ]


def test_the_score_comes_at_the_end() -> None:
    rubric = LastReward(intermediate_reward=-0.01)
    assert play(rubric, 3, 1.0) == [-0.01, -0.01, 1.0]
    assert rubric.last_score == 1.0
    assert [action for action, _ in rubric.trajectory] == ["a0", "a1", "a2"]


def test_the_trajectory_is_a_copy_and_reset_clears_it() -> None:
    rubric = LastReward()
    play(rubric, 2, 1.0)
    rubric.trajectory.clear()
    assert len(rubric.trajectory) == 2
    rubric.reset()
    assert rubric.trajectory == []
    assert play(rubric, 1, 0.5) == [0.5]


def test_step_rewards_are_discounted() -> None:
    rubric = LastReward(gamma=0.5)
    assert rubric.compute_step_rewards() == []
    play(rubric, 3, 1.0)
    assert rubric.compute_step_rewards() == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(("gamma", "expected"), [(0.0, [0.0, 0.0, 2.0]), (1.0, [2.0, 2.0, 2.0])])
def test_the_ends_of_the_range_of_gamma(gamma: float, expected: list[float]) -> None:
    rubric = LastReward(gamma=gamma)
    play(rubric, 3, 2.0)
    assert rubric.compute_step_rewards() == expected


@pytest.mark.parametrize("gamma", [-0.1, 1.01, float("nan")])
def test_gamma_out_of_range(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma must be from 0 to 1"):
        LastReward(gamma=gamma)
    with pytest.raises(ValueError, match="gamma must be from 0 to 1"):
        LastReward().load_state_dict({"gamma": gamma})


def test_state_dict() -> None:
    rubric = LastReward(gamma=0.9, intermediate_reward=0.1)
    assert rubric.state_dict() == {"intermediate_reward": 0.1, "gamma": 0.9}
    other = LastReward()
    assert other.state_dict() == {"intermediate_reward": 0.0, "gamma": 0.99}
    other.load_state_dict(rubric.state_dict())
    assert other.state_dict() == rubric.state_dict()


async def test_an_async_trajectory_score_is_awaited() -> None:
    class Judged(ExponentialDiscountingTrajectoryRubric):
        async def score_trajectory(self, trajectory: list[tuple[Any, Any]]) -> float:
            return float(len(trajectory))

    rubric = Judged(gamma=0.5)
    assert rubric("a", Observation()) == 0.0
    scoring = rubric("a", Observation(done=True))
    assert inspect.isawaitable(scoring)
    assert await scoring == 2.0
    rewards = rubric.compute_step_rewards()
    assert inspect.isawaitable(rewards)
    assert await rewards == [1.0, 2.0]


def test_the_base_class_is_abstract_and_needs_no_super_call() -> None:
    with pytest.raises(TypeError, match="abstract"):
        TrajectoryRubric()  # type: ignore[abstract]

    class Lazy(TrajectoryRubric):
        def __init__(self) -> None:
            """Call nothing."""

        def score_trajectory(self, trajectory: list[tuple[Any, Any]]) -> float:
            return 1.0

        def compute_step_rewards(self) -> list[float]:
            return [0.5] * len(self.trajectory)

    rubric = Lazy()
    assert play(rubric, 2, 0.0) == [0.0, 1.0]
    assert rubric.compute_step_rewards() == [0.5, 0.5]
