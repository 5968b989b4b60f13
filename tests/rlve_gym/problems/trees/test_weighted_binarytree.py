from itertools import permutations

from RLVE_Gym import problems
from RLVE_Gym.problems.trees.weighted_binarytree import best_tree, score_of


def oracle(scores: list[int], i: int, j: int) -> dict[tuple[int, ...], int]:
    """Pre-order traversal and score of every tree over the nodes from i to j - 1."""
    if i == j:
        return {(): 1}
    if j - i == 1:
        return {(i,): scores[i]}
    return {
        (root, *left, *right): left_score * right_score + scores[root]
        for root in range(i, j)
        for left, left_score in oracle(scores, i, root).items()
        for right, right_score in oracle(scores, root + 1, j).items()
    }


def test_the_tree_is_best_and_every_traversal_is_judged() -> None:
    for seed in range(30):
        p = problems.get("WeightedBinaryTree").generate(seed, seed % 3).parameter
        trees = oracle(p["scores"], 0, p["N"])
        assert p["gold"] == max(trees.values()) == best_tree(p["scores"])[0]
        for order in permutations(range(p["N"])):
            assert score_of(p["scores"], list(order)) == trees.get(order)
