"""Prescribed draws from a Polya urn."""

from fractions import Fraction
from random import Random

from ..kit import GenerationError, Int, Parameter, Problem, Quotient, Schedule, scale
from ..kit.numerals import PORTABLE
from ..kit.render import listing


class PolyaModel(Problem[tuple[int, int]]):
    """Give the probability that some draws from a Polya urn have prescribed colors."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("MAX_T_N", 2),)
    schedule = Schedule(start={"MAX_T_N": 3}, grow={"MAX_T_N": scale(1.1)})
    differences = (
        "The fraction is read from between the answer markers; the original parses the whole output, so that an answer "
        "with markers is always a wrong format.",
        "Generation fails with a reason where the fraction has more than 4300 digits (possible above level 40 only); "
        "the original then cannot read a right answer.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        most = p["MAX_T_N"]
        colors = rng.randint(2, most)
        numbers = [rng.randint(1, most) for _ in range(colors)]
        added = rng.randint(1, most)
        n = rng.randint(1, most)
        steps = sorted(rng.sample(range(1, n + 1), rng.randint(1, n)))
        events = [(step, rng.randint(1, colors)) for step in steps]
        gold = probability(numbers, added, [color for _, color in events])
        if gold.denominator > PORTABLE:
            raise GenerationError("the fraction has more than 4300 digits; take a lower level")
        return {
            "T": colors,
            "color2num": numbers,
            "D": added,
            "events": events,
            "reference_answer": self.show(p, (gold.numerator, gold.denominator)),
            "gold_answer": {"numerator": gold.numerator, "denominator": gold.denominator},
        }

    def question(self, p: Parameter) -> str:
        colors = p["T"]
        events = "\n".join(f"draw {step}: color {color}" for step, color in p["events"])
        return f"""
An urn holds balls of {colors} colors, numbered from 1 to {colors}. The numbers of balls of color 1, of color 2, and so
on are:
{listing(p["color2num"])}

Balls are drawn again and again; the draws are numbered from 1. Each draw takes one ball uniformly at random out of all
balls in the urn, puts it back, and adds {p["D"]} more balls of the same color.

What is the probability that all of these draws give the color stated (whatever the draws not listed give)?
{events}
"""

    def answer(self, p: Parameter) -> Quotient:
        return Quotient("the exact probability")

    def score(self, p: Parameter, answer: tuple[int, int]) -> float:
        gold = p["gold_answer"]
        right = answer == (gold["numerator"], gold["denominator"])
        return self.correct_answer if right else self.wrong_answer


def probability(numbers: list[int], added: int, colors: list[int]) -> Fraction:
    """The probability of these colors at any given draws: as draws are exchangeable, at the first ones."""
    urn, total = list(numbers), sum(numbers)
    numerator = denominator = 1
    for color in colors:
        numerator *= urn[color - 1]
        denominator *= total
        urn[color - 1] += added
        total += added
    return Fraction(numerator, denominator)
