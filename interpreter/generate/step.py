"""Generated statements: a body of the model in, indented Python lines out.

Every change goes through the journal before it is made. Costs are added once per basic block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from servanda.grammar.source import Span
from servanda.interpreter import model
from servanda.interpreter.execute.state import BALANCE
from servanda.interpreter.generate.value import Values
from servanda.interpreter.generate.writer import Writer
from servanda.interpreter.model import Body, FieldValue, Value
from servanda.interpreter.types import (
    BOOL,
    BalanceType,
    OutputsType,
    RecordType,
    RoleType,
    show_type,
)
from servanda.interpreter.values.numbers import AMOUNT_LIMIT
from servanda.interpreter.walk import size_of, values_in

CHAIN_LENGTH_MAX = 100
"""So many branches become one chain of `elif` in Python."""


class Fields:
    """What statements must know of the fields they write; made once from the models."""

    def __init__(self, records: Mapping[RecordType, model.RecordModel]) -> None:
        self.records = records
        self.managed: set[tuple[RecordType, str]] = set()
        """Fields that an index or a timer looks at: changed through their table."""

    def find(self, record: RecordType, name: str) -> model.FieldModel:
        """Return the field called `name`."""
        one = self.records[record]
        return next(field for field in (*one.keys, *one.fields) if field.name == name)

    def is_balance(self, record: RecordType, name: str) -> bool:
        """Whether the field holds money."""
        return isinstance(self.find(record, name).type, BalanceType)


class Steps:
    """Writes the statements of one function."""

    def __init__(self, values: Values, fields: Fields, contract: str) -> None:
        self.values = values
        self.writer: Writer = values.writer
        self.fields = fields
        self.contract = contract

    def body(self, body: Body) -> None:
        """Write a basic block: its cost, then its statements."""
        self.writer.line(f"c.steps += {_cost_of(body)}")
        for statement in body:
            if self.values.is_probed:
                site = self.writer.site("step", statement.span)
                self.writer.line(f"p.step({site})")
            self.writer.at(statement.span)
            _WRITERS[type(statement)](self, statement)

    # ── refusals and names ────────────────────────────────────────────────────────────────────

    def _require(self, step: model.RequireStep) -> None:
        test = self.values.guard(step.condition)
        with self.writer.block(f"if not {test}:", step.span):
            self._refuse(step)

    def _refuse(self, step: model.RequireStep | model.RefuseStep) -> None:
        message = self.values.write(step.message)
        # The span is given, for a refusal must cost no more than a success: see `Machine.locate`.
        span = self.writer.constant(step.span)
        self.writer.line(f"raise Refused({step.code!a}, {message}, {span})", step.span)

    def _let(self, step: model.LetStep) -> None:
        if isinstance(step.local.type, OutputsType):
            self.writer.outputs[step.local.number] = step.local.type
        self.writer.line(f"v{step.local.number} = {self.values.write(step.value)}", step.span)

    # ── fields ────────────────────────────────────────────────────────────────────────────────

    def _set(self, step: model.SetField) -> None:
        writer, target = self.writer, step.target
        value, row = writer.fresh("x"), writer.fresh("o")
        writer.line(f"{value} = {self.values.write(step.value)}", step.span)
        writer.line(f"{row} = {self.values.write(target.object)}")
        self.check_field(target.record, target.field, value)
        self._change(target, row, value)

    def check_field(self, record: RecordType, name: str, value: str) -> None:
        """Write the checks that a value of a field must pass: its bound, its role."""
        field = self.fields.find(record, name)
        base = getattr(field.type, "base", field.type)
        is_optional = base is not field.type
        checks: list[str] = []
        if field.bound is not None:
            test = bound_test(self.writer, value, field.bound)
            checks.append(f"if not {test}: raise out_of_bound({name!a})")
        if isinstance(base, RoleType):
            roles = self.writer.constant(base.roles)
            checks.append(
                f"if not c.has_role({value}, {roles}): raise not_a_member({value}, {name!a})"
            )
        if not checks:
            return
        if is_optional:
            with self.writer.block(f"if {value} is not None:"):
                for check in checks:
                    self.writer.line(check)
        else:
            for check in checks:
                self.writer.line(check)

    def _change(self, target: FieldValue, row: str, value: str) -> None:
        slot = self.values.slot(target)
        if (target.record, target.field) in self.fields.managed:
            table = self.writer.reference("table", target.record.contract, target.record.name)
            self.writer.line(f"{table}.change({row}, {slot!a}, {value}, undo)")
        else:
            self.writer.line(f"undo.append(({row}, {slot!a}, {row}.{slot}))")
            self.writer.line(f"{row}.{slot} = {value}")

    def _become(self, step: model.BecomeStep) -> None:
        writer = self.writer
        state = writer.fresh("x")
        arrows = writer.reference("arrows", step.lifecycle.contract, step.lifecycle.name)
        writer.line(f"{state} = {self.values.write(step.state)}", step.span)
        row = self._holder(step.target)
        slot = self.values.slot(step.target)
        with writer.block(f"if {state} not in {arrows}[{row}.{slot}]:"):
            writer.line(f"raise no_transition({row}, {row}.{slot}, {state})")
        self._change(step.target, row, state)

    def _holder(self, target: FieldValue) -> str:
        """Write the look-up of the record whose balance or state is about to change.

        What it holds before decides whether the change is refused, so an explanation shows it.
        """
        writer, row = self.writer, self.writer.fresh("o")
        if self.values.is_probed:
            writer.line(f"m = p.mark({writer.site('value', target.span, target.type)})")
        writer.line(f"{row} = {self.values.write(target.object)}")
        if self.values.is_probed:
            unit = self.values.unit_text(target.type)
            more = "" if unit is None else f", {unit}"
            writer.line(f"p.see(m, {row}.{self.values.slot(target)}{more})")
        return row

    # ── money ─────────────────────────────────────────────────────────────────────────────────

    def _move(self, step: model.MoveStep) -> None:
        amount = self._amount(step.amount, step)
        source, target = self._holder(step.source), self._holder(step.target)
        self._take(step, source, amount)
        self._add(step.target, target, amount)

    def _issue(self, step: model.IssueStep) -> None:
        amount = self._amount(step.amount, step)
        target = self._holder(step.target)
        self._add(step.target, target, amount)
        slot = ascii(self.values.slot(step.target))
        self.writer.line(f"c.issue({target}, {slot}, {amount})")

    def _retire(self, step: model.RetireStep) -> None:
        amount = self._amount(step.amount, step)
        source = self._holder(step.source)
        self._take(step, source, amount)
        slot = ascii(self.values.slot(step.source))
        self.writer.line(f"c.issue({source}, {slot}, -{amount})")

    def _amount(self, amount: Value, step: model.Statement) -> str:
        name = self.writer.fresh("x")
        self.writer.line(f"{name} = {self.values.write(amount)}", step.span)
        with self.writer.block(f"if {name} < 0:"):
            self.writer.line("raise negative_amount()")
        return name

    def _take(self, step: model.MoveStep | model.RetireStep, row: str, amount: str) -> None:
        slot = BALANCE + step.source.field
        held = self.writer.fresh("b")
        self.writer.line(f"{held} = {row}.{slot}")
        with self.writer.block(f"if {held} < {amount}:"):
            span = self.writer.constant(step.span)
            self.writer.line(f"raise insufficient({row}, {slot!a}, {amount}, {span})")
        self.writer.line(f"undo.append(({row}, {slot!a}, {held}))")
        self.writer.line(f"{row}.{slot} = {held} - {amount}")

    def _add(self, target: FieldValue, row: str, amount: str) -> None:
        slot = BALANCE + target.field
        held = self.writer.fresh("b")
        self.writer.line(f"{held} = {row}.{slot}")
        self.writer.line(f"undo.append(({row}, {slot!a}, {held}))")
        # Neither is below zero, so there is one end to look at.
        with self.writer.block(f"if {held} + {amount} >= {AMOUNT_LIMIT}:"):
            self.writer.line("raise too_much_money()")
        self.writer.line(f"{row}.{slot} = {held} + {amount}")

    # ── events, notices, calls ────────────────────────────────────────────────────────────────

    def _emit(self, step: model.EmitStep) -> None:
        values = "".join(self.values.external(one) + ", " for one in step.values)
        self.writer.line(
            f"c.events.append(new(Event, ({self.contract!a}, {step.event!a}, ({values}))))",
            step.span,
        )

    def _notify(self, step: model.NotifyStep) -> None:
        party, text = self.values.write(step.party), self.values.write(step.text)
        self.writer.line(f"c.notices.append(Notice({self.contract!a}, {party}, {text}))", step.span)

    def _clause(self, step: model.ClauseStep) -> None:
        name = self.writer.reference("clause", self.contract, step.clause)
        self.writer.line(f"{name}(c, {self.values.several(step.arguments)})", step.span)

    def _value(self, step: model.ValueStep) -> None:
        self.writer.line(self.values.write(step.value), step.span)

    def _give(self, step: model.GiveStep) -> None:
        given = self.values.write(step.value)
        if self.values.is_probed:
            given = f"p.give({self.writer.site('give', step.span, step.value.type)}, {given})"
        self.writer.line(f"return {given}", step.span)

    # ── control ───────────────────────────────────────────────────────────────────────────────

    def _if(self, step: model.IfStep) -> None:
        tests = [self.values.guard(condition) for condition, _ in step.branches]
        otherwise = step.otherwise
        self._branches(
            [
                (test, one.span, body)
                for test, (one, body) in zip(tests, step.branches, strict=True)
            ],
            None if otherwise is None else lambda: self.body(otherwise),
        )

    def _choose(self, step: model.ChooseStep) -> None:
        writer = self.writer
        subject = writer.fresh("x")
        writer.line(f"{subject} = {self.values.guard(step.subject)}", step.span)
        sign = "is" if step.subject.type == BOOL else "=="
        cases = [
            (" or ".join([f"{subject} {sign} {writer.constant(name)}" for name in names]), body)
            for names, body in step.cases
        ]

        def otherwise() -> None:
            if step.otherwise is not None:
                self.body(step.otherwise)
            else:
                kind = ascii(show_type(step.subject.type))
                writer.line(f"raise AssertionError('no case', {kind}, {subject})")

        self._branches([(test, None, body) for test, body in cases], otherwise)

    def _branches(
        self,
        branches: list[tuple[str, Span | None, Body]],
        otherwise: Callable[[], None] | None,
    ) -> None:
        """Write what happens where the first of some tests is true.

        To Python each `elif` stands inside the one before, and it follows only so many.
        """
        writer = self.writer
        is_long = len(branches) > CHAIN_LENGTH_MAX
        done = writer.fresh("k") if is_long else ""
        if is_long:
            writer.line(f"{done} = False")
        for number, (test, span, body) in enumerate(branches):
            word = "elif" if number % CHAIN_LENGTH_MAX else "if"
            asked = f"not {done} and ({test})" if is_long else test
            with writer.block(f"{word} {asked}:", span):
                if is_long:
                    writer.line(f"{done} = True")
                self.body(body)
        if otherwise is not None:
            with writer.block(f"if not {done}:" if is_long else "else:"):
                otherwise()

    def _for(self, step: model.ForStep) -> None:
        # The set is fixed before the first effect, so it is collected first.
        writer, binder = self.writer, f"v{step.binder.number}"
        found = writer.fresh("l")
        writer.line(f"{found} = []", step.span)
        self.values.visit(binder, step.domain, 0, lambda: writer.line(f"{found}.append({binder})"))
        with writer.block(f"for {binder} in {found}:"):
            self.body(step.body)
            with writer.block("if c.steps > c.steps_max:"):
                writer.line("raise over_cost()")


def bound_test(writer: Writer, value: str, bound: model.Bound) -> str:
    """Return the expression that is true when `value` is within its bound."""
    if bound.names is not None:
        return f"{value} in {writer.constant(bound.names)}"
    low = "" if bound.low is None else f"{writer.constant(bound.low)} <= "
    sign = "<" if bound.is_high_open else "<="
    high = "" if bound.high is None else f" {sign} {writer.constant(bound.high)}"
    return f"({low}{value}{high})"


def _cost_of(body: Body) -> int:
    cost = 0
    for statement in body:
        cost += 1 + sum(
            size_of(value) for value in values_in(statement) if not _is_of_a_loop(statement, value)
        )
    return cost


def _is_of_a_loop(statement: model.Statement, value: Value) -> bool:
    return isinstance(statement, model.ForStep) and value is statement.domain.condition


_WRITERS: dict[type[model.Statement], Callable[[Any, Any], None]] = {
    model.RequireStep: Steps._require,
    model.RefuseStep: Steps._refuse,
    model.LetStep: Steps._let,
    model.SetField: Steps._set,
    model.BecomeStep: Steps._become,
    model.MoveStep: Steps._move,
    model.IssueStep: Steps._issue,
    model.RetireStep: Steps._retire,
    model.EmitStep: Steps._emit,
    model.NotifyStep: Steps._notify,
    model.ClauseStep: Steps._clause,
    model.ValueStep: Steps._value,
    model.GiveStep: Steps._give,
    model.IfStep: Steps._if,
    model.ChooseStep: Steps._choose,
    model.ForStep: Steps._for,
}


def register(statement: type[model.Statement], write: Callable[[Any, Any], None]) -> None:
    """Add the writer of a kind of statement (the steps of scripts stand in a file of their own)."""
    _WRITERS[statement] = write
