import itertools
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openenv.core.curriculum import Curriculum, Progress, Rule

STORES = ["memory", "file"]


@pytest.fixture(params=STORES)
def path(request: pytest.FixtureRequest, tmp_path: Any) -> str | None:
    return str(tmp_path / "curriculum.db") if request.param == "file" else None


def pass_all(curriculum: Curriculum, problem: str, times: int = 1) -> None:
    for _ in range(times):
        for _ in range(curriculum.rule.minimum_samples):
            curriculum.report(problem, curriculum.upper_level(problem), 1)


# The rule


def test_defaults() -> None:
    rule = Curriculum().rule
    assert (rule.initial_difficulty, rule.window_size, rule.accuracy_threshold) == (0, 4, 0.9)
    assert rule.minimum_prompts == 8
    assert rule.minimum_samples == 8 * rule.group_size


@pytest.mark.parametrize(
    "wrong",
    [
        {"initial_difficulty": -1},
        {"window_size": 0},
        {"accuracy_threshold": 1.5},
        {"accuracy_threshold": float("nan")},
        {"minimum_prompts": 0},
        {"group_size": 0},
        {"group_size": 2.5},
        {"group_size": True},
    ],
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Curriculum(**wrong)


def test_the_level_rises_when_enough_rollouts_are_good_enough(path: str | None) -> None:
    with Curriculum(path, minimum_prompts=2, group_size=5) as curriculum:
        rises = [curriculum.report("p", 0, accuracy) for accuracy in [0, *[1] * 9]]
        assert rises == [False] * 9 + [True]
        assert curriculum.upper_level("p") == 1
        assert curriculum.snapshot()["p"]["samples"] == 0
        assert curriculum.upper_level("another") == 0


def test_below_the_threshold_it_stays_and_counting_restarts(path: str | None) -> None:
    with Curriculum(path, minimum_prompts=2, group_size=5) as curriculum:
        for accuracy in [0, 0, *[1] * 8]:
            assert not curriculum.report("p", 0, accuracy)
        assert curriculum.upper_level("p") == 0
        assert curriculum.snapshot()["p"]["samples"] == 0
        pass_all(curriculum, "p")  # what it once could not do does not hold it back
        assert curriculum.upper_level("p") == 1


def test_only_the_upper_level_counts(path: str | None) -> None:
    with Curriculum(path, initial_difficulty=3, minimum_prompts=1, group_size=2) as curriculum:
        for level in (0, 1, 2, 4, 9):
            for _ in range(10):
                assert not curriculum.report("p", level, 1)
        assert curriculum.upper_level("p") == 3
        curriculum.report("p", 3, 1)
        curriculum.report("p", 2, 0)  # drawn lower: no part of the verdict
        assert curriculum.report("p", 3, 1)
        assert not curriculum.report("p", 3, 1)  # late, of the level before
        assert curriculum.get_state()["environment2accuracy"]["p"] == {"accuracy": 0.0, "num_samples": 0}


def test_the_threshold_is_reached_in_spite_of_rounding() -> None:
    curriculum = Curriculum(minimum_prompts=1, group_size=10, accuracy_threshold=0.7)
    assert any(curriculum.report("p", 0, 0.7) for _ in range(10))


def test_partial_accuracies_and_booleans(path: str | None) -> None:
    with Curriculum(path, minimum_prompts=1, group_size=2, accuracy_threshold=0.75) as curriculum:
        curriculum.report("p", 0, 0.5)
        assert curriculum.report("p", 0, True)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (("p", -1, 1), "level must be"),
        (("p", 1.0, 1), "level must be"),
        (("p", True, 1), "level must be"),
        (("p", 0, 1.1), "accuracy must be"),
        (("p", 0, float("nan")), "accuracy must be"),
        (("p", 0, "1"), "accuracy must be"),
        (("p", 0, None), "accuracy must be"),
        (("", 0, 1), "named by a text"),
        ((7, 0, 1), "named by a text"),
    ],
)
def test_reports_are_checked_and_a_bad_one_changes_nothing(
    path: str | None, report: tuple[Any, Any, Any], words: str
) -> None:
    with Curriculum(path) as curriculum:
        curriculum.report("p", 0, 1)
        before = curriculum.get_state()
        with pytest.raises(ValueError, match=words):
            curriculum.report(*report)
        with pytest.raises(ValueError, match=words):
            curriculum.report_many([("p", 0, 1), report])
        assert curriculum.get_state() == before


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from([0, 0.5, 1])), max_size=80),
    st.lists(st.integers(0, 80), max_size=5),
)
def test_batches_make_no_difference(reports: list[tuple[str, int, float]], cuts: list[int]) -> None:
    rule: dict[str, Any] = {"minimum_prompts": 2, "group_size": 2, "accuracy_threshold": 0.5}
    one_by_one, in_batches = Curriculum(**rule), Curriculum(**rule)
    risen = {problem for problem, level, accuracy in reports if one_by_one.report(problem, level, accuracy)}
    edges = [0, *sorted(cuts), len(reports)]
    batches = [in_batches.report_many(reports[a:b]) for a, b in itertools.pairwise(edges)]
    assert in_batches.get_state() == one_by_one.get_state()
    assert set().union(*batches) == risen


