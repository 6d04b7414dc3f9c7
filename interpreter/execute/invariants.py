"""Invariants: what holds after every transaction and timer, checked only where it may have broken.

A record invariant is checked for the rows that were touched. A totals invariant keeps running
totals: what each row of the summed record adds is remembered, so that a change is one subtraction
and one addition, however many rows there are.

# INVARIANT: totals change only through the journal, so a refused call leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context as DecimalContext
from decimal import Inexact, InvalidOperation
from typing import Any, NamedTuple

from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.runtime import show_key
from servanda.interpreter.execute.state import Row, Table, Tables, touched_rows
from servanda.interpreter.model import ContractModel, RecordInvariant, TotalsInvariant
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.numbers import ZERO, add

EXACT = DecimalContext(
    prec=12_400, Emin=-99_999, Emax=99_999, clamp=0, traps=[Inexact, InvalidOperation]
)
"""Enough digits for any sum of Decimals: a running total must not depend on the order of changes.

A Decimal's digits lie between 10**6144 and 10**-6176; what is read of a total has 34 digits.
"""

Function = Callable[..., Any]
Functions = Mapping[tuple[str, str], Function]


class Total:
    """One running total per group (the group None when there is only one)."""

    __slots__ = ("share_of", "shares", "table", "totals")

    def __init__(self, table: Table, share_of: Function) -> None:
        self.table = table
        self.share_of = share_of
        self.shares: dict[Row, tuple[Row | None, Any]] = {}
        self.totals: dict[Row | None, Any] = {}

    def update(self, row: Row, context: Context) -> list[Row | None]:
        """Take a row's change into account; return the groups whose total may have changed."""
        old, new = self.shares.get(row), self.share_of(context, row)
        if old == new:
            return []
        context.undo.append((self, "", (row, old)))
        self._set(row, new)
        return [share[0] for share in (old, new) if share is not None]

    def undo(self, change: tuple[Row, tuple[Row | None, Any] | None]) -> None:
        """Take back one `update`."""
        self._set(*change)

    def _set(self, row: Row, share: tuple[Row | None, Any] | None) -> None:
        old = self.shares.pop(row, None)
        if old is not None:
            self._add(old[0], -old[1] if isinstance(old[1], int) else EXACT.minus(old[1]))
        if share is not None:
            self.shares[row] = share
            self._add(*share)

    def _add(self, group: Row | None, share: Any) -> None:
        total = self.totals.pop(group, 0)
        if isinstance(share, int):
            total += share
        else:
            # Without its trailing zeros, so that equal totals are the same to the digit.
            total = EXACT.add(total, share).normalize(EXACT)
        # A total of nothing is no total, so that what is undone leaves nothing behind.
        if total:
            self.totals[group] = total

    def of(self, group: Row | None) -> Any:
        """Return the total of a group."""
        total = self.totals.get(group, 0)
        return total if isinstance(total, int) else add(total, ZERO)

    def restore(self, context: Context) -> None:
        """Count all rows, of a total that has seen none; rules and decisions need a context."""
        for row in self.table.records():
            self._set(row, self.share_of(context, row))

    def audit(self, context: Context) -> None:
        """Assert that the totals are what a count of all rows gives."""
        again = Total(self.table, self.share_of)
        again.restore(context)
        assert again.shares == self.shares, "the shares of a running total are wrong"
        assert again.totals == self.totals, "a running total is wrong"


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
                Total(tables[total.record], functions["share", f"{number}.{index}"])
                for index, total in enumerate(invariant.totals)
            ]
            self._add_totals(TotalsCheck(invariant, functions[name], probed[name], totals), tables)

    def _add_totals(self, check: TotalsCheck, tables: Tables) -> None:
        invariant, totals = check.invariant, check.totals
        for total in totals:
            self._totals.setdefault(total.table, []).append((check, total))
        if invariant.group_record is not None:
            self._grouped.setdefault(tables[invariant.group_record], []).append(check)

    def restore(self, context: Context) -> None:
        """Make every running total from the rows there are."""
        for pairs in self._totals.values():
            for _, total in pairs:
                total.restore(context)

    def audit(self, context: Context) -> None:
        """Assert that every running total is what a count of all rows gives."""
        for pairs in self._totals.values():
            for _, total in pairs:
                total.audit(context)

    def check(self, context: Context) -> None:
        """Refuse `INVARIANT` when what a call touched breaks one."""
        affected: dict[tuple[TotalsCheck, Row | None], None] = {}
        for row in touched_rows(context.undo):
            table = row.table
            for one in self._of_record.get(table, ()):
                if not one.holds(context, row):
                    _explain(context, one.explain, row)
                    raise _broken(one.invariant, row)
            for check, total in self._totals.get(table, ()):
                for group in total.update(row, context):
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
        message += f" ({row.table.model.type.name} {show_key(row)})"
    return Refused(Code.INVARIANT, message, invariant.span)
