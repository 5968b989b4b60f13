"""Knights and knaves."""

import re
from collections.abc import Iterable
from itertools import product
from random import Random

from ..kit import Format, GenerationError, Int, Parameter, Problem, Schedule, add, require
from ..kit.constraints import Table, satisfying
from ..kit.render import sentence

NAMES = (  # noqa: SIM905 - one line per name would be half of this file
    "Abigail Aiden Alexander Amelia Aria Aurora Ava Avery Benjamin Charlotte Daniel David Elijah Ella Emily Emma "
    "Ethan Evelyn Grace Harper Henry Isabella Jack Jackson Jacob James Joseph Layla Liam Lily Logan Lucas Luke "
    "Mason Mia Michael Mila Nora Noah Olivia Owen Penelope Riley Samuel Scarlett Sebastian Sofia Victoria "
    "William Zoe Zoey"
).split()

REPORTS = (
    '{name} said, "{said}."',
    '{name} says: "{said}."',
    '"{said}," said {name}.',
    '"{said}," {name} claimed.',
    '"{said}," {name} declared.',
    '{name} claimed, "{said}."',
    '{name} stated, "{said}."',
    '{name} remarked, "{said}."',
    '{name} noted, "{said}."',
    '{name} commented, "{said}."',
    '{name} asserted: "{said}."',
    'In the words of {name}: "{said}."',
    'According to {name}, "{said}."',
    'As {name} put it, "{said}."',
    "{name} told you that {told}.",
    "{name} would tell you that {told}.",
    "{name} insisted that {told}.",
    "{name} let you know that {told}.",
)

Leaf = tuple[int, bool]  # a person, and whether the claim is that they are a knight
Statement = tuple[str, list[Leaf]]  # "is", "not", "and", "or", "if" or "iff", and what it connects


class KnightsAndKnaves(Problem[dict[str, str]]):
    """Tell who is a knight (always truthful) and who a knave (always lying)."""

    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 10.0

    given = (Int("N", 2, len(NAMES)), Int("depth_constraint", 1, 2), Int("width_constraint", 2, 6))
    schedule = Schedule(start={"N": 3}, grow={"N": add(1)}, depth_constraint=2, width_constraint=2)
    differences = (
        "Names are matched as whole words and the gold answer comes from the solver: in the original `Ella` is "
        "found in `Isabella` and `Liam` in `William`, so a right answer could be misread and the gold be wrong.",
        "Uniqueness is proven by search with propagation instead of trying all 2^N assignments, so levels up to 48 "
        "(all 51 names) can be drawn; operands are limited to 6.",
    )

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        n = p["N"]
        for _ in range(1000):
            statements = [draw_statement(rng, n, speaker, p) for speaker in range(n)]
            found = satisfying([table(i, statement) for i, statement in enumerate(statements)], n, 2)
            if len(found) == 1:
                break
        else:
            raise GenerationError(f"none of 1000 sets of statements among {n} people had a unique solution")
        names = rng.sample(NAMES, n)
        gold = {name: "knight" if found[0] >> i & 1 else "knave" for i, name in enumerate(names)}
        reports = [
            report(rng.choice(REPORTS), name, text(statement, names))
            for name, statement in zip(names, statements, strict=True)
        ]
        quiz = (
            "On an island everybody is either a knight, whose statements are always true, or a knave, whose "
            f"statements are always false. You meet {n} inhabitants: {sentence(names)}. {' '.join(reports)} "
            "So who is a knight and who is a knave?"
        )
        return {
            "names": names,
            "quiz": quiz,
            "reference_answer": Roles(names).show(gold),
            "gold_answer": gold,
        }

    def question(self, p: Parameter) -> str:
        return f"""
{p["quiz"]}

Here "or" means that at least one of the parts is true, and "if ... then ..." is false only when its first part is
true and its second part is false. Exactly one assignment of roles is consistent with all the statements.
"""

    def answer(self, p: Parameter) -> "Roles":
        return Roles(p["names"])

    def score(self, p: Parameter, answer: dict[str, str]) -> float:
        return self.share(sum(answer[name] == role for name, role in p["gold_answer"].items()), p["N"])


class Roles(Format[dict[str, str]]):
    """A sentence with "<name> is a knight" or "<name> is a knave" for everybody."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def parse(self, text: str) -> dict[str, str]:
        text = text.lower()
        require(text.count("knight") + text.count("knave") == len(self.names), "not one role for each person")
        anybody = "|".join(re.escape(name.lower()) for name in self.names)
        found = dict(re.findall(rf"\b({anybody})\s+is\s+a\s+(knight|knave)", text))
        for name in self.names:
            require(name.lower() in found, f"no role for {name}")
        return {name: found[name.lower()] for name in self.names}

    def show(self, answer: dict[str, str]) -> str:
        return sentence([f"{name} is a {answer[name]}" for name in self.names]) + "."

    def describe(self) -> str:
        return (
            'Answer with the roles: a sentence that says "<name> is a knight" or "<name> is a knave" once for every '
            "inhabitant, in any order, and uses the words knight and knave nowhere else."
        )

    def examples(self) -> Iterable[dict[str, str]]:
        for roles in (("knight", "knave"), ("knave", "knight")):
            yield {name: roles[i % 2] for i, name in enumerate(self.names)}


def draw_statement(rng: Random, n: int, speaker: int, p: Parameter) -> Statement:
    """A random statement; nobody claims to be a knave, which nobody could."""
    leaves = [(person, knight) for person in range(n) for knight in (True, False) if knight or person != speaker]
    kind = rng.choice(("is", "not", "and", "or", "if", "iff")) if p["depth_constraint"] > 1 else "is"
    if kind in ("is", "not"):
        return kind, [rng.choice(leaves)]
    width = rng.randint(2, p["width_constraint"]) if kind in ("and", "or") else 2
    return kind, rng.sample(leaves, min(width, len(leaves)))


def holds(statement: Statement, knights: int) -> bool:
    """Whether a statement is true when the knights are the given set of people."""
    kind, leaves = statement
    values = [bool(knights >> person & 1) == knight for person, knight in leaves]
    if kind in ("is", "and"):
        return all(values)
    if kind == "not":
        return not values[0]
    if kind == "or":
        return any(values)
    return values[0] == values[1] if kind == "iff" else not values[0] or values[1]


def table(speaker: int, statement: Statement) -> Table:
    """The sets of knights among the people concerned that agree with the speaker's statement."""
    people = sorted({speaker, *(person for person, _ in statement[1])})
    sets = [
        sum(1 << person for person, knight in zip(people, roles, strict=True) if knight)
        for roles in product((False, True), repeat=len(people))
    ]
    allowed = [knights for knights in sets if holds(statement, knights) == bool(knights >> speaker & 1)]
    return sum(1 << person for person in people), allowed


def text(statement: Statement, names: list[str]) -> str:
    """The statement in words."""
    kind, leaves = statement
    claims = [f"{names[person]} is a {'knight' if knight else 'knave'}" for person, knight in leaves]
    if kind == "not":
        return claims[0].replace(" is a ", " is not a ")
    if kind == "if":
        return f"if {claims[0]} then {claims[1]}"
    return f" {kind} ".join(claims) if kind != "iff" else " if and only if ".join(claims)


def report(style: str, name: str, words: str) -> str:
    return style.format(name=name, said=words[0].upper() + words[1:], told=words)
