"""Minimum-weight spanning tree of a connected graph."""

from random import Random

from ..kit import Int, Number, Pairs, Parameter, Problem, Schedule, scale
from ..kit.graphs import Components, connected_graph, weighted
from ..kit.render import edge_list


class MinimumSpanningTree(Problem[list[tuple[int, int]]]):
    """Choose N-1 edges that connect all N vertices at the least total weight."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(gold/answer)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3), Number("edge_density", 0, 1))
    schedule = Schedule(
        start={"N": 4},
        grow={"N": scale(1.1)},
        choices=lambda N, edge_density_list: [
            {"N": N, "edge_density": density} for density in edge_density_list if int(density * N * (N - 1) / 2) > N - 1
        ],
        edge_density_list=(0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        count = int(p["edge_density"] * n * (n - 1) / 2)
        edges = weighted(rng, connected_graph(rng, n, count), 1, max(1, count))
        tree = kruskal(n, edges)
        return {
            "edges": edges,
            "reference_answer": self.show(p, [(u, v) for u, v, _ in tree]),
            "gold_answer": sum(w for _, _, w in tree),
        }

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
A connected undirected graph has the vertices 0, 1, ..., {n - 1} and these edges, each written (u, v, w) for an
edge between u and v of weight w:
{edge_list(p["edges"])}

Choose {n - 1} of these edges that connect all the vertices (a spanning tree), with the least total weight possible.
"""

    def answer(self, p: Parameter) -> Pairs:
        return Pairs("the end points of the chosen edges, in any order and either direction")

    def score(self, p: Parameter, answer: list[tuple[int, int]]) -> float:
        n = p["N"]
        if len(answer) != n - 1:
            return self.invalid_solution
        weight = {frozenset((u, v)): w for u, v, w in p["edges"]}
        chosen = [frozenset(pair) for pair in answer]
        if not all(edge in weight for edge in chosen):
            return self.invalid_solution
        components = Components(n)
        if not all(components.join(u, v) for u, v in answer):
            return self.invalid_solution
        return self.ratio(p["gold_answer"], sum(weight[edge] for edge in chosen))


def kruskal(n: int, edges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The edges of a minimum spanning tree, lightest first."""
    components = Components(n)
    return [(u, v, w) for u, v, w in sorted(edges, key=lambda edge: edge[2]) if components.join(u, v)]
