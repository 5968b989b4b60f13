"""Drawing random trees and graphs on vertices 0, ..., n - 1."""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations, permutations
from random import Random

Pair = tuple[int, int]


def random_tree(rng: Random, n: int) -> list[Pair]:
    """A random recursive tree: in a shuffled order every vertex joins an earlier one. Edges (u, v), u < v."""
    order = rng.sample(range(n), n)
    edges = []
    for i in range(1, n):
        u, v = order[i], order[rng.randrange(i)]
        edges.append((min(u, v), max(u, v)))
    return edges


def random_pairs(rng: Random, n: int, count: int, *, without: Collection[Pair] = ()) -> list[Pair]:
    """`count` distinct pairs (u, v), u < v, in random order, none of `without`; all of them when there are fewer."""
    return _sample(rng, combinations(range(n), 2), count, without)


def random_arcs(rng: Random, n: int, count: int, *, without: Collection[Pair] = ()) -> list[Pair]:
    """`count` distinct ordered pairs (u, v), u != v, in random order, none of `without`."""
    return _sample(rng, permutations(range(n), 2), count, without)


def connected_graph(rng: Random, n: int, count: int) -> list[Pair]:
    """A random recursive tree and random further pairs up to `count` edges, shuffled."""
    edges = random_tree(rng, n)
    edges += random_pairs(rng, n, count - len(edges), without=edges)
    return rng.sample(edges, len(edges))


def weighted(rng: Random, edges: Sequence[Pair], low: int, high: int) -> list[tuple[int, int, int]]:
    """Every edge with a weight uniform in [low, high]."""
    return [(u, v, rng.randint(low, high)) for u, v in edges]


class Components:
    """The components of a growing graph (disjoint sets)."""

    def __init__(self, n: int) -> None:
        self.parent = list(range(n))
        self.count = n

    def find(self, v: int) -> int:
        """The representative of v's component."""
        while self.parent[v] != v:
            self.parent[v] = v = self.parent[self.parent[v]]
        return v

    def join(self, u: int, v: int) -> bool:
        """Joins the components of u and v; False when they were one."""
        u, v = self.find(u), self.find(v)
        if u == v:
            return False
        self.parent[u] = v
        self.count -= 1
        return True


def _sample(rng: Random, pairs: Iterable[Pair], count: int, without: Collection[Pair]) -> list[Pair]:
    banned = set(without)
    free = [pair for pair in pairs if pair not in banned]
    return rng.sample(free, min(max(count, 0), len(free)))
