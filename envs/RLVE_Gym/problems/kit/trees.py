"""Walking a tree without recursion, so that no depth is too deep."""

from collections.abc import Iterable


def neighbours(n: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The neighbours of every vertex 0, ..., n - 1."""
    found: list[list[int]] = [[] for _ in range(n)]
    for u, v in edges:
        found[u].append(v)
        found[v].append(u)
    return found


def outward(adjacent: list[list[int]], root: int) -> tuple[list[int], dict[int, int]]:
    """The vertices in an order in which each comes after its parent, and the parent of each (-1 for the root)."""
    parent = {root: -1}
    order = [root]
    for u in order:  # grows while it is walked through
        for v in adjacent[u]:
            if v != parent[u]:
                parent[v] = u
                order.append(v)
    return order, parent
