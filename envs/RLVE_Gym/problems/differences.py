"""The table of differences from the original gym, from what the problems say themselves.

python -m RLVE_Gym.problems.differences docs/rlve-differences.md
"""

import sys
from pathlib import Path

from .registry import find, load

_HEAD = """# Differences from the original RLVE gym

Instances, prompts and random streams are our own; the keys of `parameter`, the arguments, the rules of scoring and the
verdicts are the original's, these rows excepted. The table is written by
`python -m RLVE_Gym.problems.differences docs/rlve-differences.md` from the `differences` of the problem classes.

| Problem | What differs, and why |
| --- | --- |
"""

_GENERAL = (
    "Integers are ASCII decimal digits with an optional sign: `1_000` and digits of other scripts, which the "
    "original's parser takes, are a wrong format.",
    "An integer of any length is read: Python's limit of 4300 digits makes no right answer wrong, and a megabyte of "
    "digits takes no more than a fraction of a second (beyond 200,000 digits an integer is only known to be too long).",
    "A level whose list of starting parameters is empty fails with a reason.",
    "Every instance has a `reference_answer`; the original stores none for 66 problems.",
    "A value better than the recorded optimum scores as the optimum, never above the weight.",
    "Prompts say where the answer is expected and show its form by an example.",
)


def rows(identifier: str) -> list[str]:
    """The rows of one problem."""
    return [f"| {identifier} | {text} |" for text in load(identifier).differences]


def table() -> str:
    """The whole document."""
    lines = [f"| all | {text} |" for text in _GENERAL]
    for entry in sorted(find(), key=lambda entry: entry.identifier.lower()):
        lines += rows(entry.identifier)
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(), encoding="utf-8")
