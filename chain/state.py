"""The state of a chain: the contracts that run on it, their records, and those of the chain itself.

In comes a genesis, or what was kept of earlier blocks; out come the records that a block changed,
as they are to be kept. The chain's own records stand under the empty name that no contract has:

    ["", "issued", [contract, unit]]    smallest units issued less retired
    ["", "pending", transaction]        [body, {signer: [key, signature]}], or null when it is over
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from servanda.chain.contracts import BadContract, read_contract, read_source
from servanda.chain.encoding import Item, decode, encode
from servanda.chain.genesis import BadGenesis, Genesis
from servanda.chain.membership import (
    MEMBERSHIP,
    add_first_members,
    is_of_membership,
    keys_and_roles,
    table_of,
    what_is_missing,
)
from servanda.chain.merkle import hash_of
from servanda.chain.records import RecordForm
from servanda.chain.waiting_list import WaitingList
from servanda.interpreter.compile import Program
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Row
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.time_zones import Zone

ISSUED, PENDING = "issued", "pending"


class DamagedRecord(ValueError):  # noqa: N818 -- what is wrong is the bytes, not the program
    """What was kept of a record cannot be read; the message names the record."""


class ChainState:
    """A machine with the contracts of a chain, its members' keys, and what must be kept of it."""

    def __init__(self, genesis: Genesis, zones: Mapping[str, Zone]) -> None:
        parameters = genesis.parameters
        self.machine = Machine(
            zones,
            call_steps_max=parameters.call_steps_max,
            block_steps_max=parameters.block_steps_max,
        )
        self.keys: dict[str, bytes] = {}
        """The public keys of the members in good standing, as of the end of the last block."""
        self.versions: dict[str, int] = {}
        """The versions of the contracts that run."""
        self.pending = WaitingList()
        """What waits for signatures, by the hash of the transaction."""
        self._forms: dict[RecordType, RecordForm] = {}
        self._changed: dict[bytes, bytes] = {}
        self._issued: dict[tuple[str, str], int] = {}
        try:
            program = read_contract(genesis.membership, MEMBERSHIP, 1, {})
        except BadContract as bad:
            raise BadGenesis(f"the membership contract: {bad}") from None
        missing = what_is_missing(program.model)
        if missing is not None:
            raise BadGenesis(f"the membership contract: {missing}")
        self._run(program)
        self.machine.touched = {}

    # ── beginning ─────────────────────────────────────────────────────────────────────────────

    def begin(self, genesis: Genesis) -> None:
        """Make the records of the genesis, all of which are then changed."""
        self.machine.now = genesis.time_ms
        add_first_members(self.machine, genesis.members)
        self.machine.restore()
        self.touch(row for table in self.machine.tables.values() for row in table.records())

    def restore(
        self, time_ms: int, records: Iterable[tuple[bytes, bytes]], sources: Mapping[bytes, bytes]
    ) -> None:
        """Take what was kept: records by identity, and the sources of contracts by their hash."""
        self.machine.now = time_ms
        waiting: dict[str, list[tuple[str, Item, bytes]]] = {}
        for identity, value in records:
            contract, record, key = _identity(identity)
            if contract:
                waiting.setdefault(contract, []).append((record, key, value))
            elif record == PENDING and isinstance(key, bytes):
                kept = decode(value)
                if kept is not None:
                    self.pending.put(key, kept)
        self._restore_records(MEMBERSHIP, waiting.pop(MEMBERSHIP, []))
        for program in self._programs(sources):
            self._run(program)
        for contract, found in waiting.items():
            self._restore_records(contract, found)
        self.machine.restore()
        self._issued = dict(self.machine.issued)
        self.refresh_members()

    def _restore_records(self, contract: str, found: Iterable[tuple[str, Item, bytes]]) -> None:
        for record, key, value in found:
            form = self._forms.get(RecordType(contract, record))
            kept = decode(value)
            if form is None or not isinstance(kept, Mapping):
                raise DamagedRecord(f"{contract}.{record}[{key!r}] is no record of this chain")
            form.restore(key, kept, self.machine)

    def _programs(self, sources: Mapping[bytes, bytes]) -> Iterable[Program]:
        """Yield the programs of what is deployed, each behind those that it uses."""
        rows: list[Any] = list(table_of(self.machine, "Deployment").records())
        waiting = sorted(rows, key=lambda row: (row.f_since, row.f_name))
        while waiting:
            left = []
            for row in waiting:
                try:
                    yield self.read(row.f_name, row.f_version, sources[row.f_source])
                except BadContract:
                    left.append(row)
            if len(left) == len(waiting):
                raise DamagedRecord(f"the source of {left[0].f_name} is not what was deployed")
            waiting = left

    # ── contracts and members ─────────────────────────────────────────────────────────────────

    def read(self, name: str, version: int, source: bytes) -> Program:
        """Return the program of a source that could run here, or raise `BadContract`."""
        return read_contract(read_source(source), name, version, self.machine.contracts)

    def deploy(self, program: Program) -> None:
        """Let a contract run from now on. Raises `Undeployable`, and then nothing has changed."""
        self._run(program)

    def _run(self, program: Program) -> None:
        self.machine.deploy(program)
        model = program.model
        self.versions[model.name] = model.version
        for record in model.records.values():
            table = self.machine.tables[record.type]
            self._forms[record.type] = RecordForm(table, model)

    def refresh_members(self) -> None:
        """Read keys and roles anew; they count for what comes next."""
        self.keys, roles = keys_and_roles(self.machine)
        self.machine.members.active = roles

    # ── what is to be kept ────────────────────────────────────────────────────────────────────

    def touch(self, rows: Iterable[Row]) -> None:
        """Note that some records are not as they were."""
        assert self.machine.touched is not None, "a chain keeps its records"
        self.machine.touched.update(dict.fromkeys(rows))

    def set_pending(self, transaction: bytes, value: Item) -> None:
        """Let a transaction wait, or (with None) wait no longer."""
        if value is None:
            self.pending.remove(transaction)
        else:
            self.pending.put(transaction, value)
        self._changed[own_identity(PENDING, transaction)] = encode(value)

    def take_changes(self) -> dict[bytes, bytes]:
        """Return the values of the records that changed since this was last asked, by identity."""
        touched = self.machine.touched
        assert touched is not None, "a chain keeps its records"
        for place, steps in self.machine.issued.items():
            if self._issued.get(place) != steps:
                self._issued[place] = steps
                self._changed[own_identity(ISSUED, place)] = encode(steps)
        changed, self._changed = self._changed, {}
        for row in touched:
            table = row.table
            form = self._forms[table.model.type]
            changed[form.identity(row.key)] = encode(form.value(row, self.machine.queue.armed(row)))
        if any(is_of_membership(row) for row in touched):
            self.refresh_members()
        touched.clear()
        return changed


def own_identity(kind: str, key: Item) -> bytes:
    """Return the identity of one of the chain's own records."""
    return encode(("", kind, key))


def _identity(data: bytes) -> tuple[str, str, Item]:
    match decode(data):
        case (str(contract), str(record), key):
            return contract, record, key
    raise DamagedRecord("a record has no identity")


def tree_changes(changed: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return the hashes of identities and values, as the state tree takes them."""
    return {hash_of(identity): hash_of(value) for identity, value in changed.items()}
