from typing import Any

import pytest

from RLVE_Gym.problems import ParameterError, get
from RLVE_Gym.problems.kit import Int, Number, Schedule, add, scale
from RLVE_Gym.problems.kit.given import check_given


def test_a_state_grows_by_its_steps() -> None:
    schedule = Schedule({"N": 3, "D": 2}, {"N": scale(1.1), "D": add(2)}, MAX=7)
    assert [schedule.choices(level)[0]["N"] for level in range(6)] == [3, 4, 5, 6, 7, 8]
    assert schedule.choices(3) == [{"N": 6, "D": 8, "MAX": 7}]
    assert schedule.with_arguments(MAX=9).choices(0) == [{"N": 3, "D": 2, "MAX": 9}]
    assert schedule.with_arguments(MAX=None).choices(0) == schedule.choices(0)


def test_names_may_grow_together() -> None:
    def harder(a: int, b: int) -> dict[str, Any]:
        return {"a": b, "b": a + b}

    schedule = Schedule({"a": 1, "b": 1}, harder, lambda a, b: [{"a": a}, {"a": a}])
    assert schedule.choices(5) == [{"a": 8}, {"a": 8}]


def test_bad_levels_and_arguments_are_refused() -> None:
    schedule = Schedule({"N": 3}, {"N": add(1)})
    for level in (-1, 1.0, "1", True):
        with pytest.raises(ParameterError, match="level"):
            schedule.choices(level)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unknown schedule arguments"):
        schedule.with_arguments(density_list=[1])


def test_seeds_are_integers() -> None:
    with pytest.raises(ParameterError, match="seed"):
        get("Sorting").generate("0", 0)  # type: ignore[arg-type]


BAD: list[dict[str, Any]] = [
    {},
    {"N": 3},
    {"N": 3, "d": 0.5, "x": 1},
    {"N": True, "d": 0.5},
    {"N": 3, "d": "0.5"},
]
BAD += [{"N": n, "d": 0.5} for n in (2, 11, 3.0)]
BAD += [{"N": 3, "d": d} for d in (1.5, -0.5, float("nan"))]


@pytest.mark.parametrize("parameter", BAD)
def test_bad_starting_parameters_are_refused(parameter: dict[str, Any]) -> None:
    given = (Int("N", 3, 10), Number("d", 0, 1))
    check_given("P", given, {"N": 3, "d": 0.5})
    check_given("P", given, {"N": 10, "d": 1})
    with pytest.raises(ParameterError, match=r"P starts from N \(an integer >= 3 and <= 10\), d \(a number"):
        check_given("P", given, parameter)
