"""Weighted median of a tree."""

from collections.abc import Callable
from random import Random

from ..kit import Int, Integer, Parameter, Problem, Schedule, add
from ..kit.graphs import random_tree, weighted
from ..kit.render import edge_list, series
from ..kit.trees import neighbours, outward


class TreeCenter(Problem[int]):
    """Choose the vertex with the least total of distances times costs."""

    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 8.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 4}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        costs = [rng.randint(1, n) for _ in range(n)]
        tree = random_tree(rng, n)
        edges = weighted(rng, rng.sample(tree, len(tree)), 1, n)
        values = totals(costs, edges)
        gold = min(values)
        return {"C": costs, "edges": edges, "reference_answer": values.index(gold), "gold_answer": gold}

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
A tree has the vertices 0, 1, ..., {n - 1} and these edges, each written (u, v, w) for an edge between u and v of
length w:
{edge_list(p["edges"])}

Every vertex i has a cost C[i]:
{series("C", p["C"])}

Choose a vertex r such that the sum over all vertices i of dist(i, r) * C[i] is as small as possible, where dist(i, r)
is the total length of the path from i to r.
"""

    def answer(self, p: Parameter) -> "Vertex":
        return Vertex("the vertex r", low=0, high=p["N"] - 1)

    def score(self, p: Parameter, answer: int) -> float:
        return self.ratio(p["gold_answer"], totals(p["C"], p["edges"])[answer])


class Vertex(Integer):
    """One vertex. In a tree of two vertices both may be right; only then is the example a right answer."""

    def exemplify(self, is_right: Callable[[int], bool], markers: tuple[str, str]) -> str:
        all_right = all(map(is_right, self.examples()))
        return super().exemplify(lambda vertex: is_right(vertex) and not all_right, markers)


def totals(costs: list[int], edges: list[tuple[int, int, int]]) -> list[int]:
    """The sum for every vertex. A step over an edge of length w changes it by w for every cost on either side."""
    n = len(costs)
    length = {(u, v): w for a, b, w in edges for u, v in ((a, b), (b, a))}
    order, parent = outward(neighbours(n, [(u, v) for u, v, _ in edges]), 0)
    below = list(costs)
    distance = [0] * n
    for v in order[1:]:
        distance[v] = distance[parent[v]] + length[parent[v], v]
    for v in reversed(order[1:]):
        below[parent[v]] += below[v]
    values = [sum(d * c for d, c in zip(distance, costs, strict=True))] * n
    for v in order[1:]:
        values[v] = values[parent[v]] + length[parent[v], v] * (below[0] - 2 * below[v])
    return values
