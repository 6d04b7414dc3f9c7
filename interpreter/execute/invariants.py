"""Invariants: what holds after every transaction and timer, checked only where it may have broken.

A record invariant is checked for the rows that were touched. A totals invariant keeps running
totals: what a row of the summed record added before is worked out from the journal, so that a
change is one subtraction and one addition, however many rows there are.

# INVARIANT: totals change only through the journal, so a refused call leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Context as DecimalContext
from decimal import Inexact, InvalidOperation
from typing import Any, NamedTuple, TypeAlias

from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.keys import show_record
from servanda.interpreter.execute.shelf import Shelf
from servanda.interpreter.execute.state import Before, Row, Table, Tables, changed_rows
from servanda.interpreter.model import ContractModel, RecordInvariant, TotalsInvariant
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.numbers import ZERO, add

NEVER_TOO_MANY = 10**30
"""More steps than anything takes."""

EXACT = DecimalContext(
    prec=12_400, Emin=-99_999, Emax=99_999, clamp=0, traps=[Inexact, InvalidOperation]
)
"""Enough digits for any sum of Decimals: a running total must not depend on the order of changes.

A Decimal's digits lie between 10**6144 and 10**-6176; what is read of a total has 34 digits.
"""

Share: TypeAlias = "tuple[Row | None, Any]"
"""A group, and what a row adds to its total."""
Function = Callable[..., Any]
Functions = Mapping[tuple[str, str], Function]


class Total:
    """One running total per group (the group None when there is only one)."""

    __slots__ = ("name", "share_of", "shelf", "table", "totals")

    def __init__(self, name: tuple[str, int, int], table: Table, share_of: Function) -> None:
        self.name = name
        """The contract, the number of the invariant in it, and of the total in that."""
        self.table = table
        self.share_of = share_of
        self.shelf: Shelf | None = None
        self.totals: dict[Row | None, Any] = {}
        """By group; without a shelf those that are not zero, with one those that have changed."""

    def update(self, row: Row, before: Before | None, context: Context) -> list[Row | None]:
        """Take a row's change into account; return the groups whose total may have changed.

        `before` are the fields that changed, as they were; None for a new row.
        """
        new = self.share_of(context, row)
        old = None if before is None else self._share_before(row, before, context)
        if old == new:
            return []
        if old is not None:
            self._add(old[0], -old[1] if isinstance(old[1], int) else EXACT.minus(old[1]), context)
        if new is not None:
            self._add(new[0], new[1], context)
        return [share[0] for share in (old, new) if share is not None]

    def _share_before(self, row: Row, before: Before, context: Context) -> Share | None:
        """Return what a row added before; who caused the change has paid for the other share."""
        present = {slot: getattr(row, slot) for slot in before}
        steps, steps_max = context.steps, context.steps_max
        context.steps, context.steps_max = 0, NEVER_TOO_MANY
        _set_fields(row, before)
        try:
            share: Share | None = self.share_of(context, row)
        finally:
            _set_fields(row, present)
            context.steps, context.steps_max = steps, steps_max
        return share

    def _add(self, group: Row | None, share: Any, context: Context) -> None:
        old = self._of(group)
        context.undo.append((self, "", (None, group, self.totals.get(group))))
        self.totals[group] = _sum(old, share)
        if not self.totals[group] and self.shelf is None:
            # A total of nothing is no total, so that what is undone leaves nothing behind.
            del self.totals[group]

    def undo(self, change: tuple[None, Row | None, Any]) -> None:
        """Take back one change of a total."""
        _, group, total = change
        if total is None:
            self.totals.pop(group, None)
        else:
            self.totals[group] = total

    def _of(self, group: Row | None) -> Any:
        total = self.totals.get(group)
        if total is None:
            return 0 if self.shelf is None else self.shelf.total(self, group)
        return total

    def of(self, group: Row | None) -> Any:
        """Return the total of a group."""
        total = self._of(group)
        return total if isinstance(total, int) else add(total, ZERO)

    def counted(self, context: Context, rows: Iterable[Row] | None = None) -> dict[Row | None, Any]:
        """Return what a count of all rows gives; rules and decisions need a context."""
        totals: dict[Row | None, Any] = {}
        for row in self.table.records() if rows is None else rows:
            share = self.share_of(context, row)
            if share is not None:
                group, added = share
                totals[group] = _sum(totals.get(group, 0), added)
        return {group: total for group, total in totals.items() if total}

    def restore(self, context: Context) -> None:
        """Count all rows."""
        self.totals = self.counted(context)

    def audit(self, context: Context) -> None:
        """Assert that the totals are what a count of all rows gives."""
        again = self.counted(context)
        for group in {**again, **self.totals}:
            assert again.get(group, 0) == self._of(group), "a running total is wrong"


def _set_fields(row: Row, fields: Before) -> None:
    for slot, value in fields.items():
        setattr(row, slot, value)


def _sum(total: Any, share: Any) -> Any:
    if isinstance(share, int):
        return total + share
    # Without its trailing zeros, so that equal totals are the same to the digit.
    found = EXACT.add(total, share).normalize(EXACT)
    return found or 0


class Invariants:
    """All invariants of a machine, by the record types whose change may break them."""

    __slots__ = ("_grouped", "_of_record", "_totals", "are_any")

    def __init__(self) -> None:
        self.are_any = False
        self._of_record: dict[Table, list[RecordCheck]] = {}
        self._totals: dict[Table, list[tuple[TotalsCheck, Total]]] = {}
        self._grouped: dict[Table, list[TotalsCheck]] = {}

    def add(
        self, model: ContractModel, tables: Tables, functions: Functions, probed: Functions
    ) -> None:
        """Watch over the invariants of a contract from now on; `probed` tell why one is broken."""
        for number, invariant in enumerate(model.invariants):
            self.are_any = True
            name = ("invariant", str(number))
            if isinstance(invariant, RecordInvariant):
                check = RecordCheck(invariant, functions[name], probed[name])
                self._of_record.setdefault(tables[invariant.record], []).append(check)
                continue
            totals = [
                Total(
                    (model.name, number, index),
                    tables[total.record],
                    functions["share", f"{number}.{index}"],
                )
                for index, total in enumerate(invariant.totals)
            ]
            self._add_totals(TotalsCheck(invariant, functions[name], probed[name], totals), tables)

    def _add_totals(self, check: TotalsCheck, tables: Tables) -> None:
        invariant, totals = check.invariant, check.totals
        for total in totals:
            self._totals.setdefault(total.table, []).append((check, total))
        if invariant.group_record is not None:
            self._grouped.setdefault(tables[invariant.group_record], []).append(check)

    @property
    def totals(self) -> Iterable[Total]:
        """Every running total."""
        return [total for pairs in self._totals.values() for _, total in pairs]

    def put_on(self, shelf: Shelf) -> None:
        """Look for totals on a shelf from now on, beside those that are here already."""
        for total in self.totals:
            total.shelf = shelf

    def settle(self) -> None:
        """Take note that what has changed is on the shelf by now."""
        for total in self.totals:
            total.totals.clear()

    def restore(self, context: Context) -> None:
        """Make every running total from the rows there are."""
        for total in self.totals:
            total.restore(context)

    def audit(self, context: Context) -> None:
        """Assert that every running total is what a count of all rows gives."""
        for total in self.totals:
            total.audit(context)

    def check_all(
        self, contract: str, context: Context, rows_of: Callable[[Table], Iterable[Row]]
    ) -> None:
        """Refuse `INVARIANT` when any record breaks an invariant of a contract."""
        for table, checks in self._of_record.items():
            for row in rows_of(table) if table.contract == contract else ():
                for one in checks:
                    if not one.holds(context, row):
                        raise _broken(one.invariant, row)
        for table, pairs in self._totals.items():
            for check, _ in pairs if table.contract == contract else ():
                check.require(context, None)
        for table, grouped in self._grouped.items():
            for row in rows_of(table) if table.contract == contract else ():
                for check in grouped:
                    check.require(context, row)

    def check(self, context: Context) -> None:
        """Refuse `INVARIANT` when what a call touched breaks one."""
        affected: dict[tuple[TotalsCheck, Row | None], None] = {}
        for row, before in changed_rows(context.undo).items():
            table = row.table
            for one in self._of_record.get(table, ()):
                if not one.holds(context, row):
                    _explain(context, one.explain, row)
                    raise _broken(one.invariant, row)
            for check, total in self._totals.get(table, ()):
                for group in total.update(row, before, context):
                    affected[check, group] = None
            for check in self._grouped.get(table, ()):
                affected[check, row] = None
        for check, group in affected:
            check.require(context, group)


class RecordCheck(NamedTuple):
    """A record invariant; `explain` is `holds` with probes."""

    invariant: RecordInvariant
    holds: Function
    explain: Function


class TotalsCheck:
    """A totals invariant with its totals; `explain` is `holds` with probes."""

    __slots__ = ("explain", "holds", "invariant", "totals")

    def __init__(
        self, invariant: TotalsInvariant, holds: Function, explain: Function, totals: list[Total]
    ) -> None:
        self.invariant = invariant
        self.holds = holds
        self.explain = explain
        self.totals = totals

    def require(self, context: Context, group: Row | None) -> None:
        """Refuse unless it holds of a group; what has no group counts for none of them."""
        if group is None and self.invariant.group_record is not None:
            return
        totals = [
            total.of(group if model.group is not None else None)
            for total, model in zip(self.totals, self.invariant.totals, strict=True)
        ]
        if not self.holds(context, group, totals):
            _explain(context, self.explain, group, totals)
            raise _broken(self.invariant, group)


def _explain(context: Context, explain: Function, *arguments: object) -> None:
    """Let the trace of a call see why an invariant is broken; a trace costs the call nothing."""
    if context.probe is not None:
        steps = context.steps
        explain(context, *arguments)
        context.steps = steps


def _broken(invariant: RecordInvariant | TotalsInvariant, row: Row | None) -> Refused:
    message = f"this would break the invariant: {invariant.title}"
    # Whoever may not see a record is not told its key either.
    if row is not None and row.table.model.seen_by is None:
        message += f" ({show_record(row.table, row.key)})"
    return Refused(Code.INVARIANT, message, invariant.span)
