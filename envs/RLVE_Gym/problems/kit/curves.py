"""Expressions of x as numbers: values and slopes at the points at which two functions are compared."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .expressions import Expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 1024
"""Points at equal distances in [-2, 2], both ends included."""


@dataclass(frozen=True)
class Curve:
    """An expression, or its derivative, at the points.

    Attributes:
        values: Shape (POINTS,); NaN where real arithmetic in double precision fails on the way.
        scale: Shape (POINTS,); the largest magnitude on the way, which bounds the rounding error.
        computable: Whether complex arithmetic succeeds at any of the points.
    """

    values: "NDArray[Any]"
    scale: "NDArray[Any]"
    computable: bool

    def defined(self) -> "NDArray[Any]":
        """The values that are not NaN."""
        values: NDArray[Any] = self.values[self.values == self.values]
        return values

    def is_clearly_not(self, other: "Curve") -> bool:
        """Whether the two differ somewhere by far more than rounding errors."""
        gap = abs(self.values - other.values)  # NaN, which is not greater than anything, where one of them is
        return bool((gap > 1e-3 + 1e-9 * (self.scale + other.scale)).any())


def curve(expression: Expression, *, slope: bool = False) -> Curve:
    """Evaluates an expression of x, or its derivative with `slope` (by forward differentiation)."""
    import numpy as np

    x = np.linspace(-2, 2, POINTS).astype(complex)
    scale, real, finite = np.ones(POINTS), np.ones(POINTS, bool), np.ones(POINTS, bool)
    functions: dict[str, tuple[Any, Any]] = {
        "sin": (np.sin, np.cos),
        "cos": (np.cos, lambda u: -np.sin(u)),
        "tan": (np.tan, lambda u: 1 / np.cos(u) ** 2),
        "asin": (np.arcsin, lambda u: 1 / np.sqrt(1 - u * u)),
        "acos": (np.arccos, lambda u: -1 / np.sqrt(1 - u * u)),
        "atan": (np.arctan, lambda u: 1 / (1 + u * u)),
        "sinh": (np.sinh, np.cosh),
        "cosh": (np.cosh, np.sinh),
        "tanh": (np.tanh, lambda u: 1 / np.cosh(u) ** 2),
        "exp": (np.exp, np.exp),
        "log": (np.log, lambda u: 1 / u),
        "ln": (np.log, lambda u: 1 / u),
        "sqrt": (np.sqrt, lambda u: 1 / (2 * np.sqrt(u))),
    }
    constants = {"pi": np.pi, "E": np.e, "I": 1j}

    def kept(*parts: Any) -> Any:
        nonlocal real, finite
        for part in parts[: 1 + slope]:
            np.maximum(scale, abs(part), out=scale)
            real, finite = real & (part.imag == 0), finite & np.isfinite(part)
        return parts

    def constant(value: complex) -> Any:
        return kept(np.complex128(value), np.complex128(0))

    def number(value: Fraction) -> Any:
        return constant(float(value) if abs(value) < 10**300 else np.nan)

    def operate(sign: str, left: Any, right: Any) -> Any:
        (u, du), (v, dv) = left, right
        if sign == "+":
            return kept(u + v, du + dv)
        if sign == "-":
            return kept(u - v, du - dv)
        if sign == "*":
            return kept(u * v, du * v + u * dv)
        if sign == "/":
            return kept(u / v, du / v - u / v * dv / v)
        value = power(u, v)
        if dv.any():
            return kept(value, value * (np.log(u) * dv + v * du / u))
        return kept(value, v * power(u, v - 1) * du if slope else du)

    def power(u: Any, v: Any) -> Any:
        value = np.asarray(np.power(u.real, v.real), complex)  # exactly real, unlike NumPy's complex power
        return np.power(u, v, out=value, where=(u.imag != 0) | (v.imag != 0) | np.isnan(value))

    def call(function: str, inside: Any) -> Any:
        u, du = inside
        f, derivative = functions[function]
        return kept(f(u), derivative(u) * du if slope else du)

    def name(symbol: str) -> Any:
        return kept(x, np.complex128(slope)) if symbol == "x" else constant(constants[symbol])

    with np.errstate(all="ignore"):
        parts = expression.fold(number, operate, name, call)
    chosen = parts[1 if slope else 0]
    return Curve(np.where(real & finite, chosen.real, np.nan), scale, bool(finite.any()))
