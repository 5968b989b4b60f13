import asyncio
import gc
import warnings
from typing import Any

import pytest

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State
from openenv.core.rubrics import Gate, Rubric, RubricDict, Sequential, WeightedSum


class Fixed(Rubric):
    def __init__(self, score: float) -> None:
        self.score = score
        self.calls = 0

    def forward(self, action: Any, observation: Any) -> float:
        self.calls += 1
        return self.score


class Slow(Fixed):
    """Async; scores after the loop has gone round."""

    async def forward(self, action: Any, observation: Any) -> float:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().forward(action, observation)


def test_a_call_returns_and_keeps_the_score() -> None:
    rubric = Fixed(0.25)
    assert rubric.last_score is None
    assert rubric("action", "observation") == 0.25
    assert rubric.last_score == 0.25


async def test_an_async_rubric_is_awaited() -> None:
    rubric = Slow(0.5)
    scoring = rubric("action", "observation")
    assert asyncio.iscoroutine(scoring)
    assert await scoring == 0.5
    assert rubric.last_score == 0.5


def test_hooks_run_around_the_scoring_in_order() -> None:
    seen: list[Any] = []
    rubric = Fixed(1.0)
    rubric.register_forward_pre_hook(lambda *args: seen.append(("before", rubric.calls, args)))
    rubric.register_forward_hook(lambda *args: seen.append(("after", rubric.calls, args)))
    rubric.register_forward_hook(lambda *args: seen.append("last"))
    rubric("a", "o")
    assert seen == [("before", 0, (rubric, "a", "o")), ("after", 1, (rubric, "a", "o", 1.0)), "last"]


async def test_async_hooks_are_awaited() -> None:
    seen: list[str] = []

    async def before(*args: Any) -> None:
        await asyncio.sleep(0)
        seen.append("before")

    async def after(*args: Any) -> None:
        await asyncio.sleep(0)
        seen.append(f"after {args[3]}")

    for rubric in (Slow(0.5), Fixed(0.5)):
        rubric.register_forward_pre_hook(before)
        rubric.register_forward_hook(after)
        scoring = rubric("a", "o")
        assert asyncio.iscoroutine(scoring)
        assert await scoring == 0.5
    assert seen == ["before", "after 0.5"] * 2


def test_an_error_in_forward_keeps_the_last_score() -> None:
    class Broken(Fixed):
        def forward(self, action: Any, observation: Any) -> float:
            if action == "bad":
                raise ValueError("no")
            return super().forward(action, observation)

    rubric = Broken(1.0)
    rubric("good", "o")
    with pytest.raises(ValueError, match="no"):
        rubric("bad", "o")
    assert rubric.last_score == 1.0


class Tree(Rubric):
    def __init__(self) -> None:
        self.style = Gate(Fixed(0.5), threshold=0.1)
        self.answer = Fixed(1.0)

    def forward(self, action: Any, observation: Any) -> Any:
        return self.answer(action, observation)


def test_assigned_rubrics_become_children_in_order() -> None:
    tree = Tree()
    assert [name for name, _ in tree.named_children()] == ["style", "answer"]
    assert list(tree.children()) == [tree.style, tree.answer]
    assert [name for name, _ in tree.named_rubrics()] == ["style", "style.rubric", "answer"]
    assert [name for name, _ in tree.named_rubrics("root")] == [
        "root.style",
        "root.style.rubric",
        "root.answer",
    ]
    assert list(tree.rubrics()) == [tree.style, tree.style.rubric, tree.answer]


def test_a_child_is_found_by_its_path() -> None:
    tree = Tree()
    assert tree.get_rubric("style.rubric") is tree.style.rubric
    with pytest.raises(KeyError, match=r"no rubric at 'style\.length'; there are: style, style\.rubric, answer"):
        tree.get_rubric("style.length")


def test_a_child_replaced_or_deleted_is_a_child_no_more() -> None:
    tree = Tree()
    tree.style = None  # type: ignore[assignment]
    assert [name for name, _ in tree.named_rubrics()] == ["answer"]
    del tree.answer
    assert list(tree.children()) == []


def test_a_dictionary_child_survives_an_attribute_of_its_name() -> None:
    named = RubricDict({"last_score": Fixed(1.0)})
    named.last_score = 0.5
    assert "last_score" in named


def test_reset_reaches_every_child() -> None:
    class Remembers(Fixed):
        def reset(self) -> None:
            self.calls = 0
            super().reset()

    inner, outer = Remembers(1.0), Remembers(1.0)
    outer.child = Sequential(inner)
    inner("a", "o")
    outer("a", "o")
    assert outer.reset() is None  # type: ignore[func-returns-value]
    assert (inner.calls, outer.calls) == (0, 0)


async def test_an_async_reset_below_is_awaited() -> None:
    class Remote(Fixed):
        async def reset(self) -> None:
            await asyncio.sleep(0)
            self.calls = 0

    remote = Remote(1.0)
    remote("a", "o")
    outcome = Gate(remote).reset()
    assert outcome is not None
    await outcome
    assert remote.calls == 0


def test_state_dicts_nest() -> None:
    class Tuned(Fixed):
        def state_dict(self) -> dict[str, Any]:
            return {**super().state_dict(), "score": self.score}

        def load_state_dict(self, state: dict[str, Any]) -> None:
            super().load_state_dict(state)
            self.score = state.get("score", self.score)

    first = WeightedSum([Tuned(0.1), Gate(Tuned(0.2))], [0.5, 0.5])
    assert first.state_dict() == {"rubric_0.score": 0.1, "rubric_1.rubric.score": 0.2}
    second = WeightedSum([Tuned(0.0), Gate(Tuned(0.0))], [0.5, 0.5])
    second.load_state_dict(first.state_dict())
    assert second.state_dict() == first.state_dict()
    second.load_state_dict({"rubric_0.score": 0.7})
    assert second.state_dict() == {"rubric_0.score": 0.7, "rubric_1.rubric.score": 0.2}
    assert Fixed(1.0).state_dict() == {}


# In an environment


class Scored(Environment[Action, Observation, State]):
    def __init__(self, rubric: Rubric) -> None:
        super().__init__(rubric=rubric)
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Observation:
        self._reset_rubric()
        return Observation()

    def step(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        observation = Observation()
        observation.reward = self._apply_rubric(action, observation)
        return observation

    async def step_async(self, action: Action, timeout_s: float | None = None, **kwargs: Any) -> Observation:
        observation = Observation()
        observation.reward = await self._apply_rubric_async(action, observation)
        return observation

    @property
    def state(self) -> State:
        return self._state


async def test_an_environment_applies_its_rubric() -> None:
    assert Scored(Fixed(0.5)).step(Action()).reward == 0.5
    assert (await Scored(Slow(0.5)).step_async(Action())).reward == 0.5
    assert (await Scored(Sequential(Fixed(0.5))).step_async(Action())).reward == 0.5
    # A cheap step runs under the loop, where a Sequential gives a coroutine, but which this step cannot await.
    assert Scored(Gate(Sequential(Fixed(0.5)), threshold=0.1)).step(Action()).reward == 0.5
    with pytest.raises(TypeError, match="this rubric is async"):
        Scored(Sequential(Slow(0.5))).step(Action())


def test_an_async_rubric_in_a_synchronous_step_is_a_clear_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match="this rubric is async"):
            Scored(WeightedSum([Fixed(1.0), Gate(Slow(0.5))], [0.5, 0.5])).step(Action())
        gc.collect()  # a coroutine left behind unawaited would warn now
