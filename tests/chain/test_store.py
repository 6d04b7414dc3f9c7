"""The store: at one block or the next, never between; what was damaged is found, never served."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import chains
import pytest
import small_bank as bank
from chains import StoredChain

from servanda.chain.encoding import decode
from servanda.chain.genesis import Genesis
from servanda.chain.ledger import Ledger
from servanda.chain.store import FILE, Store, StoreFailed, create_store
from servanda.interpreter.receipts import Amount


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[StoredChain]:
    """Return a stored chain on which something has happened."""
    made = StoredChain(tmp_path)
    yield made
    made.kept.close()


def reopened(chain: StoredChain) -> Ledger:
    """Return a ledger from what is on the disk."""
    chain.kept.close()
    chain.open()
    return chain.ledger


def test_what_was_kept_comes_back(chain: StoredChain) -> None:
    """Blocks, receipts, records, tree and what has run, after the process is another."""
    info = chain.ledger.info
    assert reopened(chain).info == info
    assert chain.row("Bank", "Account", "a").b_balance == 50_000
    assert chain.kept.height == info.height == 5
    assert len(chain.kept.transactions(5)) == len(chain.kept.receipts(5)) == 1
    chain.does("icbc", "Bank.pay", "a", "b", Amount(1, "CNY"))
    chain.ledger.state.machine.audit()


def test_what_has_run_is_known_when_time_jumps(chain: StoredChain) -> None:
    """A store that is opened anew keeps first a block behind which everything has expired."""
    ledger = reopened(chain)
    chain.keep(ledger.execute(ledger.info.time_ms + 90 * 24 * chains.HOUR_MS, ()))
    ledger.commit()
    ledger = reopened(chain)
    assert not chain.kept.has_run(bytes(32), ledger.info.time_ms + 1)


def balance_of(value: bytes) -> int:
    """Return the balance in the value of a record."""
    held: Any = decode(value)
    return int(held["balance"])


def test_every_height_can_be_read(chain: StoredChain) -> None:
    """A record has the value that it had then; before it was made there is none."""
    form = chain.ledger.state.deployed.forms[chain.row("Bank", "Account", "a").table.model.type]
    identity = form.identity("a")
    balances = []
    for height in range(chain.kept.height + 1):
        value = chain.kept.record(identity, height)
        balances.append(None if value is None else balance_of(value))
    assert balances == [None, None, 0, 0, 50_000, 50_000]


def test_a_second_writer_is_refused(chain: StoredChain) -> None:
    """Readers are not, and the lock ends with its holder."""
    with pytest.raises(StoreFailed, match="in use"):
        Store(chain.folder, writes=True)
    reader = Store(chain.folder, writes=False)
    assert reader.height == 5
    chain.does("icbc", "Bank.open", "c")
    assert reader.height == 6
    reader.close()
    chain.kept.close()
    Store(chain.folder, writes=True).close()


def test_a_reader_writes_nothing(chain: StoredChain) -> None:
    """Whoever opened to read cannot keep a block, and says so."""
    chain.kept.close()
    chain.open(writes=False)
    with pytest.raises(StoreFailed, match="read-only"):
        chain.block()
    assert chain.kept.height == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_a_read_only_file_is_told(chain: StoredChain) -> None:
    """Before anything runs."""
    chain.kept.close()
    (Path(chain.folder) / FILE).chmod(0o400)
    with pytest.raises(StoreFailed, match="read-only"):
        Store(chain.folder, writes=True)


def test_a_full_disk_keeps_nothing_by_halves(chain: StoredChain) -> None:
    """The block that does not fit is not there, and all before it is."""
    pages = chain.kept._database.one("PRAGMA page_count")[0]
    chain.kept._database.one(f"PRAGMA max_page_count = {pages}")
    info = chain.ledger.info
    told = ""
    for number in range(1_000):
        info = chain.ledger.info
        try:
            chain.does("icbc", "Bank.open", f"full-{number}")
        except StoreFailed as failed:
            told = str(failed)
            break
    assert "the disk is full" in told
    chain.kept._database.one("PRAGMA max_page_count = 1000000")
    assert reopened(chain).info == info
    chain.ledger.state.machine.audit()
    chain.does("icbc", "Bank.open", "again")


def test_what_is_no_store_is_told(tmp_path: Path) -> None:
    """No file, another file, half a file: named, and left as it is."""
    with pytest.raises(StoreFailed, match="there is no store"):
        Store(str(tmp_path), writes=True)
    (tmp_path / FILE).write_bytes(b"something else")
    with pytest.raises(StoreFailed):
        Store(str(tmp_path), writes=True)
    with pytest.raises(StoreFailed, match="exists already"):
        create_store(str(tmp_path), bytes(32))
    assert (tmp_path / FILE).read_bytes() == b"something else"


def everything(folder: str, genesis: Genesis) -> tuple[Any, ...]:
    """Return all that a reader is served of a store."""
    store = Store(folder, writes=False)
    try:
        ledger = Ledger(genesis, {}, store)
        found = tuple(
            (store.header(height), store.transactions(height), store.receipts(height))
            for height in range(1, store.height + 1)
        )
        tree = tuple(store.find(path, node) for path, node in [(b"", ledger.info.state)])
        ledger.state.machine.audit()
        has_run = store.has_run(bytes(32), ledger.info.time_ms + 1)
        return found, ledger.info, tuple(store.records(store.height)), len(tree), has_run
    finally:
        store.close()


def test_a_flipped_bit_is_found_or_changes_nothing(chain: StoredChain) -> None:
    """Wherever it is: what is served is right, or the store is named as damaged."""
    chain.kept._database.one("PRAGMA wal_checkpoint(TRUNCATE)")
    chain.kept.close()
    path = Path(chain.folder) / FILE
    good = path.read_bytes()
    expected = everything(chain.folder, chain.genesis)
    damaged = 0
    step = max(1, len(good) // 100)
    for place in range(0, len(good), step):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        path.write_bytes(bytes(bad))
        try:
            found = everything(chain.folder, chain.genesis)
        except StoreFailed:
            damaged += 1
        else:
            assert found == expected, f"a flipped bit in byte {place} was served"
    assert damaged > 5
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(StoreFailed):
        everything(chain.folder, chain.genesis)


# ── kill ──────────────────────────────────────────────────────────────────────────────────────

VICTIM = """
import sys
sys.path.insert(0, {tests!r})
import chains, small_bank as bank
from servanda.chain.encoding import decode
from servanda.chain.genesis import Genesis
from servanda.chain.ledger import Ledger
from servanda.chain.store import Store
chain = chains.Chain(bank.MEMBERS)
chain.kept = Store({folder!r}, writes=True)
chain.ledger = Ledger(chain.genesis, {{}}, chain.kept)
chain.time_ms = chain.ledger.info.time_ms
height = chain.ledger.info.height
print("ready", flush=True)
while True:
    height += 1
    chain.time_ms += 1000
    transactions = [
        chains.Chain.signed(
            chain,
            chain.transaction(
                "icbc", "Bank.open", f"{{height}}-{{n}}", nonce=(height * 100 + n).to_bytes(16)
            ),
        )
        for n in range(3)
    ]
    execution = chain.ledger.execute(chain.time_ms, transactions)
    chain.kept.keep(execution, {{"node": bytes(64)}})
    chain.ledger.commit()
"""


def test_killed_at_any_moment_it_stands_at_a_block(chain: StoredChain, tmp_path: Path) -> None:
    """A real process, killed again and again, comes to what one that was never killed comes to."""
    chain.kept.close()
    script = tmp_path / "victim.py"
    script.write_text(VICTIM.format(tests=str(Path(chains.__file__).parent), folder=chain.folder))
    heights = [5]
    kills = int(os.environ.get("SERVANDA_KILLS", "12"))
    for turn in range(kills):
        process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.003 * (turn * 7 % 40))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = Store(chain.folder, writes=False)
        heights.append(store.height)
        store.close()
    assert heights == sorted(heights)
    assert heights[-1] > 5
    again = chains.Chain(bank.MEMBERS)
    store = Store(chain.folder, writes=False)
    for height in range(1, store.height + 1):
        header = store.header(height)
        execution = again.ledger.execute(header.time_ms, store.transactions(height))
        assert execution.header == header
        again.kept.keep(execution)
        again.ledger.commit()
    assert dict(store.records(store.height)) == again.kept.values
    store.close()
    with closing(sqlite3.connect(Path(chain.folder) / FILE)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
