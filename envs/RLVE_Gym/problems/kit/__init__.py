"""The problem kit: all that problems share, under one import."""

from .answers import (
    CharacterGrid,
    Choice,
    Format,
    Formula,
    Integer,
    Integers,
    Pairs,
    Permutation,
    Quotient,
    Real,
    Reals,
    Rows,
    Text,
    Tokens,
    filled_lines,
    is_increasing,
    is_permutation,
    require,
)
from .errors import GenerationError, ParameterError, UnknownProblem, WrongFormat
from .expressions import Expression, Grammar, to_sympy, value_of
from .given import Int, Number
from .instance import Instance, Parameter, Verdict
from .problem import Problem
from .schedule import Schedule, add, scale

__all__ = [
    "CharacterGrid",
    "Choice",
    "Expression",
    "Format",
    "Formula",
    "GenerationError",
    "Grammar",
    "Instance",
    "Int",
    "Integer",
    "Integers",
    "Number",
    "Pairs",
    "Parameter",
    "ParameterError",
    "Permutation",
    "Problem",
    "Quotient",
    "Real",
    "Reals",
    "Rows",
    "Schedule",
    "Text",
    "Tokens",
    "UnknownProblem",
    "Verdict",
    "WrongFormat",
    "add",
    "filled_lines",
    "is_increasing",
    "is_permutation",
    "require",
    "scale",
    "to_sympy",
    "value_of",
]
