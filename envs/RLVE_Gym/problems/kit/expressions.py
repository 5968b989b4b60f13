"""Arithmetic expressions, read by a small parser of our own: a model's text is never evaluated as code.

An expression is kept in postfix order, so folding it needs no recursion and hostile nesting costs nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from typing import Any, TypeVar

from .errors import WrongFormat
from .numerals import parse_integer

T = TypeVar("T")

DEEPEST = 100
"""How deep an expression may be nested."""

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)|([A-Za-z_][A-Za-z_0-9]*)|(\*\*|[-+*/()]))")
_LARGEST_EXPONENT = 1000
_MOST_BITS = 50_000


@dataclass(frozen=True)
class Grammar:
    """What an expression may hold besides numbers, + - * / and parentheses.

    Attributes:
        names: Symbols and constants such as x or pi.
        functions: Functions of one argument such as sin.
        signs: Whether a leading + or - may stand before an operand.
        powers: Whether ** is allowed.
        decimals: Whether numbers such as 0.5 are allowed; a number never has a needless leading zero.
        longest: Characters; a longer text is a wrong format.
    """

    names: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    signs: bool = False
    powers: bool = False
    decimals: bool = False
    longest: int = 10_000


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its text, and its parts in postfix order.

    A part is `("number", Fraction)`, `("name", str)`, `("call", function)`, `("sign", "-")`, or
    `("operator", one of + - * / **)`.
    """

    text: str
    postfix: tuple[tuple[str, Any], ...] = field(repr=False)

    @property
    def numbers(self) -> list[Fraction]:
        """The numbers it uses, in order."""
        return [value for kind, value in self.postfix if kind == "number"]

    def fold(
        self,
        number: Callable[[Fraction], T],
        operator: Callable[[str, T, T], T],
        name: Callable[[str], T] | None = None,
        call: Callable[[str, T], T] | None = None,
    ) -> T:
        """Evaluates the expression with given meanings of its parts; a minus sign is 0 - operand."""
        stack: list[T] = []
        for kind, value in self.postfix:
            if kind == "number":
                stack.append(number(value))
            elif kind == "name" and name:
                stack.append(name(value))
            elif kind == "call" and call:
                stack.append(call(value, stack.pop()))
            elif kind == "sign":
                stack.append(operator("-", number(Fraction(0)), stack.pop()))
            elif kind == "operator":
                right, left = stack.pop(), stack.pop()
                stack.append(operator(value, left, right))
            else:
                raise TypeError(f"no meaning given for {kind} {value}")
        return stack[0]


def parse(text: str, grammar: Grammar) -> Expression:
    """Reads an expression.

    Raises:
        WrongFormat: it is not one, or is longer or deeper than allowed.
    """
    text = text.strip()
    if len(text) > grammar.longest:
        raise WrongFormat(f"an expression of more than {grammar.longest} characters")
    return Expression(text, tuple(_Parser(_tokens(text), grammar).whole()))


def value_of(expression: Expression) -> Fraction:
    """The exact value of an expression of numbers and + - * /.

    Raises:
        ZeroDivisionError: it divides by zero.
    """

    def operate(sign: str, left: Fraction, right: Fraction) -> Fraction:
        if sign == "+":
            return left + right
        if sign == "-":
            return left - right
        return left * right if sign == "*" else left / right

    return expression.fold(lambda number: number, operate)


def to_sympy(expression: Expression) -> Any:
    """The expression as a SymPy object; every name is a SymPy constant (pi, E, I) or a real symbol's name.

    Raises:
        WrongFormat: a power whose exponent or value is unreasonably large.
    """
    sympy: Any = import_module("sympy")
    constants = {"pi": sympy.pi, "E": sympy.E, "I": sympy.I}

    def number(value: Fraction) -> Any:
        return sympy.Rational(value.numerator, value.denominator)

    def operate(sign: str, left: Any, right: Any) -> Any:
        if sign == "+":
            return left + right
        if sign == "-":
            return left - right
        if sign == "*":
            return left * right
        if sign == "/":
            return left / right
        if right.is_Rational and (abs(right) > _LARGEST_EXPONENT or _bits(left) * abs(right) > _MOST_BITS):
            raise WrongFormat("a power too large to evaluate")
        power = left**right
        if power.is_Pow and power.exp.is_Rational and abs(power.exp) > _LARGEST_EXPONENT:
            raise WrongFormat("a power too large to evaluate")
        return power

    def call(function: str, argument: Any) -> Any:
        return getattr(sympy, function)(argument)

    return expression.fold(number, operate, lambda name: constants.get(name) or sympy.Symbol(name), call)


def _bits(value: Any) -> int:
    """The size of the number a power would multiply out, which may be a factor; 1 for what stays symbolic."""
    factor = value if value.is_Rational else value.as_coeff_Mul()[0]
    return max(int(factor.p).bit_length(), int(factor.q).bit_length()) if factor.is_Rational else 1


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise WrongFormat(f"unexpected {text[position : position + 20]!r}")
        number, name, sign = match.groups()
        tokens.append(("number", number) if number else ("name", name) if name else ("sign", sign))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent with the precedence of Python: ** binds tighter than a sign before it."""

    def __init__(self, tokens: list[tuple[str, str]], grammar: Grammar) -> None:
        self.tokens, self.grammar = tokens, grammar
        self.position = self.depth = 0
        self.output: list[tuple[str, Any]] = []

    def whole(self) -> list[tuple[str, Any]]:
        self.sum()
        if self.position < len(self.tokens):
            raise WrongFormat(f"unexpected {self.peek()!r}")
        return self.output

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def accept(self, *signs: str) -> str:
        if self.peek() in signs:
            self.position += 1
            return self.tokens[self.position - 1][1]
        return ""

    def sum(self) -> None:
        self.product()
        while sign := self.accept("+", "-"):
            self.product()
            self.output.append(("operator", sign))

    def product(self) -> None:
        self.signed()
        while sign := self.accept("*", "/"):
            self.signed()
            self.output.append(("operator", sign))

    def signed(self) -> None:
        sign = self.accept("+", "-") if self.grammar.signs else ""
        if sign:
            self.deeper(self.signed)
            if sign == "-":
                self.output.append(("sign", "-"))
        else:
            self.power()

    def power(self) -> None:
        self.operand()
        if self.grammar.powers and self.accept("**"):
            self.deeper(self.signed)
            self.output.append(("operator", "**"))

    def operand(self) -> None:
        if self.position >= len(self.tokens):
            raise WrongFormat("the expression ends too early")
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            self.output.append(("number", self.number(text)))
        elif text in self.grammar.names:
            self.output.append(("name", text))
        elif text in self.grammar.functions and self.peek() == "(":
            self.position += 1
            self.closed()
            self.output.append(("call", text))
        elif text == "(":
            self.closed()
        else:
            raise WrongFormat(f"unexpected {text[:20]!r}")

    def closed(self) -> None:
        self.deeper(self.sum)
        if not self.accept(")"):
            raise WrongFormat("a parenthesis is not closed")

    def deeper(self, rule: Callable[[], None]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise WrongFormat(f"more than {DEEPEST} levels deep")
        rule()
        self.depth -= 1

    def number(self, text: str) -> Fraction:
        whole, _, decimals = text.partition(".")
        if decimals and not self.grammar.decimals:
            raise WrongFormat(f"not an integer: {text[:20]!r}")
        if len(whole) > 1 and whole[0] == "0":
            raise WrongFormat(f"a leading zero: {text[:20]!r}")
        return Fraction(parse_integer(whole + decimals), 10 ** len(decimals))
