from math import lcm

import pytest

from RLVE_Gym import problems


def oracle(moduli: list[int], residues: list[int]) -> list[int]:
    """All solutions below the least common multiple of the moduli, by trying."""
    return [x for x in range(lcm(*moduli)) if all(x % b == r for b, r in zip(moduli, residues, strict=True))]


def test_exactly_the_solutions_score_full() -> None:
    crt = problems.get("CRT")
    for seed in range(25):
        instance = crt.generate(seed, seed % 4)
        p = instance.parameter
        (solution,) = oracle(p["B"], p["X_mod_B"])
        period = lcm(*p["B"])
        assert p["reference_answer"] % period == solution
        assert len(set(p["B"])) == len(p["B"]) == min(p["M"], p["reference_answer"] - 1)
        for x in range(2 * period):
            assert crt.verify(instance, f"<answer>{x}</answer>").accuracy == (x % period == solution)


def test_the_schedule_grows_in_turns() -> None:
    states = [problems.get("CRT").schedule.state(level) for level in range(7)]
    assert [(s["MAX_X"], s["MAX_M"]) for s in states] == [(5, 2), (7, 2), (10, 2), (10, 3), (15, 3), (22, 3), (22, 4)]


def test_moduli_without_end_are_an_error() -> None:
    crt = problems.get("CRT")
    assert crt.generate_from(0, {"MAX_X": 2**63, "M": 40}).parameter["reference_answer"] <= 2**63
    with pytest.raises(problems.GenerationError, match="moduli"):
        crt.generate(0, 300)


def test_rewards() -> None:
    parameter = {"MAX_X": 10, "M": 3, "reference_answer": 8, "B": [6, 8, 3], "X_mod_B": [2, 0, 2]}
    instance = problems.Instance("CRT", 0, 0, parameter)
    crt, strict = problems.get("CRT"), problems.get("CRT", rewarding_strategy="satisfied=all")
    assert crt.reward(instance, "<answer>5</answer>") == pytest.approx((1 / 3) ** 10)
    assert strict.reward(instance, "<answer>5</answer>") == 0.0
    assert crt.reward(instance, "<answer>-16</answer>") == -1.0
    assert crt.reward(instance, f"<answer>{8 + 24 * 10**4000}</answer>") == 1.0
