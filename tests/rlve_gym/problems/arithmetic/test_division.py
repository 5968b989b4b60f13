import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.arithmetic.division import WORDINGS


def oracle(a: int, b: int) -> int:
    """How often b can be subtracted."""
    count = 0
    while a >= b:
        a, count = a - b, count + 1
    return count


def test_the_reference_is_the_quotient() -> None:
    for seed in range(60):
        p = problems.get("Division").generate(seed, seed % 4).parameter
        assert p["reference_answer"] == oracle(p["a"], p["b"])
        assert 1 <= p["b"] < 10 ** p["divisor_digit_num"]
        assert 0 <= p["reference_answer"] < 10 ** p["answer_digit_num"]


@pytest.mark.parametrize("wording", range(10))
def test_every_wording_shows_both_numbers(wording: int) -> None:
    assert len(WORDINGS) == 10
    text = WORDINGS[wording].format(a="71", b="8")
    assert "71" in text
    assert "8" in text.replace("71", "")


def test_wording_7_asks_for_the_smaller_in_the_larger() -> None:
    assert WORDINGS[7].format(a="71", b="8") == "How many full times does 8 fit into 71?"


def test_neighbours_of_the_quotient_are_wrong() -> None:
    division = problems.get("Division")
    instance = division.generate(0, 5)
    quotient = instance.parameter["reference_answer"]
    rewards = [division.reward(instance, f"<answer>{quotient + i}</answer>") for i in (-1, 0, 1)]
    assert rewards == [0.0, 1.0, 0.0]
