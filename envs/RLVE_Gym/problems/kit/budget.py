"""A bound on the work of library code that has none of its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from types import FrameType
from typing import Any


class TooMuchWork(BaseException):
    """The budget is spent. Not an Exception, so that the library called does not handle it."""


@contextmanager
def budget(calls: int) -> Iterator[None]:
    """Raises TooMuchWork once the block has made this many calls of Python functions.

    Unlike a time limit it works in every thread and depends neither on the machine nor on what else runs there.
    A debugger or coverage measurement of this thread pauses inside the block.
    """

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls -= 1
        # Not in a generator: what is raised while one is thrown away is dropped, and the counting ends with it.
        if calls < 0 and not frame.f_code.co_flags & CO_GENERATOR:
            raise TooMuchWork

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    except Exception as error:
        if calls < 0:
            raise TooMuchWork from error
        raise
    finally:
        sys.settrace(before)
    if calls < 0:
        raise TooMuchWork
