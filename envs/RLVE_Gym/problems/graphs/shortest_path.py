"""Cheapest path in a weighted directed graph."""

from heapq import heappop, heappush
from itertools import pairwise
from random import Random

from ..kit import Int, Integers, Number, Parameter, Problem, Schedule, scale
from ..kit.graphs import random_arcs, weighted
from ..kit.render import edge_list


class ShortestPath(Problem[list[int]]):
    """Go from vertex 0 to vertex N-1 at the least total weight."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 4), Number("edge_density", 0, 1))
    schedule = Schedule(
        start={"N": 4},
        grow={"N": scale(1.1)},
        choices=lambda N, edge_density_list: [{"N": N, "edge_density": density} for density in edge_density_list],
        edge_density_list=(0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        way = [0, *rng.sample(range(1, n - 1), n - 2), n - 1]
        steps = list(pairwise(way))
        edges = weighted(rng, steps, 1, max(1, n // 3))
        more = int(p["edge_density"] * n * (n - 1)) - len(edges)
        others = random_arcs(rng, n, more, without=[*steps, (0, n - 1)])
        edges += weighted(rng, others, max(1, n // 2), n)
        # No way of two edges is left: for each vertex between, one of the two goes.
        to_end = {u for u, v, _ in edges if v == n - 1}
        from_start = {v for u, v, _ in edges if u == 0}
        between = to_end & from_start
        removed = {(0, v) if v == way[-2] else (v, n - 1) for v in between}
        edges = [(u, v, w) for u, v, w in rng.sample(edges, len(edges)) if (u, v) not in removed]
        gold, path = cheapest_path(n, edges)
        return {"edges": edges, "reference_answer_weight": gold, "reference_answer": self.show(p, path)}

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
A directed graph has the vertices 0, 1, ..., {n - 1} and these edges, each written (s, t, w) for an edge from s to t of
weight w:
{edge_list(p["edges"])}

Find a path from vertex 0 to vertex {n - 1} along edges in their direction with the least total weight possible.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"the vertices of the path in order, from 0 to {p['N'] - 1}", nonempty=True)

    def score(self, p: Parameter, answer: list[int]) -> float:
        n = p["N"]
        if not all(0 <= v < n for v in answer) or (answer[0], answer[-1]) != (0, n - 1):
            return self.invalid_solution
        weight = {(s, t): w for s, t, w in p["edges"]}
        if not all(step in weight for step in pairwise(answer)):
            return self.invalid_solution
        return self.ratio(p["reference_answer_weight"], sum(weight[step] for step in pairwise(answer)))


def cheapest_path(n: int, edges: list[tuple[int, int, int]]) -> tuple[int, list[int]]:
    """Weight and vertices of a cheapest path from 0 to n - 1 (Dijkstra)."""
    onward: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for s, t, w in edges:
        onward[s].append((t, w))
    heap: list[tuple[int, int, int]] = [(0, 0, 0)]
    came_from: dict[int, int] = {}
    while heap:
        distance, vertex, before = heappop(heap)
        if vertex in came_from:
            continue
        came_from[vertex] = before
        if vertex == n - 1:
            path = [vertex]
            while path[-1] != 0:
                path.append(came_from[path[-1]])
            return distance, path[::-1]
        for t, w in onward[vertex]:
            heappush(heap, (distance + w, t, vertex))
    raise AssertionError("the path drawn first leads there")
