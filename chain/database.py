"""The database of a store: one SQLite file. No other file below `servanda/` does I/O.

In come queries, out come rows; every failure is told as `StoreFailed`, by name. What a transaction
wrote is on the disk when it ends (`synchronous=FULL`), all of it or nothing. One process at a time
writes; whoever reads sees the file as it was when it last looked.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH104, PTH107, PTH113, PTH118

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from typing import Any

FILE, LOCK, DRAFT = "chain.db", "writer.lock", ".begun"
FULL, READ_ONLY = "full", "readonly"
LOG_PAGES_MAX = 4_000
"""When the log of writes has so many pages, they go to their places: a large block fills a thousand
of them by itself, and would else wait for that each time."""


class StoreFailed(Exception):  # noqa: N818 -- what failed is told, and nothing was kept by halves
    """The store cannot be opened, read or written; the message says why and where."""


class Database:
    """An open database of a form that is known."""

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        schema: str,
        lock: sqlite3.Connection | None = None,
    ) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._file = _file_at(path)
        # A database can hold programs (views, triggers), so its form is looked at before anything.
        if set(self.all("SELECT type, name, sql FROM sqlite_schema")) != _form_of(schema):
            raise StoreFailed(f"`{path}` is no store of a form that is known here")

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def damaged(self, what: str) -> StoreFailed:
        """Return the error that names what is wrong."""
        return StoreFailed(f"`{self.path}` is damaged: {what}")

    def one(self, query: str, *values: object) -> Any:  # noqa: ANN401 -- a row of the database
        """Return the first row, or None."""
        try:
            return self._connection.execute(query, values).fetchone()
        except (sqlite3.Error, OverflowError) as error:
            raise self.damaged(str(error)) from None

    def all(self, query: str, *values: object) -> Iterator[Any]:
        """Yield every row."""
        try:
            # `yield from` would close the cursor, perhaps behind its connection.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row
        except (sqlite3.Error, OverflowError) as error:
            raise self.damaged(str(error)) from None

    def many(self, query: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run a query for each of many rows, inside `writing`."""
        self._connection.executemany(query, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write all of what is written inside, or nothing. Raises `StoreFailed`."""
        if _file_at(self.path) != self._file:
            raise StoreFailed(f"`{self.path}` was replaced while it was open: nothing was kept")
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.Error as error:
            raise StoreFailed(f"`{self.path}` cannot be written: {_why(error)}") from None

    def look_again(self) -> None:
        """See from now on what others have written by now, and nothing that they write later."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
        except sqlite3.Error as error:
            raise self.damaged(str(error)) from None


def open_database(folder: str, schema: str, *, writes: bool) -> Database:
    """Open the database in a folder. Raises `StoreFailed`."""
    path = os.path.join(folder, FILE)
    lock = _take_lock(folder) if writes else None
    connection = None
    try:
        connection = _open(path, writes=writes)
        return Database(path, connection, schema, lock)
    except (sqlite3.Error, StoreFailed) as error:
        for one in (connection, lock):
            if one is not None:
                one.close()
        if isinstance(error, StoreFailed):
            raise
        raise StoreFailed(f"`{path}` cannot be read: {error}") from None


def create_database(folder: str, schema: str, first: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
    """Make a database in a folder, with its first rows. Raises `StoreFailed`.

    It gets its name when all of it is there, so that one that was begun is never taken for one.
    """
    path = os.path.join(folder, FILE)
    draft = path + DRAFT
    if os.path.lexists(path):
        raise StoreFailed(f"`{path}` exists already")
    try:
        remove_database(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _make(connection, schema, first)
        os.rename(draft, path)
    except (sqlite3.Error, OSError) as error:
        raise StoreFailed(f"`{path}` cannot be made: {_why(error)}") from None


def remove_database(path: str) -> None:
    """Remove the files of a database, as far as they are there. Raises `OSError`."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            os.remove(path + ending)


def scratch_database(schema: str, first: Iterable[tuple[str, tuple[Any, ...]]]) -> Database:
    """Return a database of nobody: its file has no name, and ends with the process."""
    # Whichever thread lets go of it last closes it; they never use it beside one another.
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    _make(connection, schema, first)
    return Database("", connection, schema)


def _make(
    connection: sqlite3.Connection, schema: str, first: Iterable[tuple[str, tuple[Any, ...]]]
) -> None:
    connection.executescript(f"BEGIN; {schema} COMMIT;")
    with connection:
        connection.execute("BEGIN")
        for query, row in first:
            connection.execute(query, row)


def _open(path: str, *, writes: bool) -> sqlite3.Connection:
    if not os.path.isfile(path):
        raise StoreFailed(f"there is no store `{path}`")
    mode = "rw" if writes else "ro"
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if writes and not os.access(path, os.W_OK):
        raise StoreFailed(f"`{path}` cannot be written: it is read-only")
    connection = sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES_MAX}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _file_at(path: str) -> tuple[int, int] | None:
    """Return which file a path leads to, or None where it leads nowhere."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


@cache
def _form_of(schema: str) -> frozenset[tuple[str, str, str | None]]:
    """Return what a database of a schema says of its own form."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        return frozenset(connection.execute("SELECT type, name, sql FROM sqlite_schema"))


def _take_lock(folder: str) -> sqlite3.Connection:
    """Return what keeps every other writer out for as long as it is open.

    It is a transaction on a database of its own, which ends with the process, however that ends.
    """
    path = os.path.join(folder, LOCK)
    lock = None
    try:
        lock = sqlite3.connect(path, timeout=0, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if lock is not None:
            lock.close()
        if "locked" in str(error):
            raise StoreFailed(f"`{folder}` is in use: another process writes to it") from None
        raise StoreFailed(f"`{path}` cannot be made: {_why(error)}") from None
    return lock


def _why(error: Exception) -> str:
    told = (error.strerror or "") if isinstance(error, OSError) else str(error)
    if FULL in told:
        return "the disk is full"
    if READ_ONLY in told:
        return "it is read-only"
    return told
