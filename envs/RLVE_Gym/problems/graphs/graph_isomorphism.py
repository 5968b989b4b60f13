"""Isomorphism between two graphs."""

from itertools import combinations
from random import Random

from ..kit import Int, Number, Parameter, Permutation, Problem, Schedule, add, is_permutation
from ..kit.render import edge_list


class GraphIsomorphism(Problem[list[int]]):
    """Map the vertices of one graph to those of another so that edges meet edges."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(overlap/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 3), Number("edge_density", 0, 1))
    schedule = Schedule(
        start={"N": 3},
        grow={"N": add(1)},
        choices=lambda N, edge_density_list: [
            {"N": N, "edge_density": density} for density in edge_density_list if int(density * N * (N - 1) / 2) > 0
        ],
        edge_density_list=(0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95),
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        first = rng.sample(list(combinations(range(n), 2)), int(p["edge_density"] * n * (n - 1) / 2))
        image = rng.sample(range(n), n)
        second = [(min(image[u], image[v]), max(image[u], image[v])) for u, v in first]
        return {
            "G1_edges": first,
            "G2_edges": rng.sample(second, len(second)),
            "reference_answer": self.show(p, image),
        }

    def question(self, p: Parameter) -> str:
        n = p["N"]
        return f"""
Two undirected graphs, G1 and G2, both have the vertices 0, 1, ..., {n - 1}. These are the edges of G1:
{edge_list(p["G1_edges"])}

These are the edges of G2:
{edge_list(p["G2_edges"])}

The graphs are isomorphic. Find a permutation p of 0, 1, ..., {n - 1} such that (u, v) is an edge of G1 exactly when
(p(u), p(v)) is an edge of G2, where an edge may be read in both directions.
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation(f"p(0), p(1), ..., p({p['N'] - 1})", p["N"])

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not is_permutation(answer, p["N"]):
            return self.invalid_solution
        edges = {frozenset(edge) for edge in p["G2_edges"]}
        return self.share(sum(frozenset((answer[u], answer[v])) in edges for u, v in p["G1_edges"]), len(edges))
