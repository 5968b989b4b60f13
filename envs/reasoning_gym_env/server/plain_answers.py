"""Keeps the library from running what a model wrote.

Some scorers hand the answer to ``eval`` or to SymPy's ``parse_expr``, which evaluates Python. This module puts
functions in their place that take literals and arithmetic only and raise ValueError for everything else, which those
scorers treat as an answer they cannot read. Powers too large to compute are refused, too.
"""

import ast
import builtins
import math
import re
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import sympy

_LITERALS: Final = (
    "algorithmic.binary_matrix",
    "algorithmic.spiral_matrix",
    "algorithmic.string_insertion",
    "games.n_queens",
)
_EXPRESSIONS: Final = {
    "algebra.intermediate_integration": "sympy",
    "algebra.polynomial_multiplication": "sp",
    "algebra.simple_integration": "sympy",
    "games.countdown": None,
    "games.puzzle24": None,
}
"""Module, and the name by which it knows SymPy; None where it imports ``parse_expr`` itself."""

_MOST_CHARACTERS: Final = 10_000
_MOST_BITS: Final = 20_000  # of a number written out
_MOST_SYMBOLIC_POWER: Final = 1_000
_LARGE_EXPONENT: Final = re.compile(r"[0-9.]_?[eE][+-]?[0-9_]{4}")  # 1e-99999 is zero to Python, but not to SymPy

_TRIGONOMETRIC: Final = ("sin", "cos", "tan", "cot", "sec", "csc")
_FUNCTIONS: Final = frozenset(
    (
        *("exp", "log", "ln", "sqrt", "cbrt", "root", "Abs", "sign", "Rational", "atan2"),
        *(f"{arc}{name}{hyperbolic}" for arc in ("", "a") for name in _TRIGONOMETRIC for hyperbolic in ("", "h")),
        *("erf", "erfc", "erfi", "Ei", "Si", "Ci", "Shi", "Chi", "li"),
    )
)
_CONSTANTS: Final = frozenset(("pi", "E", "I"))
_OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)


def literal(text: str) -> Any:
    """The value of a Python literal.

    Raises:
        ValueError, SyntaxError, MemoryError, RecursionError: if it is none.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("the literal is too long")
    return ast.literal_eval(text)


def expression(text: str, local_dict: dict[str, Any] | None = None) -> Any:
    """The SymPy expression for arithmetic in numbers, variables and elementary functions.

    Args:
        local_dict: what names stand for, as in ``sympy.parse_expr``.

    Raises:
        ValueError, SyntaxError, MemoryError, RecursionError: if it is something else.
    """
    text = text.strip()
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("the expression is too long")
    if _LARGE_EXPONENT.search(text):
        raise ValueError("the exponent is too large")
    _Check(frozenset(local_dict or ())).bits(ast.parse(text, mode="eval").body)
    return sympy.parse_expr(text, local_dict=local_dict)


class _Check:
    """Whether a syntax tree is plain arithmetic."""

    def __init__(self, variables: frozenset[str]) -> None:
        self._variables = variables

    def bits(self, node: ast.expr) -> float | None:
        """About how many bits the node's number has at most; None if it holds a variable.

        Raises:
            ValueError: if the node is no plain arithmetic, or too large to compute.
        """
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return _checked(math.log2(abs(value) + 2) if math.isfinite(value) else math.inf)
            case ast.Name(id=name):
                self._check_name(name)
                return None
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
                return self.bits(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(left, right)
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
                return _sum(self.bits(left), self.bits(right))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                for argument in arguments:
                    self.bits(argument)
                return None
        raise ValueError(f"{type(node).__name__} is no part of plain arithmetic")

    def _check_name(self, name: str) -> None:
        is_free = not hasattr(sympy, name) and not hasattr(builtins, name) and "__" not in name
        if name not in self._variables and name not in _CONSTANTS and not is_free:
            raise ValueError(f"{name} is no variable")

    def _power(self, left: ast.expr, right: ast.expr) -> float | None:
        base, exponent = self.bits(left), self.bits(right)
        if exponent is None:
            return None
        try:
            value = _number(right)
        except OverflowError:
            value = math.inf
        if base is None:
            if abs(value) > _MOST_SYMBOLIC_POWER:
                raise ValueError("the power is too high")
            return None
        return _checked(base * max(abs(value), 1))


def _number(node: ast.expr) -> float:
    """The value of checked arithmetic without variables, roughly: enough to bound a power."""
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]
        case ast.UnaryOp(operand=operand):
            return _number(operand)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = abs(_number(left)), abs(_number(right))
            match op:
                case ast.Add() | ast.Sub():
                    return a + b
                case ast.Pow():
                    return a**b if a > 1 else 1.0
                case ast.Mult():
                    return a * b
                case ast.Mod():
                    return b
            return a / b if b else math.inf
    raise ValueError("no number")


def _sum(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else _checked(left + right)


def _checked(bits: float) -> float:
    if bits > _MOST_BITS:
        raise ValueError("the number is too large")
    return bits


class _PlainSympy(ModuleType):
    """SymPy, but for its parser."""

    parse_expr = staticmethod(expression)

    def __getattr__(self, name: str) -> Any:
        return getattr(sympy, name)


def install() -> None:
    """Change the library's modules; once per process."""
    for name in _LITERALS:
        vars(import_module(f"reasoning_gym.{name}"))["eval"] = literal
    for name, alias in _EXPRESSIONS.items():
        module = vars(import_module(f"reasoning_gym.{name}"))
        if alias is None:
            module["parse_expr"] = expression
        else:
            module[alias] = _PlainSympy("sympy")
