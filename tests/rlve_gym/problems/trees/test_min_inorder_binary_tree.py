from collections.abc import Iterator

from RLVE_Gym import problems


def traversals(adjacent: dict[int, set[int]], node: int, parent: int) -> Iterator[list[int]]:
    """The in-order traversals of all binary trees below a node."""
    children = sorted(adjacent[node] - {parent})
    if not children:
        yield [node]
    elif len(children) == 1:
        for below in traversals(adjacent, children[0], node):
            yield [*below, node]
            yield [node, *below]
    else:
        for left, right in (children, children[::-1]):
            for before in traversals(adjacent, left, node):
                for after in traversals(adjacent, right, node):
                    yield [*before, node, *after]


def oracle(n: int, edges: list[list[int]]) -> list[int]:
    """The least traversal over all roots and all sides."""
    adjacent = {node: {u + v - node for u, v in edges if node in (u, v)} for node in range(1, n + 1)}
    roots = [node for node in adjacent if len(adjacent[node]) <= 2]
    return min(traversal for root in roots for traversal in traversals(adjacent, root, 0))


def test_the_traversal_is_least() -> None:
    for seed in range(100):
        p = problems.get("MinInorderBinaryTree").generate(seed, seed % 5).parameter
        assert p["gold_answer"] == oracle(p["N"], p["edges"])
