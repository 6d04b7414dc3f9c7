"""The store: what a chain keeps, in one SQLite file. No other file below `servanda/` does I/O.

In come executed blocks, out comes what was kept, each part checked when it is read: a block by the
hashes in its header, a node by its hash in the node above it, a record by a checksum. A block is
one transaction of the database, which is on the disk when `keep` returns (`synchronous=FULL`):
after a crash the store is at one block or the next, never between.

Every version of a record and of a node stays, under the height that made it, so that the state of
any height can be read and proved.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH113, PTH118

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from typing import Any

from servanda.chain.block import Block, Header, read_header
from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.ledger import Execution
from servanda.chain.merkle import HASH_BYTES, hash_of, root_of
from servanda.chain.state_tree import DamagedNode, Node, NodePath

FORMAT = 1
FILE, LOCK = "chain.db", "writer.lock"
CHECKSUM_BYTES = 8
SUM_LIMIT = 1 << 8 * HASH_BYTES
NODES_KEPT_MAX = 200_000
FULL, READ_ONLY = "full", "readonly"

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, hash BLOB NOT NULL, header BLOB NOT NULL,
                     seals BLOB NOT NULL, transactions BLOB NOT NULL, receipts BLOB NOT NULL);
CREATE TABLE ended (hash BLOB PRIMARY KEY, height INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE live (expiry INTEGER, hash BLOB, PRIMARY KEY (expiry, hash)) WITHOUT ROWID;
CREATE TABLE records (identity BLOB, height INTEGER, value BLOB NOT NULL, checksum BLOB NOT NULL,
                      PRIMARY KEY (identity, height)) WITHOUT ROWID;
CREATE TABLE nodes (path BLOB, height INTEGER, data BLOB NOT NULL,
                    PRIMARY KEY (path, height)) WITHOUT ROWID;
CREATE TABLE sources (hash BLOB PRIMARY KEY, source BLOB NOT NULL) WITHOUT ROWID;
"""


class StoreFailed(Exception):  # noqa: N818 -- what failed is told, and nothing was kept by halves
    """The store cannot be opened, read or written; the message says why and where."""


