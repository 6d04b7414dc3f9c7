"""Crashes: a process that is killed while it begins a chain, and readers beside one that writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import chains
import pytest
from chains import StoredChain

from servanda.chain.database import DRAFT, FILE, StoreFailed
from servanda.chain.ledger import Ledger
from servanda.chain.store import Store, create_store
from servanda.interpreter.receipts import Amount
from servanda.node import GENESIS, load_genesis

KILLS = int(os.environ.get("SERVANDA_KILLS", "12"))
TESTS = str(Path(chains.__file__).parent)

BEGINNER = """
import sys
sys.path.insert(0, {tests!r})
import os
import chains, small_bank as bank
from servanda.chain.block import sealed_bytes
from servanda.chain.ledger import Ledger
from servanda.chain.store import Store
from servanda.node import GENESIS, Zones, load_genesis, write_genesis, zones_hash
from dataclasses import replace
from servanda.grammar.parser import use_grammar_cache
from servanda.grammar_cache import DiskGrammarCache
use_grammar_cache(DiskGrammarCache())
folder = {folder!r}
print("ready", flush=True)
if not os.path.exists(os.path.join(folder, GENESIS)):
    write_genesis(folder, replace(chains.genesis_of(bank.MEMBERS), zones_hash=zones_hash()))
chain = chains.Chain.__new__(chains.Chain)
chain.genesis = load_genesis(folder)
chain.kept = Store(folder, writes=True)
chain.ledger = Ledger(chain.genesis, {{}}, chain.kept)
chain.time_ms = chain.ledger.info.time_ms
chain.count = chain.ledger.info.height
if not chain.ledger.info.height:
    chain.deploy(bank.BANK, "Bank")
while True:
    chain.count = chain.ledger.info.height
    chain.does("icbc", "Bank.open", str(chain.count))
"""


def test_killed_as_it_begins_it_begins_again(tmp_path: Path) -> None:
    """At start-up, while the store is made, in the first block: the next process goes on."""
    folder = tmp_path / "chain"
    folder.mkdir()
    script = tmp_path / "beginner.py"
    script.write_text(BEGINNER.format(tests=TESTS, folder=str(folder)))
    heights = [0]
    for turn in range(KILLS // 2):
        # The first are killed before there is anything; the last in the middle of blocks.
        until = time.monotonic() + 0.4 + 0.1 * turn * (1 + turn % 2)
        heights.append(killed(script, folder, partial(is_before, until)))
    # Whatever the others left behind, one that is left alone goes on from it.
    heights.append(killed(script, folder, lambda: height_of(folder) < heights[-1] + 3))
    assert heights == sorted(heights)
    genesis = load_genesis(str(folder))
    with closing(Store(str(folder), writes=False)) as store:
        ledger = Ledger(genesis, {}, store)
        assert ledger.info.height == heights[-1]
        ledger.state.machine.audit()


def is_before(moment: float) -> bool:
    """Whether a moment of the clock that only goes on has not come."""
    return time.monotonic() < moment


def killed(script: Path, folder: Path, goes_on: Callable[[], bool]) -> int:
    """Return the height after a process that was killed when it should not go on."""
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"ready\n"
    last = time.monotonic() + 120
    while goes_on() and time.monotonic() < last and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    told = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert told == b"", "it was killed, and had not failed by itself"
    return height_of(folder)


def height_of(folder: Path) -> int:
    """Return the height of what stands in a folder; what has not begun stands at nothing."""
    if not (folder / GENESIS).exists():
        return 0
    load_genesis(str(folder))
    with closing(Store(str(folder), writes=False)) as store:
        return store.height


def test_a_store_that_was_begun_is_none(tmp_path: Path) -> None:
    """Half of one, with a log beside it, is thrown away by who begins again."""
    for ending in ("", "-wal", "-shm", "-journal"):
        (tmp_path / (FILE + DRAFT + ending)).write_bytes(b"half of something")
    with pytest.raises(StoreFailed, match="there is no store"):
        Store(str(tmp_path), writes=True)
    create_store(str(tmp_path), bytes(32))
    assert sorted(one.name for one in tmp_path.iterdir() if FILE in one.name) == [FILE]
    Store(str(tmp_path), writes=True).close()


READER = """
import sys, time
sys.path.insert(0, {tests!r})
from servanda.chain.store import Store
from servanda.chain.encoding import decode
store = Store({folder!r}, writes=False)
seen, last = 0, 0
print("ready", flush=True)
until = time.monotonic() + 1.5
while time.monotonic() < until:
    header = store.head()
    held = sum(
        decode(value)["balance"]
        for identity, value in store.records(header.height)
        if decode(identity)[:2] == ("Bank", "Account")
    )
    count = len(store.transactions(header.height)) + len(store.receipts(header.height))
    assert held == 50_000, held
    assert count == 6, count
    assert header.height >= last
    seen, last = seen + 1, header.height
print(seen, last)
"""


def test_a_reader_sees_whole_blocks_only(tmp_path: Path) -> None:
    """Money that moves in every block is never seen twice, nor missed, by one who reads beside."""
    (tmp_path / "chain").mkdir()
    chain = StoredChain(tmp_path / "chain")
    pay = ("Bank.pay", "a", "b"), ("Bank.pay", "b", "a")
    chain.block(*[signed(chain, *pay[0]) for _ in range(3)])
    script = tmp_path / "reader.py"
    script.write_text(READER.format(tests=TESTS, folder=chain.folder))
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    before = chain.kept.height
    turn = 0
    while process.poll() is None:
        turn += 1
        chain.block(*[signed(chain, *pay[turn % 2]) for _ in range(3)])
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    seen, last = map(int, out.split())
    assert seen > 5
    assert before < last <= chain.kept.height
    chain.kept.close()


def signed(chain: StoredChain, action: str, payer: str, payee: str) -> bytes:
    """Return a payment of a fen."""
    signer = "icbc" if payer == "a" else "boc"
    return chain.signed(chain.transaction(signer, action, payer, payee, Amount(1, "CNY")))