@settings(deadline=None)
@given(st.integers(0, 20), st.lists(st.tuples(st.integers(0, 25), st.floats(0, 1)), max_size=100))
def test_the_level_never_falls_and_rises_by_one(start: int, reports: list[tuple[int, float]]) -> None:
    rule = Rule(initial_difficulty=start, minimum_prompts=1, group_size=3, accuracy_threshold=0.5)
    progress = rule.beginning
    assert progress == Progress(start, 0.0, 0)
    for level, accuracy in reports:
        after = rule.after(progress, level, accuracy)
        assert after.level - progress.level in (0, 1)
        assert 0 <= after.accuracy <= after.samples < rule.minimum_samples
        progress = after


# Drawing


@pytest.mark.parametrize(
    ("upper", "window", "levels"), [(0, 4, [0]), (2, 4, [0, 1, 2]), (9, 4, [6, 7, 8, 9]), (5, 1, [5])]
)
def test_levels_are_drawn_evenly_from_the_window(upper: int, window: int, levels: list[int]) -> None:
    curriculum = Curriculum(initial_difficulty=upper, window_size=window)
    assert list(curriculum.levels("p")) == levels
    rng = random.Random(0)
    drawn = Counter(curriculum.draw("p", rng) for _ in range(2000))
    assert sorted(drawn) == levels
    assert min(drawn.values()) > 2000 / len(levels) * 0.8
    assert {curriculum.draw("p") for _ in range(400)} == set(levels)


def test_a_seed_draws_the_same_level() -> None:
    first, second = (Curriculum(initial_difficulty=9, window_size=10) for _ in range(2))
    drawn = [first.draw("p", seed) for seed in range(50)]
    assert drawn == [second.draw("p", seed) for seed in range(50)]
    assert len(set(drawn)) > 3


def test_drawing_leaves_no_trace(path: str | None) -> None:
    with Curriculum(path, problems=["listed"]) as curriculum:
        curriculum.draw("p")
        assert list(curriculum.snapshot()) == ["listed"]


def test_seeds_are_given_out_once(path: str | None) -> None:
    with Curriculum(path) as curriculum:
        assert [curriculum.next_seed(), *curriculum.next_seeds(3), curriculum.next_seed()] == [0, 1, 2, 3, 4]
        assert list(curriculum.next_seeds(0)) == []
        assert curriculum.get_state()["problem_generation_seed"] == 5
        with pytest.raises(ValueError, match="count"):
            curriculum.next_seeds(-1)


# State


