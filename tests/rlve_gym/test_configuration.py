"""What a session may be told to pose, and what it is told when that cannot be."""

from collections import Counter
from typing import Any

import pytest

from RLVE_Gym import problems
from RLVE_Gym.server.configuration import Configuration
from RLVE_Gym.server.selection import ConfigurationError, Selection
from RLVE_Gym.server.settings import GymSettings

DRAWS = range(2000)


def drawn(names: Any) -> Counter[str]:
    selection = Selection.of(names)
    return Counter(selection.draw(seed) for seed in DRAWS)


def test_a_problem_is_always_that_problem() -> None:
    assert drawn("Sorting") == {"Sorting": len(DRAWS)}


@pytest.mark.parametrize("names", ["graphs", "all"])
def test_a_family_and_all_reach_every_member(names: str) -> None:
    members = problems.find(family=None if names == "all" else names)
    assert set(drawn(names)) == {member.identifier for member in members}


@pytest.mark.parametrize(
    "names",
    [
        {"Sorting": 3, "Sudoku": 1},
        "Sorting=3, Sudoku",
        "Sorting=1.5,Sudoku=0.5",
        ["Sorting", "Sorting", "Sorting", "Sudoku"],
    ],
)
def test_weights(names: Any) -> None:
    counts = drawn(names)
    assert set(counts) == {"Sorting", "Sudoku"}
    assert counts["Sorting"] / len(DRAWS) == pytest.approx(0.75, abs=0.04)


def test_a_family_shares_its_weight() -> None:
    counts = drawn({"all": 1, "Sorting": 1})
    assert counts["Sorting"] / len(DRAWS) == pytest.approx(0.5 + 0.5 / len(problems.find()), abs=0.04)


def test_the_seed_alone_decides() -> None:
    first, second = Selection.of(["Sorting", "Sudoku", "Knapsack"]), Selection.of(("Sorting", "Sudoku", "Knapsack"))
    assert [first.draw(seed) for seed in range(50)] == [second.draw(seed) for seed in range(50)]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("Sortin", "did you mean Sorting"),
        ("graph", "or is 'graphs' meant"),
        (["Sorting", "Sodoku"], "Sudoku"),
        ({"Sorting": -1}, "weight of 'Sorting' must be a number >= 0"),
        ({"Sorting": True}, "weight of 'Sorting'"),
        ({"Sorting": float("nan")}, "weight of 'Sorting'"),
        ({"Sorting": 10**400}, "weight of 'Sorting'"),
        ("Sorting=much", "weight of 'Sorting'"),
        ({"Sorting": 0}, "at least one problem"),
        ([], "at least one problem"),
        ("", "at least one problem"),
        (7, "a name, a list of names or a mapping"),
        ([["Sorting", 1]], "a name, a list of names or a mapping"),
    ],
)
def test_wrong_names_are_told(names: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Selection.of(names)


@pytest.mark.parametrize(
    "names", ["x" * 10**7, ["x" * 10**7], {"x" * 10**7: 1}, [["x" * 10**7]], {"Sorting": "x" * 10**7}]
)
def test_names_of_any_length_are_told_in_short(names: Any) -> None:
    with pytest.raises(ConfigurationError) as told:
        Selection.of(names)
    assert len(str(told.value)) < 300


def test_lists_of_any_length() -> None:
    assert Selection.of(["Sorting", "Sudoku"] * 100_000) == Selection.of({"Sorting": 100_000, "Sudoku": 100_000})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"difficulty": -1}, "integer >= 0 or 'adaptive', not -1"),
        ({"difficulty": 1.5}, "difficulty"),
        ({"difficulty": True}, "difficulty"),
        ({"difficulty": "hard"}, "difficulty"),
        ({"answer_markers": ["<a>"]}, "two non-empty strings"),
        ({"answer_markers": "<a>"}, "two non-empty strings"),
        ({"answer_markers": ["", "x"]}, "two non-empty strings"),
        ({"arguments": {"Sorting": {"rewarding_beat": 1}}}, "no argument 'rewarding_beat'"),
        ({"arguments": {"Sorting": {"rewarding_strategy": "best"}}}, "rewarding_strategy"),
        ({"arguments": {"Sortin": {}}}, "did you mean Sorting"),
        ({"arguments": {"rewarding_beta": 1}}, "must map problems to their arguments"),
        ({"arguments": {"Sorting": {"answer_markers": ["a", "b"]}}}, "argument of its own"),
    ],
)
def test_wrong_arguments_are_told_and_change_nothing(given: dict[str, Any], words: str) -> None:
    configuration = Configuration.of()
    with pytest.raises(ConfigurationError, match=words):
        Configuration.of(**given)
    with pytest.raises(ConfigurationError, match=words):
        configuration.overridden(**given)
    assert configuration == Configuration.of()


def test_overriding_keeps_the_rest() -> None:
    base = Configuration.of("Sorting", 2, ("[", "]"), {"Sorting": {"wrong_format": 0}})
    changed = base.overridden(difficulty="adaptive")
    assert changed.difficulty is None
    assert (changed.selection, changed.answer_markers, changed.arguments) == (
        base.selection,
        base.answer_markers,
        base.arguments,
    )
    assert base.overridden() is base


def test_arguments_are_for_their_problem_only() -> None:
    configuration = Configuration.of(["Sorting", "Sudoku"], arguments={"Sorting": {"wrong_format": 0}})
    assert configuration.episode("Sorting", 0, 0).argument_values() == {"wrong_format": 0}
    assert configuration.episode("Sudoku", 0, 0).argument_values() == {}


def test_settings_from_variables() -> None:
    settings = GymSettings.from_environment(
        {
            "RLVE_GYM_ENVIRONMENT_IDENTIFIER": '{"Sorting": 2, "Sudoku": 1}',
            "RLVE_GYM_DIFFICULTY": "adaptive",
            "RLVE_GYM_ANSWER_MARKERS": r'["\\boxed{", "}"]',
            "RLVE_GYM_SEED": "7",
            "RLVE_GYM_ARGUMENTS": '{"Sorting": {"wrong_format": 0}}',
            "RLVE_GYM_WORKERS": "3",
            "RLVE_GYM_GENERATION_TIMEOUT_S": "2.5",
        }
    )
    configuration = settings.configuration()
    assert configuration.selection.identifiers == ("Sorting", "Sudoku")
    assert configuration.difficulty is None
    assert configuration.answer_markers == ("\\boxed{", "}")
    assert (settings.seed, settings.workers, settings.generation_timeout_s) == (7, 3, 2.5)


def test_settings_without_variables_are_the_documented_ones() -> None:
    settings = GymSettings.from_environment({})
    configuration = settings.configuration()
    assert configuration.selection.identifiers == ("Multiplication",)
    assert (configuration.difficulty, configuration.answer_markers, settings.seed) == (0, ("<answer>", "</answer>"), 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT_IDENTIFIER", "Sortin"),
        ("ENVIRONMENT_IDENTIFIER", "[1]"),
        ("DIFFICULTY", "1.5"),
        ("ANSWER_MARKERS", "<a>,</a>"),
        ("SEED", "-3"),
        ("ARGUMENTS", "{"),
        ("WORKERS", "none"),
        ("GENERATION_TIMEOUT_S", "0"),
        ("VERIFICATION_TIMEOUT_S", "inf"),
        ("CURRICULUM_ACCURACY_THRESHOLD", "1.5"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^RLVE_GYM_{name}: "):
        GymSettings.from_environment({f"RLVE_GYM_{name}": value})
