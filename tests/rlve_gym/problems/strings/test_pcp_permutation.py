from itertools import permutations

import pytest

from RLVE_Gym import problems


def oracle(a: list[str], b: list[str]) -> set[tuple[int, ...]]:
    """All the orders in which both lists join to the same string."""
    orders = permutations(range(len(a)))
    return {order for order in orders if "".join(a[i] for i in order) == "".join(b[i] for i in order)}


def test_exactly_the_right_orders_pass() -> None:
    problem = problems.get("PCPPermutation")
    for seed in range(40):
        instance = problem.generate(seed, seed % 3)
        p = instance.parameter
        right = oracle(p["A"], p["B"])
        assert tuple(map(int, p["reference_answer"].split())) in right
        for order in permutations(range(p["N"])):
            verdict = problem.verify(instance, f"<answer>{' '.join(map(str, order))}</answer>")
            assert verdict.accuracy == (order in right)


def test_matching_positions_count_and_other_lists_are_refused() -> None:
    p = {"N": 2, "average_length": 2.0, "A": ["ab", "a"], "B": ["a", "ba"], "reference_answer": "0 1"}
    problem, instance = problems.get("PCPPermutation"), problems.Instance("PCPPermutation", 0, None, p)
    strict = problems.get("PCPPermutation", rewarding_strategy="a=b")
    rewards = {"0 1": 1.0, "1 0": (1 / 3) ** 10, "0": -0.5, "0 0": -0.5, "0 1 2": -0.5, "1 2": -0.5, "0 x": -1.0}
    for answer, reward in rewards.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
    p["B"] = ["aa", "b"]
    assert problem.reward(instance, "<answer>0 1</answer>") == pytest.approx((1 / 3) ** 10)
    assert strict.reward(instance, "<answer>0 1</answer>") == 0.0
