"""Smallest circle around lattice points."""

from fractions import Fraction
from math import hypot, sqrt
from random import Random

from ..kit import Int, Parameter, Problem, Reals, Schedule, scale
from ..kit.geometry import Point, points_in_general_position
from ..kit.render import edge_list

TOLERANCE = 0.001

Circle = tuple[Fraction, Fraction, Fraction]
"""Centre x and y, and the square of the radius."""


class SmallestCircle(Problem[list[float]]):
    """Give a circle of least radius that contains all points."""

    invalid_solution: float = 0.0
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 4}, grow={"N": scale(1.1)})
    differences = (
        "A centre or radius that is NaN or infinite is a wrong format; the original takes `nan nan r` as right.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        points = points_in_general_position(rng, p["N"], 2 * p["N"])
        rng.shuffle(points)
        x, y, square = smallest_circle(points)
        return {
            "points": points,
            "reference_answer": self.show(p, [float(x), float(y), sqrt(square)]),
            "gold_answer": sqrt(square),
        }

    def question(self, p: Parameter) -> str:
        return f"""
Here are {p["N"]} different points of the plane, written (x, y):
{edge_list(p["points"])}

Find a circle with centre (x, y) and radius r > 0 that contains all of them, with r as small as possible. A point counts
as contained if its distance from the centre is at most r + {TOLERANCE}.
"""

    def answer(self, p: Parameter) -> Reals:
        return Reals("x, y and r", 3)

    def score(self, p: Parameter, answer: list[float]) -> float:
        x, y, r = answer
        if r <= 0:
            return self.wrong_format
        if any(hypot(u - x, v - y) > r + TOLERANCE for u, v in p["points"]):
            return self.invalid_solution
        if self.rewarding_strategy == "gold=answer":
            return self.rewarding_weight if abs(r - p["gold_answer"]) < TOLERANCE else 0.0
        return self.ratio(p["gold_answer"], r)

    def threshold(self, p: Parameter) -> float:
        gold = float(p["gold_answer"])
        return float((gold / (gold + TOLERANCE)) ** 10)


def smallest_circle(points: list[Point]) -> Circle:
    """Exact; fast for points in random order (Welzl's algorithm, in the incremental form)."""
    circle = around(points[0])
    for i, a in enumerate(points):
        if contains(circle, a):
            continue
        circle = around(a)
        for j, b in enumerate(points[:i]):
            if contains(circle, b):
                continue
            circle = around(a, b)
            for c in points[:j]:
                if not contains(circle, c):
                    circle = around(a, b, c)
    return circle


def contains(circle: Circle, point: Point) -> bool:
    x, y, square = circle
    return (point[0] - x) ** 2 + (point[1] - y) ** 2 <= square


def around(a: Point, b: Point | None = None, c: Point | None = None) -> Circle:
    """The smallest circle with all the points given (no three on a line) on its rim."""
    if b is None:
        x, y = Fraction(a[0]), Fraction(a[1])
    elif c is None:
        x, y = Fraction(a[0] + b[0], 2), Fraction(a[1] + b[1], 2)
    else:
        (p, q), (s, t) = (b[0] - a[0], b[1] - a[1]), (c[0] - a[0], c[1] - a[1])
        doubled, first, second = 2 * (p * t - q * s), p * p + q * q, s * s + t * t
        x = a[0] + Fraction(t * first - q * second, doubled)
        y = a[1] + Fraction(p * second - s * first, doubled)
    return x, y, (x - a[0]) ** 2 + (y - a[1]) ** 2
