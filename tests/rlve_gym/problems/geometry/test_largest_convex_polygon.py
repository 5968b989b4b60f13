from itertools import combinations

from RLVE_Gym import problems
from RLVE_Gym.problems.kit.geometry import cross


def inside(point: list[int], a: list[int], b: list[int], c: list[int]) -> bool:
    return len({cross(a, b, point) > 0, cross(b, c, point) > 0, cross(c, a, point) > 0}) == 1


def oracle(points: list[list[int]]) -> int:
    """The size of the largest subset of which no point is inside a triangle of three others."""
    for size in range(len(points), 2, -1):
        for chosen in combinations(points, size):
            if not any(
                inside(point, *triangle)
                for point in chosen
                for triangle in combinations([other for other in chosen if other != point], 3)
            ):
                return size
    raise AssertionError


def test_the_gold_is_the_largest() -> None:
    for seed in range(60):
        p = problems.get("LargestConvexPolygon").generate(seed, seed % 6).parameter
        assert p["gold_answer"] == oracle(p["points"])


def test_reasons_to_refuse() -> None:
    problem = problems.get("LargestConvexPolygon")
    instance = problem.generate(0, 3)
    for text, reward in (("0 1 2", -0.5), ("1 2 99", -0.5), ("1 1 2", -0.5), ("1 2", -0.2), ("", -0.2)):
        assert problem.reward(instance, f"<answer>{text}</answer>") == reward
