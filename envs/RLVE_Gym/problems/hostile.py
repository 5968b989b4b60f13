"""Texts that no verifier may stumble over: hostile, huge, disguised, and nearly right."""

import random
from collections.abc import Iterator

_SHORT = (
    "| |\n\n|0|-1|+|-|--1|1_000|5.0|1e3|0x10|\u0663|\uff11|\u00b2|nan|NaN nan nan|inf|-Infinity|1e999|1e-999|None|"
    "[1, 2]|1/0|0/0|\x00|\ud800|9**9**9**9|__import__('os').system('id')|1 2 3 4 5 6 7 8 9|Sorting|</answer"
)

OUTPUTS = ("<answer>" * 100_000, "</answer>" * 100_000, "<answer>1</answer>" * 50_000, "Assistant:" * 100_000)
"""Whole outputs that could make the search for the answer slow."""

_FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


def answers() -> Iterator[str]:
    """Answers of every unpleasant kind, up to a megabyte long."""
    yield from _SHORT.split("|")
    for digits in ("9", "0", "-7", "0.3", "1e9"):
        yield digits[:-1] + digits[-1] * 1_000_000
    yield "1" * 20_000
    for opening in ("(", "[", "-", "sin(", "**", "{", "1+(", "1/", "2**"):
        yield opening * 100_000
    yield "(" * 50_000 + "1" + ")" * 50_000
    for repeated in ("1 ", "0\n", "0 1\n", "knight ", "x", "01\n"):
        yield repeated * 100_000
    yield " " * 1_000_000


def mutations(reference: str) -> Iterator[str]:
    """Near misses: the reference with tokens and characters changed, dropped, doubled and exchanged."""
    rng = random.Random(reference)
    tokens = reference.split()
    yield from (reference[1:], reference[:-1], reference * 2, f"{reference} 0", f"{reference}\n{reference}")
    yield from (reference[::-1], " ".join(reversed(tokens)), "\n".join(reversed(reference.split("\n"))))
    for _ in range(20):
        changed = list(tokens) or ["0"]
        changed[rng.randrange(len(changed))] = str(rng.randint(-2, len(tokens) + 2))
        yield " ".join(changed)
        yield " ".join(rng.sample(tokens, rng.randint(0, len(tokens))))
        letters = list(reference) or ["0"]
        letters[rng.randrange(len(letters))] = rng.choice(reference or "0")
        yield "".join(letters)


def disguises(reference: str) -> Iterator[str]:
    """The reference with digits that `int()` would take and a reader of the format would not."""
    full_width = reference.translate(_FULL_WIDTH)
    if full_width != reference:
        yield full_width
    for i in range(1, len(reference)):
        if reference[i - 1].isdigit() and reference[i].isdigit():
            yield f"{reference[:i]}_{reference[i:]}"
            break
