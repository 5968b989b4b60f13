import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.number_theory.discrete_logarithm import logarithm


def oracle(x: int, k: int, z: int) -> int | None:
    """The first of the powers 0, 1, ..., z that is congruent; later ones repeat."""
    return next((y for y in range(z + 1) if (x**y - k) % z == 0), None)


def test_logarithms_for_all_small_moduli() -> None:
    for z in range(1, 28):
        for x in range(z + 2):
            for k in range(z):
                gold = oracle(x, k, z)
                if gold is not None:
                    assert logarithm(x, k, z) == gold, (x, k, z)
                else:
                    with pytest.raises(ValueError, match="no power"):
                        logarithm(x, k, z)


def test_a_large_modulus() -> None:
    assert logarithm(2, pow(2, 123_456, 10**9 + 7), 10**9 + 7) == 123_456


def test_instances_are_as_specified() -> None:
    for seed in range(40):
        p = problems.get("DiscreteLogarithm").generate(seed, 5).parameter
        assert 2 <= p["X"] <= p["Z"] <= p["MAX_Z"]
        assert 2 <= p["Y"] <= p["Z"]
        assert p["K"] == p["X"] ** p["Y"] % p["Z"]
        assert p["reference_answer"] == oracle(p["X"], p["K"], p["Z"])


def test_rewards() -> None:
    problem = problems.get("DiscreteLogarithm", invalid_answer=-0.25)
    parameter = {"MAX_Z": 10, "Z": 9, "X": 9, "Y": 6, "K": 0, "reference_answer": 1}
    instance = problems.Instance("DiscreteLogarithm", 0, 0, parameter)
    for answer, reward in {1: 1.0, 2: 0.25, 8: 1 / 64, 0: -0.25, -1: -1.0}.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward)
    strict = problems.get("DiscreteLogarithm", rewarding_strategy="gold=answer")
    assert strict.reward(instance, "<answer>2</answer>") == 0.0
    one = problems.Instance("DiscreteLogarithm", 0, 0, {**parameter, "X": 8, "K": 1, "reference_answer": 0})
    assert problem.reward(one, "<answer>2</answer>") == 0.0  # right, but 0 / 2


def test_a_modulus_beyond_reach_is_an_error() -> None:
    with pytest.raises(problems.GenerationError, match="modulus"):
        problems.get("DiscreteLogarithm").generate_from(0, {"MAX_Z": 10**20})
