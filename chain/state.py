"""The state of a chain: the contracts that run on it, their records, and those of the chain itself.

In comes a genesis, or what was kept of earlier blocks; out come the records that a block changed,
as they are to be kept. Records are read from what was kept when somebody asks for them; only what
has changed, and what was asked for lately, is in memory. The chain's own records stand under the
empty name that no contract has, and are in memory all:

    ["", "issued", [contract, unit]]    smallest units issued less retired
    ["", "pending", transaction]        [body, {signer: [key, signature]}], or null when it is over
    ["", "added", [contract, record]]   {field: what a record has that was kept without it}

Beside the entries of its machine (`shelf.py`) a chain keeps those that list its own records:

    ["own", "issued"], ["own", "pending"], ["own", "added"]    sortable(key) -> key
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

from servanda.chain.arguments import Decoders
from servanda.chain.block import Header
from servanda.chain.contracts import BadContract, read_contract, read_source
from servanda.chain.deployed import Deployed
from servanda.chain.encoding import Item, decode, encode
from servanda.chain.genesis import BadGenesis, Genesis
from servanda.chain.kept import Entries, Kept
from servanda.chain.membership import (
    MEMBERSHIP,
    add_first_members,
    keys_and_roles,
    sealing_keys,
    what_is_missing,
)
from servanda.chain.other_chains import OTHER_CONTRACT, OtherChains
from servanda.chain.overlay import merged_entries
from servanda.chain.records import RecordForm
from servanda.chain.shelf import (
    ChainShelf,
    DamagedRecord,
    changed_entries,
    listed,
    listed_tuple,
    place_of,
)
from servanda.chain.sortable import BEHIND_ALL, sortable
from servanda.chain.state_tree import Change
from servanda.chain.waiting_list import WaitingList
from servanda.interpreter.compile import Program
from servanda.interpreter.execute.bindings import Undeployable
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Row, Table
from servanda.interpreter.model import Index
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.time_zones import Zone

Deployment: TypeAlias = "tuple[int, str, int, bytes]"
"""Of a contract that runs: since when, its name and version, and the hash of its source."""
ISSUED, PENDING, ADDED = "issued", "pending", "added"
DEPLOYMENT = "Deployment"


class ChainState:
    """What runs on a chain, its members' keys, and what must be kept of it."""

    def __init__(self, genesis: Genesis, zones: Mapping[str, Zone], rows_max: int) -> None:
        parameters = genesis.parameters
        machine = Machine(
            zones,
            call_steps_max=parameters.call_steps_max,
            block_steps_max=parameters.block_steps_max,
        )
        self.deployed = Deployed(machine, zones)
        self.others = OtherChains(lambda: self.machine, genesis.hash)
        """The chains whose proofs are taken here."""
        self.deployed.headings = self.others.headings
        machine.chains = self.others
        self.keys: dict[str, bytes] = {}
        """The public keys of the members in good standing, as of the end of the last block."""
        self.pending = WaitingList()
        """What waits for signatures, by the hash of the transaction."""
        self._rows_max = rows_max
        self._changed: dict[bytes, bytes] = {}
        self._listed: dict[bytes, dict[bytes, bytes | None]] = {}
        self._issued: dict[tuple[str, str], int] = {}
        try:
            program = read_contract(genesis.membership, MEMBERSHIP, 1, {})
        except BadContract as bad:
            raise BadGenesis(f"the membership contract: {bad}") from None
        missing = what_is_missing(program.model)
        if missing is not None:
            raise BadGenesis(f"the membership contract: {missing}")
        try:
            self.deployed.run(program)
        except Undeployable as bad:
            raise BadGenesis(f"the membership contract: {bad}") from None
        machine.touched = {}

    @property
    def machine(self) -> Machine:
        """The machine that runs the contracts; an upgrade puts another in its place."""
        return self.deployed.machine

    @property
    def programs(self) -> Mapping[str, Program]:
        """The contracts that run, each behind those that it uses."""
        return self.deployed.programs

    @property
    def decoders(self) -> Mapping[tuple[str, str], Decoders]:
        """What decodes the arguments of each action."""
        return self.deployed.decoders

    @property
    def versions(self) -> Mapping[str, int]:
        """The versions of the contracts that run."""
        return self.deployed.versions

    # ── beginning ─────────────────────────────────────────────────────────────────────────────

    def begin(self, genesis: Genesis, kept: Kept) -> None:
        """Make the records of the genesis, all of which are then changed."""
        self.machine.now = genesis.time_ms
        add_first_members(self.machine, genesis.members)
        self.machine.restore()
        self._put_on(kept, 0)
        self.touch(row for table in self.machine.tables.values() for row in table.records())
        self.refresh_members()

    def restore(self, kept: Kept, head: Header) -> None:
        """Go on from what was kept up to a block."""
        self.machine.now = head.time_ms
        introduced = self._listed_records(kept, head.height, OTHER_CONTRACT)
        self.others.restore(kept.sources(), introduced)
        deployed = self._listed_records(kept, head.height, DEPLOYMENT)
        self._run_all([_deployment(*one) for one in deployed], kept.sources())
        self._put_on(kept, head.height)
        for kind, key in self._own_keys(kept):
            value: Any = decode(_present(kept.record(own_identity(kind, key), head.height)))
            if kind == ISSUED:
                self.machine.issued[key] = value
            elif kind == ADDED:
                self.deployed.added[key].update(value)
            else:
                self.pending.put(key, value)
        self._issued = dict(self.machine.issued)
        self.refresh_members()

    def _put_on(self, kept: Kept, height: int) -> None:
        self.kept = kept
        self.deployed.shelf = ChainShelf(kept, self.deployed.forms)
        self.deployed.shelf.height = height
        self.machine.put_on(self.deployed.shelf)

    def _own_keys(self, kept: Kept) -> Iterator[tuple[str, Any]]:
        for kind in (ISSUED, PENDING, ADDED):
            for one in kept.entries(place_of_own(kind), b"", BEHIND_ALL):
                yield kind, listed(*one)

    def entries_of(
        self,
        records: Mapping[tuple[str, str], list[tuple[Any, Any]]],
        sources: Mapping[bytes, bytes],
    ) -> Entries:
        """Return the entries of all records there are, of a state that has not begun.

        `records` are the decoded keys and values by contract and record.
        """
        self.others.restore(sources, records.get((MEMBERSHIP, OTHER_CONTRACT), []))
        deployed = records.get((MEMBERSHIP, DEPLOYMENT), [])
        self._run_all([_deployment(name, value) for name, value in deployed], sources)
        for place, value in records.get(("", ADDED), []):
            self.deployed.added[place].update(value)
        for (contract, record), found in records.items():
            form = self.deployed.forms.get(RecordType(contract, record))
            for key, value in found:
                if form is None:
                    self._listed.setdefault(place_of_own(record), {})[sortable(key)] = (
                        None if value is None else encode(key)
                    )
                    continue
                row = form.table.reference(key)
                form.fill(row, value)
                self.machine.queue.take_up(row)
        self.machine.restore()
        for table in self.machine.tables.values():
            table.add_index(Index(table.model.type, ()))
        return {**changed_entries(self.machine), **self._listed}

    def run_versions_of(self, height: int, kept: Kept, present: ChainState) -> None:
        """Let the contracts run that ran at a height, in a state that has not begun.

        `present` knows the name of every contract there ever was.
        """
        form = present.deployed.forms[RecordType(MEMBERSHIP, DEPLOYMENT)]
        then = []
        self.deployed.headings, self.machine.chains = present.others.headings, present.others
        for name in present.deployed.sources:
            value = kept.record(form.identity(name), height)
            if value is not None:
                then.append(_deployment(name, decode(value)))
        self._run_all(then, kept.sources())
        for place in self.deployed.added:
            value = kept.record(own_identity(ADDED, place), height)
            if value is not None:
                found: Any = decode(value)
                self.deployed.added[place].update(found)

    def _run_all(self, deployments: Iterable[Deployment], sources: Mapping[bytes, bytes]) -> None:
        """Let all contracts run that are deployed, each behind those that it uses."""
        waiting = sorted(deployments)
        while waiting:
            left = []
            for since, name, version, source in waiting:
                try:
                    program = self.read(name, version, sources[source])
                    self.deployed.run(program, sources[source])
                except (BadContract, KeyError):
                    left.append((since, name, version, source))
            if len(left) == len(waiting):
                raise DamagedRecord(f"the source of {left[0][1]} is not what was deployed")
            waiting = left

    def _listed_records(self, kept: Kept, height: int, record: str) -> Iterator[tuple[Any, Any]]:
        """Yield the keys and values of a record of the membership contract, if it has that."""
        held = RecordType(MEMBERSHIP, record)
        form = self.deployed.forms.get(held)
        if form is None:
            return
        for entry in kept.entries(place_of(Index(held, ())), b"", BEHIND_ALL):
            key = listed_tuple(*entry)[0]
            yield key, decode(_present(kept.record(form.identity(key), height)))

    # ── contracts and members ─────────────────────────────────────────────────────────────────

    def read(self, name: str, version: int, source: bytes) -> Program:
        """Return the program of a source that could run here, or raise `BadContract`."""
        return read_contract(
            read_source(source), name, version, self.machine.contracts, self.deployed.headings
        )

    def deploy(self, program: Program, source: bytes) -> None:
        """Let a contract run from now on. Raises `Undeployable`, and then nothing has changed."""
        self.deployed.run(program, source)

    def adopt(self, deployed: Deployed) -> None:
        """Let what an upgrade has made take the place of what ran, in the same block."""
        for place, value in deployed.added.items():
            if value != self.deployed.added.get(place, {}):
                self._change_own(ADDED, place, dict(value))
        self.deployed = deployed

    def refresh_members(self) -> None:
        """Read keys and roles anew; they count for what comes next."""
        self.keys, roles = keys_and_roles(self.machine)
        self.machine.members.active = roles
        self.machine.members.sealing_keys = sealing_keys(self.machine)

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
        self._change_own(PENDING, transaction, value)

    def _change_own(self, kind: str, key: Item, value: Item) -> None:
        self._changed[own_identity(kind, key)] = encode(value)
        listed = self._listed.setdefault(place_of_own(kind), {})
        listed[sortable(key)] = None if value is None else encode(key)

    def take_changes(self) -> tuple[dict[bytes, bytes], Entries]:
        """Return what changed since this was last asked: records by identity, and entries."""
        touched = self.machine.touched
        assert touched is not None, "a chain keeps its records"
        for place, steps in self.machine.issued.items():
            if self._issued.get(place, 0) != steps:
                self._issued[place] = steps
                self._change_own(ISSUED, place, steps)
        deployed = self.deployed
        changed = {**deployed.records, **self._changed}
        listed, self._listed, self._changed = self._listed, {}, {}
        # A type is hashed by all that it says; a table by what it is.
        forms: dict[Table, RecordForm] = {}
        for row in touched:
            form = forms.get(row.table)
            if form is None:
                form = forms[row.table] = deployed.forms[row.table.model.type]
            changed[form.identity(row.key)] = form.encoded(row)
        # Whatever upgrades a contract has changed a record of the membership contract too.
        if deployed.records or any(table.contract == MEMBERSHIP for table in forms):
            self.refresh_members()
        touched.clear()
        entries = {**merged_entries(deployed.entries, changed_entries(self.machine)), **listed}
        return changed, dict(sorted(entries.items()))

    def settle(self, height: int) -> None:
        """Take note that all that changed has been kept, as of a height."""
        deployed = self.deployed
        deployed.records, deployed.entries = {}, {}
        deployed.shelf.kept, deployed.shelf.height = self.kept, height
        self.machine.settle(self._rows_max)


def own_identity(kind: str, key: Item) -> bytes:
    """Return the identity of one of the chain's own records."""
    return encode(("", kind, key))


def _deployment(name: str, found: Any) -> Deployment:  # noqa: ANN401 -- what was decoded
    return found["since"], name, found["version"], found["source"]


def place_of_own(kind: str) -> bytes:
    """Return the name of the place that lists the chain's own records of a kind."""
    return encode(("own", kind))


def _present(value: bytes | None) -> bytes:
    if value is None:
        raise DamagedRecord("a record that is listed is not there")
    return value


def tree_changes(changed: Mapping[bytes, bytes], first: int) -> dict[bytes, Change]:
    """Return the hashes of identities and values, as the state tree takes them.

    The records are numbered from `first` on, in their order.
    """
    return {
        sha256(identity).digest(): (sha256(value).digest(), number)
        for number, (identity, value) in enumerate(changed.items(), first)
    }
