"""Twice the area of a convex hull of lattice points."""

from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, scale
from ..kit.geometry import Point, convex_hull, points_in_general_position
from ..kit.render import edge_list


class ConvexHull(Problem[int]):
    """Give twice the area of the convex hull of points in the plane."""

    rewarding_strategy: str = "(min/max)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 5}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        points = points_in_general_position(rng, p["N"], p["N"])
        return {"points": points, "reference_answer": doubled_area(convex_hull(points))}

    def question(self, p: Parameter) -> str:
        return f"""
Here are {p["N"]} different points of the plane, written (x, y); no three of them lie on one line:
{edge_list(p["points"])}

Find the area of their convex hull, the smallest convex polygon that contains them all, and multiply it by 2.
"""

    def answer(self, p: Parameter) -> Integer:
        return Integer("twice the area of the convex hull", low=1)

    def score(self, p: Parameter, answer: int) -> float:
        return self.ratio(p["reference_answer"], answer)


def doubled_area(polygon: list[Point]) -> int:
    """Twice the area of a polygon with its corners counter-clockwise (shoelace formula)."""
    following = polygon[1:] + polygon[:1]
    return sum(x * v - u * y for (x, y), (u, v) in zip(polygon, following, strict=True))
