"""The store: what a chain keeps, in one database.

In come executed blocks, out comes what was kept, each part checked when it is read: a block by the
hashes in its header, a node and a record by their hashes in the node above them, entries by a sum
over their place. A block is one transaction of the database, which is on the disk when `keep`
returns (`synchronous=FULL`): after a crash the store is at one block or the next, never between.

Blocks, records and nodes are only ever added, in order, so that the disk is written from front to
back; the root of each height leads to all that its block could see (`kept_tree.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import repeat
from typing import Any, NamedTuple

from servanda.chain.block import Block, Header, read_header
from servanda.chain.database import (
    FILE,
    Database,
    StoreFailed,
    create_database,
    open_database,
    scratch_database,
)
from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.hash_filter import HashFilter
from servanda.chain.kept_entries import KeptEntries
from servanda.chain.kept_tree import KeptTree
from servanda.chain.ledger import Execution
from servanda.chain.merkle import HASH_BYTES, hash_of, root_of
from servanda.chain.state_tree import EMPTY, Node, NodePath

__all__ = ["FILE", "ScratchStore", "Store", "StoreFailed", "create_store"]

FORMAT = 3
SUM_LIMIT = 1 << 8 * HASH_BYTES
NOTHING = bytes(HASH_BYTES)
"""The sum of nothing."""

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, hash BLOB NOT NULL, header BLOB NOT NULL,
                     seals BLOB NOT NULL, transactions BLOB NOT NULL, receipts BLOB NOT NULL,
                     root INTEGER NOT NULL, node INTEGER NOT NULL, record INTEGER NOT NULL);
CREATE TABLE records (number INTEGER PRIMARY KEY, identity BLOB NOT NULL, value BLOB NOT NULL);
CREATE TABLE nodes (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE ended (expiry INTEGER, hash BLOB, height INTEGER NOT NULL,
                    PRIMARY KEY (expiry, hash)) WITHOUT ROWID;
CREATE TABLE places (number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, sum BLOB NOT NULL);
CREATE TABLE entries (place INTEGER, key BLOB, value BLOB NOT NULL,
                      PRIMARY KEY (place, key)) WITHOUT ROWID;
CREATE TABLE sources (hash BLOB PRIMARY KEY, source BLOB NOT NULL) WITHOUT ROWID;
"""
"""Of a block, `root` is the number of its root node, `node` and `record` those of the last of each
that there were when it had been kept."""


class KeptRow(NamedTuple):
    """A row of the database, and where it is."""

    table: str
    height: int
    """Of the block that added it; 0 for what is of no single block."""
    values: tuple[Any, ...]

    @property
    def where(self) -> str:
        """The words for where it is."""
        if not self.height:
            shown = [one.hex() if type(one) is bytes else str(one) for one in self.values[:2]]
            return f"the row {', '.join(shown)[:100]} of `{self.table}`"
        block = f"block {self.height}"
        return block if self.table == "blocks" else f"{block}: {self.table[:-1]} {self.values[0]}"


