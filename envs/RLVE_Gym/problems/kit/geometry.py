"""Points of the integer lattice."""

from math import gcd
from random import Random

from .errors import GenerationError

Point = tuple[int, int]

_TRIES = 100


def cross(origin: Point, a: Point, b: Point) -> int:
    """Twice the signed area of the triangle: positive if the turn from a to b, seen from origin, is to the left."""
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def points_in_general_position(rng: Random, count: int, size: int) -> list[Point]:
    """Distinct points with coordinates in [0, size], no three on a line.

    Each is drawn uniformly among the points that still may follow; where none is left, all start over.

    Raises:
        GenerationError: if that happens too often.
    """
    for _ in range(_TRIES):
        points: list[Point] = []
        taken = bytearray((size + 1) ** 2)  # points there are already, or on a line through two of them
        free = len(taken)
        candidates: list[int] | range = range(free)
        while free and len(points) < count:
            if free * 2 < len(candidates):  # keep half of the draws useful
                candidates = [cell for cell in candidates if not taken[cell]]
            cell = rng.choice(candidates)
            if taken[cell]:
                continue
            x, y = divmod(cell, size + 1)
            for other in points:
                free -= _take_line(taken, size, (x, y), other)
            free -= 1 - taken[cell]
            taken[cell] = 1
            points.append((x, y))
        if len(points) == count:
            return points
    raise GenerationError(f"no {count} points without three on a line were found in a square of side {size}")


def _take_line(taken: bytearray, size: int, a: Point, b: Point) -> int:
    """Mark the lattice points on the line through a and b; how many of them were free."""
    step_x, step_y = b[0] - a[0], b[1] - a[1]
    divisor = gcd(step_x, step_y)
    step_x, step_y = step_x // divisor, step_y // divisor
    marked = 0
    for sign in (1, -1):
        x, y = a
        while 0 <= x <= size and 0 <= y <= size:
            cell = x * (size + 1) + y
            marked += 1 - taken[cell]
            taken[cell] = 1
            x, y = x + sign * step_x, y + sign * step_y
    return marked


def convex_hull(points: list[Point]) -> list[Point]:
    """The corners of the convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def chain(sequence: list[Point]) -> list[Point]:
        corners: list[Point] = []
        for point in sequence:
            while len(corners) > 1 and cross(corners[-2], corners[-1], point) <= 0:
                corners.pop()
            corners.append(point)
        return corners[:-1]

    return chain(ordered) + chain(ordered[::-1])
