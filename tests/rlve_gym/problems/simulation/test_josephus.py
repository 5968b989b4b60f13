from collections import deque

import pytest

from RLVE_Gym import problems


def oracle(n: int, m: int) -> list[int]:
    """Counting person by person."""
    circle, order = deque(range(1, n + 1)), []
    while circle:
        for _ in range(m - 1):
            circle.append(circle.popleft())
        order.append(circle.popleft())
    return order


def test_the_gold_is_the_order_of_leaving() -> None:
    for seed in range(60):
        p = problems.get("Josephus").generate(seed, seed % 20).parameter
        assert p["gold_answer"] == oracle(p["N"], p["M"])


def test_places_count_and_other_lists_are_refused() -> None:
    p = {"MAX_N": 4, "N": 4, "M": 2, "gold_answer": [2, 4, 3, 1], "reference_answer": "2 4 3 1"}
    problem, instance = problems.get("Josephus"), problems.Instance("Josephus", 0, 0, p)
    rewards = {"2 4 1 3": 0.5**10, "1 3 4 2": 0.0, "2 4 3": -0.5, "2 4 3 3": -0.5, "1 3 2 0": -0.5, "2, 4, 3, 1": -1.0}
    for answer, reward in rewards.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
