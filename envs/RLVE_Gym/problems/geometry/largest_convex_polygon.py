"""Largest subset of points in convex position."""

from functools import cmp_to_key
from random import Random
from typing import Any

from ..kit import Int, Integers, Parameter, Problem, Schedule, add
from ..kit.geometry import Point, convex_hull, points_in_general_position


class LargestConvexPolygon(Problem[list[int]]):
    """Choose as many points as possible that are the corners of a convex polygon."""

    invalid_solution: float = -0.5
    unsuccessful_solution: float = -0.2
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 5}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        points = points_in_general_position(rng, p["N"], p["N"])
        chosen = largest_polygon(points)
        return {"points": points, "gold_answer": len(chosen), "reference_answer": self.show(p, chosen)}

    def solve(self, p: Parameter) -> list[int]:
        return largest_polygon([(x, y) for x, y in p["points"]])

    def question(self, p: Parameter) -> str:
        points = "\n".join(f"point {label}: ({x}, {y})" for label, (x, y) in enumerate(p["points"], 1))
        return f"""
Here are {p["N"]} different points of the plane, labelled from 1; no three of them lie on one line:
{points}

Choose as many of them as possible, at least 3, so that the chosen points are in convex position: every one of them is a
corner of the convex hull of the chosen points.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the labels of the chosen points, in any order", within=(1, p["N"]))

    def score(self, p: Parameter, answer: list[int]) -> float:
        if len(set(answer)) != len(answer) or not all(1 <= label <= p["N"] for label in answer):
            return self.invalid_solution
        chosen = [tuple(p["points"][label - 1]) for label in answer]
        if len(chosen) < 3 or len(convex_hull(chosen)) != len(chosen):
            return self.unsuccessful_solution
        return self.ratio(p["gold_answer"], len(chosen))


def largest_polygon(points: list[Point]) -> list[int]:
    """Labels of a largest convex polygon, in O(N^3).

    Walked counter-clockwise from the right corner, a convex polygon's sides are sorted by direction. So for each
    start, keep the longest chain of sides that ends at each point, and take in all directed sides by direction.
    """
    count = len(points)
    sides = [(u, v) for u in range(count) for v in range(count) if u != v]
    by_direction = cmp_to_key(_compare)
    sides.sort(key=lambda side: by_direction(_vector(points, side)))
    best: tuple[int, Any] = (0, None)
    for start in range(count):
        # A chain is (its last point, the chain before), so that one may be the beginning of many.
        longest: dict[int, tuple[int, Any]] = {start: (0, None)}
        for u, v in sides:
            if u not in longest:
                continue
            length, chain = longest[u]
            if v == start:
                best = max(best, (length + 1, (v, chain)), key=lambda found: found[0])
            elif v not in longest or longest[v][0] <= length:
                longest[v] = (length + 1, (v, chain))
    labels, chain = [], best[1]
    while chain is not None:
        labels.append(chain[0] + 1)
        chain = chain[1]
    return sorted(labels)


def _vector(points: list[Point], side: tuple[int, int]) -> Point:
    (x, y), (u, v) = points[side[0]], points[side[1]]
    return u - x, v - y


def _compare(a: Point, b: Point) -> int:
    """Negative if a comes first, counted counter-clockwise from the positive x direction."""
    half_a, half_b = (a[1], a[0]) < (0, 0), (b[1], b[0]) < (0, 0)
    return half_a - half_b or a[1] * b[0] - a[0] * b[1]
