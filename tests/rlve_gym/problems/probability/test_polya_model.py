from fractions import Fraction

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.kit import numerals
from RLVE_Gym.problems.probability import polya_model


def oracle(urn: tuple[int, ...], added: int, wanted: dict[int, int], last: int, step: int = 1) -> Fraction:
    """Follows every sequence of draws up to the last step; colors from 0."""
    if step > last:
        return Fraction(1)
    total = Fraction(0)
    for color, balls in enumerate(urn):
        if wanted.get(step, color) == color:
            after = (*urn[:color], balls + added, *urn[color + 1 :])
            total += Fraction(balls, sum(urn)) * oracle(after, added, wanted, last, step + 1)
    return total


def test_the_probability_is_right() -> None:
    for seed in range(60):
        p = problems.get("PolyaModel").generate_from(seed, {"MAX_T_N": 2 + seed % 4}).parameter
        wanted = {step: color - 1 for step, color in p["events"]}
        gold = Fraction(p["gold_answer"]["numerator"], p["gold_answer"]["denominator"])
        assert gold == oracle(tuple(p["color2num"]), p["D"], wanted, max(wanted))
        assert p["reference_answer"] == f"{gold.numerator}/{gold.denominator}"


def test_the_marked_fraction_counts_in_lowest_terms_only() -> None:
    problem = problems.get("PolyaModel")
    instance = problem.generate(0, 2)
    p, q = instance.parameter["gold_answer"].values()
    assert problem.reward(instance, f"So it is <answer> {p} / {q} </answer>") == 1.0
    assert problem.reward(instance, f"<answer>{2 * p}/{2 * q}</answer>") == 0.0
    for text in (f"{p}", f"{p}/{q}/1", f"{p}/{q}.0", f"{p} {q}"):
        assert problem.reward(instance, f"<answer>{text}</answer>") == -1.0
    assert problem.reward(instance, f"{p}/{q}") == -1.0


def test_a_fraction_too_long_to_store_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(numerals.integer_text(numerals.PORTABLE)) == 4300
    monkeypatch.setattr(polya_model, "PORTABLE", 1)
    with pytest.raises(problems.GenerationError, match="4300 digits"):
        problems.get("PolyaModel").generate(0, 0)
