import asyncio
import math
from typing import Any

import pytest

from openenv.core.rubrics import Gate, Rubric, RubricDict, RubricList, Sequential, WeightedSum


class Fixed(Rubric):
    def __init__(self, score: float) -> None:
        self.score = score
        self.calls = 0

    def forward(self, action: Any, observation: Any) -> float:
        self.calls += 1
        return self.score


class Slow(Fixed):
    async def forward(self, action: Any, observation: Any) -> float:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().forward(action, observation)


def test_sequential_gives_the_last_score() -> None:
    rubric = Sequential(Fixed(0.5), Fixed(0.25))
    assert rubric("a", "o") == 0.25
    assert [name for name, _ in rubric.named_children()] == ["rubric_0", "rubric_1"]
    assert len(rubric) == 2
    assert rubric[1] is rubric.get_rubric("rubric_1")
    assert Sequential()("a", "o") == 1.0


def test_sequential_stops_at_the_first_zero() -> None:
    last = Fixed(1.0)
    assert Sequential(Fixed(0.5), Fixed(0.0), last)("a", "o") == 0.0
    assert last.calls == 0


async def test_sequential_is_async_inside_a_running_loop() -> None:
    for rubric in (Sequential(Fixed(0.5)), Sequential(), Sequential(Fixed(0.5), Slow(0.25))):
        scoring = rubric("a", "o")
        assert asyncio.iscoroutine(scoring)
        assert await scoring == rubric.last_score


def test_sequential_awaits_in_order() -> None:
    first, last = Slow(0.0), Fixed(1.0)
    rubric = Sequential(first, last)
    assert asyncio.run(_await(rubric)) == 0.0
    assert (first.calls, last.calls) == (1, 0)


async def _await(rubric: Rubric) -> float:
    scoring = rubric("a", "o")
    assert asyncio.iscoroutine(scoring)
    score: float = await scoring
    return score


@pytest.mark.parametrize(("score", "threshold", "expected"), [(0.5, 0.5, 0.5), (0.49, 0.5, 0.0), (2.0, 1.0, 2.0)])
def test_gate(score: float, threshold: float, expected: float) -> None:
    assert Gate(Fixed(score), threshold)("a", "o") == expected
    assert asyncio.run(_await(Gate(Slow(score), threshold))) == expected


def test_gate_asks_for_full_marks_by_default() -> None:
    assert Gate(Fixed(0.99))("a", "o") == 0.0
    assert Gate(Fixed(1.0))("a", "o") == 1.0


def test_weighted_sum() -> None:
    rubric = WeightedSum([Fixed(1.0), Fixed(0.5)], [0.25, 0.75])
    assert rubric("a", "o") == pytest.approx(0.625)
    rubric.weights.append(1.0)
    assert rubric.weights == [0.25, 0.75]


@pytest.mark.parametrize("weights", [[0.5], [0.5, 0.6], [0.5, math.nan], [1.0, 1.0]])
def test_weighted_sum_checks_its_weights(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"need as many weights|must sum to 1"):
        WeightedSum([Fixed(1.0), Fixed(1.0)], weights)


async def test_weighted_sum_awaits_in_parallel() -> None:
    both_at_work = asyncio.Barrier(2)

    class Meets(Fixed):
        async def forward(self, action: Any, observation: Any) -> float:  # type: ignore[override]
            await both_at_work.wait()  # passes only if the other one is at work too
            return self.score

    rubric = WeightedSum([Meets(1.0), Fixed(0.5), Meets(0.0)], [0.5, 0.25, 0.25])
    assert await asyncio.wait_for(_await(rubric), 30) == pytest.approx(0.625)


async def test_weighted_sum_lets_no_judge_run_on_after_a_failure() -> None:
    stopped = asyncio.Event()

    class Endless(Fixed):
        async def forward(self, action: Any, observation: Any) -> float:  # type: ignore[override]
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()
            return self.score

    class Broken(Fixed):
        async def forward(self, action: Any, observation: Any) -> float:  # type: ignore[override]
            await asyncio.sleep(0)
            raise ConnectionError("no judge")

    with pytest.raises(ConnectionError, match="no judge"):
        await asyncio.wait_for(_await(WeightedSum([Endless(1.0), Broken(1.0)], [0.5, 0.5])), 30)
    assert stopped.is_set()


def test_weighted_sum_leaves_no_coroutine_behind_when_a_synchronous_part_fails() -> None:
    class Broken(Fixed):
        def forward(self, action: Any, observation: Any) -> float:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):  # an unawaited coroutine would be reported as well
        WeightedSum([Slow(1.0), Broken(1.0)], [0.5, 0.5])("a", "o")


def test_rubric_list() -> None:
    rubrics = [Fixed(0.1), Fixed(0.2)]
    listed = RubricList(rubrics)
    listed.append(Fixed(0.3))
    listed.extend([Fixed(0.4)])
    assert len(listed) == 4
    assert listed[0] is rubrics[0]
    assert [rubric("a", "o") for rubric in listed] == [0.1, 0.2, 0.3, 0.4]
    assert [name for name, _ in listed.named_rubrics()] == ["rubric_0", "rubric_1", "rubric_2", "rubric_3"]
    with pytest.raises(NotImplementedError):
        listed("a", "o")
    with pytest.raises(TypeError, match="expected a Rubric, got int"):
        listed.append(3)  # type: ignore[arg-type]


def test_rubric_dict() -> None:
    named = RubricDict({"pong": Fixed(0.1)})
    named["reset"] = Fixed(0.2)
    named.update({"chess": Fixed(0.3)})
    assert list(named) == list(named.keys()) == ["pong", "reset", "chess"]
    assert [rubric("a", "o") for rubric in named.values()] == [0.1, 0.2, 0.3]
    assert dict(named.items())["chess"] is named["chess"]
    assert named.get_rubric("reset") is named["reset"]
    assert len(named) == 3
    named.reset()  # still the method
    with pytest.raises(NotImplementedError):
        named("a", "o")
    with pytest.raises(KeyError):
        named["go"]


def test_containers_in_a_rubric_of_ones_own() -> None:
    class ByGame(Rubric):
        def __init__(self) -> None:
            self.games = RubricDict({"pong": Fixed(0.1), "chess": Sequential(Fixed(1.0), Fixed(0.3))})

        def forward(self, action: Any, observation: Any) -> Any:
            return self.games[action](action, observation)

    rubric = ByGame()
    assert rubric("chess", "o") == 0.3
    assert [name for name, _ in rubric.named_rubrics()] == [
        "games",
        "games.pong",
        "games.chess",
        "games.chess.rubric_0",
        "games.chess.rubric_1",
    ]
