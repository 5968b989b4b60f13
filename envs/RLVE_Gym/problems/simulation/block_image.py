"""A drawing of stacked cubes in characters."""

from collections.abc import Iterable, Sequence
from random import Random

from ..kit import Int, Parameter, Problem, Schedule, add, filled_lines, require
from ..kit.answers import Format
from ..kit.render import grid

STENCIL = ("..+---+", "./   /|", "+---+ |", "|   | +", "|   |/.", "+---+..")
CHARACTERS = ".+-/| "


class BlockImage(Problem[list[str]]):
    """Draw a table of stacks of cubes."""

    max_height: int = 5
    invalid_answer: float = -0.5
    wrong_size: float = 0.0
    rewarding_strategy: str = "mean([gold=answer])^beta"
    rewarding_weight: float = 1.0
    rewarding_beta: float = 2.0

    given = (Int("MAX_M_N", 1),)
    schedule = Schedule(start={"MAX_M_N": 2}, grow={"MAX_M_N": add(1)})

    def draw(self, rng: Random, p: Parameter) -> Parameter:
        m, n = rng.randint(1, p["MAX_M_N"]), rng.randint(1, p["MAX_M_N"])
        heights = [[rng.randint(1, self.max_height) for _ in range(n)] for _ in range(m)]
        return {"M": m, "N": n, "grid": heights, "reference_answer": self.show(p, picture(heights))}

    def question(self, p: Parameter) -> str:
        m, n = p["M"], p["N"]
        return f"""
On a table of M = {m} rows and N = {n} columns stand stacks of unit cubes. These are the numbers of cubes of the stacks;
the first line is row 1, at the back, the last one is row {m}, at the front, and columns are numbered from 1, left to
right:
{grid(p["grid"])}

Draw the cubes as a picture of characters. One cube is drawn with this stencil of 6 lines and 7 columns, where `.` is
transparent (it leaves the picture as it is) and blanks are opaque:
{grid(STENCIL, "")}

- The bottom left corner of the stencil of the lowest cube at row i, column j lies 2*(M - i) + 4*(j - 1) columns to the
  right of and 2*(M - i) lines above the bottom left corner of the picture. Each cube further up a stack lies 3 lines
  higher than the one below it.
- Where cubes overlap, the nearer one covers the other: a row further in front covers one further back; within a row, a
  stack further right covers one further left; within a stack, a higher cube covers a lower one.
- The picture is the smallest rectangle that holds everything: its width is 4*N + 2*M + 1, its height the largest
  2*(M - i) + 3*(number of cubes - 1) + 6 over all stacks, i being the stack's row.
- What no cube covers is `.`.
"""

    def answer(self, p: Parameter) -> "Drawing":
        return Drawing()

    def score(self, p: Parameter, answer: list[str]) -> float:
        for line in answer:
            if len(line) != len(answer[0]):
                return self.wrong_format
            if not set(line) <= set(CHARACTERS):
                return self.invalid_answer
        gold: list[str] = p["reference_answer"].split("\n")
        if len(answer) != len(gold) or len(answer[0]) != len(gold[0]):
            return self.wrong_size
        ours, theirs = "".join(gold), "".join(answer)
        return self.share(sum(a == b for a, b in zip(ours, theirs, strict=True)), len(ours))


class Drawing(Format[list[str]]):
    """Lines of characters, blanks among them; which ones and how many is for `score` to judge."""

    def parse(self, text: str) -> list[str]:
        lines = filled_lines(text)
        require(bool(lines), "no line at all")
        return lines

    def show(self, answer: Sequence[str]) -> str:
        return "\n".join(answer)

    def describe(self) -> str:
        return (
            "Answer with the picture: its lines from top to bottom, all of the same length, of the characters `.`, "
            "`+`, `-`, `/`, `|` and blank, nothing else. Blanks at the ends of lines and empty lines are ignored; the "
            "right picture has neither."
        )

    def examples(self) -> Iterable[list[str]]:
        return [picture([[1]]), picture([[2]])]


def picture(heights: list[list[int]]) -> list[str]:
    """The drawing, by the painter's algorithm: back to front, left to right, bottom to top."""
    m, n = len(heights), len(heights[0])
    tall = max(2 * (m - 1 - i) + 3 * (max(row) - 1) + 6 for i, row in enumerate(heights))
    canvas = [["."] * (4 * n + 2 * m + 1) for _ in range(tall)]
    for i, row in enumerate(heights):
        depth = 2 * (m - 1 - i)
        for j, height in enumerate(row):
            for level in range(height):
                top, left = tall - depth - 3 * level - len(STENCIL), depth + 4 * j
                for y, line in enumerate(STENCIL, top):
                    for x, character in enumerate(line, left):
                        if character != ".":
                            canvas[y][x] = character
    return ["".join(line) for line in canvas]
