"""Scorers of the library (0.1.25) that take wrong answers for right ones, or forever, put right.

A model in training finds such an answer sooner or later, and then learns nothing else. Stored answers score as ever.
"""

import cmath
import json
import re
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from typing import Any, Final

from reasoning_gym.factory import DATASETS

from .plain_answers import expression

Entry = dict[str, Any]
Scorer = Callable[[Any, str, Entry], float]

_LITTLE: Final = 0.01  # what the library gives for an answer it can read, and that is wrong
_LONGEST_CONCLUSION: Final = 500
_MOST_OF_A_WORD: Final = 0.9
_PREFIX: Final = 0.8  # what its spell_backward gives at most for an answer that begins rightly


def coin_flip(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """Small probabilities are no zeros, and leading digits earn their share of the number asked for."""
    text = answer.replace(",", "")
    if re.search(r"[eE][+-]?\d{4}", text):  # the library would write the number out
        return 0.0
    try:
        given, expected = (float(Fraction(number)) for number in (text, entry["answer"]))
    except (ValueError, ZeroDivisionError, OverflowError):
        return 0.0
    if abs(given - expected) <= min(1e-4, expected / 20):
        return score(dataset, answer, entry)
    shown, asked = (f"{number:.10g}" for number in (given, expected))
    alike = next((at for at, (one, other) in enumerate(zip(shown, asked, strict=False)) if one != other), None)
    return (min(len(shown), len(asked)) if alike is None else alike) / (max(len(shown), len(asked)) + 1)


def complex_arithmetic(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """NaN is near to nothing; the library takes it for near to everything."""
    number = dataset.parse_string_to_complex(answer)
    return score(dataset, answer, entry) if number is not None and cmath.isfinite(number) else 0.0


def countdown(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The operators must be those allowed; the library takes powers, points, sqrt and more."""
    return score(dataset, answer, entry) if _uses_only(dataset.config.operators, answer) else _LITTLE


def figlet_font(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The word and no more; to the library, ten letters in their places are as good as the word."""
    if answer.replace(" ", "").strip().lower() == entry["answer"].strip().lower():
        return 1.0
    return min(score(dataset, answer, entry), _MOST_OF_A_WORD)


def game_of_life_halting(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The library compares whether the two texts are empty, which none is."""
    return 1.0 if answer.strip().lower() == str(entry["answer"]).lower() else 0.0


def gsm_symbolic(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The first number of the answer with its sign, which the library passes over, and with all its digits."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", answer)  # 15,300 is one number
    number = re.search(r"(?:(?<!\w)-\$?)?(\d+(?:\.\d+)?)", text)
    if number is None:
        return 0.0
    value = float(number[1]) * (-1 if number[0].startswith("-") else 1)
    return 1.0 if value == float(entry["answer"]) else _LITTLE


def letter_jumble(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The right words and no more; the library looks at as many as there should be."""
    return _nothing_more(score(dataset, answer, entry), answer, entry)


def number_format(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """Nearest to the right candidate, if others are near, too."""
    earned = score(dataset, answer, entry)
    if earned < 1.0:
        return earned
    given, candidates = float(answer.replace(",", "")), entry["metadata"]["candidates"]
    return 1.0 if min(candidates, key=lambda each: abs(each - given)) == entry["metadata"]["solution"] else 0.0


def number_sorting(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The numbers must be those of the question; the library takes any nearer than one to them, and NaN."""
    if score(dataset, answer, entry) < 1.0:
        return 0.0
    given, expected = (json.loads(text.replace("'", '"')) for text in (answer, entry["answer"]))
    return 1.0 if [float(number) for number in given] == [float(number) for number in expected] else 0.0


def propositional_logic(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The library takes minutes for a few thousand characters, such as a model writes that repeats itself."""
    return score(dataset, answer, entry) if len(answer) <= _LONGEST_CONCLUSION else 0.0


def puzzle24(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The question's numbers, its operators, and 24; the library takes any four numbers, all operators, and 24.9."""
    if not _uses_only(dataset.config.operators, answer) or score(dataset, answer, entry) < 1.0:
        return _LITTLE
    used = sorted(int(number) for number in re.findall(r"[0-9]+", answer))
    return 1.0 if used == sorted(entry["metadata"]["numbers"]) and expression(answer) == 24 else _LITTLE


def spell_backward(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The right letters and no more: for some lengths the library's sum of shares is not quite 1, and passes for it."""
    if answer.strip().lower() == entry["answer"].lower():
        return 1.0
    return min(score(dataset, answer, entry), _PREFIX)


def word_sorting(score: Scorer, dataset: Any, answer: str, entry: Entry) -> float:
    """The right words and no more, likewise."""
    return _nothing_more(score(dataset, answer, entry), answer, entry)


def _nothing_more(earned: float, answer: str, entry: Entry) -> float:
    """What right words have earned, or their share of all the words there are."""
    given, expected = (len(re.findall(r"[^\s,]+", text)) for text in (answer, entry["answer"]))
    return earned if given <= expected else earned * expected / given


def _uses_only(operators: tuple[str, ...], answer: str) -> bool:
    """Whether the answer is made of whole numbers, parentheses and these operators."""
    return set(answer) <= {*"0123456789() \t\r\n", *operators} and "**" not in answer and "//" not in answer


REPAIRED: Final = {
    repair.__name__: repair
    for repair in (
        coin_flip,
        complex_arithmetic,
        countdown,
        figlet_font,
        game_of_life_halting,
        gsm_symbolic,
        letter_jumble,
        number_format,
        number_sorting,
        propositional_logic,
        puzzle24,
        spell_backward,
        word_sorting,
    )
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
