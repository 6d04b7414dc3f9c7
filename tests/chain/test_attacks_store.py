"""A hostile store: whatever stands in its place, what is served is right, or it is named.

A store that was rolled back to an earlier block is a right one of its time: nobody who has this
file alone can know of another. Everything else is found.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from chains import StoredChain
from mutate import mutated

from servanda.chain.audit import Found, audit
from servanda.chain.database import FILE, LOCK, StoreFailed
from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.ledger import Ledger
from servanda.chain.shelf import DamagedRecord
from servanda.chain.store import Store, create_store
from servanda.interpreter.receipts import Amount

WAL, INDEX = f"{FILE}-wal", f"{FILE}-shm"
Served = tuple[Any, ...]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredChain]:
    """Return a stored chain with enough on it to have pages of every kind; it stays open."""
    made = StoredChain(tmp_path_factory.mktemp("chain"))
    for number in range(30):
        made.does("icbc", "Bank.open", f"account-{number:03d}")
        made.does("icbc", "Bank.pay", "a", f"account-{number:03d}", Amount(number + 1, "CNY"))
    yield made
    made.kept.close()


def served(folder: Path, chain: StoredChain) -> list[Served]:
    """Return all that a reader is served, block by block, the state last."""
    store = Store(str(folder), writes=False)
    try:
        ledger = Ledger(chain.genesis, {}, store)
        found: list[Served] = [
            (store.header(height), store.transactions(height), store.receipts(height))
            for height in range(1, store.height + 1)
        ]
        rows = [
            (row.key, row.f_holder, row.b_balance)
            for table in ledger.state.machine.tables.values()
            if table.name == "Account"
            for row in table.records()
        ]
        return [*found, (ledger.info, *rows)]
    finally:
        store.close()


@pytest.fixture(scope="module")
def good(chain: StoredChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the store in one file, without anything beside it."""
    folder = tmp_path_factory.mktemp("good")
    with (
        closing(sqlite3.connect(Path(chain.folder) / FILE)) as source,
        closing(sqlite3.connect(folder / FILE)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
    return folder


@pytest.fixture(scope="module")
def with_log(chain: StoredChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store whose last blocks stand in its log alone."""
    folder = tmp_path_factory.mktemp("log")
    for name in (FILE, WAL):
        shutil.copy(Path(chain.folder) / name, folder / name)
    return folder


def copied(source: Path, target: Path) -> Path:
    """Return a copy of a folder's files, in a folder without any others."""
    for one in target.iterdir():
        one.unlink()
    for one in source.iterdir():
        shutil.copy(one, target / one.name)
    return target


def is_right(found: list[Served], expected: list[Served]) -> bool:
    """Whether what is served is the chain, or the chain as it stood at an earlier block."""
    return found[:-1] == expected[: len(found) - 1] and (
        len(found) != len(expected) or found[-1] == expected[-1]
    )


Change = Callable[[bytearray, Random, int], None]


def zero_a_page(data: bytearray, random: Random, size: int) -> None:
    """Fill a page with zeros."""
    at = random.randrange(len(data) // size) * size
    data[at : at + size] = bytes(size)


def swap_two_pages(data: bytearray, random: Random, size: int) -> None:
    """Let two pages change places."""
    one, other = (random.randrange(len(data) // size) * size for _ in range(2))
    data[one : one + size], data[other : other + size] = (
        data[other : other + size],
        data[one : one + size],
    )


def repeat_a_page(data: bytearray, random: Random, size: int) -> None:
    """Let a page stand in the place of another."""
    one, other = (random.randrange(len(data) // size) * size for _ in range(2))
    data[one : one + size] = data[other : other + size]


def cut(data: bytearray, random: Random, _: int) -> None:
    """End the file somewhere."""
    del data[random.randrange(len(data)) :]


def scribble(data: bytearray, random: Random, _: int) -> None:
    """Write anything over sixteen bytes."""
    at = random.randrange(len(data))
    data[at : at + 16] = random.randbytes(len(data[at : at + 16]))


def point_elsewhere(data: bytearray, random: Random, size: int) -> None:
    """Bend a pointer near the beginning of a page, where those to cells and children stand."""
    at = random.randrange(len(data) // size) * size + random.randrange(40)
    data[at] = random.randrange(256)


CHANGES: list[Change] = [
    *(zero_a_page, swap_two_pages, repeat_a_page, cut, scribble, point_elsewhere),
]
TURNS = int(os.environ.get("SERVANDA_DAMAGES", "12"))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("file", [FILE, WAL])
def test_damage_is_found_or_changes_nothing(
    chain: StoredChain, good: Path, with_log: Path, tmp_path: Path, file: str, change: Change
) -> None:
    """Pages that are gone, swapped, doubled, cut off or scribbled on, in the store or its log."""
    source = good if file == FILE else with_log
    expected = served(copied(source, tmp_path), chain)
    size = 4_096
    for turn in range(TURNS):
        copied(source, tmp_path)
        data = bytearray((tmp_path / file).read_bytes())
        change(data, Random(f"{change.__name__} {turn}"), size)  # noqa: S311 -- the same again
        (tmp_path / file).write_bytes(bytes(data))
        try:
            found = served(tmp_path, chain)
        except (StoreFailed, DamagedRecord):
            continue
        assert is_right(found, expected), f"turn {turn} was served"


# ── what is no store of ours ──────────────────────────────────────────────────────────────────

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS {} FROM n"
FOREIGN = {
    "a view without end": (
        f"ALTER TABLE sources RENAME TO kept; CREATE VIEW sources AS {ENDLESS.format('hash')}"
    ),
    "a view for what says what it is": (
        f"ALTER TABLE meta RENAME TO kept; CREATE VIEW meta AS {ENDLESS.format('name')}"
    ),
    "a trigger": (
        "CREATE TRIGGER more AFTER INSERT ON blocks BEGIN DELETE FROM blocks WHERE height = 1; END"
    ),
    "one more table": "CREATE TABLE more (one)",
    "one more index": "CREATE INDEX more ON blocks (hash)",
    "a table that is gone": "DROP TABLE sources",
    "a table of another form": "ALTER TABLE blocks ADD COLUMN more",
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("writes", [False, True])
def test_a_store_of_another_form_is_refused(
    good: Path, tmp_path: Path, what: str, *, writes: bool
) -> None:
    """A database can hold programs; none of them is run, and nothing is read that could be one."""
    folder = copied(good, tmp_path)
    with closing(sqlite3.connect(folder / FILE)) as database:
        database.executescript(FOREIGN[what])
    with pytest.raises(StoreFailed, match=r"form|damaged"):
        Store(str(folder), writes=writes)


def sparse(path: Path) -> None:
    """Make a file that says it has ten gigabytes."""
    with path.open("wb") as file:
        file.truncate(10 * 2**30)


def another_database(path: Path) -> None:
    """Make a database of somebody else's."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE meta (name, value); INSERT INTO meta VALUES (1, 2)")


IN_ITS_PLACE: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "an empty file": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(100_000)),
    "a text": lambda path: path.write_text("SQLite format 3\0" * 400),
    "ten gigabytes of nothing": sparse,
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to(path.parent / "nothing"),
    "a link to what never ends": lambda path: path.symlink_to("/dev/zero"),
    "another database": another_database,
}


@pytest.mark.parametrize("what", IN_ITS_PLACE)
@pytest.mark.parametrize("writes", [False, True])
def test_what_is_no_store_is_named_at_once(tmp_path: Path, what: str, *, writes: bool) -> None:
    """It is neither waited for nor read whole, and it is left as it is."""
    path = tmp_path / FILE
    IN_ITS_PLACE[what](path)
    before = os.lstat(path) if os.path.lexists(path) else None
    with pytest.raises(StoreFailed):
        Store(str(tmp_path), writes=writes)
    if before is None:
        assert not os.path.lexists(path)
    else:
        after = os.lstat(path)
        assert (after.st_size, after.st_mode) == (before.st_size, before.st_mode)


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link to itself", "a text"])
def test_a_lock_that_is_none_is_told(good: Path, tmp_path: Path, what: str) -> None:
    """Who cannot be sure to be alone does not write."""
    folder = copied(good, tmp_path)
    IN_ITS_PLACE[what](folder / LOCK)
    with pytest.raises(StoreFailed):
        Store(str(folder), writes=True)
    Store(str(folder), writes=False).close()


def test_the_store_of_another_chain_is_refused(good: Path, tmp_path: Path) -> None:
    """What a ledger is told about another chain, it does not take for its own."""
    folder = copied(good, tmp_path)
    with closing(sqlite3.connect(folder / FILE)) as database:
        database.execute("UPDATE meta SET value = ? WHERE name = 'chain'", (bytes(32),))
        database.commit()
    store = Store(str(folder), writes=False)
    with pytest.raises(StoreFailed, match="block"):
        store.head()
    store.close()


# ── what changes while it is open ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", ["an older one", "nothing", "another file"])
def test_a_store_that_was_replaced_keeps_no_block(tmp_path: Path, what: str) -> None:
    """A block in a file that nobody finds any more would be lost: it is told at once."""
    home, older = tmp_path / "home", tmp_path / "older"
    home.mkdir()
    older.mkdir()
    chain = StoredChain(home)
    chain.kept.close()
    for one in home.iterdir():
        shutil.copy(one, older / one.name)
    chain.open()
    chain.does("icbc", "Bank.open", "c")
    (home / FILE).unlink()
    if what == "an older one":
        shutil.copy(older / FILE, home / FILE)
    elif what == "another file":
        (home / FILE).write_bytes(b"something else")
    with pytest.raises(StoreFailed, match="was replaced"):
        chain.does("icbc", "Bank.open", "d")
    chain.kept.close()


def test_a_folder_can_be_moved_while_it_is_open(tmp_path: Path) -> None:
    """Then the path leads nowhere, and it is told; opened where it is now, nothing is missing."""
    (tmp_path / "home").mkdir()
    chain = StoredChain(tmp_path / "home")
    height = chain.kept.height
    (tmp_path / "home").rename(tmp_path / "moved")
    with pytest.raises(StoreFailed, match="was replaced"):
        chain.does("icbc", "Bank.open", "c")
    chain.kept.close()
    chain.folder = str(tmp_path / "moved")
    chain.open()
    assert chain.kept.height == height
    chain.does("icbc", "Bank.open", "c")
    chain.kept.close()


def test_a_log_of_another_time_is_found_or_changes_nothing(tmp_path: Path) -> None:
    """The log of an older copy beside a newer store, and the other way round."""
    (tmp_path / "home").mkdir()
    own = StoredChain(tmp_path / "home")
    copies = []
    for number in range(3):
        own.does("icbc", "Bank.open", f"x{number}")
        copies.append(tmp_path / f"copy{number}")
        copies[-1].mkdir()
        for name in (FILE, WAL):
            shutil.copy(Path(own.folder) / name, copies[-1] / name)
        if number == 1:
            own.kept.close()
            own.open()
    expected = served(copies[2], own)
    own.kept.close()
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for one in range(3):
        for other in range(3):
            copied(copies[one], mixed)
            shutil.copy(copies[other] / WAL, mixed / WAL)
            try:
                found = served(mixed, own)
            except (StoreFailed, DamagedRecord):
                continue
            assert is_right(found, expected), f"store {one} with log {other}"


def test_a_store_is_made_beside_nothing(tmp_path: Path) -> None:
    """A folder that is none, one that cannot be written, a log left behind by another store."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreFailed):
        create_store(str(tmp_path / "file"), bytes(32))
    with pytest.raises(StoreFailed):
        create_store(str(tmp_path / "nowhere"), bytes(32))


# ── who mends what he has changed ─────────────────────────────────────────────────────────────


def used(folder: Path, chain: StoredChain) -> None:
    """Read all of a store through a ledger, and make a block of what needs most of it."""
    store = Store(str(folder), writes=True)
    try:
        ledger = Ledger(chain.genesis, {}, store)
        for table in ledger.state.machine.tables.values():
            list(table.records())
        for height in range(1, store.height + 1):
            list(store.records(height))
        sent = [
            chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", Amount(1, "CNY"))),
            chain.signed(chain.transaction("ann", "Membership.enrol", "cy", bytes(32))),
        ]
        execution = ledger.execute(chain.time_ms + 10**9, sent)
        store.keep(execution, {})
    finally:
        store.close()


def is_named(folder: Path, chain: StoredChain) -> bool:
    """Whether a store is refused when it is used or, where that needs nothing of it, audited."""
    store = Store(str(folder), writes=False)
    try:
        list(audit(store, chain.genesis, {}))
    except (Found, StoreFailed):
        store.close()
    else:
        return False
    try:
        used(folder, chain)
        served(folder, chain)
    except StoreFailed:
        pass
    return True


COLUMNS = {
    "records": ("identity", "value"),
    "nodes": ("data",),
    "entries": ("key", "value"),
    "places": ("name", "sum"),
    "blocks": ("header", "seals", "transactions", "receipts", "root", "node", "record", "hash"),
    "meta": ("value",),
    "ended": ("expiry", "hash", "height"),
    "sources": ("source", "hash"),
}


def bend(database: sqlite3.Connection, random: Random) -> str:
    """Change one value of one row, as an item where it encodes one; return which."""
    table = random.choice(list(COLUMNS))
    column = random.choice(COLUMNS[table])
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    row = random.choice(database.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608
    value = row[names.index(column)]
    if type(value) is bytes:
        try:
            value = encode(mutated(decode(value), random))
        except (Malformed, AssertionError):
            value = value[: random.randrange(len(value))]
        if value == row[names.index(column)]:
            value = b"another"
    else:
        value = random.choice((value + 1, 0, -5, 2**62, "x", b"y", 1.5))
    where = " AND ".join(f"{name} IS ?" for name in names)
    database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *row))  # noqa: S608
    return f"{table}.{column}"


def test_a_value_that_was_changed_is_named(chain: StoredChain, good: Path, tmp_path: Path) -> None:
    """Whatever stands in whichever row: it is named, or it was never needed and is as it was."""
    for turn in range(TURNS):
        folder = copied(good, tmp_path)
        with closing(sqlite3.connect(folder / FILE)) as database:
            try:
                where = bend(database, Random(turn))  # noqa: S311 -- the same again
            except sqlite3.Error:
                continue
            database.commit()
        assert is_named(folder, chain), f"turn {turn} changed {where}, and nobody minded"


def test_an_entry_that_was_forged_with_its_sums_is_named(
    chain: StoredChain, good: Path, tmp_path: Path
) -> None:
    """Who mends every sum behind it meets the form of entries, and the records that are signed."""
    for turn in range(TURNS):
        folder = copied(good, tmp_path)
        random = Random(turn)  # noqa: S311 -- the same again
        store = Store(str(folder), writes=True)
        rows = list(
            store._database.all(
                "SELECT name, key, value FROM entries JOIN places ON number = place"
            )
        )
        place, key, value = random.choice(rows)
        try:
            forged = encode(mutated(decode(value), random))
        except (Malformed, AssertionError):
            forged = b"x" + value
        if forged == value:
            store.close()
            continue
        with store._database.writing():
            store._entries.keep({place: {key + b"\x01" * (turn % 2): forged}})
        store.close()
        assert is_named(folder, chain), f"turn {turn} was not missed"
