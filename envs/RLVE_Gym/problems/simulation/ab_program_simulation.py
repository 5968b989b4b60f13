"""Normal form of a program of A::B tokens."""

from random import Random

from ..kit import GenerationError, Int, Parameter, Problem, Schedule, Tokens, scale
from ..kit.render import listing

TOKENS = ("A#", "#A", "B#", "#B")


class ABProgramSimulation(Problem[list[str]]):
    """Rewrite a sequence of tokens until no rule applies."""

    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("N", 1), Int("max_steps", 1))
    schedule = Schedule(start={"N": 4, "max_steps": 10}, grow={"N": scale(1.1), "max_steps": scale(1.1)})
    differences = (
        "The question says how to answer when no token is left; the original accepts an empty answer and does not "
        "mention it.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        for _ in range(2000):
            weights = [rng.randint(1, n) for _ in TOKENS]
            program = rng.choices(TOKENS, weights, k=n)
            final = normal_form(program, p["max_steps"] - 1)
            if final is not None:
                return {"program": program, "gold_answer": final, "reference_answer": self.show(p, final)}
        raise GenerationError(f"none of 2000 programs of {n} tokens ended within {p['max_steps']} steps")

    def question(self, p: Parameter) -> str:
        return f"""
A program is a sequence of tokens, each one of `A#`, `#A`, `B#`, `#B`. Where the hash marks of two neighbouring tokens
face each other, the two tokens are rewritten by one of these rules:
`A# #A` is deleted
`B# #B` is deleted
`A# #B` becomes `#B A#`
`B# #A` becomes `#A B#`

Rules are applied until no pair of neighbouring tokens has hash marks that face each other; the order in which they are
applied makes no difference to the end. Which tokens, from left to right, are left of this program?
{listing(p["program"])}
"""

    def answer(self, p: Parameter) -> Tokens:
        return Tokens("the tokens that are left, in order", TOKENS, empty="no token is left")

    def score(self, p: Parameter, answer: list[str]) -> float:
        return self.correct_answer if answer == p["gold_answer"] else self.wrong_answer


def normal_form(program: list[str], limit: int) -> list[str] | None:
    """The tokens that are left, or None where that takes more than `limit` rewrites.

    The normal form of a prefix is some `#X` and then some `X#`. A next token `#Y` moves left past the `X#` until it
    meets `Y#` and both go, or until it joins the `#X`: each step is a rewrite of the leftmost pair there is.
    """
    left: list[str] = []
    right: list[str] = []
    for token in program:
        if token.endswith("#"):
            right.append(token)
            continue
        partner = token[1] + "#"
        place = len(right)
        while place and right[place - 1] != partner:
            place -= 1
        limit -= len(right) - max(place - 1, 0)
        if limit < 0:
            return None
        if place:
            del right[place - 1]
        else:
            left.append(token)
    return left + right
