from itertools import combinations

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.strings.kth_subsequence import counts, kth


def oracle(s: str) -> list[str]:
    """All the distinct non-empty subsequences, sorted."""
    return sorted({"".join(chosen) for size in range(1, len(s) + 1) for chosen in combinations(s, size)})


def test_the_reference_is_the_kth() -> None:
    for seed in range(60):
        p = problems.get("KthSubsequence").generate(seed, seed % 8).parameter
        assert p["reference_answer"] == oracle(p["S"])[p["K"] - 1]


def test_every_rank_is_found() -> None:
    for s in ("ab", "aa", "abba", "babab", "bbbaa", "abaabbab"):
        everything = oracle(s)
        assert counts(s)[0] == len(everything) + 1
        assert [kth(s, k) for k in range(1, len(everything) + 1)] == everything


def test_only_the_letters_are_read() -> None:
    problem = problems.get("KthSubsequence")
    instance = problem.generate(3, 3)
    right = problem.reference(instance)
    for answer, reward in {
        f" {right}\n": 1.0,
        right + "a": 0.0,
        "": 0.0,
        f"{right} a": -1.0,
        f"'{right}'": -1.0,
    }.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == reward


def test_a_rank_of_more_digits_than_json_can_carry_is_refused() -> None:
    with pytest.raises(problems.GenerationError, match="more than 4300 digits"):
        problems.get("KthSubsequence").generate_from(10, {"N": 30_000})
