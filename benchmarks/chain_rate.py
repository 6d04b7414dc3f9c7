"""A stored chain: signed payments from bytes to committed blocks, against their signatures alone.

In come how many accounts there are; out come figures, each a ratio measured in one run: the rate of
payments by the rate at which the same library verifies the same signatures on the same cores, and
the rate of an audit by that of the run.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from servanda.chain.arguments import items_of
from servanda.chain.audit import audit
from servanda.chain.block import sealed_bytes
from servanda.chain.genesis import FirstMember, Genesis, Parameters
from servanda.chain.ledger import Ledger
from servanda.chain.signatures import is_signed
from servanda.chain.store import Store, create_store
from servanda.chain.transaction import Envelope, Transaction, read_envelope, signed_bytes
from servanda.interpreter.receipts import Amount

HERE = Path(__file__).parent
START_MS = 1_767_603_600_000
BLOCK_COUNT = 1_000
MEMBERS = {"ann": ("Registrar",), "bob": ("Registrar",), "ICBC": ("Bank",)}


class StoredChain:
    """A chain in a folder, with the transfers of the other benchmarks on it."""

    def __init__(self, folder: str) -> None:
        self.keys = {
            name: Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
            for name in (*MEMBERS, "node")
        }
        membership = resources.files("servanda") / "contracts" / "membership.contract"
        self.genesis = Genesis(
            name="benchmark",
            time_ms=START_MS,
            members=tuple(
                FirstMember(name, self.public(name), roles) for name, roles in MEMBERS.items()
            ),
            sealers={"node": self.public("node")},
            seals_min=1,
            membership=membership.read_text(encoding="utf-8"),
            zones_hash=bytes(32),
            parameters=Parameters(block_steps_max=10**9),
        )
        create_store(folder, self.genesis.hash)
        self.store = Store(folder, writes=True)
        self.ledger = Ledger(self.genesis, {}, self.store)
        self.time_ms = START_MS
        self.pool = ThreadPoolExecutor(os.cpu_count())
        self._count = 0

    def public(self, name: str) -> bytes:
        """Return a public key."""
        return self.keys[name].public_key().public_bytes_raw()

    def signed(
        self,
        signers: tuple[str, ...],
        action: str,
        arguments: tuple[object, ...],
        more: bytes = b"",
    ) -> bytes:
        """Return an envelope."""
        contract, _, name = action.partition(".")
        self._count += 1
        transaction = Transaction(
            chain=self.genesis.hash,
            contract=contract,
            version=1,
            action=name,
            arguments=items_of(arguments),
            signers=signers,
            nonce=self._count.to_bytes(16),
            expiry_ms=START_MS + 20 * 86_400_000,
            attachment=more,
        )
        body = transaction.to_bytes()
        signatures = {one: self.keys[one].sign(signed_bytes(body)) for one in signers}
        return Envelope(body, transaction, signatures).to_bytes()

    def block(self, envelopes: list[bytes]) -> None:
        """Run, seal and keep a block."""
        self.time_ms += 1_000
        self.ledger.verify(envelopes, self.pool.map)
        execution = self.ledger.execute(self.time_ms, envelopes)
        seal = self.keys["node"].sign(sealed_bytes(execution.header.to_bytes()))
        self.store.keep(execution, {"node": seal})
        self.ledger.commit()

    def blocks(self, envelopes: list[bytes]) -> float:
        """Run blocks of a thousand; return the seconds that all took."""
        start = time.perf_counter()
        for at in range(0, len(envelopes), BLOCK_COUNT):
            self.block(envelopes[at : at + BLOCK_COUNT])
        return time.perf_counter() - start

    def verified(self, envelopes: list[bytes]) -> float:
        """Return the seconds that verifying the signatures takes on all cores, and no more."""
        read = [read_envelope(one) for one in envelopes]
        tasks = [
            (self.public("ICBC"), one.signatures["ICBC"], signed_bytes(one.body)) for one in read
        ]
        parts = [tasks[at : at + 64] for at in range(0, len(tasks), 64)]
        start = time.perf_counter()
        for good in self.pool.map(lambda part: all(is_signed(*one) for one in part), parts):
            assert good, "every signature is good"
        return time.perf_counter() - start


def measure(accounts_count: int, payments_count: int) -> Iterator[tuple[str, float]]:
    """Yield each figure with its name."""
    source = (HERE / "transfers.contract").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        chain = StoredChain(folder)
        digest = hashlib.sha256(source).digest()
        chain.block(
            [chain.signed(("ann", "bob"), "Membership.deploy", ("Transfers", digest), source)]
        )
        bank = ("ICBC",)
        numbers = [f"6222-{index:07d}" for index in range(accounts_count)]
        opened = [chain.signed(bank, "Transfers.open", (one, "Normal")) for one in numbers]
        money = Amount(10**6, "CNY")
        filled = [chain.signed(bank, "Transfers.deposit", (one, money)) for one in numbers]
        prepared = chain.blocks(opened) + chain.blocks(filled)
        payments = [
            chain.signed(
                bank,
                "Transfers.pay",
                (
                    numbers[n * 7919 % accounts_count],
                    numbers[n * 104729 % accounts_count],
                    Amount(100 + n % 900, "CNY"),
                ),
            )
            for n in range(payments_count)
        ]
        alone = chain.verified(payments)
        ours = chain.blocks(payments)
        alone = min(alone, chain.verified(payments))
        yield "payments a second", payments_count / ours
        yield "signatures a second", payments_count / alone
        yield "payments against signatures", alone / ours
        start = time.perf_counter()
        for _ in audit(chain.store, chain.genesis, {}):
            pass
        audited = time.perf_counter() - start
        yield "audit against the run", (prepared + ours) / audited


if __name__ == "__main__":
    import sys

    for name, figure in measure(int(sys.argv[1]), int(sys.argv[2])):
        print(f"{name}: {figure:,.2f}")
