"""The largest number that strings of digits can be joined to."""

from functools import cmp_to_key
from random import Random

from ..kit import GenerationError, Int, Parameter, Permutation, Problem, Schedule, is_permutation, scale
from ..kit.numerals import PORTABLE_DIGITS, parse_integer
from ..kit.render import series


class MaxPermutation(Problem[list[int]]):
    """Put strings of digits into the order that makes the largest integer."""

    proportion_being_prefix: float = 0.6
    invalid_solution: float = -0.5
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 2), Int("MAX_DIGIT_NUM", 1))
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)}, MAX_DIGIT_NUM=5)
    differences = (
        "Only an order that makes the largest integer passes: with the original, an order whose integer agrees with "
        "it in the first 7 digits or so passes as well.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, longest = p["N"], p["MAX_DIGIT_NUM"]
        stems = max(1, n - int(self.proportion_being_prefix * n))
        whole = ["".join(rng.choices("12", k=longest)) for _ in range(stems)]
        prefixes = [rng.choice(whole)[: rng.randint(1, longest)] for _ in range(n - stems)]
        strings = rng.sample(whole + prefixes, n)
        digits = sum(map(len, strings))
        if digits > PORTABLE_DIGITS:
            raise GenerationError(f"the largest integer would have {digits} digits; the limit is {PORTABLE_DIGITS}")
        order = largest(strings)
        return {"array": strings, "gold": joined(strings, order), "reference_answer": self.show(p, order)}

    def question(self, p: Parameter) -> str:
        return f"""
Here are {p["N"]} strings of digits:
{series("s", p["array"])}

Put all of them, each exactly once, into an order such that the strings written one after the other, without anything
between them, make the largest decimal integer possible. Strings that are equal are still different items with indices
of their own, and if several orders make the largest integer, any of them counts.
"""

    def answer(self, p: Parameter) -> Permutation:
        return Permutation("the indices of the strings in that order", p["N"])

    def score(self, p: Parameter, answer: list[int]) -> float:
        if not is_permutation(answer, p["N"]):
            return self.invalid_solution
        return self.ratio(p["gold"], joined(p["array"], answer), strict=True)


def joined(strings: list[str], order: list[int]) -> int:
    """The integer that the strings make in this order."""
    return parse_integer("".join(strings[i] for i in order))


def largest(strings: list[str]) -> list[int]:
    """The indices in the order that makes the largest integer: i before j where s[i]s[j] is larger than s[j]s[i]."""

    def compare(i: int, j: int) -> int:
        forward, backward = strings[i] + strings[j], strings[j] + strings[i]
        return (forward < backward) - (forward > backward)

    return sorted(range(len(strings)), key=cmp_to_key(compare))
