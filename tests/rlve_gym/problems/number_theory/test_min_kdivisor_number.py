import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.number_theory.min_kdivisor_number import count_divisors, least_number


def oracle(limit: int) -> dict[int, int]:
    """For each number of divisors the least number below the limit that has it, by counting multiples."""
    divisors = [0] * limit
    for d in range(1, limit):
        for multiple in range(d, limit, d):
            divisors[multiple] += 1
    least: dict[int, int] = {}
    for n in range(1, limit):
        least.setdefault(divisors[n], n)
    return least


LEAST = oracle(50_000)


def test_least_numbers() -> None:
    for k in range(1, 100):
        found = least_number(k)
        assert found is not None
        assert found == LEAST[k] if k in LEAST else found >= 50_000


def test_large_counts() -> None:
    assert least_number(4093) == 2**4092
    assert least_number(2**10) == 2**7 * 3**3 * 5 * 7 * 11 * 13 * 17
    assert least_number(14_281) == 2**14_280
    assert least_number(14_293) is None  # a prime: 2^14292 has 4303 digits


@pytest.mark.parametrize(
    ("n", "count"),
    [(1, 1), (2, 2), (36, 9), (2**100 * 3, 202), (199_999**2, 3), (39_916_801, 2), (6 * (10**10 + 19), 8)],
)
def test_counting_divisors(n: int, count: int) -> None:
    assert count_divisors(n) == count


def test_counting_gives_up() -> None:
    assert count_divisors((10**9 + 7) * (10**9 + 9)) is None


def test_rewards() -> None:
    problem = problems.get("MinKDivisorNumber", invalid_answer=-0.25)
    instance = problems.Instance("MinKDivisorNumber", 0, 0, {"MAX_K": 5, "K": 4, "reference_answer": 6})
    expected = {"6": 1.0, "8": 0.5625, "10": 0.36, "7": -0.25, "1": -0.25, "0": -1.0, "-6": -1.0, "": -1.0}
    for answer, reward in expected.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
    strict = problems.get("MinKDivisorNumber", rewarding_strategy="gold=answer")
    assert strict.reward(instance, "<answer>8</answer>") == 0.0


def test_high_levels_stay_within_what_can_be_read() -> None:
    problem = problems.get("MinKDivisorNumber")
    for seed in range(5):
        instance = problem.generate(seed, 30)
        assert len(problem.reference(instance)) <= 4300
        assert problem.verify(instance, f"<answer>{problem.reference(instance)}</answer>").accuracy == 1
    with pytest.raises(problems.GenerationError, match="4300 digits"):
        problem.generate(0, 150)
