from itertools import product

import pytest

from RLVE_Gym import problems
from RLVE_Gym.problems.strings.longest_repeated_palindrome import longest


def oracle(s: str) -> int:
    """The length of the longest substring of the form, over all beginnings and all A."""
    best = 0
    for start in range(len(s)):
        for size in range(1, len(s) // 4 + 1):
            a = s[start : start + size]
            if s.startswith((a + a[::-1]) * 2, start) and len(a) == size:
                best = max(best, 4 * size)
    return best


def test_the_gold_is_the_greatest_length() -> None:
    for seed in range(60):
        p = problems.get("Longest_RepeatedPalindrome").generate(seed, seed % 15).parameter
        assert p["gold_answer"] == len(p["reference_answer"]) == oracle(p["S"])


def test_all_short_strings_are_solved() -> None:
    for length in range(4, 12):
        for letters in product("01", repeat=length):
            s = "".join(letters)
            found = longest(s)
            assert found in s
            assert len(found) == oracle(s), s


def test_each_reason_to_refuse_an_answer() -> None:
    s = "1001100110" + "0000"
    p = {"N": len(s), "S": s, "gold_answer": 8}
    instance = problems.Instance("Longest_RepeatedPalindrome", 0, None, p)
    problem = problems.get("Longest_RepeatedPalindrome")
    rewards = {
        "10011001": 1.0,
        "00110011": -0.5,  # two halves alike, but no palindrome
        "0000": 0.5**5,
        "1111": -0.5,  # not a substring
        "1001": -0.5,  # a palindrome whose half is none
        "00": -0.5,
        "": -0.5,
    }
    for answer, reward in rewards.items():
        assert problem.reward(instance, f"<answer>{answer}</answer>") == pytest.approx(reward), answer
