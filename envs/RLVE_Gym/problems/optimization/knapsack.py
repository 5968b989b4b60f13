"""0/1 knapsack."""

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate
from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale


class Knapsack(Problem[list[int]]):
    """Choose items within a weight limit at the greatest total value."""

    value_range_multiple: int = 2
    invalid_solution: float = -0.5
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        weights = [rng.randint(1, n) for _ in range(n)]
        values = [rng.randint(1, self.value_range_multiple * weight) for weight in weights]
        limit = rng.randint(min(weights), sum(weights))
        chosen = best_items(weights, values, limit)
        return {
            "W": weights,
            "V": values,
            "W_max": limit,
            "gold_answer": sum(values[i] for i in chosen),
            "reference_answer": self.show(p, chosen),
        }

    def solve(self, p: Parameter) -> list[int]:
        return best_items(p["W"], p["V"], p["W_max"])

    def question(self, p: Parameter) -> str:
        items = "\n".join(
            f"item {i}: weight {w}, value {v}" for i, (w, v) in enumerate(zip(p["W"], p["V"], strict=True))
        )
        return f"""
There are {p["N"]} items, numbered from 0:
{items}

Choose different items of total weight at most {p["W_max"]} so that their total value is as large as possible.
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the numbers of the chosen items, in any order", empty="you choose no item")

    def score(self, p: Parameter, answer: list[int]) -> float:
        if len(set(answer)) != len(answer) or not all(0 <= i < p["N"] for i in answer):
            return self.invalid_solution
        if sum(p["W"][i] for i in answer) > p["W_max"]:
            return self.invalid_solution
        return self.ratio(p["gold_answer"], sum(p["V"][i] for i in answer))


def best_items(weights: list[int], values: list[int], limit: int) -> list[int]:
    """The items of an optimum: dynamic programming over undominated (weight, value) pairs, densest items first.

    Each pair is completed in two ways: with the next items as long as they fit whole, which is a solution, and with
    a fraction of the item after them, which is an upper bound. A pair whose bound cannot beat the best solution is
    dropped; since the optimum differs little from the greedy choice, few pairs are left.
    """
    order = sorted(range(len(weights)), key=lambda i: Fraction(-values[i], weights[i]))
    weight_before = list(accumulate((weights[i] for i in order), initial=0))
    value_before = list(accumulate((values[i] for i in order), initial=0))
    best, chosen = -1, 0
    front = [(0, 0, 0)]  # (weight, value, set of positions in `order` as bits), by weight and by value
    for k, item in enumerate(order):
        taken = [(w + weights[item], v + values[item], bits | 1 << k) for w, v, bits in front]
        merged = sorted(front + taken, key=lambda pair: (pair[0], -pair[1]))
        front, highest = [], -1
        for w, v, bits in merged:
            room = limit - w
            if v <= highest or room < 0:
                continue
            highest = v
            last = bisect_right(weight_before, weight_before[k + 1] + room) - 1
            filled = v + value_before[last] - value_before[k + 1]
            if filled > best:
                best, chosen = filled, bits | (1 << last) - (1 << k + 1)
            if last < len(order):
                room -= weight_before[last] - weight_before[k + 1]
                if filled + room * values[order[last]] // weights[order[last]] > best:
                    front.append((w, v, bits))
    return sorted(order[k] for k in range(len(order)) if chosen >> k & 1)
