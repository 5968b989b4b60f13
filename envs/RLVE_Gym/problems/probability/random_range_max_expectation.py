"""An array under random operations that raise a range to its maximum."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale
from ..kit.render import listing, series

MOD = 10_000


class RandomRangeMaxExpectation(Problem[list[int]]):
    """Give the scaled expectation of every element after random operations that flatten a subarray."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 3.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        operations = rng.randint(1, n)
        array = [rng.randint(0, n) for _ in range(n)]
        gold = summed_values(array, operations)
        return {"Q": operations, "array": array, "gold_answer": gold, "reference_answer": listing(gold)}

    def question(self, p: Parameter) -> str:
        n, q = p["N"], p["Q"]
        return f"""
Here is an array A of {n} integers, indexed from 0:
{series("A", p["array"])}

An operation picks one of the {n * (n + 1) // 2} contiguous subarrays A[l], ..., A[r] with 0 <= l <= r <= {n - 1}, each
with the same probability, and sets all its elements to the largest of them. Operations are independent of each other,
and each works on the array the one before has left.

Let E[i] be the expected value of A[i] after {q} operations. E[i] * {n * (n + 1) // 2}^{q} is an integer. For every
i = 0, 1, ..., {n - 1} give the remainder of this integer modulo {MOD}, from 0 to {MOD - 1}.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers(f"the {p['N']} numbers for i = 0, 1, ..., {p['N'] - 1} in this order", shown=p["N"])

    def score(self, p: Parameter, answer: list[int]) -> float:
        gold = p["gold_answer"]
        if len(answer) != len(gold):
            return self.invalid_solution
        return self.share(sum(a == b for a, b in zip(gold, answer, strict=True)), len(gold))


def summed_values(array: list[int], operations: int) -> list[int]:
    """The sum of every element's final values over all sequences of operations, modulo MOD; O(operations * N^2).

    The elements <= v form maximal ranges, which operations can only shrink. An element is the maximum of the array
    minus the number of v below that maximum for which it is in such a range; f[l, r] is minus the number of v for which
    l..r is one, summed over the sequences of operations so far, and the maximum itself stands at the whole array.
    """
    import numpy as np

    n, largest = len(array), max(array)
    f = np.zeros((n, n), dtype=np.int64)
    for left in range(n):
        high = -1
        for right in range(left, n):
            high = max(high, array[right])
            outside = min(array[left - 1] if left else largest, array[right + 1] if right < n - 1 else largest)
            f[left, right] = -max(outside - high, 0)
    f[0, n - 1] = largest

    before = np.arange(n)[:, None]  # elements before l
    after = np.arange(n)[::-1]  # elements after r
    inside = np.maximum(n - before - after, 0)
    # An operation keeps l..r when it lies inside, before or after it; otherwise it ends in the range or covers it.
    kept = sum(size * (size + 1) // 2 for size in (inside, before, after)) % MOD * (inside > 0)
    for _ in range(operations):
        following = f * kept
        # From l'..r with l' < l: the operation ends at l - 1 and begins at one of the l' elements before l'.
        following[1:] += np.cumsum(f * before, axis=0)[:-1] * (inside[1:] > 0)
        # From l..r' with r' > r: it begins at r + 1 and ends at one of the elements after r'.
        following[:, :-1] += np.cumsum((f * after)[:, ::-1], axis=1)[:, ::-1][:, 1:] * (inside[:, :-1] > 0)
        f = following % MOD
    return [int(f[: i + 1, i:].sum()) % MOD for i in range(n)]
