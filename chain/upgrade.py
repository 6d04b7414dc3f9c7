"""Upgrades: a later version of a contract takes the place of the one in force, or nothing happens.

In come the state in the midst of a block and the source that is to follow; out comes a machine in
which it has followed, or the refusal that says why it may not. The records stay as they were kept:
what is new in them has its default, which the chain keeps beside them, for every version to come:

    ["", "added", [contract, record]]    {field: what a record has that was kept without it}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from servanda.chain.contracts import BadContract, read_contract, read_source
from servanda.chain.deployed import Deployed
from servanda.chain.encoding import Item, decode, encode
from servanda.chain.overlay import Overlay, merged_entries
from servanda.chain.shelf import TIMERS, ChainShelf, changed_entries, place_of, place_of_total
from servanda.chain.sortable import BEHIND_ALL, sortable
from servanda.chain.state import ChainState
from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.compare import compare, timer_names
from servanda.interpreter.compile import Program
from servanda.interpreter.costs import BYTE_STEPS
from servanda.interpreter.execute.bindings import Undeployable
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.examine import (
    arm_timers,
    build_indexes,
    check_invariants,
    count_totals,
)
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Journal, rows_in
from servanda.interpreter.model import ContractModel, RecordModel
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.types import BalanceType, LifecycleType
from servanda.interpreter.walk import contracts_below

BAD_CONTRACT, BAD_UPGRADE = "BAD_CONTRACT", "BAD_UPGRADE"


class Upgrade:
    """One upgrade that is being tried: `steps` is what it has cost so far."""

    def __init__(self, state: ChainState, name: str, version: int, source: bytes) -> None:
        self.steps = 0
        self.deployed: Deployed | None = None
        """What runs once it has been done."""
        self._state = state
        self._old = state.deployed
        self._name = name
        self._version = version
        self._source = source

    def run(self, journal: Journal) -> None:
        """Make what is to run from now on; raises `Refused`, and then nothing has changed."""
        old = self._old
        programs = new_programs(old, self._name, self._version, self._source)
        # The source that is attached was paid for with the transaction.
        self.steps += sum(BYTE_STEPS * len(old.sources[one]) for one in [*programs][1:])
        added = _added(old, programs[self._name].model)
        deployed = _bound(old, programs, added)
        deployed.sources = {**old.sources, self._name: self._source}
        overlay = self._overlay(journal)
        deployed.shelf = ChainShelf(overlay, deployed.forms)
        deployed.shelf.height = old.shelf.height
        deployed.machine.put_on(deployed.shelf)
        self._carry_entries(deployed.machine, overlay, tuple(programs))
        deployed.records, deployed.entries = overlay.records, overlay.entries_changed
        context = Context(deployed.machine, self._name, ())
        context.steps_max = deployed.machine.block_steps_max
        context.steps = self.steps
        try:
            self._examine(deployed, tuple(programs), context)
        except Refused as refused:
            told = refused.message
            if refused.code not in {Code.INVARIANT, Code.COST_LIMIT}:
                told = f"version {self._version} cannot work with what is kept: {told}"
            # Its clause stands in a source that is not in force.
            raise Refused(refused.code, told) from None
        finally:
            self.steps = context.steps
        self.deployed = deployed

    def _overlay(self, journal: Journal) -> Overlay:
        """Return the block so far, with what the call that upgrades has changed."""
        old = self._old
        touched = old.machine.touched
        assert touched is not None, "a chain keeps its records"
        records = dict(old.records)
        for row in {**touched, **rows_in(journal)}:
            identity, value = old.kept_form(row)
            records[identity] = value
        return Overlay(
            self._state.kept, records, merged_entries(old.entries, changed_entries(old.machine))
        )

    def _carry_entries(self, machine: Machine, overlay: Overlay, affected: tuple[str, ...]) -> None:
        """Let entries go that nobody looks for any more, and give timers their new numbers."""
        for total in self._old.machine.totals:
            if total.table.contract in affected:
                self.steps += overlay.purge(place_of_total(total.name))
        for record, table in self._old.machine.tables.items():
            for index in table.indexes:
                if index not in machine.tables[record].indexes:
                    self.steps += overlay.purge(place_of(index))
        self.steps += _renumber_timers(
            overlay,
            self._old.machine.contracts[self._name],
            machine.contracts[self._name],
        )

    def _examine(self, deployed: Deployed, affected: tuple[str, ...], context: Context) -> None:
        machine = deployed.machine
        before = self._old.machine.tables
        for record, table in machine.tables.items():
            if record in before:
                fresh = [one for one in table.indexes if one not in before[record].indexes]
                build_indexes(table, fresh, context)
        for contract in affected:
            count_totals(machine, contract, context)
            check_invariants(machine, contract, context)
        numbers = _new_timers(
            self._old.machine.contracts[self._name], machine.contracts[self._name]
        )
        machine.touched = arm_timers(machine, self._name, numbers, context)


# ── whether it may be ─────────────────────────────────────────────────────────────────────────


def new_programs(old: Deployed, name: str, version: int, source: bytes) -> dict[str, Program]:
    """Return the program of the later version, and of all that use it: they are checked again.

    Raises `Refused`: `BAD_CONTRACT` for a source that is none of this version, `BAD_UPGRADE` for
    one that may not follow.
    """
    in_force = old.machine.contracts
    if name not in old.sources:
        raise Refused(BAD_UPGRADE, f"no contract `{name}` was deployed")
    others = {one: model for one, model in in_force.items() if one != name}
    try:
        program = read_contract(read_source(source), name, version, others, old.headings)
    except BadContract as bad:
        raise Refused(BAD_CONTRACT, str(bad)) from None
    for used in program.model.uses.values():
        if any(one.name == name for one in contracts_below(used)):
            told = f"`{name}` would use `{used.name}`, which uses `{name}` itself"
            raise Refused(BAD_UPGRADE, told)
    _check_follows(in_force[name], program.model)
    programs = {name: program}
    models = {**in_force, name: program.model}
    for user in _users_of(name, in_force):
        text = read_source(old.sources[user])
        try:
            version = old.versions[user]
            programs[user] = read_contract(text, user, version, models, old.headings)
        except BadContract as bad:
            told = f"`{user}`, which uses `{name}`, would be wrong: {bad}"
            raise Refused(BAD_UPGRADE, told) from None
        models[user] = programs[user].model
    return programs


def _users_of(name: str, contracts: Mapping[str, ContractModel]) -> list[str]:
    """Return who uses a contract, directly or not, each behind those that it uses itself.

    The order is that of their names as far as it can be: every node refuses the same one first.
    """
    waiting = sorted(
        one
        for one, model in contracts.items()
        if one != name and any(below.name == name for below in contracts_below(model))
    )
    found: list[str] = []
    while waiting:
        ready = next(
            one
            for one in waiting
            if all(used.name not in waiting for used in contracts[one].uses.values())
        )
        waiting.remove(ready)
        found.append(ready)
    return found


def _check_follows(old: ContractModel, new: ContractModel) -> None:
    diagnostics = Diagnostics()
    compare(old, new, diagnostics)
    found = list(diagnostics)
    if found:
        more = len(found) - 1 + diagnostics.left_out_count
        told = f"{found[0].code}, {found[0].message}"
        raise Refused(BAD_UPGRADE, told + (f"; and {more} more" if more else ""))


def _bound(
    old: Deployed,
    programs: Mapping[str, Program],
    added: Mapping[tuple[str, str], Mapping[str, Item]],
) -> Deployed:
    """Return a machine with all contracts, each behind those that it uses."""
    before = old.machine
    machine = Machine(
        old.zones,
        call_steps_max=before.call_steps_max,
        block_steps_max=before.block_steps_max,
    )
    machine.chains = before.chains
    deployed = Deployed(machine, old.zones)
    deployed.headings = old.headings
    deployed.added = {place: dict(value) for place, value in {**old.added, **added}.items()}
    # Nothing that stays as it is uses anything that is checked again: that comes behind it.
    staying = {name: one for name, one in old.programs.items() if name not in programs}
    for program in {**staying, **programs}.values():
        try:
            deployed.run(program)
        except Undeployable as bad:
            raise Refused(BAD_UPGRADE, str(bad)) from None
    machine.now, machine.issued = before.now, dict(before.issued)
    machine.members = before.members
    machine.overdue_receipts, machine.choose_trace = before.overdue_receipts, before.choose_trace
    machine.touched = {}
    return deployed


# ── what becomes of records and timers ────────────────────────────────────────────────────────


def _added(old: Deployed, new: ContractModel) -> dict[tuple[str, str], dict[str, Item]]:
    """Return what records have in fields that are new to them, by contract and record."""
    found = {}
    for name, before in old.machine.contracts[new.name].records.items():
        known = {one.name for one in before.fields}
        added = {
            one: value for one, value in _beginnings(new.records[name]).items() if one not in known
        }
        if added:
            place = (new.name, name)
            found[place] = {**old.added.get(place, {}), **added}
    return found


def _beginnings(record: RecordModel) -> dict[str, Item]:
    """Return what each field of a record holds where nobody says anything."""
    found: dict[str, Item] = {}
    for one in record.fields:
        if isinstance(one.type, BalanceType):
            found[one.name] = 0
        elif isinstance(one.type, LifecycleType):
            found[one.name] = one.type.states[0]
        else:
            default: Any = one.default
            found[one.name] = None if default is None else default.value
    return found


def _new_timers(old: ContractModel, new: ContractModel) -> Iterator[int]:
    known = set(timer_names(old).values())
    return (number for number, title in timer_names(new).items() if title not in known)


def _renumber_timers(overlay: Overlay, old: ContractModel, new: ContractModel) -> int:
    """Give what waits the numbers of the new version; return how many were looked at."""
    numbers = {title: number for number, title in timer_names(new).items()}
    moved = {number: numbers[title] for number, title in timer_names(old).items()}
    if all(number == now for number, now in moved.items()):
        return 0
    gone: dict[bytes, bytes | None] = {}
    put: dict[bytes, bytes | None] = {}
    count = 0
    for key, value in overlay.entries(TIMERS, b"", BEHIND_ALL):
        count += 1
        order: Any = decode(value)
        at, contract, number, row = order
        if contract == new.name and moved[number] != number:
            gone[key] = None
            now = (at, contract, moved[number], row)
            put[sortable(now)] = encode(now)
    overlay.change(TIMERS, {**gone, **put})
    return count