def test_snapshot(path: str | None) -> None:
    with Curriculum(path, problems=["b", "a"], initial_difficulty=5, minimum_prompts=2) as curriculum:
        curriculum.report("b", 5, 1)
        curriculum.report("b", 5, 0)
        fresh = {"lowest_level": 2, "upper_level": 5, "samples": 0, "minimum_samples": 16, "accuracy": None}
        snapshot = curriculum.snapshot()
        assert snapshot == {"a": fresh, "b": {**fresh, "samples": 2, "accuracy": 0.5}}
        assert json.loads(json.dumps(snapshot)) == snapshot


def test_state_has_the_shape_of_the_original_and_travels_as_json(path: str | None) -> None:
    with Curriculum(path, problems=["Sorting", "Sudoku"], minimum_prompts=1, group_size=3) as curriculum:
        pass_all(curriculum, "Sorting", times=2)
        curriculum.report("Sorting", 2, 1)
        curriculum.report("Sorting", 2, 0)
        curriculum.next_seeds(7)
        state = curriculum.get_state()
    assert state == {
        "environment2difficulty": {"Sorting": 2, "Sudoku": 0},
        "environment2accuracy": {
            "Sorting": {"accuracy": 1.0, "num_samples": 2},
            "Sudoku": {"accuracy": 0.0, "num_samples": 0},
        },
        "problem_generation_seed": 7,
    }
    restored = Curriculum(problems=["gone"], minimum_prompts=1, group_size=3)
    restored.set_state(json.loads(json.dumps(state)))
    assert restored.get_state() == state
    assert restored.next_seed() == 7
    restored.report("Sorting", 2, 1)
    assert restored.upper_level("Sorting") == 2  # two of three: goes on counting where it stood


def test_a_state_without_counts_starts_counting(path: str | None) -> None:
    with Curriculum(path) as curriculum:
        curriculum.set_state({"environment2difficulty": {"p": 4}})
        assert curriculum.upper_level("p") == 4
        assert curriculum.next_seed() == 0


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "has no 'environment2difficulty'"),
        ({"environment2difficulty": {"p": -1}}, r"environment2difficulty\['p'\] must be"),
        ({"environment2difficulty": {"p": 1.5}}, r"environment2difficulty\['p'\] must be"),
        ({"environment2difficulty": {"p": 2**64}}, r"environment2difficulty\['p'\] must be"),
        ({"environment2difficulty": ["p"]}, "malformed"),
        ({"environment2difficulty": {"p": 1}, "environment2accuracy": {"q": {}}}, "has 'q'"),
        ({"environment2difficulty": {"p": 1}, "environment2accuracy": {"p": {}}}, "has no 'num_samples'"),
        (
            {
                "environment2difficulty": {"p": 1},
                "environment2accuracy": {"p": {"accuracy": 3, "num_samples": 2}},
            },
            "cannot sum to",
        ),
        (
            {"environment2difficulty": {"p": 1}, "problem_generation_seed": -1},
            "problem_generation_seed must be",
        ),
        ([], "malformed|has no"),
    ],
)
def test_a_malformed_state_is_refused_and_changes_nothing(path: str | None, state: Any, words: str) -> None:
    with Curriculum(path) as curriculum:
        pass_all(curriculum, "p")
        before = curriculum.get_state()
        with pytest.raises(ValueError, match=words):
            curriculum.set_state(state)
        assert curriculum.get_state() == before


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_threads")
def test_readers_of_a_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    with Curriculum(tmp_path / "file.sqlite", minimum_prompts=100, group_size=1000) as curriculum:
        curriculum.report("p", 0, 1)

        def read(_: int) -> list[int]:
            return [curriculum.upper_level("p") for _ in range(500)]

        with ThreadPoolExecutor(6) as threads:
            assert list(threads.map(read, range(6))) == [[0] * 500] * 6


