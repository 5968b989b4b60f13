"""Boolean constraints given by tables of what they allow, and a search for the assignments that satisfy all."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

Table = tuple[int, list[int]]
"""A set of variables as bits, and the allowed sets of true variables among them."""


def satisfying(tables: Sequence[Table], variables: int, limit: int) -> list[int]:
    """The assignments of variables 0, 1, ... that every table allows, at most `limit`, as sets of true variables.

    Backtracking with propagation: what all the rows left of a table agree on is set.
    """
    found: list[int] = []
    stack = [(0, 0)]  # the variables that are set, and the true ones among them
    while stack and len(found) < limit:
        state = _propagated(tables, *stack.pop())
        if state is None:
            continue
        known, true = state
        free = (1 << variables) - 1 & ~known
        if free:
            lowest = free & -free
            stack += [(known | lowest, true | lowest), (known | lowest, true)]
        else:
            found.append(true)
    return found


def _propagated(tables: Sequence[Table], known: int, true: int) -> tuple[int, int] | None:
    """The state with all that follows from it set as well, None when a table allows nothing any more."""
    before = -1
    while known != before:
        before = known
        for scope, rows in tables:
            left = [row for row in rows if (row ^ true) & scope & known == 0]
            if not left:
                return None
            every, some = reduce(and_, left), reduce(or_, left)
            agreed = scope & ~known & (every | ~some)
            known, true = known | agreed, true | every & agreed
    return known, true
