"""What a rule is, and where rules are found."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from ..bench import Bench


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what it asks, how to mend an environment that breaks it, and the check."""

    name: str
    asks: str
    mend: str
    check: Callable[[Bench], str | None]


RULES: dict[str, Rule] = {}
"""By name, in the order they are checked."""


def rule(mend: str) -> Callable[[Callable[[Bench], str | None]], Callable[[Bench], str | None]]:
    """Register a check under the name of its function. It returns why the rule does not apply, or None."""

    def register(check: Callable[[Bench], str | None]) -> Callable[[Bench], str | None]:
        asks = " ".join((inspect.getdoc(check) or "").split())
        RULES[check.__name__] = Rule(check.__name__, asks, mend, check)
        return check

    return register
