"""The scoring rules problems share, selected by the names their arguments use.

Each graded strategy has an all-or-nothing alternative that pays the weight for a full answer and 0 otherwise.
"""

from fractions import Fraction

Number = int | float | Fraction

ALTERNATIVES = {
    "(min/max)^beta": "gold=answer",
    "(gold/answer)^beta": "gold=answer",
    "(answer/gold)^beta": "gold=answer",
    "mean([gold=answer])^beta": "gold=answer",
    "mean([gold=answer])": "gold=answer",
    "(intersection/union)^beta": "gold=answer",
    "mean([a=b])^beta": "a=b",
    "(satisfied/all)^beta": "satisfied=all",
    "(overlap/all)^beta": "overlap=all",
    "(existing/all)^beta": "existing=all",
    "(correct/all)^beta": "correct=all",
    "(found/all)^beta": "found=all",
    "(covered/all)^beta": "covered=all",
    "(connected/all)^beta": "satisfied=all",
    "(1/path)^beta": "path=1",
    "gold/answer": "gold=answer",
}
"""The alternative of every strategy of the gym that has one."""

_SUFFIX = "rewarding_strategy"


def ratio(strategy: str, gold: Number, answer: Number, *, weight: float, beta: float, strict: bool = False) -> float:
    """Scores a value against the best one: (min/max)^beta, (gold/answer)^beta, (answer/gold)^beta or gold=answer.

    Exact for integers of any size. A value better than the gold scores as the gold; one without a meaningful
    ratio (zero or negative) scores 0. With `strict`, a value that differs from the gold stays below passing, also
    where the ratio rounds to 1.
    """
    if answer == gold:
        return weight
    if strategy == "gold=answer":
        return 0.0
    if strategy == "(min/max)^beta":
        low, high = min(gold, answer), max(gold, answer)
    elif strategy == "(gold/answer)^beta":
        low, high = gold, answer
    elif strategy == "(answer/gold)^beta":
        low, high = answer, gold
    else:
        raise ValueError(f"{strategy!r} does not compare a gold and an answer")
    graded = _power(low, high, beta)
    return weight * (min(graded, 1 - 1e-5) if strict else graded)


def share(strategy: str, part: int, whole: int, *, weight: float, beta: float) -> float:
    """Scores how much of a whole is right: (part/whole)^beta, or the weight when all of it is and 0 otherwise."""
    if part == whole:
        return weight
    if strategy in ALTERNATIVES:
        return weight * _power(part, whole, beta)
    if strategy in ALTERNATIVES.values():
        return 0.0
    raise ValueError(f"{strategy!r} does not compare a part and a whole")


def check_strategies(identifier: str, defaults: dict[str, object], chosen: dict[str, object]) -> None:
    """Raises ValueError for a strategy that the problem does not have, or an exponent that is not one."""
    for name, value in chosen.items():
        if name.startswith(_SUFFIX):
            default = str(defaults[name])
            allowed = [default] + ([ALTERNATIVES[default]] if default in ALTERNATIVES else [])
            if value not in allowed:
                raise ValueError(f"{identifier}: {name} must be one of {allowed}, not {value!r}")
        elif name.startswith("rewarding_beta") and not (isinstance(value, (int, float)) and value >= 0):
            raise ValueError(f"{identifier}: {name} must be a number >= 0, not {value!r}")


def _power(low: Number, high: Number, beta: float) -> float:
    if low <= 0 or high <= 0:
        return 0.0
    if low >= high:
        return 1.0
    try:
        quotient = float(low / high)
    except OverflowError:  # an integer or Fraction too large for a float, with a float
        quotient = float(Fraction(low) / Fraction(high))
    return float(quotient**beta)
