from itertools import product

from RLVE_Gym import problems
from RLVE_Gym.problems.sequences.liz_lollipop import NONE, intervals


def oracle(array: list[int]) -> list[set[tuple[int, int]]]:
    """All subarrays with sum 1, 2, ..."""
    ends = [(left, right) for right in range(len(array)) for left in range(right + 1)]
    sums = range(1, sum(array) + 1)
    return [{(left, right) for left, right in ends if sum(array[left : right + 1]) == total} for total in sums]


def test_a_subarray_is_found_where_there_is_one() -> None:
    for n in range(1, 9):
        for array in product((1, 2), repeat=n):
            for found, right in zip(intervals(list(array)), oracle(list(array)), strict=True):
                assert found in (right or {NONE})


def test_existence_is_right() -> None:
    for seed in range(30):
        p = problems.get("LIZ_Lollipop").generate(seed, seed % 8).parameter
        assert set(p["A"]) <= {1, 2}
        assert p["existence"] == [bool(right) for right in oracle(p["A"])]


def test_lines_are_judged_one_by_one() -> None:
    problem = problems.get("LIZ_Lollipop", rewarding_beta=1.0)
    start = problem.generate(0, 0)
    instance = problems.Instance(start.id, 0, 0, {"N": 3, "A": [2, 2, 2], "existence": [False, True] * 3})

    def reward(*lines: str) -> float:
        text = "\n".join(lines)
        return problem.reward(instance, f"<answer>{text}</answer>")

    right = ["-1 -1", "1 1", "-1 -1", "1 2", "-1 -1", "0 2"]
    assert reward(*right) == 1.0
    assert reward("0 0", *right[1:]) == reward(*right[:5], "-1 -1") == 5 / 6
    assert reward(*right[:5]) == reward(*right, "0 0") == -0.5
    for line in ("1 0", "0 3", "-1 0", "-1 2", "3 3"):
        assert reward(line, *right[1:]) == -0.5
    for line in ("0", "0 0 0", "a b"):
        assert reward(line, *right[1:]) == -1.0
