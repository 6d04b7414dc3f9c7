"""Audit: everything again from the genesis, and every difference located.

In comes a store and a genesis; out comes how far all is right, block by block, or `Found`: the
first thing that is not what it should be. It re-executes every transaction through a ledger of its
own, and compares each header, receipt, record and node with what the store holds; a bit that
differs anywhere is in one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush

from servanda.chain.block import Block, Header, good_seals, read_block
from servanda.chain.encoding import Malformed
from servanda.chain.genesis import Genesis
from servanda.chain.ledger import BadBlock, Execution, Ledger
from servanda.chain.state_tree import Node, NodePath
from servanda.chain.store import Store
from servanda.interpreter.values.time_zones import Zone


class Found(Exception):  # noqa: N818 -- what was looked for
    """Something in a store is not what it should be; the message says what and where."""


class Again:
    """What a ledger that executes everything again has kept so far, in memory."""

    def __init__(self) -> None:
        self.last: Header | None = None
        self.nodes: dict[NodePath, Node] = {}
        self.live: dict[bytes, int] = {}
        self._expiring: list[tuple[int, bytes]] = []

    def head(self) -> Header | None:
        """Return the last header."""
        return self.last

    def records(self) -> Iterable[tuple[bytes, bytes]]:
        """Yield nothing: an audit begins at the genesis."""
        return ()

    def sources(self) -> Mapping[bytes, bytes]:
        """Return nothing, as for records."""
        return {}

    def find(self, path: NodePath, _: bytes) -> Node:
        """Return a node of the present tree."""
        return self.nodes[path]

    def has_run(self, transaction: bytes, expiry_ms: int) -> bool:
        """Whether a transaction has ended."""
        return self.live.get(transaction) == expiry_ms

    def keep(self, execution: Execution) -> None:
        """Keep a block."""
        self.last = execution.header
        self.nodes.update(execution.nodes)
        for name, expiry_ms in execution.ended.items():
            self.live[name] = expiry_ms
            heappush(self._expiring, (expiry_ms, name))
        while self._expiring and self._expiring[0][0] <= self.last.time_ms:
            del self.live[heappop(self._expiring)[1]]


def audit(store: Store, genesis: Genesis, zones: Mapping[str, Zone]) -> Iterator[int]:
    """Yield the height of each block that is right, the first first. Raises `Found`."""
    if store.chain != genesis.hash:
        raise Found("the store is of another genesis")
    again = Again()
    ledger = Ledger(genesis, zones, again)
    counts = [0, 0, 0]
    for height in range(1, store.height + 1):
        header = store.header(height)
        block = Block(header, store.transactions(height), store.seals(height))
        execution = replay(ledger, block)
        _compare(store, execution)
        counts = [
            count + len(made)
            for count, made in zip(
                counts, (execution.records, execution.nodes, execution.ended), strict=True
            )
        ]
        again.keep(execution)
        ledger.commit()
        yield height
    ledger.state.machine.audit()
    if dict(store.live()) != again.live:
        raise Found("which transactions may not run again is not what the blocks say")
    if store.counts() != tuple(counts):
        raise Found("the store holds more than its blocks made")


def audit_pack(
    genesis: Genesis, blocks: Iterable[bytes], zones: Mapping[str, Zone]
) -> Iterator[int]:
    """Yield the height of each block of a pack that is right, the first first. Raises `Found`."""
    again = Again()
    ledger = Ledger(genesis, zones, again)
    for number, data in enumerate(blocks, start=1):
        try:
            block = read_block(data)
        except Malformed as malformed:
            raise Found(f"block {number} cannot be read: {malformed}") from None
        again.keep(replay(ledger, block))
        ledger.commit()
        yield number
    ledger.state.machine.audit()


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


def _compare(store: Store, execution: Execution) -> None:
    """Raise `Found` unless a store holds what a block comes to."""
    height = execution.header.height
    if store.receipts(height) != execution.receipts:
        raise Found(f"block {height}: its receipts are not what its transactions come to")
    for identity, value in execution.records.items():
        if store.made_at(identity, height) != value:
            raise Found(f"block {height}: the record {identity.hex()} is not what it made")
    for path, node in execution.nodes.items():
        if store.node_at(path, height) != node.to_bytes():
            raise Found(f"block {height}: the node {path.hex()} is not what it made")
    for transaction in execution.ended:
        if store.height_of(transaction) != height:
            raise Found(f"block {height}: it did not keep that {transaction.hex()} ended in it")
    for name, source in execution.sources.items():
        if store.sources().get(name) != source:
            raise Found(f"block {height}: the source {name.hex()} is not what it deployed")
