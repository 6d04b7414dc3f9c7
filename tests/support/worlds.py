"""Worlds: contracts deployed from their text on a machine, with members that act in it.

In come texts of contracts; out comes a world to act in and to take snapshots of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.compile import Program, compile_contract
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Row
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Amount, Call, Receipt
from servanda.interpreter.values.time_zones import Zone
from servanda.interpreter.values.times import parse_time

Anything = Any
"""Values of every type of the language."""
START = "2026-01-05T09:00Z"


def cny(yuan: int) -> Amount:
    """Return whole yuan as an argument."""
    return Amount(yuan * 100, "CNY")


def checked(text: str, contracts: Mapping[str, ContractModel]) -> ContractModel:
    """Return the model of a contract that has no mistakes."""
    diagnostics = Diagnostics()
    file = parse(Source("sample.contract", text), diagnostics)
    model = check_contract(file, contracts, diagnostics)
    errors = [one.message for one in diagnostics if not one.is_warning]
    assert model is not None, errors
    assert not errors
    return model


def programs(*texts: str) -> list[Program]:
    """Return the programs of contracts, each of which may use those before it."""
    models: dict[str, ContractModel] = {}
    for text in texts:
        model = checked(text, models)
        models[model.name] = model
    return [compile_contract(model) for model in models.values()]


@dataclass
class World:
    """A machine with contracts, at 2026-01-05T09:00Z unless the test moves on."""

    machine: Machine
    source: str
    contract: str
    is_traced: bool = False

    def run(self, signers: str, action: str, *arguments: object) -> Receipt:
        """Run an action of the last contract (or `Other.action`), signed by names and blanks."""
        contract, _, name = action.rpartition(".")
        call = Call(contract or self.contract, name, arguments, tuple(signers.split()))
        return self.trace(call)[0] if self.is_traced else self.machine.execute(call)

    def trace(self, call: Call) -> tuple[Receipt, Trace]:
        """Run a call through the code with probes."""
        return self.machine.trace(call)

    def does(self, signers: str, action: str, *arguments: object) -> Anything:
        """Run an action that must be done; return what it gave."""
        receipt = self.run(signers, action, *arguments)
        assert receipt.code is None, (receipt.code, receipt.message)
        return receipt.value

    def code(self, signers: str, action: str, *arguments: object) -> str | None:
        """Return the code of a refusal that must leave no trace; None for an action done."""
        before = snapshot(self.machine)
        receipt = self.run(signers, action, *arguments)
        if receipt.code is not None and not self.machine.overdue_receipts:
            assert snapshot(self.machine) == before, "a refusal leaves the state as it was"
            assert (receipt.value, receipt.events, receipt.notices) == (None, (), ())
        self.machine.audit()
        return receipt.code

    def ask(self, signers: str, rule: str, *arguments: object) -> Anything:
        """Ask a rule."""
        call = Call(self.contract, rule, arguments, tuple(signers.split()))
        receipt = self.machine.ask(call)
        assert receipt.code is None, (receipt.code, receipt.message)
        return receipt.value

    def at(self, time: str) -> list[Receipt]:
        """Open one block at a time; return what its timers came to."""
        return self.machine.advance(parse_time(time))

    def row(self, record: str, key: object) -> Anything:
        """Return a record of the last contract."""
        for its_type, table in self.machine.tables.items():
            if (its_type.contract, its_type.name) == (self.contract, record):
                return table.rows[key]
        raise KeyError(record)

    def clause(self, receipt: Receipt) -> str:
        """Return the source text of the clause that refused."""
        assert receipt.span is not None
        return self.source[receipt.span.start : receipt.span.end]


def world(
    *texts: str,
    members: str = "",
    zones: Mapping[str, Zone] | None = None,
    start: str = START,
    **limits: int,
) -> World:
    """Deploy contracts and enrol members: `members="Bank:icbc,boc Police:pd"`."""
    machine = Machine(zones, **limits)
    made = programs(*texts)
    for program in made:
        machine.deploy(program)
    for part in members.split():
        role, _, names = part.partition(":")
        for name in names.split(","):
            machine.members.enrol(name, role)
    machine.advance(parse_time(start))
    return World(machine, texts[-1], made[-1].model.name)


def snapshot(machine: Machine) -> str:
    """Return the whole state as text: equal states give equal texts, in every process."""
    return "\n".join(_lines(machine))


def _lines(machine: Machine) -> Iterator[str]:
    for its_type, table in machine.tables.items():
        yield f"{its_type.contract}.{its_type.name} serial {table.serial}"
        for row in table.rows.values():
            fields = [(slot, _shown(getattr(row, slot))) for slot in table.make.__slots__]
            yield f"  {row.key!r} {fields!r} {sorted((row.armed or {}).items())!r}"
        for index, kept in table.indexes.items():
            buckets = [
                repr((_shown(values), [_shown(tuple(entry)) for entry in bucket.starting()]))
                for values, bucket in kept.buckets.items()
            ]
            yield f"  {index.equality_fields} {index.range_field} {sorted(buckets)}"
    queue = machine.queue
    yield f"queue {[tuple(order) for order in queue.orders()]}"
    yield f"first {queue.first_at}"
    yield f"issued {sorted(machine.issued.items())}"
    for pairs in machine._invariants._totals.values():
        for _, total in pairs:
            totals = [(_shown(group), str(found)) for group, found in total.totals.items()]
            yield f"totals {sorted(totals)}"


def _shown(value: Anything) -> Anything:
    if isinstance(value, Row):
        return (type(value).__name__, value.key)
    if isinstance(value, tuple):
        return tuple([_shown(one) for one in value])
    return repr(value)
