"""Cheapest walk through all vertices of a directed graph."""

from itertools import pairwise, product
from random import Random

from ..kit import GenerationError, Int, Integers, Number, Parameter, Problem, Schedule, add
from ..kit.graphs import random_arcs, weighted
from ..kit.render import edge_list

_SMALL = 9
_EFFORT = 60.0  # of the solver, in its own deterministic units (about seconds)


class HamiltonianPath(Problem[list[int]]):
    """Visit every vertex at least once at the least total weight."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 2), Number("edge_density", 0, 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N, edge_density_list: [
            {"N": N, "edge_density": density} for density in edge_density_list if int(density * N * (N - 1)) >= N
        ],
        edge_density_list=(0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        steps = list(pairwise(rng.sample(range(n), n)))
        edges = weighted(rng, steps, 1, n)
        others = random_arcs(rng, n, int(p["edge_density"] * n * (n - 1)) - len(edges), without=steps)
        edges += weighted(rng, others, 1, max(1, n // 2))
        edges = rng.sample(edges, len(edges))
        gold, walk = cheapest_walk(n, edges)
        return {"edges": edges, "reference_answer": self.show(p, walk), "reference_answer_weight": gold}

    def question(self, p: Parameter) -> str:
        return f"""
A directed graph has the vertices 0, 1, ..., {p["N"] - 1} and these edges, each written (s, t, w) for an edge from s to
t of weight w:
{edge_list(p["edges"])}

Find a walk along edges in their direction that visits every vertex at least once. It may begin and end anywhere and use
vertices and edges more than once. Its total weight, in which an edge counts each time it is used, must be as small as
possible.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the vertices of the walk in order")

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not all(0 <= v < p["N"] for v in answer) or len(set(answer)) != p["N"]:
            return self.invalid_solution
        weight = {(s, t): w for s, t, w in p["edges"]}
        if not all(step in weight for step in pairwise(answer)):
            return self.invalid_solution
        return self.ratio(p["reference_answer_weight"], sum(weight[step] for step in pairwise(answer)))


def cheapest_walk(n: int, edges: list[tuple[int, int, int]]) -> tuple[int, list[int]]:
    """Weight and vertices of a cheapest walk: a cheapest Hamiltonian path between shortest distances.

    Raises:
        GenerationError: if the solver cannot prove an optimum.
    """
    distance, via = all_distances(n, edges)
    order = held_karp(distance) if n <= _SMALL else circuit(distance)
    walk = order[:1]
    for s, t in pairwise(order):
        while s != t:
            s = via[s][t]
            walk.append(s)
    return sum(distance[s][t] for s, t in pairwise(order)), walk


def all_distances(n: int, edges: list[tuple[int, int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    """Floyd-Warshall: distances (very large where there is no way) and the first vertex on the way."""
    far = sum(w for _, _, w in edges) * n + 1
    distance = [[0 if s == t else far for t in range(n)] for s in range(n)]
    via = [list(range(n)) for _ in range(n)]
    for s, t, w in edges:
        distance[s][t] = w
    for k, s in product(range(n), range(n)):
        for t in range(n):
            if distance[s][k] + distance[k][t] < distance[s][t]:
                distance[s][t] = distance[s][k] + distance[k][t]
                via[s][t] = via[s][k]
    return distance, via


def held_karp(distance: list[list[int]]) -> list[int]:
    """A cheapest order of all vertices: dynamic programming over the set visited and the last vertex."""
    n = len(distance)
    best: dict[tuple[int, int], tuple[int, int]] = {(1 << v, v): (0, v) for v in range(n)}
    for visited in range(1, 1 << n):
        for last, after in product(range(n), range(n)):
            if (visited, last) in best and not visited >> after & 1:
                cost = best[visited, last][0] + distance[last][after]
                state = (visited | 1 << after, after)
                if state not in best or cost < best[state][0]:
                    best[state] = (cost, last)
    visited = (1 << n) - 1
    order = [min(range(n), key=lambda last: best[visited, last][0])]
    while len(order) < n:
        before = best[visited, order[-1]][1]
        visited ^= 1 << order[-1]
        order.append(before)
    return order[::-1]


def circuit(distance: list[list[int]]) -> list[int]:
    """The same for more vertices: a cheapest circuit through a further vertex at distance 0 (CP-SAT)."""
    from ortools.sat.python import cp_model

    n = len(distance)
    model = cp_model.CpModel()
    arcs = []
    costs = []
    for s, t in product(range(n + 1), range(n + 1)):
        if s != t:
            used = model.new_bool_var("")
            arcs.append((s, t, used))
            costs.append((distance[s][t] if n not in (s, t) else 0) * used)
    model.add_circuit(arcs)
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    # One worker and a bound that is no clock: the same path on every machine.
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = _EFFORT
    if solver.solve(model) != cp_model.OPTIMAL:
        raise GenerationError(f"no cheapest walk through {n} vertices was proven within the solver's bound")
    following = {s: t for s, t, used in arcs if solver.value(used)}
    order = [following[n]]
    while following[order[-1]] != n:
        order.append(following[order[-1]])
    return order
