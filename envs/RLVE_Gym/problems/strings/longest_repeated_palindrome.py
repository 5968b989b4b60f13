"""The longest substring that is a string and its reverse, twice."""

from random import Random

from ..kit import Int, Parameter, Problem, Schedule, Text, scale


class Longest_RepeatedPalindrome(Problem[str]):
    """Find the longest substring of the form A, reverse of A, A, reverse of A."""

    invalid_solution: float = -0.5
    rewarding_strategy: str = "(answer/gold)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 4),)
    schedule = Schedule(start={"N": 5}, grow={"N": scale(1.1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n, probability = p["N"], rng.uniform(0.1, 0.9)

        def digits(count: int) -> str:
            return "".join("1" if rng.random() < probability else "0" for _ in range(count))

        quarter = digits(rng.randint(1, n // 4))
        planted = (quarter + quarter[::-1]) * 2
        prefix = digits(rng.randint(0, n - len(planted)))
        s = prefix + planted + digits(n - len(planted) - len(prefix))
        best = longest(s)
        return {"S": s, "gold_answer": len(best), "reference_answer": best}

    def solve(self, p: Parameter) -> str:
        return longest(p["S"])

    def question(self, p: Parameter) -> str:
        return f"""
S = {p["S"]}

Find a substring T of S (consecutive characters) that can be written as A, then A reversed, then A, then A reversed, for
some string A that is not empty, and that is as long as possible. There is at least one such substring; if several are
longest, any of them counts.
"""

    def answer(self, p: Parameter) -> Text:
        return Text("the substring T itself", letters="01")

    def score(self, p: Parameter, answer: str) -> float:
        half, rest = divmod(len(answer), 2)
        if answer not in p["S"] or not answer or rest or half % 2:
            return self.invalid_solution
        if answer != answer[::-1] or answer[:half] != answer[half:]:
            return self.invalid_solution
        return self.ratio(p["gold_answer"], len(answer))


def longest(s: str) -> str:
    """The longest such substring, "" where there is none.

    It is an even palindrome of length 4a whose left half is one as well. So its centre c has a palindrome of radius
    2a at least, and a places to the left is the centre of one of radius a at least.
    """
    radius = even_radii(s)
    size, centre = max((a, c) for c in range(len(s)) for a in range(radius[c] // 2 + 1) if radius[c - a] >= a)
    return s[centre - 2 * size : centre + 2 * size]


def even_radii(s: str) -> list[int]:
    """For each c, the largest r such that s[c - r : c + r] is a palindrome: Manacher's algorithm."""
    radius = [0] * len(s)
    middle = end = 0  # the palindrome that reaches furthest right
    for c in range(len(s)):
        r = min(radius[2 * middle - c], end - c) if c < end else 0
        while c - r > 0 and c + r < len(s) and s[c - r - 1] == s[c + r]:
            r += 1
        radius[c] = r
        if c + r > end:
            middle, end = c, c + r
    return radius
