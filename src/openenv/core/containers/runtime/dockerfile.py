"""Dockerfiles that are handed around as the name of an image, and built without BuildKit."""

import json
import os
import re
from pathlib import Path
from typing import Final, NamedTuple, Self

_TOKEN: Final = "dockerfile:"
_GAP: Final = r"(?:[ \t]|\\[ \t]*\r?\n)+"  # blanks and continued lines
_DIRECTIVE: Final = re.compile(r"^[ \t]*#[ \t]*(?:syntax|check)[ \t]*=.*(?:\n|\Z)", re.IGNORECASE | re.MULTILINE)
_FLAGS: Final = re.compile(
    rf"^(?P<start>[ \t]*(?:ONBUILD[ \t]+)?(?:RUN|COPY|ADD))(?P<flags>(?:{_GAP}--[a-z]+(?:=\S+)?)+)",
    re.IGNORECASE | re.MULTILINE,
)
# A mount that starts empty, and a layer that depends on no other: without them a build is slower, not different.
_NEEDLESS: Final = re.compile(
    rf"{_GAP}--(?:mount=(?=\S*\btype=(?:cache|tmpfs)\b)\S+|link(?:=\S+)?(?!\S))", re.IGNORECASE
)


class Dockerfile(NamedTuple):
    """A Dockerfile and the directory that its ``COPY`` paths start from."""

    path: Path
    context_dir: Path

    @classmethod
    def at(cls, path: str | os.PathLike[str], context_dir: str | os.PathLike[str] | None = None) -> Self:
        """The one at ``path``; its context is its own directory if none is given.

        Raises:
            FileNotFoundError: if there is no such file.
            NotADirectoryError: if ``context_dir`` is no directory.
        """
        file = Path(path).resolve()
        if not file.is_file():
            raise FileNotFoundError(f"{os.fspath(path)} is no Dockerfile")
        context = file.parent if context_dir is None else Path(context_dir).resolve()
        if not context.is_dir():
            raise NotADirectoryError(f"{context} is no directory")
        return cls(file, context)

    @property
    def token(self) -> str:
        """Stands for it where an image is named."""
        return _TOKEN + json.dumps([str(self.path), str(self.context_dir)])

    @classmethod
    def of_token(cls, image: str) -> Self | None:
        """The one that ``image`` stands for; None for a usual image."""
        if not image.startswith(_TOKEN):
            return None
        return cls(*map(Path, json.loads(image.removeprefix(_TOKEN))))


def strip_buildkit_syntax(text: str) -> str:
    """The Dockerfile without what only BuildKit knows, as far as the image stays the same.

    These go: ``# syntax=`` and ``# check=`` lines, ``RUN --mount`` of caches and of tmpfs, and ``--link`` of ``COPY``
    and ``ADD``. What the image depends on stays, such as mounts of secrets: a builder without BuildKit refuses it.
    """

    def without_needless_flags(match: re.Match[str]) -> str:
        return match["start"] + _NEEDLESS.sub("", match["flags"])

    return _FLAGS.sub(without_needless_flags, _DIRECTIVE.sub("", text))
