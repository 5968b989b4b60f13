import re
from itertools import product
from random import Random

import pytest

from RLVE_Gym import problems


def oracle(prompt: str, point: tuple[int, ...]) -> int:
    """How many of the inequalities, as they are written in the prompt, hold at a point."""
    held = 0
    for left, right in re.findall(r"^(.*x\[.*) >= (-?\d+)$", prompt, re.MULTILINE):
        value = 0
        for sign, size, index in re.findall(r"([+-]?) ?(?:(\d+)\*)?x\[(\d+)\]", left):
            value += (-1 if sign == "-" else 1) * int(size or 1) * point[int(index)]
        held += value >= int(right)
    return held


def test_points_score_by_the_inequalities_they_satisfy() -> None:
    problem, rng = problems.get("IntegerProgramming"), Random(0)
    for seed in range(20):
        instance = problem.generate(seed, seed % 3)
        p, prompt = instance.parameter, problem.prompt(instance)
        points = list(product(range(-p["N"], p["N"] + 1), repeat=p["N"]))
        for point in (*rng.sample(points, 40), tuple(p["x"])):
            reward = problem.reward(instance, f"<answer>{' '.join(map(str, point))}</answer>")
            assert reward == pytest.approx((oracle(prompt, point) / p["M"]) ** 5)
        assert oracle(prompt, tuple(p["x"])) == p["M"]


def test_there_is_an_example_where_all_simple_points_are_right() -> None:
    problem = problems.get("IntegerProgramming")
    p = {"N": 2, "M": 1, "x": [0, 0], "inequations": [[1, 2]], "results": [-1], "reference_answer": "0 0"}
    instance = problems.Instance("IntegerProgramming", 0, None, p)
    assert problem.verify(instance, problem.prompt(instance)).accuracy == 0


def test_numbers_too_long_to_compare_are_a_wrong_format() -> None:
    problem = problems.get("IntegerProgramming")
    p = {"N": 2, "M": 1, "x": [0, 0], "inequations": [[1, -1]], "results": [0], "reference_answer": "0 0"}
    instance = problems.Instance("IntegerProgramming", 0, None, p)
    long, longer = "1" + "0" * 5000, "1" + "0" * 250_000
    assert problem.reward(instance, f"<answer>{long} -{long}</answer>") == 1.0
    assert problem.reward(instance, f"<answer>{long} {long}1</answer>") == 0.0
    assert problem.reward(instance, f"<answer>{longer} {longer}1</answer>") == -1.0


def test_a_probability_without_coefficients_is_refused() -> None:
    with pytest.raises(problems.GenerationError, match="raise coefficient_non_zero_probability"):
        problems.get("IntegerProgramming", coefficient_non_zero_probability=0.0).generate(0, 0)