class Store:
    """An open store. One process at a time may write; any number may read."""

    def __init__(self, folder: str, *, writes: bool) -> None:
        self.path = os.path.join(folder, FILE)
        self._lock: sqlite3.Connection | None = _take_lock(folder) if writes else None
        self._nodes: dict[NodePath, tuple[bytes, Node]] = {}
        """The nodes that were read or made last, by path, with their hashes."""
        try:
            self._database = _open(self.path, writes=writes)
            self._file = _file_at(self.path)
            self._check_format()
            self._live_sum = self._check_live()
        except sqlite3.Error as error:
            self.close()
            raise StoreFailed(f"`{self.path}` cannot be read: {error}") from None
        except StoreFailed:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        if hasattr(self, "_database"):
            self._database.close()
        if self._lock is not None:
            self._lock.close()

    def _check_format(self) -> None:
        # A database can hold programs (views, triggers), so its form is looked at before anything.
        if set(self._all("SELECT type, name, sql FROM sqlite_schema")) != _schema():
            raise StoreFailed(f"`{self.path}` is no store of a form that is known here")
        found = self._one("SELECT value FROM meta WHERE name = 'format'")
        if found is None or found[0] != FORMAT:
            raise StoreFailed(f"`{self.path}` is no store of a format that is known here")

    def _one(self, query: str, *values: object) -> Any:  # noqa: ANN401 -- a row of the database
        try:
            return self._database.execute(query, values).fetchone()
        except sqlite3.Error as error:
            raise StoreFailed(f"`{self.path}` is damaged: {error}") from None

    def _all(self, query: str, *values: object) -> Iterator[Any]:
        try:
            # Not `yield from`: whoever stops in the middle would close a cursor that is closed.
            for row in self._database.execute(query, values):  # noqa: UP028
                yield row
        except sqlite3.Error as error:
            raise StoreFailed(f"`{self.path}` is damaged: {error}") from None

    def _blob(self, value: object, what: str) -> bytes:
        """Return what a column of bytes holds; a damaged page may say that it is something else."""
        if type(value) is not bytes:
            raise self._damaged(f"{what} is not what was written")
        return value

    def _damaged(self, what: str) -> StoreFailed:
        return StoreFailed(f"`{self.path}` is damaged: {what}")

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    @property
    def chain(self) -> bytes:
        """The hash of the genesis."""
        found = self._one("SELECT value FROM meta WHERE name = 'chain'")
        chain = self._blob(found[0] if found else None, "the name of its chain")
        if len(chain) != HASH_BYTES:
            raise self._damaged("it does not say of which chain it is")
        return chain

    @property
    def height(self) -> int:
        """The height of the last block; 0 before the first."""
        height = self._one("SELECT max(height) FROM blocks")[0]
        if height is not None and type(height) is not int:
            raise self._damaged("a height is not what was written")
        return height or 0

    def head(self) -> Header | None:
        """Return the header of the last block, or None before the first."""
        height = self.height
        return self.header(height) if height else None

    def header(self, height: int) -> Header:
        """Return the header of a block."""
        found = self._one("SELECT header, hash FROM blocks WHERE height = ?", height)
        if found is None:
            raise self._damaged(f"there is no block {height}")
        data, digest = self._blob(found[0], f"block {height}"), found[1]
        try:
            header = read_header(data)
        except Malformed as malformed:
            raise self._damaged(f"block {height}: {malformed}") from None
        is_right = header.height == height and header.chain == self.chain
        if not is_right or hash_of(data) != digest:
            raise self._damaged(f"block {height} is not what was written")
        return header

    def seals(self, height: int) -> Mapping[str, bytes]:
        """Return the seals of a block, by name."""
        found: Any = self._part("seals", height)
        if not isinstance(found, Mapping):
            raise self._damaged(f"the seals of block {height}")
        return found

    def transactions(self, height: int) -> tuple[bytes, ...]:
        """Return the transactions of a block, as they came."""
        return self._listed("transactions", height, self.header(height).transactions)

    def receipts(self, height: int) -> tuple[bytes, ...]:
        """Return the receipts of a block."""
        return self._listed("receipts", height, self.header(height).receipts)

    def _listed(self, what: str, height: int, root: bytes) -> tuple[bytes, ...]:
        found: Any = self._part(what, height)
        is_list = type(found) is tuple and all(type(one) is bytes for one in found)
        if not is_list or root_of(found) != root:
            raise self._damaged(f"the {what} of block {height} are not those of its header")
        return found  # type: ignore[no-any-return]

    def _part(self, what: str, height: int) -> object:
        found = self._one(f"SELECT {what} FROM blocks WHERE height = ?", height)  # noqa: S608
        if found is None:
            raise self._damaged(f"there is no block {height}")
        try:
            return decode(self._blob(found[0], f"block {height}"))
        except Malformed as malformed:
            raise self._damaged(f"the {what} of block {height}: {malformed}") from None

    def block(self, height: int) -> Block:
        """Return a block with its seals."""
        return Block(self.header(height), self.transactions(height), self.seals(height))

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the value of every record at the last block, by identity, in its order."""
        last: tuple[bytes, bytes] | None = None
        for identity, value, checksum in self._all(
            "SELECT identity, value, checksum FROM records ORDER BY identity, height"
        ):
            self._check_record(identity, value, checksum)
            if last is not None and last[0] != identity:
                yield last
            last = identity, value
        if last is not None:
            yield last

    def record(self, identity: bytes, height: int) -> bytes | None:
        """Return the value that a record had at a height, or None if there was none."""
        found = self._one(
            "SELECT value, checksum FROM records WHERE identity = ? AND height <= ? "
            "ORDER BY height DESC LIMIT 1",
            *(identity, height),
        )
        if found is None:
            return None
        value, checksum = found
        self._check_record(identity, value, checksum)
        return bytes(value)

    def _check_record(self, identity: object, value: object, checksum: object) -> None:
        name = self._blob(identity, "the identity of a record")
        if _checksum(name, self._blob(value, "a record")) != checksum:
            raise self._damaged(f"the record {name.hex()} is not what was written")

    def sources(self) -> Mapping[bytes, bytes]:
        """Return the sources of contracts by their hash."""
        found = dict(self._all("SELECT hash, source FROM sources"))
        for name, source in found.items():
            if hash_of(self._blob(source, "a source")) != name:
                raise self._damaged("a source is not what was written")
        return found

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path whose hash is known from above it."""
        known = self._nodes.get(path)
        if known is not None and known[0] == expected:
            return known[1]
        for (data,) in self._all(
            "SELECT data FROM nodes WHERE path = ? ORDER BY height DESC", path
        ):
            try:
                node = Node.from_bytes(self._blob(data, "a node of the state tree"), expected)
            except DamagedNode:
                continue  # It is of another height, or damaged: then none is found.
            self._remember(path, expected, node)
            return node
        raise self._damaged(f"the state tree has no node {path.hex() or 'at its root'}")

    def _remember(self, path: NodePath, expected: bytes, node: Node) -> None:
        if len(self._nodes) >= NODES_KEPT_MAX:
            self._nodes.clear()
        self._nodes[path] = expected, node

    def made_at(self, identity: bytes, height: int) -> bytes | None:
        """Return the value that a block gave to a record, or None if it gave none."""
        query = "SELECT value, checksum FROM records WHERE identity = ? AND height = ?"
        found = self._one(query, identity, height)
        if found is None:
            return None
        self._check_record(identity, *found)
        return bytes(found[0])

    def node_at(self, path: NodePath, height: int) -> bytes | None:
        """Return a node as a block made it, or None if it made none."""
        found = self._one("SELECT data FROM nodes WHERE path = ? AND height = ?", path, height)
        return None if found is None else found[0]

    def counts(self) -> tuple[int, int, int]:
        """Return how many versions of records and of nodes there are, and transactions ended."""
        return tuple(
            self._one(f"SELECT count(*) FROM {table}")[0]  # noqa: S608 -- a name of our own
            for table in ("records", "nodes", "ended")
        )

    def live(self) -> Iterator[tuple[bytes, int]]:
        """Yield the transactions that have not expired and may not run again, with their expiry."""
        yield from self._all("SELECT hash, expiry FROM live")

    def has_run(self, transaction: bytes, expiry_ms: int) -> bool:
        """Whether a transaction of this hash, which has not expired, has run or has lapsed."""
        query = "SELECT 1 FROM live WHERE expiry = ? AND hash = ?"
        return self._one(query, expiry_ms, transaction) is not None

    def height_of(self, transaction: bytes) -> int | None:
        """Return the height of the block in which a transaction ended, or None."""
        found = self._one("SELECT height FROM ended WHERE hash = ?", transaction)
        return None if found is None else found[0]

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def keep(self, execution: Execution, seals: Mapping[str, bytes]) -> None:
        """Keep a block, all of it or nothing; it is on the disk when this returns."""
        header = execution.header
        height = header.height
        database = self._database
        if _file_at(self.path) != self._file:
            raise StoreFailed(f"`{self.path}` was replaced while it was open: nothing was kept")
        try:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute(
                    "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        *(height, header.hash, header.to_bytes(), encode(dict(seals))),
                        *(encode(execution.transactions), encode(execution.receipts)),
                    ),
                )
                self._keep_ended(execution)
                database.executemany(
                    "INSERT INTO records VALUES (?, ?, ?, ?)",
                    [
                        (identity, height, value, _checksum(identity, value))
                        for identity, value in execution.records.items()
                    ],
                )
                database.executemany(
                    "INSERT INTO nodes VALUES (?, ?, ?)",
                    [(path, height, node.to_bytes()) for path, node in execution.nodes.items()],
                )
                database.executemany(
                    "INSERT OR IGNORE INTO sources VALUES (?, ?)", execution.sources.items()
                )
        except sqlite3.Error as error:
            raise StoreFailed(f"`{self.path}` cannot be written: {_why(error)}") from None
        for path, node in execution.nodes.items():
            self._remember(path, node.hash, node)

    def _keep_ended(self, execution: Execution) -> None:
        """Keep what may not run again, for as long as it could; forget what has expired.

        A row that is lost would let a transaction run twice, and nothing else would tell: the sum
        of the hashes of all rows is kept too, and counted again when the store is opened.
        """
        database, header = self._database, execution.header
        ended = execution.ended
        database.executemany(
            "INSERT INTO ended VALUES (?, ?)", [(one, header.height) for one in ended]
        )
        database.executemany("INSERT INTO live (hash, expiry) VALUES (?, ?)", ended.items())
        gone = database.execute(
            "SELECT hash, expiry FROM live WHERE expiry <= ?", (header.time_ms,)
        ).fetchall()
        database.execute("DELETE FROM live WHERE expiry <= ?", (header.time_ms,))
        total = self._live_sum + sum(_weight(*one) for one in ended.items())
        total = (total - sum(_weight(*one) for one in gone)) % SUM_LIMIT
        database.execute(
            "UPDATE meta SET value = ? WHERE name = 'live'", (total.to_bytes(HASH_BYTES),)
        )
        self._live_sum = total

    def _check_live(self) -> int:
        """Return the sum over what may not run again, counted from its rows."""
        total = 0
        for digest, expiry_ms in self._all("SELECT hash, expiry FROM live"):
            if type(digest) is not bytes or type(expiry_ms) is not int or expiry_ms < 0:
                raise self._damaged("it has lost which transactions have run")
            total = (total + _weight(digest, expiry_ms)) % SUM_LIMIT
        found = self._one("SELECT value FROM meta WHERE name = 'live'")
        if found is None or found[0] != total.to_bytes(HASH_BYTES):
            raise self._damaged("it has lost which transactions have run")
        return total


