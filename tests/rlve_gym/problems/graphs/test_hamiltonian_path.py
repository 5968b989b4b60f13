from heapq import heappop, heappush
from itertools import pairwise

from RLVE_Gym import problems
from RLVE_Gym.problems.graphs.hamiltonian_path import all_distances, circuit, held_karp


def oracle(n: int, edges: list[list[int]]) -> int:
    """The least weight of a walk through all vertices: Dijkstra over (visited vertices, last vertex)."""
    heap = [(0, frozenset((v,)), v) for v in range(n)]
    heap = [(0, i, visited, v) for i, (_, visited, v) in enumerate(heap)]
    done, count = set(), n
    while True:
        cost, _, visited, last = heappop(heap)
        if len(visited) == n:
            return cost
        if (visited, last) in done:
            continue
        done.add((visited, last))
        for s, t, w in edges:
            if s == last:
                count += 1
                heappush(heap, (cost + w, count, visited | {t}, t))


def test_the_walk_is_cheapest() -> None:
    for seed in range(30):
        p = problems.get("HamiltonianPath").generate(seed, seed % 5).parameter
        assert p["reference_answer_weight"] == oracle(p["N"], p["edges"])


def test_both_methods_agree() -> None:
    for seed in range(6):
        p = problems.get("HamiltonianPath").generate(seed, 5).parameter
        distance, _ = all_distances(p["N"], p["edges"])
        costs = [sum(distance[s][t] for s, t in pairwise(order)) for order in (held_karp(distance), circuit(distance))]
        assert costs[0] == costs[1]
