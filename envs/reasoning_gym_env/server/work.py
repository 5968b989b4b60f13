"""The functions that worker processes run. The library itself is loaded there only."""

from .questions import Question, Verdict
from .selection import Selection


def pose(selection: Selection, index: int) -> Question:
    """Make one question.

    Raises:
        SelectionError: if there is no such dataset, or it refuses its configuration.
        GenerationError: if its generator fails.
    """
    from . import library

    return library.pose(selection, index)


def judge(question: Question, answer: str) -> Verdict:
    """Score an answer."""
    from . import library

    return library.judge(question, answer)


def start() -> None:
    """Make a new worker ready."""
    from . import library

    library.start()
