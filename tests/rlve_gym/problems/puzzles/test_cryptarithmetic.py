from itertools import permutations

from RLVE_Gym import problems
from RLVE_Gym.problems.puzzles.cryptarithmetic import symbols


def oracle(p: dict[str, object], digits: tuple[int, ...]) -> bool:
    """Whether the equation of numbers holds under the digits."""
    first, second, total = (
        sum(digits[s] * len(digits) ** place for place, s in enumerate(symbols(p, key)))
        for key in ("addend_1", "addend_2", "sum_result")
    )
    return first + second == total


def test_full_reward_goes_to_the_digits_that_fit() -> None:
    problem = problems.get("Cryptarithmetic")
    for seed in range(30):
        instance = problem.generate(seed, seed % 3)
        for digits in permutations(range(instance.parameter["N"])):
            verdict = problem.verify(instance, f"<answer>{' '.join(map(str, digits))}</answer>")
            assert (verdict.accuracy == 1) == oracle(instance.parameter, digits)


def test_a_digit_too_many_matches_nothing() -> None:
    # With d = (0, 1) the sum is 1 + 1 = 10 in base 2, one digit longer than the sum shown.
    p = {"N": 2, "addend_length": 1, "digits": [1, 0], "addend_1": [0], "addend_2": [0], "sum_result": [0]}
    problem = problems.get("Cryptarithmetic")
    instance = problems.Instance("Cryptarithmetic", 0, 0, p)
    assert problem.reward(instance, "<answer>1 0</answer>") == 1.0
    assert problem.reward(instance, "<answer>0 1</answer>") == 0.0
