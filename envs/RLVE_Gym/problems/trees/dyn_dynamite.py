"""Centres of a tree near all its key vertices."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, add
from ..kit.graphs import random_tree
from ..kit.render import edge_list, listing
from ..kit.trees import neighbours, outward


class DynDynamite(Problem[list[int]]):
    """Choose M centres so that the key vertex farthest from its nearest centre is as near as possible."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        tree = random_tree(rng, n)
        edges = rng.sample(tree, len(tree))
        keys = rng.sample(range(n), rng.randint(2, n))
        count = rng.randint(1, len(keys) - 1)
        centres = best_centres(n, edges, keys, count)
        return {
            "edges": edges,
            "key_vertices": keys,
            "M": count,
            "gold_answer": radius(n, edges, keys, centres),
            "reference_answer": self.show(p, centres),
        }

    def solve(self, p: Parameter) -> list[int]:
        return best_centres(p["N"], p["edges"], p["key_vertices"], p["M"])

    def question(self, p: Parameter) -> str:
        return f"""
A tree has the vertices 0, 1, ..., {p["N"] - 1} and these edges, each written (u, v):
{edge_list(p["edges"])}

Its key vertices are: {listing(p["key_vertices"])}

Choose exactly {p["M"]} of the vertices, key vertices or not, as centres, so that the greatest distance (number of
edges) from a key vertex to the centre nearest to it is as small as possible.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the chosen vertices, in any order")

    def score(self, p: Parameter, answer: list[int]) -> float:
        if len(answer) != p["M"] or not all(0 <= v < p["N"] for v in answer):
            return self.invalid_solution
        return self.ratio(p["gold_answer"], radius(p["N"], p["edges"], p["key_vertices"], answer))


def radius(n: int, edges: list[tuple[int, int]], keys: list[int], centres: list[int]) -> int:
    """The greatest distance of a key vertex to its nearest centre (breadth-first search from all centres)."""
    adjacent = neighbours(n, edges)
    distance = dict.fromkeys(centres, 0)
    reached = list(distance)
    for u in reached:  # grows while it is walked through
        for v in adjacent[u]:
            if v not in distance:
                distance[v] = distance[u] + 1
                reached.append(v)
    return max(distance[key] for key in keys)


def best_centres(n: int, edges: list[tuple[int, int]], keys: list[int], count: int) -> list[int]:
    """Centres of least radius: the least radius for which the greedy choice needs no more than `count`."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if len(centres_within(n, edges, keys, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    centres = centres_within(n, edges, keys, low)
    others = [v for v in range(n) if v not in set(centres)]
    return sorted(centres + others[: count - len(centres)])


def centres_within(n: int, edges: list[tuple[int, int]], keys: list[int], reach: int) -> list[int]:
    """The fewest centres with all key vertices within reach: each placed as high in the rooted tree as it may be."""
    order, parent = outward(neighbours(n, edges), 0)
    is_key = set(keys)
    far = n + 1
    uncovered = [0 if v in is_key else -far for v in range(n)]  # distance to the farthest key still without a centre
    nearest = [far] * n  # distance to the nearest centre below
    centres = []
    for v in reversed(order):
        if uncovered[v] + nearest[v] <= reach:
            uncovered[v] = -far
        if uncovered[v] == reach or (parent[v] < 0 and uncovered[v] >= 0):
            centres.append(v)
            uncovered[v], nearest[v] = -far, 0
        if parent[v] >= 0:
            above = parent[v]
            uncovered[above] = max(uncovered[above], uncovered[v] + 1)
            nearest[above] = min(nearest[above], nearest[v] + 1)
    return centres
