from itertools import combinations
from math import isclose, sqrt

from RLVE_Gym import problems
from RLVE_Gym.problems.geometry.smallest_circle import around, contains


def oracle(points: list[list[int]]) -> float:
    """The least radius over the circles through two points (as diameter) or three that contain all points."""
    candidates = [around(*pair) for pair in combinations(points, 2)]
    candidates += [around(*triple) for triple in combinations(points, 3)]
    return sqrt(min(circle[2] for circle in candidates if all(contains(circle, point) for point in points)))


def test_the_radius_is_the_least() -> None:
    for seed in range(40):
        p = problems.get("SmallestCircle").generate(seed, seed % 5).parameter
        assert isclose(p["gold_answer"], oracle(p["points"]), rel_tol=1e-12)


def test_reasons_to_refuse_and_to_accept() -> None:
    problem = problems.get("SmallestCircle")
    instance = problem.generate(3, 3)
    x, y, r = map(float, problem.reference(instance).split())
    assert problem.reward(instance, f"<answer>{x} {y} {-r}</answer>") == -1.0
    assert problem.reward(instance, f"<answer>nan nan {r}</answer>") == -1.0
    assert problem.reward(instance, f"<answer>{x} {y} {r * 0.9}</answer>") == 0.0
    assert isclose(problem.reward(instance, f"<answer>{x} {y} {r * 2}</answer>"), 0.5**10)
    assert problem.verify(instance, f"<answer>{x} {y} {r + 0.0009}</answer>").accuracy == 1
    strict = problems.get("SmallestCircle", rewarding_strategy="gold=answer")
    assert strict.reward(instance, f"<answer>{x} {y} {r + 0.0009}</answer>") == 1.0
    assert strict.reward(instance, f"<answer>{x} {y} {r + 0.0011}</answer>") == 0.0
