"""Which lines appear on the upper envelope."""

from random import Random

from ..kit import Int, Integers, Parameter, Problem, Schedule, scale


class VisibleLine(Problem[list[int]]):
    """Name the lines that are seen from above."""

    rewarding_strategy: str = "(intersection/union)^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 5.0

    given = (Int("N", 3),)
    schedule = Schedule(start={"N": 3}, grow={"N": scale(1.1)})
    differences = (
        "The question asks for lines that are highest on an interval of positive length, which is what is judged; the "
        "original's asks for lines that are highest at one x at least.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        cells = rng.sample(range((2 * n + 1) ** 2), n)
        lines = [(cell // (2 * n + 1) - n, cell % (2 * n + 1) - n) for cell in cells]
        gold = visible(lines)
        return {"lines": lines, "gold_answer": gold, "reference_answer": self.show(p, gold)}

    def question(self, p: Parameter) -> str:
        lines = "\n".join(
            f"line {i}: y = {a}*x {'-' if b < 0 else '+'} {abs(b)}" for i, (a, b) in enumerate(p["lines"])
        )
        return f"""
Here are {p["N"]} different lines in the plane, numbered from 0:
{lines}

A line is visible from above if there is an interval of x of positive length on which it lies above every other line. A
line that reaches the greatest height at a single x only, where others meet, is not visible. Which lines are visible?
"""

    def answer(self, p: Parameter) -> Integers:
        return Integers("the numbers of all visible lines, in any order", low=0, high=p["N"] - 1)

    def score(self, p: Parameter, answer: list[int]) -> float:
        gold, named = set(p["gold_answer"]), set(answer)
        return self.share(len(gold & named), len(gold | named))


def visible(lines: list[tuple[int, int]]) -> list[int]:
    """Indices of the lines on the upper envelope, ascending: convex hull trick over the slopes."""
    highest: dict[int, int] = {}
    for i, (a, b) in enumerate(lines):
        if a not in highest or b > lines[highest[a]][1]:
            highest[a] = i
    envelope: list[int] = []
    for slope in sorted(highest):
        a, b = lines[highest[slope]]
        while len(envelope) > 1:
            (a1, b1), (a2, b2) = lines[envelope[-2]], lines[envelope[-1]]
            # The new line meets the last but one no further right than the last one does.
            if (b1 - b) * (a2 - a1) > (b1 - b2) * (a - a1):
                break
            envelope.pop()
        envelope.append(highest[slope])
    return sorted(envelope)
