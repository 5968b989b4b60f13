from itertools import product

import pytest

from RLVE_Gym import problems


def oracle(equations: list[list[int]], results: list[int], largest: int) -> list[tuple[int, ...]]:
    """All solutions with values from -1 to `largest`."""
    candidates = product(range(-1, largest + 1), repeat=len(equations[0]))
    return [
        x
        for x in candidates
        if all(
            sum(a * b for a, b in zip(row, x, strict=True)) == result
            for row, result in zip(equations, results, strict=True)
        )
    ]


def test_exactly_the_solutions_score_full() -> None:
    gauss = problems.get("GaussianElimination")
    several = 0
    for seed in range(20):
        instance = gauss.generate_from(seed, {"N": 3, "M": 2 + seed % 4})
        p = instance.parameter
        solutions = oracle(p["equations"], p["results"], 4)
        several += len(solutions) > 1
        assert tuple(p["x"]) in solutions
        for x in product(range(-1, 5), repeat=3):
            right = gauss.verify(instance, f"<answer>{x[0]} {x[1]} {x[2]}</answer>").accuracy
            assert right == (x in solutions)
    assert several


def test_coefficients_are_as_specified() -> None:
    for seed in range(10):
        p = problems.get("GaussianElimination").generate_from(seed, {"N": 12, "M": 25}).parameter
        assert all(any(row) for row in p["equations"])
        assert {c for row in p["equations"] for c in row} == {0, 1, 2}
        assert all(1 <= value <= 12 for value in p["x"])


def test_equations_are_shown_without_zeros() -> None:
    gauss = problems.get("GaussianElimination")
    parameter = {"N": 3, "M": 2, "x": [1, 2, 3], "equations": [[1, 0, 2], [0, 1, 0]], "results": [7, 2]}
    prompt = gauss.prompt(problems.Instance("GaussianElimination", 0, 0, parameter))
    assert "x[0] + 2*x[2] = 7\nx[1] = 2\n" in prompt


def test_a_share_of_the_equations_and_the_strict_strategy() -> None:
    parameter = {"N": 2, "M": 4, "x": [1, 2], "equations": [[1, 0], [1, 0], [1, 0], [0, 1]], "results": [1, 1, 1, 2]}
    instance = problems.Instance("GaussianElimination", 0, 0, parameter)
    near = "<answer>1 5</answer>"
    assert problems.get("GaussianElimination").reward(instance, near) == pytest.approx(0.75**10)
    assert problems.get("GaussianElimination", rewarding_strategy="satisfied=all").reward(instance, near) == 0.0


def test_rows_that_are_always_zero_are_an_error() -> None:
    with pytest.raises(problems.GenerationError, match="coefficient_non_zero_probability"):
        problems.get("GaussianElimination", coefficient_non_zero_probability=0.0).generate(0, 0)


def test_integers_too_long_to_read_exactly_satisfy_no_equation() -> None:
    parameter = {"N": 3, "M": 1, "x": [1, 2, 3], "equations": [[1, 1, 1]], "results": [6]}
    instance = problems.Instance("GaussianElimination", 0, 0, parameter)
    high, low = "9" * 200_001, "-" + "8" * 200_001
    assert problems.get("GaussianElimination").reward(instance, f"<answer>{high} {low} 6</answer>") == -1.0
