"""What can go wrong with a dataset or a question. These errors cross from worker processes to the server."""

from collections.abc import Iterable
from reprlib import Repr
from typing import Any, Final

from openenv.core.errors import OpenEnvError

_MOST_CHARACTERS: Final = 300

_repr = Repr()
_repr.maxstring = _repr.maxother = 60


class SelectionError(OpenEnvError, ValueError):
    """The arguments of a reset ask for something that there is not; says what, and what there is."""


class GenerationError(OpenEnvError, RuntimeError):
    """The dataset has no question at this place: its generator failed."""


class ScoringError(OpenEnvError, RuntimeError):
    """The answer could not be scored: its worker ran out of memory, or ended."""


def shown(value: Any) -> str:
    """The value as Python writes it, shortened: what a client sent may be megabytes."""
    return _repr.repr(value)


def brief(error: BaseException) -> str:
    """The error's words, shortened likewise."""
    try:
        words = str(error)
    except TypeError:  # its words are no text: errors of pyfiglet are written as what they were given
        words = shown(error.args)
    return words if len(words) <= _MOST_CHARACTERS else f"{words[:_MOST_CHARACTERS]} ..."


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The part of a message that names what is like ``name``; empty if nothing is."""
    from difflib import get_close_matches  # used for messages only

    # A part of the name, such as "sort" of "number_sorting", is far from it in edits.
    names = sorted(names)
    near = get_close_matches(name.lower(), names, n=3, cutoff=0.6)
    near += [other for other in names if len(name) > 2 and name.lower() in other and other not in near]
    return f"; did you mean {' or '.join(near[:3])}?" if near else ""
