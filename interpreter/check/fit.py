"""Fit a value to the type that is wanted: conversions written out, or a diagnostic that names both.

In come model values and types; out come values that have the wanted type. It refuses to know what
the value is for: the caller says so in words.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.facts import is_known_role
from servanda.interpreter.check.misfit import report_may_be_missing, report_misfit
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.value import is_zero, unknown, value_of
from servanda.interpreter.model import Constant, Conversion, Convert, ListValue, Value
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    DECIMAL,
    HASH,
    INT,
    MISSING,
    NOTHING,
    PARTY,
    SERIAL,
    TEXT,
    AmountType,
    ListType,
    OptionalType,
    RoleType,
    SealedType,
    SetType,
    Type,
    UnroundedType,
)

HASH_FORM = re.compile(r"[0-9a-fA-F]{64}")


def fitted(expression: tree.Expression, wanted: Type, scope: Scope, what: str) -> Value:
    """Return the value of `expression` as `wanted`; `what` says what it is for, in a message."""
    return fit(value_of(expression, scope, wanted), wanted, scope, what, expression.span)


def condition_of(expression: tree.Expression, scope: Scope) -> Value:
    """Return the value of a condition."""
    return fitted(expression, BOOL, scope, "a condition")


def fit(
    value: Value,
    wanted: Type,
    scope: Scope,
    what: str,
    span: Span,
    declared: Label | None = None,
) -> Value:
    """Return `value` as `wanted`, or report what it is instead and return an unknown value."""
    found = converted(value, wanted, scope)
    if found is not None:
        return found
    if isinstance(value.type, OptionalType) and not isinstance(wanted, OptionalType):
        present = replace(value, type=value.type.base)
        if converted(present, wanted, scope) is not None:
            report_may_be_missing(value, scope, f"used as {what}")
            return unknown(span)
    report_misfit(value, wanted, scope, what, span, declared)
    return unknown(span)


def converted(value: Value, wanted: Type, scope: Scope) -> Value | None:
    """Return `value` as `wanted`, or None if it cannot be."""
    given = value.type
    if given == wanted or ANYTHING in (given, wanted):
        return value
    if is_same_form(given, wanted, scope):
        return replace(value, type=wanted)
    if isinstance(wanted, OptionalType):
        # What is there and what may be missing look alike at run time.
        return None if isinstance(given, OptionalType) else converted(value, wanted.base, scope)
    if isinstance(value, Constant) and (found := constant_as(value, wanted)) is not None:
        return found
    if given == INT and wanted == DECIMAL:
        return convert(Conversion.INT_TO_DECIMAL, value, DECIMAL)
    if given == TEXT and wanted == HASH and scope.place is Place.SCRIPT:
        return convert(Conversion.TEXT_TO_HASH, value, HASH)
    if isinstance(given, AmountType) and isinstance(wanted, UnroundedType):
        if same_unit(given.unit, wanted.unit, scope):
            return convert(Conversion.AMOUNT_TO_UNROUNDED, value, wanted)
        return None
    if isinstance(wanted, RoleType) and (given == PARTY or isinstance(given, RoleType)):
        is_known = any(is_known_role(value, role, scope) for role in wanted.roles)
        return replace(value, type=wanted) if is_known else None
    if isinstance(value, ListValue) and isinstance(wanted, ListType | SetType):
        items = [converted(item, wanted.item, scope) for item in value.items]
        known = tuple(item for item in items if item is not None)
        # A ListValue of type Set is sorted and freed of duplicates where it is made.
        return replace(value, type=wanted, items=known) if len(known) == len(items) else None
    match given, wanted:
        case (ListType(item=item), SetType(item=held)) if is_same_form(item, held, scope):
            return convert(Conversion.LIST_TO_SET, value, wanted)
    return None


def is_same_form(given: Type, wanted: Type, scope: Scope) -> bool:
    """Whether every value of type `given` is a value of type `wanted` as it stands."""
    if given == wanted or ANYTHING in (given, wanted):
        return True
    match given, wanted:
        case (OptionalType(base=base), OptionalType(base=other)):
            return is_same_form(base, other, scope)
        case (_, OptionalType(base=other)):
            return given == MISSING or is_same_form(given, other, scope)
        case (AmountType(unit=unit), AmountType(unit=other_unit)) | (
            UnroundedType(unit=unit),
            UnroundedType(unit=other_unit),
        ):
            return same_unit(unit, other_unit, scope)
        case (ListType(item=item), ListType(item=other)) | (
            SetType(item=item),
            SetType(item=other),
        ):
            return is_same_form(item, other, scope)
        case (SealedType(), SealedType()):
            return is_open_to(given, wanted, scope)
        case (RoleType(), _) if wanted == PARTY:
            return True
        case (RoleType(roles=roles), RoleType(roles=others)):
            # Roles belong to the chain's members: those of two contracts with one name are one.
            return set(roles) <= set(others)
    return {given, wanted} == {INT, SERIAL}


def is_open_to(given: SealedType, wanted: SealedType, scope: Scope) -> bool:
    """Whether a sealed value holds what is wanted, and all who must be able to read it can."""
    return (
        given.held == wanted.held
        and set(wanted.roles) <= set(given.roles)
        and all(
            any(same_unit(party, one, scope) for one in given.parties) for party in wanted.parties
        )
    )


def convert(conversion: Conversion, value: Value, wanted: Type) -> Value:
    """Return the conversion of `value`, written out."""
    return Convert(type=wanted, span=value.span, conversion=conversion, operand=value)


def constant_as(value: Constant, wanted: Type) -> Value | None:
    """Return a constant as a constant of another type, if it has one meaning there."""
    if isinstance(wanted, AmountType) and is_zero(value):
        return replace(value, type=wanted)
    if isinstance(wanted, UnroundedType) and is_zero(value):
        return replace(value, type=wanted, value=Decimal(0))
    if value.type == INT and wanted == DECIMAL and isinstance(value.value, int):
        return replace(value, type=wanted, value=Decimal(value.value))
    is_hash = value.type == TEXT and wanted == HASH and isinstance(value.value, str)
    if is_hash and HASH_FORM.fullmatch(str(value.value)):
        return replace(value, type=wanted, value=bytes.fromhex(str(value.value)))
    return None


def joined(left: Type, right: Type, scope: Scope) -> Type | None:
    """Return the type that values of both types can be brought to, or None."""
    if ANYTHING in (left, right):
        return ANYTHING
    if is_same_form(left, right, scope):
        return right
    if is_same_form(right, left, scope):
        return left
    match left, right:
        case (OptionalType(base=base), OptionalType(base=other)):
            inner = joined(base, other, scope)
            return None if inner is None else OptionalType(inner)
        case (OptionalType(base=base), other_type) | (other_type, OptionalType(base=base)):
            inner = joined(base, other_type, scope)
            return None if inner is None else OptionalType(inner)
        case (RoleType(), RoleType()):
            return PARTY
        case (AmountType() | UnroundedType(), AmountType() | UnroundedType()):
            if same_unit(left.unit, right.unit, scope):
                return UnroundedType(left.unit)
            return None
    if MISSING in (left, right):
        return OptionalType(right if left == MISSING else left)
    return DECIMAL if {left, right} == {INT, DECIMAL} else None


def settled(value: Value, scope: Scope, use: str) -> Value:
    """Return `value` where it is used, or report that it may be missing; `use` says how."""
    if isinstance(value.type, OptionalType):
        report_may_be_missing(value, scope, use)
        return unknown(value.span)
    if value.type not in (MISSING, NOTHING):
        return value
    is_missing = value.type == MISSING
    scope.report(
        "E0301",
        f"{'`missing`' if is_missing else 'what gives nothing'} cannot be {use}",
        value.span,
        "this is no value" if is_missing else "this has no result",
        advice="ask with `is missing`" if is_missing else "call it as a statement of its own",
    )
    return unknown(value.span)
