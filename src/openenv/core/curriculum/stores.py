"""Where a curriculum is kept: in memory, or in an SQLite file that several processes share."""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
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

    def replace(self, problems: Mapping[str, Progress]) -> None:
        """Keep these and no others; nobody sees what is in between."""
        ...

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

    def get(self, problem: str) -> Progress | None:
        return self._progress.get(problem)  # without the lock: one look-up, atomic by itself

    def put(self, problem: str, progress: Progress) -> None:
        self._progress[problem] = progress

    def all(self) -> dict[str, Progress]:
        return dict(self._progress)

    def replace(self, problems: Mapping[str, Progress]) -> None:
        self._progress = dict(problems)

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

    All methods raise CurriculumStoreError where the file cannot be read or written.
    """

    def __init__(self, path: str | Path) -> None:
        """Open the file, or make it.

        Raises:
            CurriculumStoreError: if it is something else, or cannot be opened.
        """
        self._path = Path(path).absolute()
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = self._opened()
        _stores.add(self)

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise CurriculumStoreError(f"{self._path} cannot be opened: {error}") from error
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise self._failure(error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _failure(self, error: sqlite3.Error) -> CurriculumStoreError:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            return CurriculumStoreError(f"{self._path} is no curriculum: {error}")
        return CurriculumStoreError(f"{self._path} cannot be used: {error}")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        def number(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        _patiently(connection, "PRAGMA journal_mode = WAL")
        # A commit then survives the process, which is what crashes; a power failure can take the last ones.
        connection.execute("PRAGMA synchronous = NORMAL")
        with connection:  # commits, or rolls back
            connection.execute("BEGIN IMMEDIATE")
            found = number("PRAGMA application_id"), number("PRAGMA user_version")
            if found == (_APPLICATION_ID, _VERSION):
                return
            if found[0] == _APPLICATION_ID:
                raise CurriculumStoreError(
                    f"{self._path} was written by another version ({found[1]}, this one is {_VERSION})"
                )
            if number("SELECT count(*) FROM sqlite_master"):
                raise CurriculumStoreError(f"{self._path} is a database, but no curriculum")
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")

    def get(self, problem: str) -> Progress | None:
        rows = self._execute("SELECT level, accuracy, samples FROM problems WHERE problem = ?", problem)
        return Progress(*rows[0]) if rows else None

    def put(self, problem: str, progress: Progress) -> None:
        self._execute("INSERT OR REPLACE INTO problems VALUES (?, ?, ?, ?)", problem, *progress)

    def all(self) -> dict[str, Progress]:
        rows = self._execute("SELECT problem, level, accuracy, samples FROM problems ORDER BY problem")
        return {problem: Progress(*rest) for problem, *rest in rows}

    def replace(self, problems: Mapping[str, Progress]) -> None:
        with self._lock:
            self._execute("DELETE FROM problems")
            for problem, progress in problems.items():
                self.put(problem, progress)

    def get_seed(self) -> int:
        query = "SELECT value FROM counters WHERE name = 'problem_generation_seed'"
        return int(self._execute(query)[0][0])

    def put_seed(self, seed: int) -> None:
        self._execute("UPDATE counters SET value = ? WHERE name = 'problem_generation_seed'", seed)

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        # Fetched under the lock as well: cursors of one statement share what another thread would reset.
        with self._lock:
            if self._connection is None:
                self._connection = self._opened()
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise self._failure(error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self._execute("BEGIN IMMEDIATE")
            try:
                yield
                self._execute("COMMIT")
            except BaseException:
                # SQLite may have rolled back by itself, when the disk was full.
                if self._connection is not None and self._connection.in_transaction:
                    self._execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def leave_to_parent(self) -> None:
        """In a forked process: open the file anew when it is needed.

        An SQLite connection must be neither used nor closed in a process forked from the one that opened it, and
        nobody is there to release the lock.
        """
        self._lock = threading.RLock()
        if self._connection is not None:
            _inherited.append(self._connection)
            self._connection = None

    def __reduce__(self) -> tuple[type["SQLiteStore"], tuple[Path]]:
        return SQLiteStore, (self._path,)


_stores: Final = weakref.WeakSet[SQLiteStore]()
_inherited: Final[list[sqlite3.Connection]] = []  # kept, for what is forgotten is closed


def _leave_all_to_parent() -> None:
    for store in list(_stores):
        store.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)


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
