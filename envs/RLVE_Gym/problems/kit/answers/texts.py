"""Answers that are words, strings or grids of characters."""

from collections.abc import Callable, Iterable, Sequence

from .base import Format, filled_lines, marked, require


class Choice(Format[str]):
    """One of a few words. Any text parses: `score` judges a text that is none of them, as specifications do."""

    def __init__(self, what: str, options: Sequence[str]) -> None:
        self.what, self.options = what, tuple(options)

    def parse(self, text: str) -> str:
        return text.strip()

    def show(self, answer: str) -> str:
        return answer

    def describe(self) -> str:
        words = " or ".join(f"`{option}`" for option in self.options)
        return f"Answer with {self.what}: one word, {words}, spelt exactly so, nothing else."

    def examples(self) -> Iterable[str]:
        return self.options

    def exemplify(self, is_right: Callable[[str], bool], markers: tuple[str, str]) -> str:
        forms = " or ".join(marked(option, markers) for option in self.options)
        return f"That is, one of {forms}."


class Text(Format[str]):
    """One string, surrounding white space ignored.

    Args:
        what: What the string is.
        alphabet: The characters it may have; another one is a wrong format. None: any text parses.
        letters: The characters the description names and the examples use, where `alphabet` is not given.
        length: Its length, where another one is a wrong format.
        empty: How an empty string is to be understood; None: it is never meant.
    """

    def __init__(
        self,
        what: str,
        *,
        alphabet: str | None = None,
        letters: str = "",
        length: int | None = None,
        empty: str | None = None,
    ) -> None:
        self.what, self.alphabet, self.length, self.empty = what, alphabet, length, empty
        self.letters = alphabet or letters

    def parse(self, text: str) -> str:
        text = text.strip()
        require(self.length is None or len(text) == self.length, f"{len(text)} characters, not {self.length}")
        if self.alphabet is not None:
            require(set(text) <= set(self.alphabet), f"a character other than {self.alphabet}")
        return text

    def show(self, answer: str) -> str:
        return answer

    def describe(self) -> str:
        length = f"{self.length} " if self.length is not None else ""
        characters = f"of the {length}characters {_listed(self.letters)} " if self.letters else ""
        empty = f" If {self.empty}, leave the answer empty." if self.empty else ""
        return f"Answer with {self.what}: one string {characters}without separators, nothing else.{empty}"

    def examples(self) -> Iterable[str]:
        letters = self.letters or "abc"
        for length in (3, 2, 5) if self.length is None else (self.length,):
            for turn in range(len(letters)):
                yield "".join(letters[(i + turn) % len(letters)] for i in range(length))
            yield letters[0] * length


class Tokens(Format[list[str]]):
    """Words of a small vocabulary separated by white space; another word is a wrong format."""

    def __init__(self, what: str, vocabulary: Sequence[str], *, empty: str | None = None) -> None:
        self.what, self.vocabulary, self.empty = what, tuple(vocabulary), empty

    def parse(self, text: str) -> list[str]:
        tokens = text.split()
        require(set(tokens) <= set(self.vocabulary), f"a word other than {self.vocabulary}")
        return tokens

    def show(self, answer: Sequence[str]) -> str:
        return " ".join(answer)

    def describe(self) -> str:
        empty = f" If {self.empty}, leave the answer empty." if self.empty else ""
        words = ", ".join(f"`{word}`" for word in self.vocabulary)
        return f"Answer with {self.what}: words out of {words}, separated by spaces on one line, nothing else.{empty}"

    def examples(self) -> Iterable[list[str]]:
        yield list(self.vocabulary)[:3]
        yield list(self.vocabulary)[::-1][:4]
        yield [self.vocabulary[0]] * 5


class CharacterGrid(Format[list[str]]):
    """Lines of characters without separators; blank lines do not count. Another shape is a wrong format.

    Args:
        what: What the grid is.
        rows, columns: Its shape.
        alphabet: The characters it may have; another one is a wrong format.
    """

    def __init__(self, what: str, rows: int, columns: int, alphabet: str) -> None:
        self.what, self.rows, self.columns, self.alphabet = what, rows, columns, alphabet

    def parse(self, text: str) -> list[str]:
        lines = filled_lines(text)
        require(len(lines) == self.rows, f"{len(lines)} lines, not {self.rows}")
        for line in lines:
            require(len(line) == self.columns, f"a line without {self.columns} characters")
            require(set(line) <= set(self.alphabet), f"a character other than {self.alphabet}")
        return lines

    def show(self, answer: Sequence[str]) -> str:
        return "\n".join(answer)

    def describe(self) -> str:
        return (
            f"Answer with {self.what}: {self.rows} lines of {self.columns} characters each, "
            f"every character one of {_listed(self.alphabet)}, without separators, nothing else."
        )

    def examples(self) -> Iterable[list[str]]:
        letters, size = self.alphabet, len(self.alphabet)
        for turn in range(size):
            yield ["".join(letters[(i + j + turn) % size] for j in range(self.columns)) for i in range(self.rows)]
        for letter in letters:
            yield [letter * self.columns for _ in range(self.rows)]


def _listed(characters: str) -> str:
    return ", ".join(f"`{character}`" for character in characters)
