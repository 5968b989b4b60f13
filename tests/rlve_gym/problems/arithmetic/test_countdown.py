import random
from fractions import Fraction
from functools import cache

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.arithmetic.countdown import Search, closest
from RLVE_Gym.problems.kit import Grammar, value_of
from RLVE_Gym.problems.kit.expressions import parse

SEEDS = range(12)


@cache
def oracle(numbers: tuple[Fraction, ...], integral: bool) -> set[Fraction]:
    """All values: two of the numbers become one in every way, until one is left; `integral` as in the original."""
    if len(numbers) == 1:
        return set(numbers)
    values = set()
    for i in range(len(numbers)):
        for j in range(len(numbers)):
            if i == j:
                continue
            a, b = numbers[i], numbers[j]
            rest = [c for k, c in enumerate(numbers) if k not in (i, j)]
            for result in (a + b, a - b, a * b, a / b if b else None):
                if result is None or (integral and (result < 0 or result.denominator > 1)):
                    continue
                values |= oracle(tuple(sorted([*rest, result])), integral)
    return values


def value(text: str) -> Fraction:
    return value_of(parse(text, Grammar()))


def numbers_of(text: str) -> list[Fraction]:
    return sorted(parse(text, Grammar()).numbers)


def draw(seed: int, count: int) -> tuple[int, list[int]]:
    rng = random.Random(seed)
    return rng.randint(0, 200), [rng.randint(1, 20) for _ in range(count)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_search_finds_the_nearest_value(seed: int, count: int) -> None:
    target, operands = draw(seed, count)
    numbers = tuple(sorted(map(Fraction, operands)))
    found, text = closest(operands, target, integral=False)
    assert abs(found - target) == min(abs(v - target) for v in oracle(numbers, False))
    assert value(text) == found
    assert numbers_of(text) == list(numbers)
    assert (closest(operands, target, integral=True)[0] == target) == (target in oracle(numbers, True))


@pytest.mark.parametrize("seed", range(3))
def test_the_search_through_splits_is_exact(seed: int) -> None:
    target, operands = draw(seed, 5)
    target += 300 * seed  # also targets that are hard to reach
    numbers = tuple(sorted(map(Fraction, operands)))
    every = oracle(numbers, True)
    for wanted in range(target, target + 30):
        assert (closest(operands, wanted, integral=True)[0] == wanted) == (wanted in every)
    # With few different numbers the oracle is fast enough for all fractions.
    small = [2, 2, 3, 3, 7]
    every = oracle(tuple(map(Fraction, small)), False)
    for wanted in (0, 95 + seed, 301 + seed, 1000):
        search = Search([(Fraction(v), str(v)) for v in small], integral=False)
        found, text = search.closest(wanted)
        assert abs(found - wanted) == min(abs(v - wanted) for v in every)
        assert value(text) == found


def test_six_numbers_come_as_near_as_five_and_a_factor_of_one() -> None:
    target, operands = draw(0, 5)
    target += 5000
    five = closest(operands, target, integral=False)
    six = closest([*operands, 1], target, integral=False)
    assert abs(six[0] - target) <= abs(five[0] - target)
    assert value(six[1]) == six[0]
    assert numbers_of(six[1]) == sorted([*operands, 1])


@pytest.mark.parametrize("identifier", ["CountdownEqual", "CountdownClose"])
@pytest.mark.parametrize("count", [7, 12, 200])
def test_many_operands_reach_the_target(identifier: str, count: int) -> None:
    problem = problems.get(identifier)
    for largest in (8, 48):
        start = {"num_operands": count, "max_operand": largest, "max_target": 10 * largest}
        p = problem.generate_from(1, start).parameter
        assert value(p["reference_answer"]) == p["target"]
        assert numbers_of(p["reference_answer"]) == sorted(p["operands"])
        assert "reference_result" not in p


def test_targets_that_cannot_be_reached_are_drawn_again_or_an_error() -> None:
    equal = problems.get("CountdownEqual")
    for seed in SEEDS:
        p = equal.generate_from(seed, {"num_operands": 2, "max_operand": 2, "max_target": 20}).parameter
        assert p["target"] <= 4
    impossible = {"num_operands": 2, "max_operand": 1, "max_target": 10**9}
    with pytest.raises(problems.GenerationError, match="1000 targets"):
        equal.generate_from(0, impossible)


EQUAL = problems.Instance("CountdownEqual", 0, 0, {"num_operands": 3, "target": 4, "operands": [7, 11, 8]})
CLOSE = problems.Instance(
    "CountdownClose",
    0,
    0,
    {"num_operands": 3, "target": 408, "operands": [30, 34, 38], "reference_result": 272.0},
)


@pytest.mark.parametrize(
    ("answer", "reward"),
    [
        ("7+8-11", 1.0),
        ("7 - 11\n + 8", 1.0),
        ("(7-11)+8", 1.0),
        ("7*8/11", 0.0),
        ("7+9-11", -0.5),
        ("7+8", -0.5),
        ("7+8-11+7", -0.5),
        ("7+8-11=4", -0.5),
        ("seven", -0.5),
        ("", -0.5),
        ("7+8--11", -1.0),
        ("-11+7+8", -1.0),
        ("7**8-11", -1.0),
        ("11//8+7", -1.0),
        ("7+08-11", -1.0),
        ("7.8+11", -1.0),
        ("7 8 11", -1.0),
        ("(7+8-11", -1.0),
        ("__import__('os') 7 8 11", -1.0),
    ],
)
def test_rewards_for_hitting(answer: str, reward: float) -> None:
    assert problems.get("CountdownEqual").reward(EQUAL, f"<answer>{answer}</answer>") == reward


def test_division_by_zero_is_a_wrong_format() -> None:
    parameter = {"num_operands": 3, "target": 4, "operands": [7, 7, 8]}
    instance = problems.Instance("CountdownEqual", 0, 0, parameter)
    assert problems.get("CountdownEqual").reward(instance, "<answer>8/(7-7)</answer>") == -1.0


def test_rewards_for_coming_close() -> None:
    close = problems.get("CountdownClose")
    best = close.verify(CLOSE, "<answer>34*(38-30)</answer>")
    assert best.reward == pytest.approx(1 / 137)
    assert best.accuracy == 1
    assert close.verify(CLOSE, "<answer>(34-30)*38</answer>").accuracy == 0
    half = problems.get("CountdownClose", rewarding_weight=0.5)
    assert half.reward(CLOSE, "<answer>34*(38-30)</answer>") == pytest.approx(0.5 / 137)
    with pytest.raises(ValueError, match="rewarding_strategy"):
        problems.get("CountdownClose", rewarding_strategy="gold=answer")
