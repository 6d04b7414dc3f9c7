"""Bindings: programs bound to the tables of one machine, so that they can run.

In come programs; out come their functions, by what they are, and the clause of every line. Nothing
here runs a call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from servanda.interpreter.compile import Code, Program, compile_contract
from servanda.interpreter.execute.runtime import names_for_generated_code
from servanda.interpreter.execute.state import FIELD, Table, Tables
from servanda.interpreter.execute.timers import ArmedTimer, TimerQueue, TimerWatch
from servanda.interpreter.generate.contract import moment_fields
from servanda.interpreter.generate.writer import Reference
from servanda.interpreter.model import ContractModel, Index, ReachesTrigger, TimerModel
from servanda.interpreter.refusals import Refused
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.show import show_amount
from servanda.interpreter.values.time_zones import UTC, Zone
from servanda.interpreter.values.units import ISO_4217

Function = Callable[..., Any]


class Undeployable(Exception):  # noqa: N818 -- what is wrong is where the contract was sent
    """A contract cannot be deployed on this machine; the message says why."""


class Bound:
    """A program bound to the tables of one machine: its functions by what they are."""

    __slots__ = ("functions", "indexes", "model", "probed", "watches", "zone")

    def __init__(self, model: ContractModel, zone: Zone) -> None:
        self.model = model
        self.zone = zone
        self.indexes: tuple[Index, ...] = ()
        """Those that contracts which use this one keep over its records."""
        self.functions: dict[tuple[str, str], Function] = {}
        self.probed: dict[tuple[str, str], Function] = {}
        self.watches: dict[RecordType, TimerWatch] = {}


class Bindings:
    """All that is bound on one machine; `clock` gives its time."""

    def __init__(
        self, zones: Mapping[str, Zone], queue: TimerQueue, clock: Callable[[], int]
    ) -> None:
        self.tables: Tables = {}
        self.contracts: dict[str, ContractModel] = {}
        """The deployed contracts by name."""
        self.units = {code: unit.decimals for code, unit in ISO_4217.items()}
        self.actions: dict[tuple[str, str], Function] = {}
        self.probed_actions: dict[tuple[str, str], Function] = {}
        self.rules: dict[tuple[str, str], Function] = {}
        self._zones = zones
        self._queue = queue
        self._clock = clock
        self._bound: dict[str, Bound] = {}
        self._codes: dict[str, Code] = {}

    def of(self, contract: str) -> Bound:
        """Return what is bound of a contract."""
        return self._bound[contract]

    def deploy(self, program: Program) -> Bound:
        """Bind a program; the contracts it uses have been deployed before.

        Raises `Undeployable`, and then nothing has changed.
        """
        model = program.model
        self.check_deployable(model)
        bound = Bound(model, UTC if model.timezone == "UTC" else self._zones[model.timezone])
        self.units.update(model.units)
        for record in model.records.values():
            self.tables[record.type] = Table(
                model.name, record, self.units.__getitem__, self.tables
            )
        self._bound[model.name] = bound
        self._keep_indexes(model)
        self._bind_program(program, bound)
        self.contracts[model.name] = model
        self._watch(bound)
        return bound

    def _bind_program(self, program: Program, bound: Bound) -> None:
        model = program.model
        bound.functions = self._bind(program.plain, bound)
        bound.probed = self._bind(program.probed, bound)
        for functions, actions in (
            (bound.functions, self.actions),
            (bound.probed, self.probed_actions),
        ):
            actions.update(
                {(model.name, name): functions["action", name] for name in model.actions}
            )
        for (kind, name), function in bound.functions.items():
            if kind == "ask":
                self.rules[model.name, name] = function

    def _keep_indexes(self, model: ContractModel) -> None:
        """Keep what a contract looks up in records of contracts it uses.

        The code of those was made without knowing that an index watches the fields, so it is
        made again.
        """
        owners: dict[str, None] = {}
        for index in model.foreign_indexes:
            owner = self._bound[index.record.contract]
            if index not in self.tables[index.record].indexes:
                self.tables[index.record].add_index(index)
                owner.indexes += (index,)
                owners[owner.model.name] = None
        for name in owners:
            owner = self._bound[name]
            self._bind_program(compile_contract(owner.model, owner.indexes), owner)

    def check_deployable(self, model: ContractModel) -> None:
        """Raise `Undeployable` when a contract cannot stand beside what is deployed."""
        if model.name in self._bound:
            raise Undeployable(f"{model.name} is deployed already")
        for used in model.uses.values():
            if self.contracts.get(used.name) != used:
                raise Undeployable(
                    f"{model.name} uses {used.name}, which is not deployed like that"
                )
        if model.timezone != "UTC" and model.timezone not in self._zones:
            raise Undeployable(f"there is no data of the time zone {model.timezone}")
        # In the order of their names: the order in which they began to run differs between a
        # machine that was made anew and one that was not.
        for name in sorted(self.contracts):
            for unit in model.units:
                if unit in self.contracts[name].units:
                    raise Undeployable(f"{name} declares the unit {unit} already")

    def _bind(self, code: Code, bound: Bound) -> dict[tuple[str, str], Function]:
        names = self.namespace(code, bound.zone)
        exec(code.code, names)  # noqa: S102 -- our own generated code, with no builtins but a few
        return {
            (reference.kind, reference.name): names[name]
            for reference, name in code.references.items()
            if reference.contract == bound.model.name and name in names
        }

    def namespace(self, code: Code, zone: Zone) -> dict[str, Any]:
        """Return the globals that generated code is run with."""
        names = names_for_generated_code()
        names.update(code.constants)
        names.update(
            zone=zone,
            sites=code.sites,
            decimals_of=self.units.__getitem__,
            show_amount_in=self._show_amount,
        )
        for reference, name in code.references.items():
            found = self._find(reference, is_probed=code.name.endswith("probes>"))
            if found is not None:
                names[name] = found
        self._codes[code.name] = code
        return names

    def _show_amount(self, steps: int, unit: str) -> str:
        return show_amount(steps, self.units[unit], unit)

    def _find(self, reference: Reference, *, is_probed: bool) -> Any:
        if reference.kind == "table":
            return self.tables[RecordType(reference.contract, reference.name)]
        bound = self._bound[reference.contract]
        if reference.kind == "arrows":
            return bound.model.lifecycles[reference.name].arrows
        functions = bound.probed if is_probed else bound.functions
        return functions.get((reference.kind, reference.name))

    def _watch(self, bound: Bound) -> None:
        model = bound.model
        by_record: dict[RecordType, list[ArmedTimer]] = {}
        for timer in model.timers:
            by_record.setdefault(timer.record, []).append(self._armed(bound, timer))
        for record, timers in by_record.items():
            watch = TimerWatch(self._queue, model.name, bound.zone, timers, self._clock)
            self.tables[record].watch = bound.watches[record] = watch

    def _armed(self, bound: Bound, timer: TimerModel) -> ArmedTimer:
        model = bound.model
        moment: Function = _never
        if isinstance(timer.trigger, ReachesTrigger):
            moment = bound.functions["moment", str(timer.number)]
        return ArmedTimer(
            model.name,
            timer,
            model.records[timer.record.name].lifecycle_field,
            frozenset(FIELD + name for name in moment_fields(timer)),
            moment,
        )

    def locate(self, refused: Refused) -> None:
        """Give a refusal the clause that it came from: the innermost generated line."""
        if refused.span is not None:
            refused.__traceback__ = None
            return
        codes = self._codes
        trace: TracebackType | None = refused.__traceback__
        while trace is not None:
            code = codes.get(trace.tb_frame.f_code.co_filename)
            if code is not None:
                span = code.spans[trace.tb_lineno - 1]
                if span is not None:
                    refused.span = span
            trace = trace.tb_next
        # A refusal is kept in receipts for long: it must not keep whole frames alive.
        refused.__traceback__ = None


def _never(_: object) -> None:
    return None
