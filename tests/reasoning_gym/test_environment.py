"""The rules of the environment, in this process."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openenv.core.env_server.types import Action
from openenv.testing import check_environment
from reasoning_gym_env import ReasoningGymAction
from reasoning_gym_env.server.errors import GenerationError, SelectionError
from reasoning_gym_env.server.gym import Gym
from reasoning_gym_env.server.reasoning_gym_environment import ReasoningGymEnvironment

LEGS: dict[str, Any] = {"dataset_name": "leg_counting", "seed": 1, "size": 3}
SPECS = [{"name": "leg_counting", "weight": 3}, {"name": "reverse_sort", "config": {"max_length": 6}}]


def say(environment: ReasoningGymEnvironment, answer: str = "?") -> Any:
    return environment.step(ReasoningGymAction(answer=answer))


def questions(environment: ReasoningGymEnvironment, count: int, **arguments: Any) -> list[str | None]:
    first = environment.reset(**arguments).question
    return [first, *(environment.reset().question for _ in range(count - 1))]


@pytest.fixture
def other(gym: Gym) -> Iterator[ReasoningGymEnvironment]:
    environment = ReasoningGymEnvironment(gym)
    yield environment
    environment.close()


class Seeded(ReasoningGymEnvironment):
    """Where a seed means a dataset of that seed, so that it means an episode."""

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> Any:  # type: ignore[override]
        return super().reset(seed or 0, episode_id, "reverse_sort", size=5)


def test_keeps_the_contract(gym: Gym) -> None:
    action = ReasoningGymAction(answer="12")
    check_environment(lambda: Seeded(gym), action=action)
    # A seed without a dataset changes nothing, so it does not mean an episode.
    skipped = dict.fromkeys(("seeds_are_deterministic", "instances_are_independent"), "a bare seed changes nothing")
    check_environment(lambda: ReasoningGymEnvironment(gym), action=action, skip=skipped)


def test_poses_a_question_and_scores_the_answer(environment: ReasoningGymEnvironment) -> None:
    posed = environment.reset(**LEGS, episode_id="mine")
    assert posed.question is not None
    assert posed.question.startswith("Your task is to count how many legs there are")
    assert (posed.score, posed.correct_answer, posed.dataset_metadata) == (None, None, None)
    assert (posed.done, posed.reward) == (False, 0.0)
    assert posed.metadata == {**LEGS, "index": 0}

    wrong = say(environment, "no idea")
    assert (wrong.question, wrong.done, wrong.reward, wrong.score) == (None, True, 0.0, 0.0)
    assert wrong.dataset_metadata["source_dataset"] == "leg_counting"
    assert wrong.dataset_metadata["source_index"] == 0
    assert wrong.correct_answer == str(wrong.dataset_metadata["total_legs"])
    state = environment.state
    assert (state.episode_id, state.step_count, state.dataset_name) == ("mine", 1, "leg_counting")
    assert (state.seed, state.size, state.index, state.difficulty) == (1, 3, 0, None)

    assert environment.reset(**LEGS).question == posed.question
    right = say(environment, wrong.correct_answer)
    assert (right.done, right.reward, right.score) == (True, 1.0, 1.0)


def test_the_first_bare_reset_uses_the_default(
    environment: ReasoningGymEnvironment, other: ReasoningGymEnvironment
) -> None:
    asked = questions(other, 3, dataset_name="leg_counting", seed=42, size=1000)
    assert questions(environment, 3, seed=7) == asked


def test_resets_go_through_the_dataset_and_begin_anew(environment: ReasoningGymEnvironment) -> None:
    first, second, third, again, *_ = questions(environment, 5, **LEGS)
    assert len({first, second, third}) == 3
    assert again == first
    assert environment.state.index == 1


def test_a_bare_seed_changes_nothing(environment: ReasoningGymEnvironment, other: ReasoningGymEnvironment) -> None:
    environment.reset(**LEGS)
    other.reset(**LEGS)
    assert environment.reset(seed=99).question == other.reset().question
    assert environment.state.seed == 1


def test_the_same_arguments_give_the_same_questions(
    environment: ReasoningGymEnvironment, other: ReasoningGymEnvironment
) -> None:
    arguments: dict[str, Any] = {"dataset_name": "reverse_sort", "seed": 8, "size": 100}
    assert questions(environment, 4, **arguments) == questions(other, 4, **arguments)
    assert questions(environment, 4, **arguments) != questions(other, 4, **{**arguments, "seed": 9})


def test_a_new_dataset_replaces_the_old(environment: ReasoningGymEnvironment) -> None:
    environment.reset(**LEGS)
    config = {"min_length": 2, "max_length": 2}
    posed = environment.reset(dataset_name="reverse_sort", dataset_config=config, seed=1, size=10)
    assert "Sort this list" in (posed.question or "")
    for _ in range(3):
        assert "Sort this list" in (environment.reset().question or "")
        assert len(say(environment).dataset_metadata["numbers"]) == 2


def test_a_composite_mixes_its_datasets(environment: ReasoningGymEnvironment) -> None:
    environment.reset(dataset_name="composite", dataset_specs=SPECS, seed=42, size=30)
    sources = []
    for index in range(20):
        metadata = say(environment).dataset_metadata
        sources.append(metadata["source_dataset"])
        assert metadata["source_index"] == index
        assert metadata.get("length", 0) <= 6
        environment.reset()
    assert 10 <= sources.count("leg_counting") < 20
    assert environment.state.dataset_name == "composite"


def test_a_step_without_a_question_scores_nothing(environment: ReasoningGymEnvironment) -> None:
    for steps in (1, 2):
        early = say(environment)
        assert (early.done, early.reward) == (True, 0.0)
        assert (early.question, early.score, early.correct_answer, early.dataset_metadata) == (None,) * 4
        assert "reset()" in early.metadata["error"]
        assert environment.state.step_count == steps
    environment.reset()
    say(environment)
    again = say(environment)
    assert (again.done, again.reward, again.score) == (True, 0.0, None)


def test_other_actions_are_refused(environment: ReasoningGymEnvironment) -> None:
    environment.reset(**LEGS)
    with pytest.raises(TypeError, match=r"ReasoningGymAction\(answer=\.\.\.\), not Action"):
        environment.step(Action())  # type: ignore[arg-type]
    assert environment.state.step_count == 0


BAD: list[tuple[str, dict[str, Any]]] = [
    ("unknown dataset 'leg_count'; did you mean leg_counting", {"dataset_name": "leg_count", "seed": 1, "size": 1}),
    ("did you mean number_sorting or reverse_sort", {"dataset_name": "sort", "seed": 1, "size": 1}),
    ("unknown dataset 'xxx", {"dataset_name": "x" * 10_000, "seed": 1, "size": 1}),
    ("has no 'xxx", {**LEGS, "dataset_config": {"x" * 10_000: 1}}),
    ("no attribute 'xxx", {**LEGS, "curriculum": {"x" * 10_000: 1}}),
    ("max_length must be at most", {**LEGS, "dataset_name": "reverse_sort", "dataset_config": {"max_length": 10**9}}),
    ("dataset_name must be the name", {"dataset_name": 7, "seed": 1, "size": 1}),
    ("seed must be given", {"dataset_name": "leg_counting", "size": 1}),
    ("size must be given", {"dataset_name": "leg_counting", "seed": 1}),
    ("size must be a whole number from 1, not 0", {**LEGS, "size": 0}),
    ("size must be a whole number", {**LEGS, "size": 2.5}),
    ("size must be a whole number", {**LEGS, "size": True}),
    ("seed must be a whole number from 0, not -1", {**LEGS, "seed": -1}),
    ("has no 'min_animal'; did you mean min_animals", {**LEGS, "dataset_config": {"min_animal": 1}}),
    ("leg_counting: min_animals must be positive", {**LEGS, "dataset_config": {"min_animals": 0}}),
    ("leg_counting: invalid configuration", {**LEGS, "dataset_config": {"min_animals": "three"}}),
    ("caesar_cipher: empty separator", {**LEGS, "dataset_name": "caesar_cipher", "dataset_config": {"delimiter": ""}}),
    (
        "word_sorting: 'loud' is none of lowercase, uppercase, original, randomcase",
        {**LEGS, "dataset_name": "word_sorting", "dataset_config": {"transformation": "loud"}},
    ),
    (
        "time_intervals: Invalid isoformat string: 'soon'",
        {**LEGS, "dataset_name": "time_intervals", "dataset_config": {"min_date": "soon"}},
    ),
    ("must hold what JSON can hold", {**LEGS, "dataset_config": {"min_animals": float("nan")}}),
    ("must not hold 'seed'", {**LEGS, "dataset_config": {"seed": 1}}),
    ("dataset_config must map", {**LEGS, "dataset_config": [1]}),
    ("dataset_specs needs dataset_name='composite'", {**LEGS, "dataset_specs": SPECS}),
    ("dataset_specs needs a dataset_name", {"dataset_specs": SPECS}),
    ("size needs a dataset_name", {"size": 3}),
    ("composite needs dataset_specs", {"dataset_name": "composite", "seed": 1, "size": 1}),
    *(
        (words, {"dataset_name": "composite", "seed": 1, "size": 9, "dataset_specs": specs})
        for words, specs in (
            ("composite needs dataset_specs", []),
            ("composite needs dataset_specs", {"name": "leg_counting"}),
            (r"dataset_specs\[1\] must be a mapping", [{"name": "leg_counting"}, "reverse_sort"]),
            (r"dataset_specs\[0\]\['name'\] must be", [{"weight": 1}]),
            ("unknown key 'wieght'; did you mean weight", [{"name": "leg_counting", "wieght": 1}]),
            ("'weight'. must be a positive number, not -1", [{"name": "leg_counting", "weight": -1}]),
            ("'weight'. must be a positive number, not 0", [{"name": "leg_counting", "weight": 0}]),
            ("'weight'. must be a positive number", [{"name": "leg_counting", "weight": "3"}]),
            ("weights of dataset_specs are too large", [{"name": name, "weight": 1e308} for name in ("aiw", "ab")]),
            ("'leg_counting' more than once", [{"name": "leg_counting"}, {"name": "leg_counting"}]),
            ("cannot hold another", [{"name": "composite"}]),
            ("unknown dataset 'nonsense'", [{"name": "leg_counting"}, {"name": "nonsense"}]),
            ("has no 'legs'", [{"name": "leg_counting", "config": {"legs": 4}}]),
            (r"\['size'\] must be a whole number", [{"name": "leg_counting", "config": {"size": "x"}}]),
        )
    ),
    ("takes dataset_specs, not dataset_config", {**LEGS, "dataset_name": "composite", "dataset_config": {}}),
    ("no attribute 'animals'; did you mean num_animals", {**LEGS, "curriculum": {"animals": 1}}),
    ("num_animals of leg_counting has the levels 0 to 35, not 99", {**LEGS, "curriculum": {"num_animals": 99}}),
    ("must be a whole number from 0, not -1", {**LEGS, "curriculum": {"num_animals": -1}}),
    ("curriculum must map", {**LEGS, "curriculum": 3}),
    ("not both", {**LEGS, "curriculum": {"num_animals": 1}, "difficulty": 1}),
    ("max_animals of leg_counting is set", {**LEGS, "difficulty": 1, "dataset_config": {"max_animals": 9}}),
    ("difficulty must be a level from 0 or 'adaptive'", {**LEGS, "difficulty": "hard"}),
    ("difficulty must be a whole number", {**LEGS, "difficulty": -1}),
    ("acre has no curriculum", {**LEGS, "dataset_name": "acre", "difficulty": 1}),
    ("no level of the curriculum of knight_swap", {**LEGS, "dataset_name": "knight_swap", "difficulty": "adaptive"}),
]


@pytest.mark.parametrize(("words", "arguments"), BAD, ids=range(len(BAD)))
def test_bad_arguments_leave_the_session_as_it_was(
    words: str, arguments: dict[str, Any], environment: ReasoningGymEnvironment, other: ReasoningGymEnvironment
) -> None:
    for each in (environment, other):
        each.reset(**LEGS, episode_id="mine")
    before = environment.state
    with pytest.raises(SelectionError, match=words) as raised:
        environment.reset(**arguments)
    assert len(str(raised.value)) < 500
    assert environment.state == before
    assert say(environment) == say(other)
    assert environment.reset().question == other.reset().question


@pytest.mark.parametrize("path", ["{}", "../../../../../../../../../..{}", "../data/{}"])
def test_no_file_of_the_server_is_shown(path: str, environment: ReasoningGymEnvironment, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("sesame\n")
    config = {"data_file": path.format(secret)}
    with pytest.raises(SelectionError, match="data_file of spell_backward must be the name of a data file"):
        environment.reset(dataset_name="spell_backward", dataset_config=config, seed=1, size=3)
    config = {"data_file": "words3to10.txt"}
    assert environment.reset(dataset_name="spell_backward", dataset_config=config, seed=1, size=3).question


def test_values_that_json_has_no_word_for_are_given_as_text(environment: ReasoningGymEnvironment) -> None:
    def question(name: str, **config: Any) -> str:
        return environment.reset(dataset_name=name, dataset_config=config, seed=1, size=3).question or ""

    words = question("word_sorting", transformation="uppercase").split("separated list: ")[1]
    assert words == words.upper()
    assert "friends" in question("aiw", task_types=["friends"], task_type_weights=[1])
    assert (
        question("time_intervals", min_date="2019-03-01", max_date="2019-12-30", task_types=["date"]).count("2019") == 2
    )
    for name in ("arc_agi", "rearc"):
        board = {"alphabet": [*"abcdefghij"], "col_delimiter": "-"}
        assert re.search(r"\n[a-j](-[a-j])+\n", question(name, board_format_opts=board))


@pytest.mark.parametrize(
    ("name", "config", "words"),
    [
        ("leg_counting", {"min_animals": 2.5}, "(Value|Type)Error: "),
        ("figlet_font", {"static_font": []}, "FontNotFound"),  # its words are what it was given, and no text
    ],
)
def test_a_value_that_only_the_generator_refuses_is_told(
    name: str, config: dict[str, Any], words: str, environment: ReasoningGymEnvironment
) -> None:
    environment.reset(**LEGS)
    with pytest.raises(GenerationError, match=f"question 0 of {name} with seed 1 could not be made: {words}"):
        environment.reset(dataset_name=name, dataset_config=config, seed=1, size=3)
    assert say(environment).score == 0.0


def test_a_question_that_cannot_be_made_is_passed_over(environment: ReasoningGymEnvironment) -> None:
    environment.reset(dataset_name="fails_at_one", seed=10, size=3)
    with pytest.raises(GenerationError, match="there is no such question"):
        environment.reset()
    assert environment.state.index == 0
    assert say(environment, "10").score == 1.0
    assert environment.reset().question == "fails_at_one 12?"
    assert environment.reset().question == "fails_at_one 10?"


def test_a_stored_answer_that_is_not_right_is_not_told(environment: ReasoningGymEnvironment) -> None:
    environment.reset(dataset_name="wrong_answer", seed=10, size=3)
    observation = say(environment, "10")
    assert (observation.score, observation.correct_answer) == (0.5, None)
    environment.reset(dataset_name="wrong_answer", seed=10, size=3)
    assert say(environment, "the answer is 10").score == 1.0


@pytest.mark.parametrize(
    ("answer", "score", "problem"),
    [("5", 1.0, None), ("nan", 0.0, None), ("large", 1.0, None), ("negative", 0.0, None), ("?", 0.0, "KeyError: '?'")],
)
def test_a_score_is_a_number_from_0_to_1(
    answer: str, score: float, problem: str | None, environment: ReasoningGymEnvironment
) -> None:
    environment.reset(dataset_name="strange", seed=5, size=3)
    observation = say(environment, answer)
    assert (observation.score, observation.metadata.get("scoring_error")) == (score, problem)
    metadata = observation.dataset_metadata
    assert (metadata["complex"], metadata["nan"], metadata["pairs"]) == ("1j", None, {"(1, 2)": [3]})


@pytest.mark.parametrize(
    ("arguments", "animals"),
    [
        ({"curriculum": {"num_animals": 0}}, {1}),
        ({"curriculum": {"*": 0}}, {1}),
        ({"curriculum": {"*": 9, "num_animals": 0}}, {1}),
        ({"difficulty": 0}, {1}),
        ({"difficulty": 1}, {1, 2}),
        ({"difficulty": 10_000}, set(range(1, 37))),
    ],
)
def test_levels_of_the_curriculum_make_the_configuration(
    arguments: dict[str, Any], animals: set[int], environment: ReasoningGymEnvironment
) -> None:
    posed = environment.reset(**{**LEGS, "size": 10}, **arguments)
    assert posed.metadata.get("difficulty") == (
        {"leg_counting": arguments["difficulty"]} if "difficulty" in arguments else None
    )
    for _ in range(6):
        assert say(environment).dataset_metadata["num_animals"] in animals
        environment.reset()


def test_a_composite_takes_curricula(environment: ReasoningGymEnvironment) -> None:
    specs = [{"name": "leg_counting", "curriculum": {"num_animals": 0}}, {"name": "reverse_sort"}]
    environment.reset(dataset_name="composite", dataset_specs=specs, seed=1, size=30)
    for _ in range(10):
        metadata = say(environment).dataset_metadata
        assert metadata["source_dataset"] == "reverse_sort" or metadata["num_animals"] == 1
        environment.reset()
    environment.reset(dataset_name="composite", dataset_specs=SPECS[:1], seed=1, size=30, difficulty=0)
    assert say(environment).dataset_metadata["num_animals"] == 1
    assert environment.state.difficulty == {"leg_counting": 0}
    with pytest.raises(SelectionError, match="leave out that of 'leg_counting'"):
        environment.reset(dataset_name="composite", dataset_specs=specs, seed=1, size=30, difficulty=0)
