"""What the sessions of a server process share: settings, workers, the curriculum."""

import multiprocessing
import sys
import threading
from random import Random

from openenv.core.curriculum import Curriculum

from .configuration import Configuration, Episode
from .selection import ConfigurationError
from .settings import GymSettings
from .workshop import Workshop


class Gym:
    """Shared by sessions, thread-safe. `close` it in the end.

    Args:
        settings: default: those of the environment variables.

    Attributes:
        configuration: how a session's episodes are made where it does not say otherwise.

    Raises:
        ConfigurationError: for a variable that is wrong.
        CurriculumStoreError: if the curriculum's file cannot be used.
    """

    def __init__(self, settings: GymSettings | None = None) -> None:
        self.settings = settings or GymSettings.from_environment()
        self.configuration = self.settings.configuration()
        self.workshop = Workshop(
            self.settings.workers,
            self.settings.generation_timeout_s,
            self.settings.verification_timeout_s,
            self.settings.worker_memory_mb or None if sys.platform == "linux" else None,
        )
        self._lock = threading.Lock()
        self._curriculum: Curriculum | None = None
        if self.settings.curriculum is not None or self.configuration.difficulty is None:
            self.curriculum()

    def curriculum(self) -> Curriculum:
        """The curriculum of all sessions. May block; opened when it is first needed.

        Raises:
            ConfigurationError: if it has no file, and other processes of the same server would not see it.
            CurriculumStoreError: if its file cannot be used.
        """
        with self._lock:
            if self._curriculum is None:
                if self.settings.curriculum is None and multiprocessing.parent_process() is not None:
                    raise ConfigurationError(
                        "adaptive difficulty in one of several server processes, or one that is reloaded, needs a file "
                        "that they share: set RLVE_GYM_CURRICULUM"
                    )
                adaptive = self.configuration.difficulty is None
                listed = self.configuration.selection.identifiers if adaptive else ()
                self._curriculum = self.settings.open_curriculum(listed)
            return self._curriculum

    def episode(self, configuration: Configuration, seed: int) -> Episode:
        """The episode of a seed; adaptive ones depend on where the curriculum stands."""
        identifier = configuration.selection.draw(seed)
        level = configuration.difficulty
        if level is None:
            level = self.curriculum().draw(identifier, Random(f"which level: {seed}"))
        return configuration.episode(identifier, seed, level)

    def report(self, episode: Episode, accuracy: int) -> None:
        """Take the verdict on an adaptive episode into the curriculum. May block."""
        self.curriculum().report(episode.identifier, episode.level, accuracy)

    def close(self) -> None:
        """Stop the workers and let go of the curriculum's file. Idempotent."""
        self.workshop.close()
        with self._lock:
            if self._curriculum is not None:
                self._curriculum.close()


_lock = threading.Lock()
_shared: list[Gym] = []


def shared_gym() -> Gym:
    """The gym of this process, for environments made without one: settings from the environment variables."""
    with _lock:
        if not _shared:
            _shared.append(Gym())
        return _shared[0]
