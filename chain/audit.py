"""Audit: everything again from the genesis, and every difference located.

In comes a store and a genesis; out comes how far all is right, block by block, or `Found`: the
first thing that is not what it should be. It re-executes every transaction into a store of its own,
which nobody could change, and compares every row of the two; a bit that differs anywhere is in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import zip_longest

from servanda.chain.admission import Spread
from servanda.chain.block import Block, good_seals, read_block
from servanda.chain.encoding import Malformed
from servanda.chain.genesis import BadGenesis, Genesis
from servanda.chain.kept import Kept
from servanda.chain.ledger import BadBlock, Execution, Ledger
from servanda.chain.store import KeptRow, ScratchStore, Store
from servanda.interpreter.values.time_zones import Zone


class Found(Exception):  # noqa: N818 -- what was looked for
    """Something in a store is not what it should be; the message says what and where."""


def audit(
    store: Store, genesis: Genesis, zones: Mapping[str, Zone], spread: Spread = map
) -> Iterator[int]:
    """Yield the height of each block that is right, the first first. Raises `Found`.

    `spread` verifies the signatures of the next block beside the one that is executed.
    """
    if store.chain != genesis.hash:
        raise Found("the store is of another genesis")
    with closing(ScratchStore(genesis.hash)) as again:
        ledger = _begun(genesis, zones, again)
        blocks = map(store.block, range(1, store.height + 1))
        for block in ledger.verify_each_ahead(blocks, transactions_of, spread):
            height = block.header.height
            again.keep(replay(ledger, block), block.seals)
            ledger.commit()
            _compare(store.rows_of(height), again.rows_of(height))
            yield height
        ledger.state.machine.audit()
        _compare(store.other_rows(), again.other_rows())


def audit_pack(
    genesis: Genesis, blocks: Iterable[bytes], zones: Mapping[str, Zone], spread: Spread = map
) -> Iterator[int]:
    """Yield the height of each block of a pack that is right, the first first. Raises `Found`.

    `spread` is as for `audit`.
    """
    with closing(ScratchStore(genesis.hash)) as again:
        ledger = _begun(genesis, zones, again)
        for block in ledger.verify_each_ahead(read_blocks(blocks), transactions_of, spread):
            again.keep(replay(ledger, block), block.seals)
            ledger.commit()
            yield block.header.height
        ledger.state.machine.audit()


def _begun(genesis: Genesis, zones: Mapping[str, Zone], kept: Kept) -> Ledger:
    """Return the ledger of a genesis, or raise `Found` where nothing can be run with it."""
    try:
        return Ledger(genesis, zones, kept)
    except BadGenesis as bad:
        raise Found(f"the genesis cannot be run: {bad}") from None


def read_blocks(blocks: Iterable[bytes]) -> Iterator[Block]:
    """Yield the blocks of their bytes. Raises `Found`."""
    for number, data in enumerate(blocks, start=1):
        try:
            yield read_block(data)
        except Malformed as malformed:
            raise Found(f"block {number} cannot be read: {malformed}") from None


def transactions_of(block: Block) -> tuple[bytes, ...]:
    """Return the transactions of a block."""
    return block.transactions


def replay(ledger: Ledger, block: Block) -> Execution:
    """Execute a block that somebody else has made; raise `Found` if it is wrong."""
    header, sealers = block.header, ledger.genesis.sealers
    try:
        ledger.validate(block)
    except BadBlock as bad:
        raise Found(str(bad)) from None
    good = good_seals(header, block.seals, sealers)
    if len(good) < ledger.genesis.seals_min or len(good) != len(block.seals):
        raise Found(f"block {header.height}: a seal is not good, or one is missing")
    execution = ledger.execute(header.time_ms, block.transactions)
    if execution.header != header:
        raise Found(f"block {header.height}: its header is not what its transactions come to")
    return execution


def _compare(found: Iterable[KeptRow], expected: Iterable[KeptRow]) -> None:
    """Raise `Found` at the first row that a store has not, or has otherwise."""
    for one, other in zip_longest(found, expected):
        if one != other:
            where = (other or one).where
            raise Found(f"{where} is not what the transactions come to")
