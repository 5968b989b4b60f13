"""Where a curriculum is kept: in memory, or in an SQLite file that several processes share."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from ..errors import OpenEnvError
from .rule import Progress

_APPLICATION_ID: Final = 0x4F454E43  # "OENC", in the header of the file
_VERSION: Final = 1
_BUSY_S: Final = 60.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS problems (
    problem TEXT PRIMARY KEY, level INTEGER NOT NULL, accuracy REAL NOT NULL, samples INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO counters VALUES ('problem_generation_seed', 0);
"""


class CurriculumStoreError(OpenEnvError, RuntimeError):
    """A curriculum's file cannot be used."""


class Store(Protocol):
    """What a curriculum needs of its storage. All methods may be called from any thread."""

    def get(self, problem: str) -> Progress | None: ...

    def put(self, problem: str, progress: Progress) -> None: ...

    def all(self) -> dict[str, Progress]: ...

    def clear(self) -> None: ...

    def get_seed(self) -> int: ...

    def put_seed(self, seed: int) -> None: ...

    def transaction(self) -> AbstractContextManager[None]:
        """A block that happens as a whole or not at all, with nobody else's change in between."""
        ...

    def close(self) -> None: ...


class MemoryStore:
    """Kept for as long as the process lives."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._progress: dict[str, Progress] = {}
        self._seed = 0
        self.get = self._progress.get  # the hot path: one dictionary look-up, atomic by itself

    def put(self, problem: str, progress: Progress) -> None:
        self._progress[problem] = progress

    def all(self) -> dict[str, Progress]:
        return dict(self._progress)

    def clear(self) -> None:
        self._progress.clear()

    def get_seed(self) -> int:
        return self._seed

    def put_seed(self, seed: int) -> None:
        self._seed = seed

    def transaction(self) -> AbstractContextManager[None]:
        return self._lock  # type: ignore[return-value]

    def close(self) -> None:
        """Nothing to let go of."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("a curriculum in memory cannot be pickled: give it a path, and processes share it")


class SQLiteStore:
    """Kept in a file. What was reported is there after the process is killed at any point.

    After a power failure the file is as it was a moment before: sound, perhaps without the last reports. It
    must not lie on a network file system. May be pickled, and used after a fork.
    """

    def __init__(self, path: str | Path) -> None:
        """Open the file, or make it.

        Raises:
            CurriculumStoreError: if it is something else, or cannot be opened.
        """
        self._path = Path(path).absolute()
        self._open()

    def _open(self) -> None:
        self._lock = threading.RLock()
        self._pid = os.getpid()
        try:
            self._connection = sqlite3.connect(
                self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise CurriculumStoreError(f"{self._path} cannot be opened: {error}") from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise CurriculumStoreError(f"{self._path} is no curriculum: {error}") from error
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        _patiently(self._connection, "PRAGMA journal_mode = WAL")
        # A commit then survives the process, which is what crashes; a power failure can take the last ones.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            found = self._number("PRAGMA application_id"), self._number("PRAGMA user_version")
            if found == (_APPLICATION_ID, _VERSION):
                return
            if found[0] == _APPLICATION_ID:
                raise CurriculumStoreError(
                    f"{self._path} was written by another version ({found[1]}, this one is {_VERSION})"
                )
            if self._number("SELECT count(*) FROM sqlite_master"):
                raise CurriculumStoreError(f"{self._path} is a database, but no curriculum")
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def get(self, problem: str) -> Progress | None:
        rows = self._execute("SELECT level, accuracy, samples FROM problems WHERE problem = ?", problem)
        return Progress(*rows[0]) if rows else None

    def put(self, problem: str, progress: Progress) -> None:
        self._execute("INSERT OR REPLACE INTO problems VALUES (?, ?, ?, ?)", problem, *progress)

    def all(self) -> dict[str, Progress]:
        rows = self._execute("SELECT problem, level, accuracy, samples FROM problems ORDER BY problem")
        return {problem: Progress(*rest) for problem, *rest in rows}

    def clear(self) -> None:
        self._execute("DELETE FROM problems")

    def get_seed(self) -> int:
        query = "SELECT value FROM counters WHERE name = 'problem_generation_seed'"
        return int(self._execute(query)[0][0])

    def put_seed(self, seed: int) -> None:
        self._execute("UPDATE counters SET value = ? WHERE name = 'problem_generation_seed'", seed)

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        if self._pid != os.getpid():
            self._reopen()
        # Fetched under the lock as well: cursors of one statement share what another thread would reset.
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._pid != os.getpid():
            self._reopen()
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _reopen(self) -> None:
        # An SQLite connection must not be used, nor closed, in a process forked from the one that opened it.
        self._inherited = self._connection
        self._open()

    def close(self) -> None:
        if self._pid == os.getpid():
            self._connection.close()

    def __reduce__(self) -> tuple[type["SQLiteStore"], tuple[Path]]:
        return SQLiteStore, (self._path,)


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Execute, waiting for others where SQLite does not: it changes the journal mode at once or never."""
    give_up = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return
