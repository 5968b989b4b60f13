"""Writing instances into prompts."""

from collections.abc import Iterable, Sequence
from typing import Any


def grid(rows: Iterable[Iterable[Any]], separator: str = " ") -> str:
    """One line for each row; separator "" for grids of characters."""
    return "\n".join(separator.join(map(str, row)) for row in rows)


def edge_list(edges: Iterable[Sequence[Any]]) -> str:
    """One edge per line: (u, v), or (u, v, w) with a weight."""
    return "\n".join(f"({', '.join(map(str, edge))})" for edge in edges)


def series(name: str, values: Iterable[Any], start: int = 0) -> str:
    """name[0] = ..., name[1] = ... on one line."""
    return ", ".join(f"{name}[{i}] = {value}" for i, value in enumerate(values, start))


def listing(values: Iterable[Any]) -> str:
    """The values separated by spaces."""
    return " ".join(map(str, values))


def sentence(values: Sequence[str]) -> str:
    """a, b, and c."""
    if len(values) < 3:
        return " and ".join(values)
    return f"{', '.join(values[:-1])}, and {values[-1]}"


def polynomial(coefficients: Sequence[int], variable: str = "x") -> str:
    """The polynomial with coefficient i of power i, highest power first, zero terms left out."""
    terms = ""
    for power in range(len(coefficients) - 1, -1, -1):
        value = coefficients[power]
        if not value:
            continue
        factor = f"{variable}^{power}" if power > 1 else variable if power else ""
        size = str(abs(value)) if abs(value) != 1 or not power else ""
        term = f"{size}*{factor}" if size and factor else size or factor
        terms += (" - " if value < 0 else " + ") + term
    if not terms:
        return "0"
    return terms[3:] if terms.startswith(" + ") else "-" + terms[3:]


def linear(coefficients: Sequence[int], name: str = "x") -> str:
    """The sum of coefficient i times name[i], zero terms left out: 3*x[0] - x[2]."""
    terms = ""
    for i, value in enumerate(coefficients):
        if value:
            size = f"{abs(value)}*" if abs(value) != 1 else ""
            terms += f"{' - ' if value < 0 else ' + '}{size}{name}[{i}]"
    if not terms:
        return "0"
    return terms[3:] if terms.startswith(" + ") else "-" + terms[3:]
