"""Least in-order traversal of a tree whose root and sides are free."""

from random import Random

from ..kit import Int, Parameter, Permutation, Problem, Schedule, add, is_permutation
from ..kit.render import edge_list
from ..kit.trees import neighbours, outward


class MinInorderBinaryTree(Problem[list[int]]):
    """Make a binary tree of the edges so that its in-order traversal is lexicographically least."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 4),)
    schedule = Schedule(start={"N": 4}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        tree: list[tuple[int, int]] = []
        todo: list[tuple[int, list[int]]] = [(0, rng.sample(range(1, n + 1), n))]
        while todo:
            above, nodes = todo.pop()  # in random order, so the first is a random member
            root, rest = nodes[0], nodes[1:]
            if above:
                tree.append((min(above, root), max(above, root)))
            left = rng.randint(0, len(rest))
            todo += [(root, part) for part in (rest[:left], rest[left:]) if part]
        edges = rng.sample(tree, len(tree))
        gold = least_inorder(n, edges)
        return {"edges": edges, "gold_answer": gold, "reference_answer": self.show(p, gold)}

    def question(self, p: Parameter) -> str:
        return f"""
These {p["N"] - 1} edges, each written (u, v), form a tree with the nodes 1, 2, ..., {p["N"]}:
{edge_list(p["edges"])}

Make a binary tree of it: choose a root among the nodes, and for every other node whether it is the left or the right
child of its parent, the neighbour next to it on the way to the root. Every node has at most one left and at most one
right child; an only child may be either. All edges are used.

Among all such binary trees find the one whose in-order traversal (left subtree, node, right subtree) is
lexicographically smallest as a sequence of numbers.
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation("that in-order traversal", p["N"], 1)

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not is_permutation(answer, p["N"], 1):
            return self.invalid_solution
        return self.share(sum(a == b for a, b in zip(p["gold_answer"], answer, strict=True)), p["N"])


def least_inorder(n: int, edges: list[tuple[int, int]]) -> list[int]:
    """The least traversal over all nodes that can be a root, those of degree at most 2."""
    adjacent = neighbours(n + 1, edges)
    return min(inorder_from(adjacent, root) for root in range(1, n + 1) if len(adjacent[root]) <= 2)


def inorder_from(adjacent: list[list[int]], root: int) -> list[int]:
    """The least traversal with this root.

    Subtrees share no nodes, so their first nodes decide: of two children the one with the smaller first node goes to
    the left, and an only child does if its first node is smaller than its parent.
    """
    order, parent = outward(adjacent, root)
    traversal: dict[int, list[int]] = {}
    for node in reversed(order):
        below = sorted(traversal.pop(child) for child in adjacent[node] if child != parent[node])
        if len(below) == 2:
            traversal[node] = [*below[0], node, *below[1]]
        elif below and below[0][0] < node:
            traversal[node] = [*below[0], node]
        else:
            traversal[node] = [node, *(below[0] if below else [])]
    return traversal[root]
