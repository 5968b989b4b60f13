"""Random functions with their derivatives, and whether an answer is the right function."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from random import Random
from typing import Any, ClassVar

from .budget import TooMuchWork, budget
from .curves import POINTS, Curve, curve
from .errors import GenerationError, ParameterError, WrongFormat
from .expressions import Expression, Grammar, parse, to_sympy
from .given import Int
from .instance import Parameter
from .problem import Problem
from .schedule import Schedule, add
from .weights import pick, weights_of

GRAMMAR = Grammar(
    names=frozenset({"x", "pi", "E"}),
    functions=frozenset(
        {"sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "ln", "sqrt"}
    ),
    signs=True,
    powers=True,
    decimals=True,
)
"""What answers may hold; log and ln are the natural logarithm."""

_STORED = replace(GRAMMAR, names=GRAMMAR.names | {"I"}, longest=10**6)
_KINDS = {"unary": 0.5, "binary": 0.5}
_UNARY = {
    "sin": 0.1,
    "cos": 0.1,
    "exp": 0.05,
    "log": 0.05,
    "const_pow": 0.1,
    "const_add": 0.25,
    "const_mul": 0.25,
    "const_div": 0.1,
}
_BINARY = {"+": 0.2, "-": 0.2, "*": 0.3, "/": 0.2, "**": 0.1}
_MOST_NODES = 400
_TRIES = 500
_CALLS, _CALLS_EACH = 60_000, 3_000  # of Python functions in SymPy: for an answer, for each operation of the task


class Calculus(Problem[Expression]):
    """A random function and its derivative: one of them is shown, the other asked for.

    Args:
        node_type_probs: Weights of unary and binary nodes, in this order.
        unary_ops_probs: Weights of sin, cos, exp, log, const_pow, const_add, const_mul, const_div; 0 if left out.
        binary_ops_probs: Weights of + - * / **; 0 if left out.

    Raises:
        TypeError, ValueError: weights of other names, or none above 0.
    """

    node_type_probs: Sequence[float] | None = None
    unary_ops_probs: Mapping[str, float] | None = None
    binary_ops_probs: Mapping[str, float] | None = None
    correct_answer: float = 1.0
    wrong_answer: float = 0.0

    given = (Int("node_num", 1),)
    schedule = Schedule(start={"node_num": 2}, grow={"node_num": add(1)})
    differences = (
        "Answers may hold arithmetic, elementary functions, pi, E, numbers and x only. The original's SymPy parser "
        "executes code and takes `diff(...)` or `Integral(...)` of what is given for an answer; a name it does not "
        "know is a wrong answer there and a wrong format here.",
        "The limit of 10 seconds for judging is a limit on the work of SymPy, the same on every machine, and an answer "
        "that overflows or divides by zero at all the points is a wrong format without asking SymPy.",
    )
    slope: ClassVar[bool]
    """Whether the answer's derivative is compared with f_prime, rather than the answer with the reference."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        kinds: Any = self.node_type_probs
        if isinstance(kinds, (list, tuple)) and len(kinds) == len(_KINDS):
            kinds = dict(zip(_KINDS, kinds, strict=True))
        self.kinds = weights_of("node_type_probs", _KINDS, kinds)
        self.unary = weights_of("unary_ops_probs", _UNARY, self.unary_ops_probs)
        self.binary = weights_of("binary_ops_probs", _BINARY, self.binary_ops_probs)

    def draw_pair(self, rng: Random, p: Parameter) -> tuple[str, str]:
        """A function and its derivative, of which the one that is shown is not constant.

        Raises:
            GenerationError: none was found.
        """
        for _ in range(_TRIES if p["node_num"] <= _MOST_NODES else 0):
            pair = differentiated(self.draw_text(rng, p["node_num"]))
            if pair is None or ("name", "x") not in parse(pair[1 if self.slope else 0], GRAMMAR).postfix:
                continue
            reference = pair[0 if self.slope else 1]
            if is_right(parse(reference, GRAMMAR), reference, pair[1], slope=self.slope):
                return pair
        raise GenerationError(f"no expression of {p['node_num']} nodes with a usable derivative was found")

    def draw_text(self, rng: Random, nodes: int) -> str:
        """A random expression of so many nodes."""
        if nodes == 1:
            return "x"
        if nodes == 2 or pick(rng, self.kinds) == "unary":
            inner, kind, k = self.draw_text(rng, nodes - 1), pick(rng, self.unary), rng.randint(2, 4)
            if kind == "const_pow":
                return f"({inner})**{rng.choice((str(k), f'(1/{k})'))}"
            if kind == "const_add":
                return f"({inner}) {rng.choice(('- 2', '- 1', '+ 1', '+ 2'))}"
            if kind == "const_mul":
                return f"({inner})*{rng.choice((str(k), f'(-{k})'))}"
            return f"({inner})/{k}" if kind == "const_div" else f"{kind}({inner})"
        left = rng.randint(1, nodes - 2)
        parts = self.draw_text(rng, left), self.draw_text(rng, nodes - 1 - left)
        return f"({parts[0]}) {pick(rng, self.binary)} ({parts[1]})"

    def score(self, p: Parameter, answer: Expression) -> float:
        reference = p["reference_answer"]
        target = p["f_prime"] if self.slope else reference
        found = curve(answer, slope=self.slope)
        if not found.computable:
            return self.wrong_format
        if found.is_clearly_not(_stored_curve(target)):
            return self.wrong_answer  # without SymPy, whose work on a wrong answer knows no bounds
        size = operations(reference) + operations(target)
        _set_up()
        try:
            with budget(_CALLS + _CALLS_EACH * size):
                right = is_right(answer, reference, target, slope=self.slope)
        except (TooMuchWork, Exception):  # SymPy fails in many ways; by the rules an error is a wrong format
            _forget()
            return self.wrong_format
        return self.correct_answer if right else self.wrong_answer

    def rules(self, p: Parameter) -> str:
        """The part of the question on the form of an answer and how it is compared."""
        most = 4 * operations(p["reference_answer"])
        return f"""
Use the syntax of SymPy: ** for powers, log for the natural logarithm. Your expression may have at most {most}
operations, counted by SymPy's count_ops after its automatic simplification. It is compared exactly where SymPy can
decide; otherwise the values at {POINTS} equally spaced points of the interval [-2, 2] must agree to 0.00001, points
excepted at which they are not real and finite, and at least 256 points must be left.
"""


