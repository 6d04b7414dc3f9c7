"""Chains in memory for tests: members with keys from their names, signed transactions, blocks.

In come names and actions; out come ledgers to act on.
"""

# An argument is of any type of the language.
# ruff: noqa: ANN401

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from small_bank import BANK, MEMBERS

from servanda.chain.arguments import items_of
from servanda.chain.block import sealed_bytes
from servanda.chain.encoding import decode
from servanda.chain.genesis import FirstMember, Genesis, Parameters
from servanda.chain.ledger import Execution, Ledger
from servanda.chain.store import ScratchStore, Store, create_store
from servanda.chain.transaction import Envelope, Transaction, signed_bytes
from servanda.interpreter.receipts import Amount
from servanda.interpreter.values.time_zones import Zone
from servanda.interpreter.values.times import parse_time

MEMBERSHIP = (resources.files("servanda") / "contracts" / "membership.contract").read_text("utf-8")
START_MS = parse_time("2026-01-05T09:00Z")
HOUR_MS = 3_600_000


def key_of(name: str) -> Ed25519PrivateKey:
    """Return the private key of a name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def public_key_of(name: str) -> bytes:
    """Return the public key of a name."""
    return key_of(name).public_key().public_bytes_raw()


def genesis_of(members: str, **parameters: int) -> Genesis:
    """Return a genesis: `members="ann:Registrar bob:Registrar icbc:Bank,Issuer"`."""
    found = []
    for part in members.split():
        member, _, roles = part.partition(":")
        held = tuple(filter(None, roles.split(",")))
        found.append(FirstMember(member, public_key_of(member), held))
    return Genesis(
        *("test", START_MS, tuple(found), {"node": public_key_of("node")}, 1, MEMBERSHIP),
        zones_hash=bytes(32),
        parameters=Parameters(**parameters),
    )


def close_when_dropped(store: Store) -> None:
    """Close the files of a store that a test makes and drops; Python 3.13 asks for it."""
    weakref.finalize(store, store._database.close)


class MemoryKept(ScratchStore):
    """A store of nobody that remembers what it was given."""

    def __init__(self, chain: bytes = bytes(32)) -> None:
        super().__init__(chain)
        self.blocks: list[Execution] = []
        close_when_dropped(self)

    def keep(self, execution: Execution, seals: Mapping[str, bytes] | None = None) -> None:
        """Keep a block."""
        super().keep(execution, seals or {})
        self.blocks.append(execution)

    @property
    def values(self) -> dict[bytes, bytes]:
        """The value of every record, by identity."""
        return dict(self.records(self.height))


class Chain:
    """A ledger with a clock and names for its members."""

    zones: Mapping[str, Zone] = {}
    title = "test"
    """What the genesis calls the chain: two of one title and the same members are one chain."""

    def __init__(self, members: str, **parameters: int) -> None:
        self.genesis = replace(genesis_of(members, **parameters), name=self.title)
        self.kept: Any = MemoryKept(self.genesis.hash)
        self.ledger = Ledger(self.genesis, self.zones, self.kept)
        self.time_ms = START_MS
        self.count = 0

    def reopened(self) -> Ledger:
        """Return a ledger made from what was kept, and go on with it."""
        self.ledger = Ledger(self.genesis, self.zones, self.kept)
        return self.ledger

    def transaction(self, signers: str, action: str, *arguments: Any, **more: Any) -> Transaction:
        """Return a transaction of `Contract.action`."""
        contract, _, name = action.partition(".")
        self.count += 1
        given: dict[str, Any] = {
            "chain": self.genesis.hash,
            "version": 1,
            "expiry_ms": self.time_ms + 24 * HOUR_MS,
            "nonce": self.count.to_bytes(16),
            **more,
        }
        return Transaction(
            contract=contract,
            action=name,
            arguments=items_of(arguments),
            signers=tuple(signers.split()),
            **given,
        )

    def signed(self, transaction: Transaction, by: Sequence[str] | None = None) -> bytes:
        """Return an envelope signed by some of the signers (all unless named)."""
        body = transaction.to_bytes()
        names = transaction.signers if by is None else by
        signatures = {name: key_of(name).sign(signed_bytes(body)) for name in names}
        return Envelope(body, transaction, signatures).to_bytes()

    def keep(self, execution: Execution) -> None:
        """Seal and keep a block."""
        seal = key_of("node").sign(sealed_bytes(execution.header.to_bytes()))
        self.kept.keep(execution, {"node": seal})

    def block(self, *envelopes: bytes, wait_ms: int = 1_000) -> list[Any]:
        """Make a block of these envelopes; return its receipts."""
        self.time_ms += wait_ms
        execution = self.ledger.execute(self.time_ms, envelopes)
        self.keep(execution)
        self.ledger.commit()
        return [decode(one) for one in execution.receipts]

    def does(self, signers: str, action: str, *arguments: Any, **more: Any) -> Any:
        """Run an action alone in a block; it must be done. Return what it gave."""
        receipt = self.run(signers, action, *arguments, **more)
        assert receipt[0] == 0, receipt
        assert receipt[2] is None, receipt
        return receipt[5]

    def run(self, signers: str, action: str, *arguments: Any, **more: Any) -> Any:
        """Run an action alone in a block; return its receipt."""
        transaction = self.transaction(signers, action, *arguments, **more)
        return self.block(self.signed(transaction))[-1]

    def code(self, signers: str, action: str, *arguments: Any, **more: Any) -> str | None:
        """Run an action alone in a block; return the code of its refusal."""
        receipt = self.run(signers, action, *arguments, **more)
        return str(receipt[2]) if receipt[2] is not None else None

    def deploy(self, source: str, name: str, signers: str = "ann bob") -> None:
        """Deploy a contract."""
        data = source.encode()
        digest = hashlib.sha256(data).digest()
        self.does(signers, "Membership.deploy", name, digest, attachment=data)

    def upgrade(self, source: str, name: str, version: int = 2, **more: Any) -> Any:
        """Upgrade a contract; return the receipt."""
        data = source.encode()
        digest = hashlib.sha256(data).digest()
        arguments = ("Membership.upgrade", name, version, digest)
        return self.run("ann bob", *arguments, attachment=data, **more)

    def row(self, contract: str, record: str, key: Any) -> Any:
        """Return a record."""
        for its_type, table in self.ledger.state.machine.tables.items():
            if (its_type.contract, its_type.name) == (contract, record):
                return table.rows[key]
        raise KeyError(record)


class StoredChain(Chain):
    """A chain on the disk whose blocks are sealed, with a bank that holds some money."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MEMBERS)
        self.folder = str(folder)
        create_store(self.folder, self.genesis.hash)
        self.open()
        self.deploy(BANK, "Bank")
        self.does("icbc", "Bank.open", "a")
        self.does("boc", "Bank.open", "b")
        self.does("pboc", "Bank.deposit", "a", Amount(50_000, "CNY"))
        self.does("icbc pboc", "Bank.put_by", "a", Amount(500, "CNY"))

    def open(self, *, writes: bool = True) -> None:
        """Open what is on the disk."""
        self.kept = Store(self.folder, writes=writes)
        close_when_dropped(self.kept)
        self.ledger = Ledger(self.genesis, self.zones, self.kept)
