import json
from fractions import Fraction
from pathlib import Path

import pytest

from RLVE_Gym.problems.kit.scoring import ALTERNATIVES, ratio, share


@pytest.mark.parametrize(
    ("strategy", "gold", "answer", "score"),
    [
        ("(min/max)^beta", 4, 2, 0.25),
        ("(min/max)^beta", 2, 4, 0.25),
        ("(min/max)^beta", 0, 0, 1.0),
        ("(min/max)^beta", 3, 0, 0.0),
        ("(min/max)^beta", 3, -3, 0.0),
        ("(gold/answer)^beta", 3, 6, 0.25),
        ("(gold/answer)^beta", 0, 6, 0.0),
        ("(gold/answer)^beta", 6, 3, 1.0),
        ("(answer/gold)^beta", 6, 3, 0.25),
        ("(answer/gold)^beta", 6, 0, 0.0),
        ("(answer/gold)^beta", Fraction(3, 2), Fraction(3, 4), 0.25),
        ("gold=answer", 5, 5, 1.0),
        ("gold=answer", 5, 4, 0.0),
    ],
)
def test_ratios(strategy: str, gold: int, answer: int, score: float) -> None:
    assert ratio(strategy, gold, answer, weight=1.0, beta=2.0) == score
    assert ratio(strategy, gold, answer, weight=0.5, beta=2.0) == score / 2


def test_ratios_of_huge_integers_are_exact() -> None:
    huge = 10**5000
    assert ratio("(gold/answer)^beta", huge, 2 * huge, weight=1.0, beta=2.0) == 0.25
    assert ratio("(answer/gold)^beta", huge, 1, weight=1.0, beta=2.0) == 0.0
    assert ratio("gold=answer", huge, huge + 1, weight=1.0, beta=2.0) == 0.0


def test_ratios_of_a_real_and_what_is_too_large_for_one() -> None:
    huge = 10**309
    for value in (huge, Fraction(huge)):
        assert ratio("(gold/answer)^beta", 1e308, value, weight=1.0, beta=2.0) == pytest.approx(0.01)
        assert ratio("(min/max)^beta", value, 1e308, weight=1.0, beta=2.0) == pytest.approx(0.01)
        assert ratio("(answer/gold)^beta", value, 1.5, weight=1.0, beta=2.0) == 0.0


def test_strict_ratios_keep_near_misses_below_passing() -> None:
    gold, strategy = 10**20, "(answer/gold)^beta"
    assert ratio(strategy, gold, gold - 1, weight=1.0, beta=5.0) == 1.0
    assert ratio(strategy, gold, gold - 1, weight=1.0, beta=5.0, strict=True) < 1 - 2e-6
    assert ratio(strategy, gold, gold, weight=1.0, beta=5.0, strict=True) == 1.0


def test_ratios_refuse_strategies_of_another_kind() -> None:
    with pytest.raises(ValueError, match="does not compare"):
        ratio("(satisfied/all)^beta", 1, 2, weight=1.0, beta=1.0)
    with pytest.raises(ValueError, match="does not compare"):
        share("piecewise", 1, 2, weight=1.0, beta=1.0)


def test_shares() -> None:
    for strategy in ("(satisfied/all)^beta", "mean([gold=answer])^beta", "(intersection/union)^beta"):
        assert share(strategy, 1, 2, weight=0.5, beta=3.0) == 0.0625
        assert share(strategy, 2, 2, weight=0.5, beta=3.0) == 0.5
        assert share(strategy, 0, 2, weight=0.5, beta=3.0) == 0.0
        assert share(ALTERNATIVES[strategy], 1, 2, weight=0.5, beta=3.0) == 0.0
        assert share(ALTERNATIVES[strategy], 2, 2, weight=0.5, beta=3.0) == 0.5


def test_every_strategy_of_the_gym_has_its_alternative() -> None:
    arguments = json.loads((Path(__file__).parents[1] / "arguments.json").read_text(encoding="utf-8"))
    strategies = {
        str(default)
        for documented in arguments.values()
        for name, default in documented["environment"].items()
        if name.startswith("rewarding_strategy")
    }
    alone = {"1/(1+|answer-target|)", "1/(1+|answer-gold|)^beta", "piecewise"}  # the only one of their problems
    assert set(ALTERNATIVES) == strategies - alone
