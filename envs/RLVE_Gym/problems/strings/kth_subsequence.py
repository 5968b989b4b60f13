"""The K-th subsequence of a string in dictionary order."""

from random import Random

from ..kit import GenerationError, Int, Parameter, Problem, Schedule, Text, scale
from ..kit.numerals import PORTABLE


class KthSubsequence(Problem[str]):
    """Find the K-th among the distinct subsequences, sorted."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("N", 2),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        probability = rng.random()
        s = "".join("a" if rng.random() < probability else "b" for _ in range(p["N"]))
        k = rng.randint(1, counts(s)[0] - 1)
        if k > PORTABLE:
            raise GenerationError("the number K has more than 4300 digits; take a shorter string")
        return {"S": s, "K": k, "reference_answer": kth(s, k)}

    def solve(self, p: Parameter) -> str:
        return kth(p["S"], p["K"])

    def question(self, p: Parameter) -> str:
        return f"""
S = {p["S"]}

A subsequence of S is what is left of it after taking away any characters (possibly none) without changing the order of
the others. Take all the different non-empty subsequences of S, each of them once, however often it occurs, and sort
them in dictionary order: `a` comes before `b`, and a string comes before every longer string that begins with it.

What is number {p["K"]} in this list, counting from 1?
"""

    def answer(self, p: Parameter) -> Text:
        return Text("that subsequence", alphabet="ab")

    def score(self, p: Parameter, answer: str) -> float:
        return self.correct_answer if answer == p["reference_answer"] else self.wrong_answer


def counts(s: str) -> list[int]:
    """For each i, how many distinct subsequences s[i:] has, the empty one included."""
    found = [1] * (len(s) + 1)
    following: dict[str, int] = {}  # the next place of each letter
    for i in range(len(s) - 1, -1, -1):
        following[s[i]] = i
        found[i] = 1 + sum(found[place + 1] for place in following.values())
    return found


def kth(s: str, k: int) -> str:
    """The k-th distinct non-empty subsequence, letter by letter: each is found at its first occurrence."""
    found, place, result = counts(s), 0, ""
    while k:
        for letter in "ab":
            after = s.find(letter, place) + 1  # 0 where there is none
            beginning_so = found[after] if after else 0
            if k <= beginning_so:
                break
            k -= beginning_so
        place, result, k = after, result + letter, k - 1
    return result
