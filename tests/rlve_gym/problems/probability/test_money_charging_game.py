from fractions import Fraction
from itertools import permutations, product
from random import Random

from RLVE_Gym import problems
from RLVE_Gym.problems.probability.money_charging_game import MOD, probability


def oracle(chances: list[tuple[int, int, int]], conditions: list[tuple[int, int]]) -> Fraction:
    """Adds up all weights and all orders of first draws in which the conditions hold."""
    n, total = len(chances), Fraction(0)
    for weights in product((1, 2, 3), repeat=n):
        drawn = Fraction(1)
        for chance, weight in zip(chances, weights, strict=True):
            drawn *= Fraction(chance[weight - 1], sum(chance))
        for order in permutations(range(n)):
            if all(order.index(u) < order.index(v) for u, v in conditions):
                ordered = drawn
                for i, item in enumerate(order):
                    ordered *= Fraction(weights[item], sum(weights[j] for j in order[i:]))
                total += ordered
    return total


def modular(value: Fraction) -> int:
    return value.numerator * pow(value.denominator, -1, MOD) % MOD


def test_the_probability_is_right() -> None:
    for seed in range(40):
        p = problems.get("MoneyChargingGame").generate_from(seed, {"N": 2 + seed % 3}).parameter
        chances = list(zip(p["A"], p["B"], p["C"], strict=True))
        assert p["reference_answer"] == modular(oracle(chances, p["T_inequalities"]))


def test_conditions_in_every_direction() -> None:
    rng = Random(0)
    shapes = ([(0, 1), (1, 2), (2, 3)], [(1, 0), (1, 2), (1, 3)], [(3, 2), (3, 0), (0, 1)])
    for shape in shapes:
        for turned in product((False, True), repeat=3):
            tree = [(v, u) if turn else (u, v) for (u, v), turn in zip(shape, turned, strict=True)]
            chances = [(rng.randint(1, 5), rng.randint(1, 5), rng.randint(1, 5)) for _ in range(4)]
            assert probability(chances, tree) == modular(oracle(chances, tree))


def test_a_long_path_of_equal_weights() -> None:
    """With equal weights all orders of first draws are as likely, and one of them fits."""
    n, orders = 80, 1
    for i in range(1, n + 1):
        orders = orders * i % MOD
    even = [(1, 1, 1)] * 2
    assert probability(even, [(0, 1)]) == probability(even, [(1, 0)]) == pow(2, -1, MOD)
    path = [(i, i + 1) for i in range(n - 1)]
    weights = [(1, 0, 0)] * n  # all of weight 1
    assert probability(weights, path) == pow(orders, -1, MOD)
