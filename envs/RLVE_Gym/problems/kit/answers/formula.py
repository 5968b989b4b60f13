"""Answers that are an arithmetic expression."""

from collections.abc import Iterable, Sequence

from ..expressions import DEEPEST, Expression, Grammar, parse
from .base import Format


class Formula(Format[Expression]):
    """One expression of a grammar.

    Args:
        what: What the expression is.
        grammar: What it may hold; the rest is a wrong format.
        samples: Texts that parse, for the example; at least one of them must not be right.
    """

    def __init__(self, what: str, grammar: Grammar, samples: Sequence[str]) -> None:
        self.what, self.grammar, self.samples = what, grammar, tuple(samples)

    def parse(self, text: str) -> Expression:
        return parse(text, self.grammar)

    def show(self, answer: Expression) -> str:
        return answer.text

    def describe(self) -> str:
        grammar = self.grammar
        parts = ["decimal numbers" if grammar.decimals else "integers"]
        parts += [f"the names {', '.join(sorted(grammar.names))}"] if grammar.names else []
        parts += [f"the functions {', '.join(sorted(grammar.functions))}"] if grammar.functions else []
        parts += ["the operators + - * /" + (" **" if grammar.powers else "")]
        signs = "" if grammar.signs else " No sign may stand before a number or a parenthesis."
        return (
            f"Answer with {self.what}: one expression of {', '.join(parts)} and parentheses, every multiplication "
            f"sign written, at most {grammar.longest} characters, nested at most {DEEPEST} deep, nothing else (no "
            f"equation).{signs}"
        )

    def examples(self) -> Iterable[Expression]:
        return [self.parse(sample) for sample in self.samples]
