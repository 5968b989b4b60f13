"""A question and the verdict on an answer: what passes between worker processes and the server."""

from dataclasses import dataclass

from .selection import Selection


@dataclass(frozen=True)
class Question:
    """One entry of a dataset.

    Attributes:
        selection: the dataset it is from, its levels drawn.
        index: its place there.
        dataset: the name of the dataset; in a composite, of the one that was drawn.
        text: the question itself.
        answer: an answer that scores 1; None where the dataset stores none.
        metadata: what the dataset tells about it, as JSON.
        entry: the library's own entry, pickled; only workers, which have the library, look inside.
        top_difficulty: the highest difficulty the dataset's curriculum knows; None where none is used.
    """

    selection: Selection
    index: int
    dataset: str
    text: str
    answer: str | None
    metadata: bytes
    entry: bytes
    top_difficulty: int | None = None

    @property
    def levels(self) -> dict[str, int] | None:
        """The difficulty by dataset; None where it was not chosen by difficulty."""
        levels = {part.name: part.levels for part in self.selection.parts if isinstance(part.levels, int)}
        return levels or None

    @property
    def level(self) -> int | None:
        """The difficulty of the dataset the question is from; None likewise."""
        return (self.levels or {}).get(self.dataset)

    def size_bytes(self) -> int:
        """About how much memory it takes; a configuration may be much larger than a question."""
        return len(self.text) + len(self.metadata) + len(self.entry) + 4 * len(self.selection.key)


@dataclass(frozen=True)
class Verdict:
    """How good an answer is.

    Attributes:
        score: from 0 to 1.
        problem: where the dataset's scorer could make nothing of the answer, what it stumbled over.
    """

    score: float
    problem: str | None = None