@pytest.mark.usefixtures("eager_threads")
def test_a_state_is_replaced_at_once(path: str | None) -> None:
    state = {"environment2difficulty": {f"p{number}": 7 for number in range(50)}}
    with Curriculum(path) as curriculum, ThreadPoolExecutor(1) as threads:

        def replace(times: int) -> None:
            for _ in range(times):
                curriculum.set_state(state)

        replace(1)
        replaced = threads.submit(replace, 3000 if path is None else 50)
        seen = set()
        while not replaced.done():
            seen.add(curriculum.upper_level("p49"))
        replaced.result()
        assert seen == {7}


def test_threads_lose_no_report(path: str | None) -> None:
    with Curriculum(path, minimum_prompts=100, group_size=1000) as curriculum:
        seeds: list[int] = []

        def work() -> None:
            for _ in range(100):
                curriculum.report("p", 0, 1)
                seeds.append(curriculum.next_seed())

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert curriculum.get_state()["environment2accuracy"]["p"] == {"accuracy": 600.0, "num_samples": 600}
        assert sorted(seeds) == list(range(600))


def test_threads_raise_a_level_once() -> None:
    curriculum = Curriculum(minimum_prompts=1, group_size=10)
    rises: list[bool] = []

    def work() -> None:
        for _ in range(100):
            rises.append(curriculum.report("p", curriculum.upper_level("p"), 1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(rises) == curriculum.upper_level("p")


# Learners


class Learner:
    """Solves levels up to its skill almost always, and higher ones now and then."""

    def __init__(self, skills: dict[str, int], seed: int) -> None:
        self.skills = skills
        self._rng = random.Random(seed)

    def attempt(self, problem: str, level: int) -> int:
        return int(self._rng.random() < (0.98 if level <= self.skills[problem] else 0.3))


def train(curriculum: Curriculum, learner: Learner, rounds: int, rng: random.Random) -> None:
    """Each round every problem is drawn once, and the group's rollouts are reported."""
    for _ in range(rounds):
        reports = []
        for problem in learner.skills:
            level = curriculum.draw(problem, rng)
            reports += [(problem, level, learner.attempt(problem, level)) for _ in range(curriculum.rule.group_size)]
        curriculum.report_many(reports)


@pytest.mark.parametrize(("store", "problems"), [("memory", 64), ("file", 6)])
def test_levels_follow_the_skill_of_a_learner(store: str, problems: int, tmp_path: Path) -> None:
    rng = random.Random(1)
    learner = Learner({f"problem{i}": i % 6 for i in range(problems)}, seed=2)
    path = tmp_path / "curriculum.db" if store == "file" else None
    with Curriculum(path, problems=learner.skills, group_size=8, minimum_prompts=4) as curriculum:

        def standing() -> dict[str, int]:
            return {problem: curriculum.upper_level(problem) for problem in learner.skills}

        # The upper level of a learner is the first one beyond its skill: there it stays.
        train(curriculum, learner, 220, rng)
        assert standing() == {problem: skill + 1 for problem, skill in learner.skills.items()}
        train(curriculum, learner, 60, rng)
        assert standing() == {problem: skill + 1 for problem, skill in learner.skills.items()}

        # It learns some problems, but not all: those levels rise, the others stay put.
        for problem in list(learner.skills)[::2]:
            learner.skills[problem] += 2
        train(curriculum, learner, 160, rng)
        assert standing() == {problem: skill + 1 for problem, skill in learner.skills.items()}


def test_a_learner_that_forgets_is_not_sent_back_but_sees_lower_levels() -> None:
    curriculum = Curriculum(group_size=4, minimum_prompts=2)
    learner = Learner({"p": 6}, seed=3)
    train(curriculum, learner, 400, random.Random(4))
    assert curriculum.upper_level("p") == 7
    learner.skills["p"] = 0
    train(curriculum, learner, 400, random.Random(5))
    assert curriculum.upper_level("p") == 7
    assert list(curriculum.levels("p")) == [4, 5, 6, 7]
