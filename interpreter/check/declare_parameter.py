"""What is passed on: the parameters of a declaration, and the type of what it gives.

In come typed names; out come parameters bound in their scope, as bodies and as callers see them.
"""

from __future__ import annotations

from collections.abc import Iterable

from servanda.grammar import tree
from servanda.grammar.source import Span
from servanda.interpreter.check.names import declare_local, report
from servanda.interpreter.check.proof import TAKES_PROOFS, is_proof, proof_type
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.sealed import readers_of, report_place
from servanda.interpreter.check.symbols import SlotSymbol
from servanda.interpreter.check.type import bound_of, type_of
from servanda.interpreter.check.unit import currency_value
from servanda.interpreter.model import Bound, ParameterModel
from servanda.interpreter.types import (
    ANYTHING,
    INT,
    SERIAL,
    AmountType,
    BalanceType,
    OptionalType,
    RecordType,
    Type,
    sealed_in,
    show_type,
)


def result_type(written: tree.Type, scope: Scope) -> Type:
    """Return the type of what an action or a rule gives."""
    given = passed_type(type_of(written, scope), written.span, "what is given", scope)
    return report_place(given, "what is given", written.span, scope)


def passed_type(passed: Type, span: Span, what: str, scope: Scope) -> Type:
    """Return the type of what is passed on; report one of which no value can be."""
    diagnostics = scope.checking.diagnostics
    if isinstance(passed, BalanceType):
        report(
            diagnostics,
            "E0353",
            f"{what} cannot be a Balance",
            span,
            "a Balance is a field of a record, where money lies",
            help=f"write `{show_type(AmountType(passed.unit))}`: an Amount is passed on, "
            "and a Balance stays where it is",
        )
        return AmountType(passed.unit)
    if passed == SERIAL:
        report(
            diagnostics,
            "E0353",
            f"{what} cannot be a Serial",
            span,
            "only the key of a record is given by the chain",
            help="write `Int`, which is what the number of a record is",
        )
        return INT
    return passed


def parameter_of(written: tree.TypedName, scope: Scope, what: str) -> ParameterModel:
    """Bind one parameter."""
    taken = parameter_type(written.type, scope)
    passed = passed_type(taken, written.type.span, "a parameter", scope)
    if scope.place is Place.RULE:
        passed = report_place(passed, "a parameter of a rule", written.type.span, scope)
    bound = bound_of(written.bound, bounded_type(passed, written.bound, scope), scope)
    counted = passed.base if isinstance(passed, OptionalType) else passed
    if bound is None and isinstance(counted, AmountType) and scope.place is Place.ACTION:
        # Amounts that come from outside are not negative unless the contract says so.
        bound = Bound(low=0)
    if written.default is not None:
        report(
            scope.checking.diagnostics,
            "E0354",
            f"a parameter of {what} takes no default",
            written.default.span,
            "a default",
            help="remove it: whoever calls says every value",
        )
    local = declare_local(written.name, passed, scope)
    if bound is not None:
        scope.checking.bounds[local.number] = bound
    unit_value = None
    if isinstance(passed, AmountType):
        unit_value = currency_value(passed.unit, scope, written.type.span)
    readers = None
    if scope.place is Place.ACTION and sealed_in(passed) is not None:
        readers = readers_of(written.type, scope)
    return ParameterModel(local, bound, written.name.span, unit_value, readers)


def parameter_type(written: tree.Type, scope: Scope) -> Type:
    """Return the type of a parameter, which alone may be a proof."""
    if scope.place in TAKES_PROOFS and is_proof(written):
        return proof_type(written, scope)
    return type_of(written, scope)


def bounded_type(passed: Type, bound: tree.Range | tree.Alternatives | None, scope: Scope) -> Type:
    """Return what a bound speaks of: for a record it names states of its lifecycle."""
    if not isinstance(passed, RecordType) or not isinstance(bound, tree.Alternatives):
        return passed
    symbol = scope.checking.declarations.record(passed)
    if symbol.lifecycle_field:
        return symbol.slots[symbol.lifecycle_field].type
    return ANYTHING if symbol.has_unknown else passed


def slots_of(parameters: Iterable[ParameterModel]) -> tuple[SlotSymbol, ...]:
    """Return parameters as callers see them."""
    return tuple(
        SlotSymbol(one.local.name, one.local.type, one.bound, one.span) for one in parameters
    )
