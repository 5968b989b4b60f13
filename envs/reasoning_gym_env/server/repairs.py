"""Scorers of the library (0.1.25) that take wrong answers for right ones, put right.

A model in training finds such an answer sooner or later, and then learns nothing else. Stored answers score as ever.
"""

import cmath
import re
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from typing import Any, Final

from reasoning_gym.factory import DATASETS

Entry = dict[str, Any]
Scorer = Callable[[Any, str, Entry], float]


def coin_flip(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """Leading digits earn their share of the number asked for: "0" is not all of 0.25."""
    score_of_library = score(dataset, answer, entry)
    try:
        given, expected = (float(Fraction(text.replace(",", ""))) for text in (answer, entry["answer"]))
    except (ValueError, ZeroDivisionError, OverflowError):
        return 0.0
    if abs(given - expected) <= 1e-4:
        return score_of_library
    shorter, longer = sorted(len(f"{number:.10g}") for number in (given, expected))
    return score_of_library * shorter / (longer + 1)  # what is wrong is never all right


def complex_arithmetic(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """NaN is near to nothing; the library takes it for near to everything."""
    number = dataset.parse_string_to_complex(answer)
    return score(dataset, answer, entry) if number is not None and cmath.isfinite(number) else 0.0


def game_of_life_halting(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The library compares whether the two texts are empty, which none is."""
    return 1.0 if answer.strip().lower() == str(entry["answer"]).lower() else 0.0


def puzzle24(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The numbers must be those of the question; the library takes any four."""
    score_of_library = score(dataset, answer, entry)
    used = sorted(int(number) for number in re.findall(r"\b[0-9]{1,9}\b", answer))
    return score_of_library if used == sorted(entry["metadata"]["numbers"]) else min(score_of_library, 0.01)


REPAIRED: Final = {
    repair.__name__: repair for repair in (coin_flip, complex_arithmetic, game_of_life_halting, puzzle24)
}


def install() -> None:
    """Change the library's datasets; once per process."""
    for name, repair in REPAIRED.items():
        dataset_cls = DATASETS[name][0]
        dataset_cls.score_answer = _repaired(dataset_cls.score_answer, repair)


def _repaired(score: Scorer, repair: Callable[[Scorer, Any, str, Entry], float]) -> Scorer:
    @wraps(score)
    def score_answer(dataset: Any, answer: str, entry: Entry) -> float:
        return repair(score, dataset, answer, entry)

    return score_answer
