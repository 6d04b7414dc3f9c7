"""Proofs: `Proof of o.Sent`, what is read from one, and the one that a test gives.

In come trees and what is declared of contracts on other chains; out come types and values. It
refuses to know how a proof is verified: that is the chain's part.
"""

from __future__ import annotations

from typing import TypeGuard

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.path import KINDS, names_of, symbol_at, symbol_of
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    ContractSymbol,
    ProvableSymbol,
    RecordSymbol,
    UnitSymbol,
)
from servanda.interpreter.check.unit import field_of_this, unit_in
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.model import Builtin, BuiltinCall, OwnProof, RecordLookup, Value
from servanda.interpreter.types import (
    ANYTHING,
    HASH,
    HIDDEN,
    FixedUnit,
    ProofType,
    ShownType,
    Type,
)
from servanda.interpreter.values.units import ISO_4217

PROOF = "Proof"
TAKES_PROOFS = (Place.RULE, Place.CLAUSE, Place.ACTION)
"""Where a parameter may be a proof: nothing keeps one, and no event tells one."""


def is_proof(written: tree.Type) -> TypeGuard[tree.AppliedType]:
    """Whether a type is written `Proof of …`."""
    return isinstance(written, tree.AppliedType) and [
        one.text for one in written.constructor.names
    ] == [PROOF]


def proof_type(written: tree.AppliedType, scope: Scope) -> Type:
    """Return `Proof of o.Sent`, or report what is no record of a contract on another chain."""
    argument = written.argument
    names = argument.path.names if isinstance(argument, tree.NamedType) else ()
    symbol = symbol_at(names, scope)
    if isinstance(symbol, ProvableSymbol):
        return symbol.proof
    shown = ".".join(one.text for one in names)
    if not names or shown in scope.checking.misnamed or names[0].text in scope.checking.misnamed:
        return ANYTHING
    first = scope.checking.declarations.find(names[0].text)
    known = [
        f"{names[0].text}.{name}"
        for name, one in (
            first.declarations.symbols if isinstance(first, ContractSymbol) else {}
        ).items()
        if isinstance(one, ProvableSymbol)
    ]
    scope.report(
        "E0337",
        f"`{shown}` is no record of a contract on another chain",
        argument.span,
        "what is on this chain is read without a proof"
        if isinstance(symbol, RecordSymbol)
        else "a proof is of a record",
        others=(Label(symbol.span, f"`{shown}` is declared here"),) if symbol else (),
        advice=f"write `{shown}`"
        if isinstance(symbol, RecordSymbol)
        else did_you_mean(shown, known)
        or "name it as in `use Other as other on chain C` and `Proof of other.Record`",
    )
    return ANYTHING


def report_no_place(written: tree.AppliedType, scope: Scope) -> Type:
    """Report a proof where none can be."""
    scope.report(
        "E0338",
        "a proof is a parameter and nothing else",
        written.span,
        "nothing keeps a proof",
        advice="take it as a parameter of an action, a clause or a rule, and keep what it shows",
    )
    return ANYTHING


def shown_as_read(value: Value, shown: Type, name: tree.Name, span: Span, scope: Scope) -> Type:
    """Return the type of what is read from a record that a proof shows, or ANYTHING when told."""
    if shown == HIDDEN:
        report_not_shown(
            name,
            span,
            scope,
            "this is of use on its own chain alone",
            "keep what must be known in a field of its own",
        )
        return ANYTHING
    unit = unit_in(shown)
    if isinstance(unit, FixedUnit) and not is_unit_here(unit, scope):
        report_not_shown(
            name,
            span,
            scope,
            f"it counts in `{unit.code}`, which is no unit here",
            f"declare it with the same decimals: `unit {unit.code} decimals {unit.decimals}`",
        )
        return ANYTHING
    found = field_of_this(shown, value, scope)
    if found is None:
        scope.report(
            "E0326",
            f"the unit of `{name.text}` is not known here",
            span,
            "its unit is held in the record that is proved",
            advice="bind the record with `let x = ….record`, and read from `x`",
        )
        return ANYTHING
    return found


