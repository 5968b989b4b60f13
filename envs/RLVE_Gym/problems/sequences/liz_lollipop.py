"""Intervals of ones and twos with every sum."""

from random import Random

from ..kit import Int, Parameter, Problem, Rows, Schedule, add
from ..kit.render import series

NONE = (-1, -1)


class LIZ_Lollipop(Problem[list[list[int]]]):
    """For every total give a contiguous subarray of ones and twos with this sum, or say that there is none."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(correct/all)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        chance = rng.random()
        array = [2 if rng.random() < chance else 1 for _ in range(p["N"])]
        return {"A": array, "existence": [interval != NONE for interval in intervals(array)]}

    def solve(self, p: Parameter) -> list[list[int]]:
        return [list(interval) for interval in intervals(p["A"])]

    def question(self, p: Parameter) -> str:
        total = sum(p["A"])
        return f"""
Here is an array A of {p["N"]} integers, each 1 or 2, indexed from 0; their sum is {total}:
{series("A", p["A"])}

For every i = 1, 2, ..., {total} give one line `l r` with 0 <= l <= r <= {p["N"] - 1} such that
A[l] + A[l+1] + ... + A[r] = i, or the line `-1 -1` if no contiguous subarray has the sum i. Where several fit, any one
counts.
"""

    def answer(self, p: Parameter) -> Rows:
        total = sum(p["A"])
        return Rows(f"the {total} lines for i = 1, 2, ..., {total} in this order", columns=2)

    def score(self, p: Parameter, answer: list[list[int]]) -> float:
        array, existence = p["A"], p["existence"]
        n = len(array)
        if len(answer) != len(existence):
            return self.invalid_solution
        before = [0]
        for value in array:
            before.append(before[-1] + value)
        correct = 0
        for total, ((left, right), exists) in enumerate(zip(answer, existence, strict=True), 1):
            if (left, right) == NONE:
                correct += not exists
            elif 0 <= left <= right < n:
                correct += before[right + 1] - before[left] == total
            else:
                return self.invalid_solution
        return self.share(correct, len(existence))


def intervals(array: list[int]) -> list[tuple[int, int]]:
    """For every sum 1, 2, ..., sum(array) the ends of a subarray that has it, or NONE.

    The longest subarrays of either parity of the sum: all; and all but what ends with the first 1, or begins with the
    last 1. Dropping a 2 at an end, or the 1s at both ends, makes of a subarray one whose sum is less by 2.
    """
    n, ones = len(array), [i for i, value in enumerate(array) if value == 1]
    longest = [(0, n - 1)]
    if ones:
        longest.append(max((ones[0] + 1, n - 1), (0, ones[-1] - 1), key=lambda ends: ends[1] - ends[0]))
    found = [NONE] * sum(array)
    for left, right in longest:
        total = sum(array[left : right + 1])
        while left <= right:
            found[total - 1] = (left, right)
            total -= 2
            if array[left] == 2:
                left += 1
            elif array[right] == 2:
                right -= 1
            else:
                left, right = left + 1, right - 1
    return found