def _weight(transaction: bytes, expiry_ms: int) -> int:
    return int.from_bytes(hash_of(transaction + expiry_ms.to_bytes(8)))


def create_store(folder: str, chain: bytes) -> None:
    """Make an empty store in a folder, for the chain of a genesis hash."""
    path = os.path.join(folder, FILE)
    if os.path.lexists(path):
        raise StoreFailed(f"`{path}` exists already")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(f"BEGIN; {SCHEMA} COMMIT;")
            with database:
                database.execute("BEGIN")
                database.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
                database.execute("INSERT INTO meta VALUES ('chain', ?)", (chain,))
                database.execute("INSERT INTO meta VALUES ('live', ?)", (bytes(HASH_BYTES),))
    except sqlite3.Error as error:
        raise StoreFailed(f"`{path}` cannot be made: {_why(error)}") from None


def _open(path: str, *, writes: bool) -> sqlite3.Connection:
    if not os.path.isfile(path):
        raise StoreFailed(f"there is no store `{path}`")
    mode = "rw" if writes else "ro"
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if writes and not os.access(path, os.W_OK):
        raise StoreFailed(f"`{path}` cannot be written: it is read-only")
    database = sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, isolation_level=None)
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _file_at(path: str) -> tuple[int, int] | None:
    """Return which file a path leads to, or None where it leads nowhere."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


@cache
def _schema() -> frozenset[tuple[str, str, str | None]]:
    """Return what the database of a store says of its own form."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA)
        return frozenset(database.execute("SELECT type, name, sql FROM sqlite_schema"))


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


def _checksum(identity: bytes, value: bytes) -> bytes:
    return hash_of(identity + value)[:CHECKSUM_BYTES]


def _why(error: sqlite3.Error) -> str:
    told = str(error)
    if FULL in told:
        return "the disk is full"
    if READ_ONLY in told:
        return "it is read-only"
    return told
