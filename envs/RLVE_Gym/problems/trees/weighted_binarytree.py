"""Binary tree of greatest score over a fixed in-order sequence."""

from math import log2
from random import Random

from ..kit import Int, Parameter, Permutation, Problem, Schedule, is_permutation, scale
from ..kit.render import series


class WeightedBinaryTree(Problem[list[int]]):
    """Give the pre-order traversal of a binary tree of the greatest score."""

    not_permutation: float = -0.5
    invalid_solution: float = 0.0
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3), Int("MAX_SCORE", 1))
    schedule = Schedule(start={"N": 3, "MAX_SCORE": 5}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        scores = [rng.randint(1, p["MAX_SCORE"]) for _ in range(p["N"])]
        gold, order = best_tree(scores)
        return {"scores": scores, "gold": gold, "reference_answer": self.show(p, order)}

    def question(self, p: Parameter) -> str:
        return f"""
A binary tree has the nodes 0, 1, ..., {p["N"] - 1}, and its in-order traversal is 0, 1, ..., {p["N"] - 1}. Node i has
the value d[i]:
{series("d", p["scores"])}

The score of a tree with root i is (score of its left subtree) * (score of its right subtree) + d[i], where an empty
subtree counts as 1; but the score of a single node i, a leaf, is d[i].

Find the tree with the greatest score, and give its pre-order traversal (node, left subtree, right subtree).
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation("the pre-order traversal", p["N"])

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not is_permutation(answer, p["N"]):
            return self.not_permutation
        value = score_of(p["scores"], answer)
        return self.invalid_solution if value is None else self.ratio(p["gold"], value)


def combined(scores: list[int], root: int, left: int, right: int) -> int:
    """The score of a tree with these scores below its root, 0 standing for an empty subtree."""
    if not left and not right:
        return scores[root]
    return (left or 1) * (right or 1) + scores[root]


def score_of(scores: list[int], preorder: list[int]) -> int | None:
    """The score of the tree with this pre-order traversal; None if there is none with the in-order 0, 1, ..."""
    # Read backwards, a node finds its left subtree on top of the stack, and below that its right one.
    stack: list[tuple[int, int, int]] = []  # subtrees: first node, node after the last, score
    for node in reversed(preorder):
        left = right = 0
        first, end = node, node + 1
        if stack and stack[-1][1] == node:
            first, _, left = stack.pop()
        if stack and stack[-1][0] == node + 1:
            _, end, right = stack.pop()
        stack.append((first, end, combined(scores, node, left, right)))
    return stack[0][2] if len(stack) == 1 else None


def best_tree(scores: list[int]) -> tuple[int, list[int]]:
    """The greatest score and a pre-order traversal of such a tree: dynamic programming over intervals (NOIP 2003).

    Scores have hundreds of digits, so logarithms pick the roots that may be best, and exact integers decide.
    """
    import numpy as np

    n, most = len(scores), max(scores)
    best = [[0] * (n + 1) for _ in range(n + 1)]  # of the nodes from i to j - 1
    root = [[0] * (n + 1) for _ in range(n + 1)]
    left = np.zeros((n + 1, n + 1))  # its logarithm, 0 where it is empty, by i and j
    right = np.zeros((n + 1, n + 1))  # the same by j and i: rows are quicker to read
    for size in range(1, n + 1):
        for i in range(n - size + 1):
            j = i + size
            products = left[i, i:j] + right[j, i + 1 : j + 1]
            roots = (i + np.flatnonzero(products >= least_promising(float(products.max()), most))).tolist()
            best[i][j], root[i][j] = max((combined(scores, k, best[i][k], best[k + 1][j]), k) for k in roots)
            left[i, j] = right[j, i] = log2(best[i][j])
    order, todo = [], [(0, n)]
    while todo:
        i, j = todo.pop()
        if i < j:
            order.append(root[i][j])
            todo += [(root[i][j] + 1, j), (i, root[i][j])]
    return best[0][n], order


def least_promising(greatest: float, most: int) -> float:
    """The logarithm of the least product that may exceed the greatest one when up to `most` is added to it."""
    share = most / 2 ** min(greatest, 1000.0)
    return greatest - 3 * share - 1e-9 if share < 0.3 else 0.0
