"""A bound on the work of library code that has none of its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
        if calls < 0:
            raise TooMuchWork

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
