"""The generated module of a contract: a function for each declaration that does something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from servanda.interpreter import model
from servanda.interpreter.costs import CREATE_STEPS
from servanda.interpreter.execute.state import BALANCE, FIELD
from servanda.interpreter.generate.argument import (
    Authorities,
    hides,
    write_arguments,
    write_bounds,
    write_overdue,
    write_seen,
    write_states,
)
from servanda.interpreter.generate.decision import write_decision
from servanda.interpreter.generate.maximum import Maximum
from servanda.interpreter.generate.step import Fields, Steps
from servanda.interpreter.generate.value import Values
from servanda.interpreter.generate.writer import Writer
from servanda.interpreter.model import ContractModel, Index
from servanda.interpreter.types import (
    TEXT,
    BalanceType,
    LifecycleType,
    OptionalType,
    RecordType,
)
from servanda.interpreter.walk import all_values, contracts_below


def fields_of(contracts: Mapping[str, ContractModel], indexes: Iterable[Index] = ()) -> Fields:
    """Return what generated code must know of the fields of these contracts.

    `indexes` are those that other contracts keep over their records.
    """
    fields = Fields(
        {record.type: record for one in contracts.values() for record in one.records.values()}
    )
    own = [
        index
        for one in contracts.values()
        for record in one.records.values()
        for index in record.indexes
    ]
    for index in (*own, *indexes):
        names = (*index.equality_fields, *filter(None, [index.range_field]))
        fields.managed.update((index.record, name) for name in names)
    for contract in contracts.values():
        for timer in contract.timers:
            lifecycle = contract.records[timer.record.name].lifecycle_field
            if lifecycle is not None:
                fields.managed.add((timer.record, lifecycle))
            fields.managed.update((timer.record, name) for name in moment_fields(timer))
    return fields


def moment_fields(timer: model.TimerModel) -> tuple[str, ...]:
    """Return the fields that say when a `reaches` timer is due."""
    if not isinstance(timer.trigger, model.ReachesTrigger):
        return ()
    moment = timer.trigger.moment
    return tuple(
        one.field for one in (moment, *all_values(moment)) if isinstance(one, model.FieldValue)
    )


class ContractWriter:
    """Writes the module of one contract."""

    def __init__(
        self, contract: ContractModel, indexes: Iterable[Index] = (), *, is_probed: bool
    ) -> None:
        self.contract = contract
        self.maximum = Maximum(contract)
        self.writer = Writer(is_probed=is_probed)
        self.fields = fields_of({one.name: one for one in contracts_below(contract)}, indexes)

    def write(self) -> Writer:
        """Write everything."""
        contract = self.contract
        for record in contract.records.values():
            self._create(record)
            if record.seen_by is not None:
                self._sees(record)
        for rule in contract.rules.values():
            self._rule(rule)
        for decision in contract.decisions.values():
            name = self._name("decision", decision.name)
            write_decision(self._values(), decision, name)
        for clause in contract.clauses.values():
            self._clause(clause)
        for action in contract.actions.values():
            self._action(action)
        for timer in contract.timers:
            self._timer(timer)
        for number, invariant in enumerate(contract.invariants):
            self._invariant(number, invariant)
        return self.writer

    def _name(self, kind: str, name: str) -> str:
        return self.writer.reference(kind, self.contract.name, name)

    def _values(self, *, can_probe: bool = True) -> Values:
        values = Values(self.writer, is_probed=self.writer.is_probed and can_probe)
        values.is_balance = self.fields.is_balance
        return values

    def _steps(self) -> Steps:
        return Steps(self._values(), self.fields, self.contract.name)

    def _start(
        self,
        kind: str,
        span_of: model.ActionModel | model.ClauseModel | model.RuleModel | model.TimerModel,
        title: str,
        row: str = "None",
    ) -> None:
        self.writer.line("undo = c.undo")
        if self.writer.is_probed:
            site = self.writer.site(kind, span_of.span, title=title)
            self.writer.line("p = c.probe")
            self.writer.line(f"p.enter({site}, {row})")

    def _check_cost(self) -> None:
        # Calls cannot be recursive, but each may make two more: they are bounded as loops are.
        with self.writer.block("if c.steps > c.steps_max:"):
            self.writer.line("raise over_cost()")

    # ── records ───────────────────────────────────────────────────────────────────────────────

    def _create(self, record: model.RecordModel) -> None:
        writer, values, steps = self.writer, self._values(can_probe=False), self._steps()
        table = writer.reference("table", record.type.contract, record.type.name)
        keys = () if record.is_serial else tuple(f"{FIELD}{one.name}" for one in record.keys)
        given = [
            one for one in record.fields if not isinstance(one.type, BalanceType | LifecycleType)
        ]
        needed = [f"{FIELD}{one.name}={_default(values, one)}" for one in given]
        heading = ", ".join(("c", *keys, *needed))
        # No line of it is a clause: what is refused here is said by the statement that creates.
        writer.nowhere()
        with writer.block(f"def {self._name('create', record.type.name)}({heading}):"):
            writer.line(f"c.steps += {CREATE_STEPS + self._timers_maximum(record)}")
            writer.line(f"row = {table}.make()")
            for one in (*(() if record.is_serial else record.keys), *given):
                steps.check_field(record.type, one.name, FIELD + one.name)
                writer.line(f"row.{FIELD}{one.name} = {FIELD}{one.name}")
            for one in record.fields:
                if isinstance(one.type, BalanceType):
                    writer.line(f"row.{BALANCE}{one.name} = 0")
                elif isinstance(one.type, LifecycleType):
                    writer.line(f"row.{FIELD}{one.name} = {one.type.states[0]!a}")
            self._key(record, table)
            writer.line(f"{table}.insert(row, c.undo)")
            writer.line("return row")

    def _key(self, record: model.RecordModel, table: str) -> None:
        writer = self.writer
        if record.is_serial:
            slot = FIELD + record.keys[0].name
            writer.line(f"{table}.serial += 1")
            writer.line(f"row.key = row.{slot} = {table}.serial")
            return
        parts = []
        for one in record.keys:
            name = FIELD + one.name
            if one.type == TEXT:
                writer.line(f"check_key({name}, {one.name!a})")
            parts.append(f"{name}.key" if isinstance(one.type, RecordType) else name)
        key = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        writer.line(f"row.key = {key}")
        with writer.block(f"if row.key in {table}.rows:"):
            writer.line(f"raise duplicate_key({table}, row.key)")

    def _timers_maximum(self, record: model.RecordModel) -> int:
        return sum(
            self.maximum.of(timer.body)
            for timer in self.contract.timers
            if timer.record == record.type
        )

    def _sees(self, record: model.RecordModel) -> None:
        assert record.seen_by is not None
        authorities = Authorities(self._values(can_probe=False))
        name = self._name("sees", record.type.name)
        with self.writer.block(f"def {name}(c, v{record.this.number}):", record.seen_by.span):
            self.writer.line(f"return {authorities.test(record.seen_by)}")

    # ── functions ─────────────────────────────────────────────────────────────────────────────

    def _rule(self, rule: model.RuleModel) -> None:
        name = self._name("rule", rule.name)
        parameters = "".join(f", v{one.local.number}" for one in rule.parameters)
        with self.writer.block(f"def {name}(c{parameters}):", rule.span):
            self._start("rule", rule, rule.name)
            self._check_cost()
            write_bounds(self.writer, self.fields, rule.parameters)
            self._steps().body(rule.body)
        if rule.authority is None:
            # Nobody is named to whom it may be answered.
            return
        with self.writer.block(f"def {self._name('ask', rule.name)}(c, arguments):", rule.span):
            values = self._values(can_probe=False)
            span = rule.authority.span
            records = write_arguments(values, self.fields, rule.parameters, span)
            Authorities(values).check(rule.authority)
            for one in records:
                if hides(self.fields, one):
                    write_seen(self.writer, one, span)
            write_states(self.writer, self.fields, records)
            self.writer.line(f"return {name}(c{parameters})")

    def _clause(self, clause: model.ClauseModel) -> None:
        name = self._name("clause", clause.name)
        parameters = "".join(f", v{one.local.number}" for one in clause.parameters)
        with self.writer.block(f"def {name}(c{parameters}):", clause.span):
            self._start("clause", clause, clause.name)
            self._check_cost()
            write_bounds(self.writer, self.fields, clause.parameters)
            self._steps().body(clause.body)
            if self.writer.is_probed:
                self.writer.line("p.leave()")

    def _action(self, action: model.ActionModel) -> None:
        writer = self.writer
        name = self._name("action", action.name)
        with writer.block(f"def {name}(c, arguments):", action.span):
            self._start("action", action, action.name)
            values = self._values()
            plain = self._values(can_probe=False)
            span = action.authority.span
            parameters = action.parameters
            records = write_arguments(plain, self.fields, parameters, span, can_note=True)
            write_overdue(writer, records)
            Authorities(values).check(action.authority)
            for one in records:
                if hides(self.fields, one):
                    write_seen(writer, one, span)
            if writer.is_probed:
                writer.line("p.end_step()")
            write_states(writer, self.fields, records, can_note=True)
            Steps(values, self.fields, self.contract.name).body(action.body)
            if writer.is_probed:
                writer.line("p.leave()")

    def _timer(self, timer: model.TimerModel) -> None:
        name = self._name("timer", str(timer.number))
        with self.writer.block(f"def {name}(c, v{timer.binder.number}):", timer.span):
            self._start("timer", timer, timer.title, f"v{timer.binder.number}")
            self._steps().body(timer.body)
            if self.writer.is_probed:
                self.writer.line("p.leave()")
        if isinstance(timer.trigger, model.ReachesTrigger):
            moment = timer.trigger.moment
            name = self._name("moment", str(timer.number))
            with self.writer.block(f"def {name}(v{timer.binder.number}):", moment.span):
                text = self._values(can_probe=False).write(moment)
                self.writer.line(f"return {text}")

    # ── invariants ────────────────────────────────────────────────────────────────────────────

    def _invariant(self, number: int, invariant: model.Invariant) -> None:
        if isinstance(invariant, model.RecordInvariant):
            self._holds(number, invariant, invariant.binder, "")
        else:
            self._holds(number, invariant, invariant.binder, ", totals")
            self._shares(number, invariant)

    def _holds(
        self, number: int, invariant: model.Invariant, binder: model.Local | None, more: str
    ) -> None:
        values, writer = self._values(), self.writer
        name = self._name("invariant", str(number))
        row = "_" if binder is None else f"v{binder.number}"
        with writer.block(f"def {name}(c, {row}{more}):", invariant.span):
            if writer.is_probed:
                site = writer.site("invariant", invariant.span, title=invariant.title)
                writer.line("p = c.probe")
                writer.line(f"p.enter({site}, {row})")
            writer.line("c.steps += 1")
            # What it does not speak of is never explained, so the probes need no end here.
            self._unless(values, invariant.where, "True")
            holds = values.guard(invariant.condition)
            writer.line(f"return {f'p.end({holds})' if writer.is_probed else holds}")

    def _shares(self, number: int, invariant: model.TotalsInvariant) -> None:
        values, writer = self._values(can_probe=False), self.writer
        for index, total in enumerate(invariant.totals):
            share = self._name("share", f"{number}.{index}")
            with writer.block(f"def {share}(c, v{total.binder.number}):", invariant.span):
                self._unless(values, total.where, "None")
                group = "None" if total.group is None else values.write(total.group)
                amount = (
                    "1" if total.kind is model.AggregateKind.COUNT else values.write(total.value)
                )
                writer.line(f"return ({group}, {amount})")

    def _unless(self, values: Values, where: model.Value | None, given: str) -> None:
        if where is not None:
            with self.writer.block(f"if not {values.write(where)}:"):
                self.writer.line(f"return {given}")


def _default(values: Values, field: model.FieldModel) -> str:
    if field.default is not None:
        return values.write(field.default)
    return "None" if isinstance(field.type, OptionalType) else "not_given"
