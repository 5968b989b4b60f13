from itertools import combinations

from RLVE_Gym import problems
from RLVE_Gym.problems.kit.geometry import cross, points_in_general_position


def oracle(points: list[list[int]]) -> int:
    """Sum over the sides, which are the pairs that have all other points on their left."""
    total = 0
    for a in points:
        for b in points:
            if a != b and all(cross(a, b, c) > 0 for c in points if c not in (a, b)):
                total += a[0] * b[1] - a[1] * b[0]
    return total


def test_the_area_is_that_of_the_hull() -> None:
    for seed in range(60):
        p = problems.get("ConvexHull").generate(seed, seed % 7).parameter
        assert p["reference_answer"] == oracle(p["points"])


def test_no_three_points_lie_on_a_line() -> None:
    for seed in range(20):
        points = problems.get("ConvexHull").generate(seed, 8).parameter["points"]
        assert all(cross(a, b, c) != 0 for a, b, c in combinations(points, 3))


def test_points_are_drawn_uniformly_among_those_that_may_follow() -> None:
    from random import Random

    rng = Random(1)
    thirds = [points_in_general_position(rng, 2, 1)[1] for _ in range(4000)]
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert 850 < thirds.count(corner) < 1150
