from functools import cache
from itertools import permutations
from random import Random

import pytest

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


def exact(scores: list[int]) -> int:
    """The greatest score, without logarithms."""

    @cache
    def best(i: int, j: int) -> int:
        if j - i <= 1:
            return scores[i] if i < j else 1
        return max(best(i, k) * best(k + 1, j) + scores[k] for k in range(i, j))

    return best(0, len(scores))


@pytest.mark.parametrize("most", [1, 5, 10**6, 10**30])
def test_logarithms_drop_no_root_that_is_best(most: int) -> None:
    for seed in range(5):
        rng = Random(seed)
        scores = [rng.randint(1, most) for _ in range(60)]
        gold, order = best_tree(scores)
        assert gold == exact(scores) == score_of(scores, order)
