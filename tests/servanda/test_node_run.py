"""A node that runs many blocks: the same as one that is given each transaction by itself."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import chains
import pytest
import small_bank as bank

from servanda.chain.encoding import decode
from servanda.chain.store import StoreFailed
from servanda.interpreter.receipts import Amount
from servanda.node import Node, rarely_collecting, write_genesis, zones_hash
from servanda.verifiers import Verifiers

Blocks = list[tuple[int, list[bytes]]]


@pytest.fixture
def chain() -> chains.Chain:
    """Return a chain that can be run by a node of this machine."""
    made = chains.Chain(bank.MEMBERS)
    made.genesis = replace(made.genesis, zones_hash=zones_hash())
    return made


def node_in(folder: Path, chain: chains.Chain) -> Node:
    """Return a node that makes blocks, on a new chain."""
    write_genesis(str(folder), chain.genesis)
    return Node(str(folder), ("node", chains.key_of("node")))


def blocks_of(chain: chains.Chain) -> Blocks:
    """Return blocks that deploy a bank and pay, one payment with a signature that is not good."""
    source = bank.BANK.encode()
    named = ("Bank", hashlib.sha256(source).digest())
    deploy = chain.transaction("ann bob", "Membership.deploy", *named, attachment=source)
    opened = [chain.transaction(*one) for one in (("icbc", "Bank.open", "a"),)]
    filled = chain.transaction("pboc", "Bank.deposit", "a", Amount(50_000, "CNY"))
    forged = chain.signed(chain.transaction("icbc", "Bank.open", "c"))
    rows = [
        [chain.signed(deploy)],
        [chain.signed(one) for one in opened],
        [chain.signed(filled), forged[:-1] + bytes([forged[-1] ^ 1]), b"nothing"],
        [],
    ]
    return [
        (chains.START_MS + 1_000 * number, transactions)
        for number, transactions in enumerate(rows, start=1)
    ]


def test_many_blocks_are_as_each_by_itself(chain: chains.Chain, tmp_path: Path) -> None:
    """The same receipts, the same headers; with processes that verify, and without."""
    blocks = blocks_of(chain)
    alone = node_in(tmp_path / "alone", chain)
    expected = []
    for time_ms, transactions in blocks:
        expected.append([*alone.begin(time_ms), *map(alone.take, transactions)])
        alone.end()
    codes = [[decode(one)[2] for one in receipts] for receipts in expected]  # type: ignore[index]
    assert codes == [[None], [None], [None, "BAD_SIGNATURE", "MALFORMED"], []]
    with Verifiers(2, alone_count_max=0) as verifiers:
        for name, spread in (("here", map), ("beside", verifiers.spread)):
            node = node_in(tmp_path / name, chain)
            assert [list(receipts) for receipts in node.run(blocks, spread)] == expected
            assert node.store.head() == alone.store.head()
            node.close()
    alone.close()


def test_each_block_is_kept_when_its_receipts_are_told(chain: chains.Chain, tmp_path: Path) -> None:
    """Another process sees it at once; whoever stops asking leaves a chain that goes on."""
    node = node_in(tmp_path, chain)
    blocks = blocks_of(chain)
    running = node.run(blocks)
    for height in (1, 2):
        next(running)
        reader = Node(str(tmp_path))
        assert reader.ledger.info.height == height
        reader.close()
    del running
    node.close()
    node = Node(str(tmp_path), ("node", chains.key_of("node")))
    assert len(list(node.run(blocks[2:]))) == 2
    node.close()


def test_what_cannot_be_kept_is_told(
    chain: chains.Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full ends the run with the error that names it."""
    node = node_in(tmp_path, chain)

    def full(*_: object) -> None:
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(node.store, "keep", full)
    with pytest.raises(StoreFailed, match="full"):
        list(node.run(blocks_of(chain)))
    node.close()


def test_garbage_is_looked_for_as_before() -> None:
    """Also behind a run that failed."""
    before = gc.get_threshold()

    def failing() -> Iterator[None]:
        with rarely_collecting():
            assert gc.get_threshold() != before
            yield
            raise StoreFailed("x")

    with pytest.raises(StoreFailed):
        list(failing())
    assert gc.get_threshold() == before
