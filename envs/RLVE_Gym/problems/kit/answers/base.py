"""What an answer format is: it parses, shows and describes, so the prompt cannot disagree with the parser."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ..errors import WrongFormat

A = TypeVar("A")


class Format(ABC, Generic[A]):
    """How answers of type A are written.

    `parse(show(answer)) == answer` for every answer, and `parse` raises WrongFormat, nothing else, for whatever
    text is not an answer.
    """

    @abstractmethod
    def parse(self, text: str) -> A:
        """Reads the text between the markers.

        Raises:
            WrongFormat: the text does not follow this format.
        """

    @abstractmethod
    def show(self, answer: A) -> str:
        """Writes an answer as the format wants it."""

    @abstractmethod
    def describe(self) -> str:
        """The sentences that tell a reader of the prompt how to write an answer."""

    @abstractmethod
    def examples(self) -> Iterable[A]:
        """Answers that parse, the most telling first; a prompt shows the first that is not right."""

    def exemplify(self, is_right: Callable[[A], bool], markers: tuple[str, str]) -> str:
        """The sentence of a prompt that shows the form by an example that is not the answer."""
        for example in self.examples():
            if not is_right(example):
                return f"For example (this shows only the form):\n{marked(self.show(example), markers)}"
        raise ValueError(f"every example of {type(self).__name__} is a right answer; add one that is not")


def marked(answer: str, markers: tuple[str, str]) -> str:
    """The answer between its markers, on lines of its own when it has several."""
    begin, end = markers
    return f"{begin}\n{answer}\n{end}" if "\n" in answer else f"{begin}{answer}{end}"


def filled_lines(text: str) -> list[str]:
    """The lines that are not blank, stripped."""
    return [line for line in map(str.strip, text.splitlines()) if line]


def require(condition: bool, reason: str) -> None:
    """Raises WrongFormat unless the condition holds."""
    if not condition:
        raise WrongFormat(reason)
