"""What the sessions of a server process share: settings, workers, the curriculum."""

import multiprocessing
import threading
import zlib

from openenv.core.curriculum import Curriculum

from .errors import SelectionError
from .questions import Question
from .selection import Selection
from .settings import GymSettings
from .workshop import Workshop


class Gym:
    """Shared by sessions, thread-safe. :meth:`close` it in the end.

    Args:
        settings: default: those of the environment variables.

    Raises:
        SettingsError: for a variable that is wrong.
        CurriculumStoreError: if the curriculum's file cannot be used.
    """

    def __init__(self, settings: GymSettings | None = None) -> None:
        self.settings = settings or GymSettings.from_environment()
        self.workshop = Workshop(self.settings)
        self._lock = threading.Lock()
        self._curriculum: Curriculum | None = None
        if self.settings.curriculum is not None:
            self.curriculum()  # a file that cannot be used is told at once

    def curriculum(self) -> Curriculum:
        """The difficulty of every dataset that is used adaptively; opened when it is first needed.

        Raises:
            SelectionError: if it has no file, and other processes of the same server would not see it.
        """
        with self._lock:
            if self._curriculum is None:
                if self.settings.curriculum is None and multiprocessing.parent_process() is not None:
                    raise SelectionError(
                        "adaptive difficulty in one of several server processes, or one that is reloaded, needs a file "
                        "that they share: set REASONING_GYM_CURRICULUM"
                    )
                self._curriculum = self.settings.open_curriculum()
            return self._curriculum

    def drawn(self, selection: Selection, index: int) -> Selection:
        """The selection with its levels drawn, if it is adaptive.

        Sessions that ask for the same question while the curriculum stands still get the same levels.
        """
        if not selection.is_adaptive:
            return selection
        seeds = {part.name: zlib.crc32(f"{part.name} {selection.seed} {index}".encode()) for part in selection.parts}
        curriculum = self.curriculum()
        return selection.at({name: curriculum.draw(name, seed) for name, seed in seeds.items()})

    def report(self, question: Question, score: float) -> None:
        """Tell the curriculum how the answer to an adaptive question did: right or not."""
        level, top = question.level, question.top_difficulty
        # At the top there is nowhere to rise to.
        if level is not None and top is not None and level < top:
            self.curriculum().report(question.dataset, level, float(score >= 1.0))

    def close(self) -> None:
        """Stop the workers and let go of the curriculum's file. Idempotent."""
        self.workshop.close()
        with self._lock:
            if self._curriculum is not None:
                self._curriculum.close()


_shared_lock = threading.Lock()
_shared: list[Gym] = []


def shared_gym() -> Gym:
    """The gym of this process, for environments made without one: settings from the environment variables."""
    with _shared_lock:
        if not _shared:
            _shared.append(Gym())
        return _shared[0]