def report_not_shown(name: tree.Name, span: Span, scope: Scope, why: str, advice: str) -> None:
    """Report a field that a proof shows and that cannot be read."""
    scope.report("E0339", f"a proof does not show `{name.text}`", span, why, advice=advice)


def is_unit_here(unit: FixedUnit, scope: Scope) -> bool:
    """Whether a unit of another chain is one on this chain, with as many decimals."""
    if unit.code in ISO_4217:
        return True
    declarations = scope.checking.declarations
    return any(
        isinstance(symbol, UnitSymbol) and symbol.decimals == unit.decimals
        for one in (declarations, *declarations.reachable())
        if (symbol := one.symbols.get(unit.code)) is not None
    )


def report_key_only(value: ShownType, name: tree.Name, span: Span, scope: Scope) -> None:
    """Report a field of a record that the proved one only refers to."""
    known = ", ".join(f"`{one}`" for one, _ in value.outputs)
    scope.report(
        "E0339",
        f"a proof does not show `{name.text}`",
        span,
        f"of `{value.decision}` only the key is shown",
        advice=did_you_mean(name.text, [one for one, _ in value.outputs]) or f"it has {known}",
    )


def chain_hash_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `chain_hash()` of this chain, or `chain_hash(o)` of that on which `o` runs."""
    chain = ""
    if written:
        names = names_of(written[0])
        symbol = symbol_of(written[0], scope)
        chain = symbol.chain if isinstance(symbol, ContractSymbol) else ""
        if names and names[0].text in scope.checking.misnamed:
            return unknown(expression.span)
        if not chain:
            scope.report(
                "E0340",
                "`chain_hash` asks for a contract on another chain",
                written[0].span,
                "this is " + (KINDS[type(symbol)][0] if symbol else "none"),
                advice=f"write `chain_hash()`: `{names[0].text}` runs on this chain"
                if isinstance(symbol, ContractSymbol) and names
                else "write the name of one: `use Other as other on chain C`, `chain_hash(other)`",
            )
            return unknown(expression.span)
    return BuiltinCall(type=HASH, span=expression.span, builtin=builtin, arguments=(), mode=chain)


def own_proof_of(expression: tree.Apply, scope: Scope, wanted: Type | None) -> Value:
    """Return `proof(Sent[1])`: what a test gives where an action takes a proof."""
    arguments = expression.arguments
    span = expression.span
    if scope.place is not Place.SCRIPT:
        scope.report(
            "E0220",
            "`proof` is known in scripts and tests alone",
            expression.callee.span,
            "a contract gets its proofs from those who sign",
            advice="take a parameter `Proof of other.Record`",
        )
        return unknown(span)
    if len(arguments) != 1 or arguments[0].name is not None:
        scope.report(
            "E0308",
            "`proof` is written `proof(Record[key])`",
            span,
            f"{len(arguments)} given",
            advice="name the one record that is proved",
        )
        return unknown(span)
    looked = value_of(arguments[0].value, scope)
    if looked.type == ANYTHING:
        return unknown(span)
    asked = isinstance(wanted, ProofType) and (wanted.contract, wanted.record)
    if (
        wanted is None
        or not isinstance(looked, RecordLookup)
        or (looked.record.contract, looked.record.name) != asked
    ):
        needed = wanted.record if isinstance(wanted, ProofType) else ""
        scope.report(
            "E0341",
            "a test proves what an action asks for, looked up by its key",
            arguments[0].span,
            f"a proof of `{needed}` is asked for here"
            if needed
            else "nobody asks for a proof here",
            advice=f"write `proof({needed}[…])`"
            if needed
            else "write `proof(Record[key])` as the argument of an action that takes a proof",
        )
        return unknown(span)
    return OwnProof(type=wanted, span=span, record=looked.record, keys=looked.keys)