class Store:
    """An open store. One process at a time may write; any number may read.

    A reader stands at the block that was the last when it asked for the `head`.
    """

    def __init__(self, folder: str, *, writes: bool) -> None:
        self._begin(open_database(folder, SCHEMA, writes=writes), writes=writes)

    def _begin(self, database: Database, *, writes: bool) -> None:
        self._database = database
        self._writes = writes
        self._damaged = database.damaged
        self._entries = KeptEntries(database)
        self._live_sum: int | None = None
        self._may_have_run = HashFilter()
        self._tree: KeptTree | None = None
        try:
            self._check_format()
        except StoreFailed:
            database.close()
            raise

    def _check_format(self) -> None:
        found = self._database.one("SELECT value FROM meta WHERE name = 'format'")
        if found is None or found[0] != FORMAT:
            raise StoreFailed(f"`{self.path}` is no store of a format that is known here")

    @property
    def path(self) -> str:
        """Where the database is."""
        return self._database.path

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def _blob(self, value: object, what: str) -> bytes:
        """Return what a column of bytes holds; a damaged page may say that it is something else."""
        if type(value) is not bytes:
            raise self._damaged(f"{what} is not what was written")
        return value

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def renew(self) -> None:
        """Let a reader stand at the block that is the last by now."""
        if self._writes:
            return
        self._database.look_again()
        self._entries.forget()
        self._tree = self._live_sum = None

    @property
    def chain(self) -> bytes:
        """The hash of the genesis."""
        found = self._database.one("SELECT value FROM meta WHERE name = 'chain'")
        chain = self._blob(found[0] if found else None, "the name of its chain")
        if len(chain) != HASH_BYTES:
            raise self._damaged("it does not say of which chain it is")
        return chain

    @property
    def height(self) -> int:
        """The height of the last block; 0 before the first."""
        height = self._database.one("SELECT max(height) FROM blocks")[0]
        if height is not None and type(height) is not int:
            raise self._damaged("a height is not what was written")
        return height or 0

    def head(self) -> Header | None:
        """Return the header of the last block, or None before the first."""
        self.renew()
        height = self.height
        return self.header(height) if height else None

    def header(self, height: int) -> Header:
        """Return the header of a block."""
        found = self._database.one("SELECT header, hash FROM blocks WHERE height = ?", height)
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
        query = f"SELECT {what} FROM blocks WHERE height = ?"  # noqa: S608 -- a name of our own
        found = self._database.one(query, height)
        if found is None:
            raise self._damaged(f"there is no block {height}")
        try:
            return decode(self._blob(found[0], f"block {height}"))
        except Malformed as malformed:
            raise self._damaged(f"the {what} of block {height}: {malformed}") from None

    def block(self, height: int) -> Block:
        """Return a block with its seals."""
        return Block(self.header(height), self.transactions(height), self.seals(height))

    def tree(self, height: int) -> KeptTree:
        """Return the state tree of a height; that of the last block stays in memory."""
        if self._tree is not None and self._tree.height == height:
            return self._tree
        number, root = 0, EMPTY
        if height:
            root = self.header(height).state
            (number,) = self._database.one("SELECT root FROM blocks WHERE height = ?", height)
        tree = KeptTree(self._read_node, self._damaged, height, number, root)
        if height == self.height:
            self._tree = tree
        return tree

    def _read_node(self, number: int) -> bytes:
        found = self._database.one("SELECT data FROM nodes WHERE number = ?", number)
        return self._blob(found[0] if found else None, "a node of the state tree")

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path of the last block's tree."""
        tree = self.tree(self.height) if self._tree is None else self._tree
        return tree.find(path, expected)

    def record(self, identity: bytes, height: int) -> bytes | None:
        """Return the value that a record had at a height, or None if there was none."""
        found = self.tree(height).record(hash_of(identity))
        if found is None:
            return None
        return self._record(*found)[1]

    def _record(self, expected: bytes, number: int) -> tuple[bytes, bytes]:
        row = self._database.one("SELECT identity, value FROM records WHERE number = ?", number)
        value = self._blob(row[1] if row else None, "a record")
        if hash_of(value) != expected:
            raise self._damaged(f"the record {number} is not what was written")
        return self._blob(row[0], "the identity of a record"), value

    def records(self, height: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the value of every record at a height, by identity, in the order of the tree."""
        for key, expected, number in self.tree(height).records():
            identity, value = self._record(expected, number)
            if hash_of(identity) != key:
                raise self._damaged(f"the record {number} is not what was written")
            yield identity, value

    def entries(self, place: bytes, low: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries of a place from `low` to before `end`, in order."""
        return self._entries.between(place, low, end)

    def last_entry(self, place: bytes) -> tuple[bytes, bytes] | None:
        """Return the last entry of a place, or None."""
        return self._entries.last(place)

    def sources(self) -> Mapping[bytes, bytes]:
        """Return the sources of contracts by their hash."""
        found = dict(self._database.all("SELECT hash, source FROM sources"))
        for name, source in found.items():
            if hash_of(self._blob(source, "a source")) != name:
                raise self._damaged("a source is not what was written")
        return found

    def has_run(self, transaction: bytes, expiry_ms: int) -> bool:
        """Whether a transaction of this hash, which has not expired, has run or has lapsed."""
        if self._live_sum is None:
            self._live_sum = self._count_live(self.height)
        if transaction not in self._may_have_run:
            return False
        query = "SELECT 1 FROM ended WHERE expiry = ? AND hash = ?"
        return self._database.one(query, expiry_ms, transaction) is not None

    def height_of(self, transaction: bytes, expiry_ms: int | None = None) -> int | None:
        """Return the height of the block in which a transaction ended, or None.

        They stand in the order of their expiry: whoever knows it spares a look at all of them.
        """
        query = "SELECT height FROM ended WHERE hash = ?"
        if expiry_ms is None:
            found = self._database.one(query, transaction)
        else:
            found = self._database.one(f"{query} AND expiry = ?", transaction, expiry_ms)
        return None if found is None else found[0]

    # ── for an audit ──────────────────────────────────────────────────────────────────────────

    def rows_of(self, height: int) -> Iterator[KeptRow]:
        """Yield every row that a block added to blocks, records and nodes."""
        for row in self._database.all("SELECT * FROM blocks WHERE height = ?", height):
            yield KeptRow("blocks", height, row)
        before, last = self._last_numbers(height - 1), self._last_numbers(height)
        for table, low, high in zip(("nodes", "records"), before, last, strict=True):
            query = f"SELECT * FROM {table} WHERE number > ? AND number <= ?"  # noqa: S608
            rows = self._database.all(query, low, high)
            yield from map(KeptRow, repeat(table), repeat(height), rows)

    def other_rows(self) -> Iterator[KeptRow]:
        """Yield every row that is of no single block, and how many there are of the others."""
        for table in ("meta", "ended", "places", "entries", "sources"):
            rows = self._database.all(f"SELECT * FROM {table}")  # noqa: S608
            yield from map(KeptRow, repeat(table), repeat(0), rows)
        for table in ("blocks", "nodes", "records"):
            (count,) = self._database.one(f"SELECT count(*) FROM {table}")  # noqa: S608
            yield KeptRow(table, 0, ("the number of rows", count))

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def keep(self, execution: Execution, seals: Mapping[str, bytes]) -> None:
        """Keep a block, all of it or nothing; it is on the disk when this returns."""
        header = execution.header
        if not self._writes:
            raise StoreFailed(f"`{self.path}` cannot be written: it was opened read-only")
        tree = self.tree(header.height - 1)
        try:
            with self._database.writing():
                self._keep(execution, seals, tree)
        except BaseException:
            self._forget()
            raise
        self._tree = tree

    def _keep(self, execution: Execution, seals: Mapping[str, bytes], tree: KeptTree) -> None:
        header = execution.header
        node, record = self._last_numbers(header.height - 1)
        records = [
            (number, identity, value)
            for number, (identity, value) in enumerate(execution.records.items(), record + 1)
        ]
        nodes = [(one.number, one.to_bytes()) for one in execution.nodes.values()]
        assert not nodes or nodes[0][0] == node + 1, "the nodes are numbered on"
        tree.advance(execution.nodes)
        self._database.many("INSERT INTO records VALUES (?, ?, ?)", records)
        self._database.many("INSERT INTO nodes VALUES (?, ?)", nodes)
        block = (
            *(header.height, header.hash, header.to_bytes(), encode(dict(seals))),
            *(encode(execution.transactions), encode(execution.receipts)),
            *(tree.number, node + len(nodes), record + len(records)),
        )
        self._database.many("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [block])
        self._keep_ended(execution)
        self._entries.keep(execution.entries)
        self._database.many(
            "INSERT OR IGNORE INTO sources VALUES (?, ?)", execution.sources.items()
        )

    def _forget(self) -> None:
        """Let go of what a block that was not kept would have changed."""
        self._tree = self._live_sum = None
        self._entries.forget()

    def next_numbers(self) -> tuple[int, int]:
        """Return the numbers under which the next node and the next record will be kept."""
        return self.numbers_after(self.height)

    def numbers_after(self, height: int) -> tuple[int, int]:
        """Return the numbers under which the node and the record behind a height are kept."""
        node, record = self._last_numbers(height)
        return node + 1, record + 1

    def _last_numbers(self, height: int) -> tuple[int, int]:
        """Return the numbers of the last node and of the last record that there are."""
        found = self._database.one("SELECT node, record FROM blocks WHERE height = ?", height)
        return (0, 0) if found is None else found

    def _keep_ended(self, execution: Execution) -> None:
        """Keep what may not run again, for as long as it could.

        A row that is lost would let a transaction run twice, and nothing else would tell: the sum
        of the hashes of all that has not expired is kept too, and counted again before the first
        question.
        """
        header, ended = execution.header, execution.ended
        before = header.height - 1
        total = self._count_live(before) if self._live_sum is None else self._live_sum
        # In the order of the table, so that what stands together is written together.
        rows = sorted([(expiry, one, header.height) for one, expiry in ended.items()])
        self._database.many("INSERT INTO ended VALUES (?, ?, ?)", rows)
        gone = self._database.all(
            "SELECT hash, expiry FROM ended WHERE expiry > ? AND expiry <= ?",
            *(self._time_before(header.height), header.time_ms),
        )
        total += sum([_weight(*one) for one in ended.items()])
        self._may_have_run.update(ended)
        total = (total - sum(_weight(*one) for one in gone)) % SUM_LIMIT
        self._database.many(
            "UPDATE meta SET value = ? WHERE name = 'live'", [(total.to_bytes(HASH_BYTES),)]
        )
        self._live_sum = total

    def _time_before(self, height: int) -> int:
        """Return the time of the block before a height; before the first nothing has ended."""
        return self.header(height - 1).time_ms if height > 1 else -1

    def _count_live(self, height: int) -> int:
        """Return the sum over what may not run again behind a block, counted from its rows."""
        total = 0
        self._may_have_run.clear()
        time_ms = self._time_before(height + 1)
        for digest, expiry_ms in self._database.all(
            "SELECT hash, expiry FROM ended WHERE expiry > ?", time_ms
        ):
            if type(digest) is not bytes or type(expiry_ms) is not int or expiry_ms < 0:
                raise self._damaged("it has lost which transactions have run")
            total = (total + _weight(digest, expiry_ms)) % SUM_LIMIT
            self._may_have_run.add(digest)
        found = self._database.one("SELECT value FROM meta WHERE name = 'live'")
        if found is None or found[0] != total.to_bytes(HASH_BYTES):
            raise self._damaged("it has lost which transactions have run")
        return total


class ScratchStore(Store):
    """A store of nobody: it lies in a file that has no name and ends with the process."""

    def __init__(self, chain: bytes) -> None:
        self._begin(scratch_database(SCHEMA, _first_rows(chain)), writes=True)


def _weight(transaction: bytes, expiry_ms: int) -> int:
    return int.from_bytes(sha256(transaction + expiry_ms.to_bytes(8)).digest())


def create_store(folder: str, chain: bytes) -> None:
    """Make an empty store in a folder, for the chain of a genesis hash. Raises `StoreFailed`."""
    create_database(folder, SCHEMA, _first_rows(chain))


def _first_rows(chain: bytes) -> list[tuple[str, tuple[str, object]]]:
    rows = (("format", FORMAT), ("chain", chain), ("live", NOTHING), ("places", NOTHING))
    return [("INSERT INTO meta VALUES (?, ?)", row) for row in rows]