@cache
def _set_up() -> None:
    """Have SymPy set itself up, once per process: its first derivative takes calls that are no answer's work."""
    is_right(parse("log(x)", GRAMMAR), "log(x)", "1/x", slope=True)


def is_right(answer: Expression, reference: str, target: str, *, slope: bool) -> bool:
    """Whether an answer, or its derivative, is the target, and not much longer than the reference.

    Raises:
        Exception: SymPy cannot read, count, differentiate or subtract it.
    """
    sympy: Any = import_module("sympy")
    found = to_sympy(answer)
    if found.count_ops() > 4 * operations(reference):
        return False
    gap = (found.diff(sympy.Symbol("x")) if slope else found) - _symbolic(target)
    if gap.count_ops() > 5000:
        return False
    decided = gap.is_zero
    if decided is not None:
        return bool(decided)
    try:
        values = curve(parse(str(gap), _STORED)).defined()
    except WrongFormat:
        return False
    return len(values) >= 256 and bool(abs(values).max() <= 1e-5)


def differentiated(text: str) -> tuple[str, str] | None:
    """A function as SymPy simplifies it, and its derivative; None if one is too long or its values are unusable."""
    sympy: Any = import_module("sympy")
    try:
        written = parse(text, GRAMMAR)
        if (abs(curve(written, slope=True).defined()) > 1e4).any():
            return None  # as below, without work for SymPy
        function = to_sympy(written)
        pair = function, function.diff(sympy.Symbol("x"))
        if any(f.has(sympy.zoo, sympy.nan) or f.count_ops() > 1000 for f in pair):
            return None
        texts = str(pair[0]), str(pair[1])
        values = [curve(parse(shown, GRAMMAR)).defined() for shown in texts][1]
    except (WrongFormat, ArithmeticError, ValueError, TypeError, NotImplementedError, RecursionError):
        return None
    return texts if len(values) >= POINTS // 2 and (abs(values) <= 1e4).all() else None


@lru_cache(1000)
def operations(stored: str) -> int:
    """The operations SymPy counts in a stored expression."""
    return int(_symbolic(stored).count_ops())


@lru_cache(1000)
def _symbolic(stored: str) -> Any:
    return to_sympy(_stored(stored))


@lru_cache(1000)
def _stored_curve(stored: str) -> Curve:
    return curve(_stored(stored))


def _stored(text: str) -> Expression:
    try:
        return parse(text, _STORED)
    except WrongFormat as error:
        raise ParameterError(f"the instance holds {text[:80]!r}, which is no expression of x: {error}") from error


def _forget() -> None:
    """Drops what SymPy keeps: an interrupted question may have left a wrong note there."""
    import_module("sympy.core.cache").clear_cache()
    operations.cache_clear()
    _symbolic.cache_clear()
