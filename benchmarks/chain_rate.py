"""A stored chain: signed payments from bytes to committed blocks, against their signatures alone.

In come how many accounts there are; out come figures, each a ratio of what was measured in turn in
one run: the rate of payments by the rate at which the same library verifies the same signatures on
the same cores, that with many accounts by that with few, and that of an audit by that of the run.

A payment is counted once the block that holds it is on the disk, with its receipt, its records and
the nodes of the state tree. Each figure is of the least time of some rounds, because the machine
may have other work; the processor time of the process that executes stands beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from row import Row

from servanda.chain.arguments import items_of
from servanda.chain.audit import audit
from servanda.chain.encoding import decode
from servanda.chain.genesis import FirstMember, Genesis, Parameters
from servanda.chain.transaction import Envelope, Transaction, read_envelope, signed_bytes
from servanda.interpreter.receipts import Amount
from servanda.node import Node, Zones, rarely_collecting, write_genesis, zones_hash
from servanda.verifiers import Verifiers

HERE = Path(__file__).parent
START_MS = 1_767_603_600_000
BLOCK_COUNT = 10_000
PAYMENTS_COUNT = 40_000
OPENED_COUNT = 1_000
"""So many accounts one call of `open_many` makes."""
ROUNDS = 3
MEMBERS = {"ann": ("Registrar",), "bob": ("Registrar",), "ICBC": ("Bank",)}


class Round(NamedTuple):
    """What one round took, in seconds for each payment."""

    alone: float
    """Verifying the signatures on all cores, and no more."""
    alone_cpu: float
    """The same in processor time."""
    ours: float
    executing_cpu: float
    """The processor time of the process that executes, which has one core."""
    verifying_cpu: float
    """That of the processes that verify."""

    @property
    def cpu(self) -> float:
        """The processor time of all processes, which is what bounds the rate of two busy cores."""
        return self.executing_cpu + self.verifying_cpu


class StoredChain:
    """A chain in a folder, with the transfers of the other benchmarks on it."""

    def __init__(self, accounts_count: int) -> None:
        self.accounts_count = accounts_count
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
            zones_hash=zones_hash(),
            parameters=Parameters(block_steps_max=10**9),
        )
        self.folder = tempfile.mkdtemp()
        write_genesis(self.folder, self.genesis)
        self.node = Node(self.folder, ("node", self.keys["node"]))
        self.verifiers = Verifiers(alone_count_max=0)
        self.time_ms = START_MS
        self.seconds = 0.0
        """What all blocks so far took."""
        self._count = 0
        self._make_accounts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.verifiers.close()
        self.node.close()
        shutil.rmtree(self.folder)

    def _make_accounts(self) -> None:
        source = (HERE / "transfers.contract").read_bytes()
        deployed = ("Transfers", hashlib.sha256(source).digest())
        self.run([self.signed(("ann", "bob"), "Membership.deploy", deployed, source)])
        bank = ("ICBC",)
        opened = [
            self.signed(bank, "Transfers.open_many", (first,))
            for first in range(0, self.accounts_count, OPENED_COUNT)
        ]
        for at in range(0, len(opened), 10):
            self.run(opened[at : at + 10])

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

    def payments(self, count: int) -> list[bytes]:
        """Return payments between accounts in a scattered order, no two of them the same."""
        found = []
        for n in range(self._count, self._count + count):
            payer, payee = n * 7_919 % self.accounts_count, n * 104_729 % self.accounts_count
            arguments = (f"6222-{payer:_}", f"6222-{payee:_}", Amount(100 + n % 900, "CNY"))
            found.append(self.signed(("ICBC",), "Transfers.pay", arguments))
        return found

    def run(self, envelopes: list[bytes]) -> float:
        """Run blocks of some thousands; return the seconds that all took."""
        start = time.perf_counter()
        for receipts in self.node.run(self._blocks(envelopes), self.verifiers.spread):
            assert receipts, "every block holds something"
        took = time.perf_counter() - start
        self.seconds += took
        return took

    def _blocks(self, envelopes: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
        for at in range(0, len(envelopes), BLOCK_COUNT):
            self.time_ms += 1_000
            yield self.time_ms, envelopes[at : at + BLOCK_COUNT]

    def round(self) -> Round:
        """Verify the signatures of some payments and no more, then run them."""
        payments = self.payments(PAYMENTS_COUNT)
        start = time.process_time()
        alone = verified(payments, self.public("ICBC"))
        alone_cpu = time.process_time() - start
        start, started = time.process_time(), verifying_seconds(self.verifiers)
        ours = self.run(payments)
        executing = time.process_time() - start
        verifying = verifying_seconds(self.verifiers) - started
        last = self.node.store.receipts(self.node.ledger.info.height)
        codes: list[Any] = [decode(one) for one in last]
        assert all(code[2] is None for code in codes), "every payment was done"
        found = (alone, alone_cpu, ours, executing, verifying)
        return Round(*(one / PAYMENTS_COUNT for one in found))

    def audited(self) -> float:
        """Execute everything again from the genesis; return the seconds that it took."""
        start = time.perf_counter()
        with rarely_collecting():
            for _ in audit(self.node.store, self.genesis, Zones(), self.verifiers.spread):
                pass
        return time.perf_counter() - start


def verified(payments: list[bytes], key: bytes) -> float:
    """Return the seconds that verifying signatures takes on all cores, by the library alone."""
    public = Ed25519PublicKey.from_public_bytes(key)
    read = [read_envelope(one) for one in payments]
    tasks = [(one.signatures["ICBC"], signed_bytes(one.body)) for one in read]
    parts = [tasks[at : at + 256] for at in range(0, len(tasks), 256)]

    def verify(part: list[tuple[bytes, bytes]]) -> None:
        for signature, data in part:
            public.verify(signature, data)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        start = time.perf_counter()
        list(pool.map(verify, parts))
        return time.perf_counter() - start


def verifying_seconds(verifiers: Verifiers) -> float:
    """Return the processor time of all verifiers so far; nothing where the system does not say."""
    seconds = 0.0
    for number in verifiers.process_numbers:
        statistics = Path(f"/proc/{number}/stat")
        if statistics.exists():
            # The fourteenth and fifteenth are ticks in the program and in the kernel; the name,
            # which may hold blanks, is the second and ends with the last parenthesis.
            fields = statistics.read_text().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return seconds


def least(rounds: list[Round]) -> Round:
    """Return the least of each time."""
    return Round(*map(min, zip(*rounds, strict=True)))


def measure_chain(large: int) -> Iterator[Row]:
    """Yield the figures of a chain with ten thousand accounts, and with many."""
    with StoredChain(10_000) as few, StoredChain(large) as many:
        rounds: dict[StoredChain, list[Round]] = {few: [], many: []}
        for _ in range(ROUNDS):
            for chain, found in rounds.items():
                found.append(chain.round())
        base, other = least(rounds[few]), least(rounds[many])
        value = base.alone / base.ours
        by_cpu = base.alone_cpu / base.cpu
        note = f"{rate(base)}, {1 / base.alone:,.0f} signatures; by processor time {by_cpu:.2f}"
        yield Row("signed payments against their signatures", value, ">= 0.7", value >= 0.7, note)
        value = base.ours / other.ours
        name = f"payments with {large:,} accounts against 10,000"
        note = f"{rate(other)}, {rate(base)}; by processor time {base.cpu / other.cpu:.2f}"
        yield Row(name, value, ">= 0.8", value >= 0.8, note)
        value = few.seconds / few.audited()
        note = f"{few.seconds:.1f} s to run {few.node.ledger.info.height} blocks"
        yield Row("audit against the run", value, ">= 1", value >= 1, note)


def rate(found: Round) -> str:
    """Return how many payments a second there were, and the processor time of each."""
    executing, verifying = found.executing_cpu * 1e6, found.verifying_cpu * 1e6
    return f"{1 / found.ours:,.0f} a second ({executing:.0f} + {verifying:.0f} µs)"


if __name__ == "__main__":
    for one in measure_chain(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000):
        print(f"{one.name}: {one.ratio:.2f} ({one.target}); {one.note}")
