"""The folder of a collection."""

import json
import logging
import os
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from .records import EpisodeRecord

logger = logging.getLogger("openenv.harness")

_RESULTS: Final = "results.jsonl"
_METADATA: Final = "metadata.json"
_BLOCK: Final = 65536


class RolloutSerializer:
    """Keeps episodes in ``results.jsonl``, one JSON object per line, and facts about them in ``metadata.json``.

    An episode is on disk when :meth:`write_episode` returns. A writer killed in the middle of a line leaves the lines
    before it; the torn one is cut off before the next is written. One process writes to a folder at a time.

    Args:
        output_dir: the folder; made when something is written.
    """

    def __init__(self, output_dir: Path | str) -> None:
        self._output_dir = Path(output_dir)

    @property
    def output_dir(self) -> Path:
        """The folder."""
        return self._output_dir

    @property
    def results_path(self) -> Path:
        """The file of the episodes."""
        return self._output_dir / _RESULTS

    @property
    def metadata_path(self) -> Path:
        """The file of the facts about them."""
        return self._output_dir / _METADATA

    def collected_episode_ids(self) -> set[str]:
        """The ids of the episodes on disk. A torn last line counts as none.

        Raises:
            ValueError: if another line is no episode: the file was written by something else.
        """
        ids: set[str] = set()
        for number, line in enumerate(self._complete_lines(), start=1):
            if line.strip():
                ids.add(self._episode_id(line, number))
        return ids

    def write_episode(self, record: EpisodeRecord) -> None:
        """Append an episode.

        Raises:
            TypeError: if something in it has no JSON form.
            OSError: if it cannot be written.
        """
        from ...wire import encode

        line = encode(record.to_dict()) + b"\n"
        self._output_dir.mkdir(parents=True, exist_ok=True)
        with self.results_path.open("a+b") as file:
            self._cut_torn_line(file)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def write_metadata(self, metadata: dict[str, Any]) -> None:
        """Write ``metadata.json``, all of it or nothing.

        Raises:
            TypeError: if something in it has no JSON form.
        """
        from ..plain import plain

        text = json.dumps(plain(metadata), indent=2, ensure_ascii=False) + "\n"
        self._output_dir.mkdir(parents=True, exist_ok=True)
        fresh = self.metadata_path.with_suffix(".json.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.metadata_path)

    def start_over(self) -> None:
        """Put the episodes there are aside, as ``results.<n>.bak.jsonl``."""
        if not self.results_path.exists():
            return
        names = (self._output_dir / f"results.{number}.bak.jsonl" for number in count(1))
        aside = next(name for name in names if not name.exists())
        self.results_path.rename(aside)
        logger.warning("the episodes collected before are kept in %s", aside)

    def _complete_lines(self) -> list[bytes]:
        if not self.results_path.exists():
            return []
        # The last part is what follows the last line's end: nothing, or a torn line.
        return self.results_path.read_bytes().split(b"\n")[:-1]

    def _episode_id(self, line: bytes, number: int) -> str:
        try:
            episode_id = json.loads(line)["episode_id"]
            if not isinstance(episode_id, str):
                raise TypeError("episode_id is no text")
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.results_path}, line {number} is no episode ({error!r}): mend or remove it, or collect with "
                "resume=False"
            ) from None
        return episode_id

    def _cut_torn_line(self, file: BinaryIO) -> None:
        """Shorten the file to the end of its last whole line."""
        size = end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            logger.warning("%s: cutting off a torn line of %d bytes", self.results_path, size - end)
            file.truncate(end)
