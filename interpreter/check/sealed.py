"""Check sealed types: who the readers are, and where a value may stand that nobody here can read.

In come written types and model values; out come sealed types with their readers, and the values by
which the readers of an argument are checked when it arrives. It refuses to know how a value is
sealed.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.path import KINDS, similar, symbol_at
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import RoleSymbol, SlotSymbol
from servanda.interpreter.check.unit import field_of_this, read_quietly, root_of, start_of_path
from servanda.interpreter.model import FieldValue, SealedReaders, Value
from servanda.interpreter.types import (
    ANYTHING,
    PARTY,
    SERIAL,
    AmountType,
    BalanceType,
    FieldUnit,
    ListType,
    OptionalType,
    RoleType,
    SealedType,
    SetType,
    Type,
    sealed_in,
    show_type,
)

Reader = str | Value
"""A role by its name, a party, or a field whose sealed value is passed on."""


def is_sealed(written: tree.AppliedType) -> bool:
    """Whether a written type is `Sealed of …`."""
    return [one.text for one in written.constructor.names] == ["Sealed"]


def report_without_readers(written: tree.AppliedType, scope: Scope) -> Type:
    """Report `Sealed of T` that does not say who can read it."""
    scope.report(
        "E0327",
        "a sealed value says who can read it",
        written.span,
        "its readers are left out",
        advice="write `Sealed of … to reader`: a role, or the path to a party",
    )
    return ANYTHING


def report_collected(written: tree.AppliedType, scope: Scope) -> Type:
    """Report a collection of sealed values."""
    shown = written.constructor.names[0].text
    scope.report(
        "E0373",
        f"a {shown} does not hold sealed values",
        written.span,
        "each sealed value has readers of its own",
        advice="keep each in a record of its own, or seal the whole: `Sealed of List of …`",
    )
    return ANYTHING


def report_place(passed: Type, what: str, span: Span, scope: Scope) -> Type:
    """Return a type that is passed on, or report a sealed one where nobody can pass it on."""
    if sealed_in(passed) is None:
        return passed
    scope.report(
        "E0373",
        f"{what} cannot be sealed",
        span,
        "nobody can compute with what is sealed",
        advice="a sealed value stands in a field, an event, an action or a clause",
    )
    return ANYTHING


def sealed_of(written: tree.SealedType, held: Type, span: Span, scope: Scope) -> Type:
    """Return the type of a value of type `held` (written at `span`) that is sealed to readers."""
    roles: list[str] = []
    parties: list[FieldUnit] = []
    is_whole = is_held(held, span, scope)
    for path in written.readers:
        reader = reader_at(path, scope)
        if isinstance(reader, str):
            roles.append(reader)
        elif reader is None:
            report_no_reader(path, scope)
            is_whole = False
        elif reader.type == ANYTHING:
            is_whole = False
        elif (same := sealed_in(reader.type)) is not None:
            is_whole = is_whole and is_passed_on(reader, same, held, path, scope)
            roles += same.roles
            parties += same.parties
        elif (root := root_of(reader, scope)) is not None:
            parties.append(root)
        else:
            report_changing(reader, path, scope)
            is_whole = False
    if not is_whole:
        return ANYTHING
    return SealedType(held, tuple(dict.fromkeys(roles)), tuple(dict.fromkeys(parties)))


def is_held(held: Type, span: Span, scope: Scope) -> bool:
    """Whether values of a type can be sealed; reported if not."""
    inner = held
    while isinstance(inner, ListType | SetType | OptionalType):
        inner = inner.base if isinstance(inner, OptionalType) else inner.item
    has_path = isinstance(inner, AmountType) and isinstance(inner.unit, FieldUnit)
    if not has_path and not isinstance(inner, BalanceType) and inner != SERIAL:
        return held != ANYTHING
    scope.report(
        "E0373",
        f"{show_type(held)} cannot be sealed",
        span,
        "its unit is in a field that everybody can read"
        if has_path
        else "only what a party can send is sealed",
        advice="write the unit, as in `Sealed of Amount of CNY`"
        if has_path or isinstance(inner, BalanceType)
        else "write `Sealed of Int`",
    )
    return False


def reader_at(path: tree.Path, scope: Scope) -> Reader | None:
    """Return the role, party or sealed field that a path names; None if it is none of them."""
    symbol = symbol_at(path.names, scope)
    if isinstance(symbol, RoleSymbol):
        return symbol.name
    value = None if symbol is not None else start_of_path(path.names[0], scope)
    for name in path.names[1:]:
        if value is None or value.type == ANYTHING:
            break
        value = (
            None if isinstance(value.type, OptionalType) else read_quietly(value, name.text, scope)
        )
    if value is None:
        return None
    if isinstance(value, FieldValue) and isinstance(value.type, SealedType):
        seen = field_of_this(value.type, value.object, scope)
        assert isinstance(seen, SealedType), "it is sealed wherever it is seen from"
        return FieldValue(
            type=seen, span=value.span, object=value.object, record=value.record, field=value.field
        )
    is_party = value.type in (PARTY, ANYTHING) or isinstance(value.type, RoleType)
    return value if is_party else None


def report_no_reader(path: tree.Path, scope: Scope) -> None:
    """Report a reader that is neither a role nor a party."""
    shown = ".".join(one.text for one in path.names)
    if path.names[0].text in scope.checking.misnamed:
        return
    symbol = symbol_at(path.names, scope)
    roles = [
        name
        for one in (scope.checking.declarations, *scope.checking.declarations.opened)
        for name, found in one.symbols.items()
        if isinstance(found, RoleSymbol)
    ]
    advice = did_you_mean(shown, [*roles, *scope.visible_names()])
    scope.report(
        "E0371",
        f"`{shown}` is nobody who could read"
        if symbol is None
        else f"`{shown}` is {KINDS[type(symbol)][0]}, and nobody who could read",
        path.span,
        "a reader is a role, or a party that is always there",
        others=(Label(symbol.span, "declared here"),) if symbol else similar(advice, scope),
        advice=advice or "name a role, or the path to a field of a role or of type Party",
    )


def report_changing(reader: Value, path: tree.Path, scope: Scope) -> None:
    """Report a party that may become another: it could not open what was sealed before."""
    shown = ".".join(one.text for one in path.names)
    others: tuple[Label, ...] = ()
    if isinstance(reader, FieldValue):
        slot = scope.checking.declarations.record(reader.record).slots[reader.field]
        others = (Label(slot.span, f"`{reader.field}` is declared here"),)
    scope.report(
        "E0371",
        f"the reader `{shown}` may change",
        path.span,
        "who comes later could not open what was sealed before",
        others=others,
        advice="never assign the fields on this path, or seal to a role",
    )


def is_passed_on(
    reader: Value, same: SealedType, held: Type, path: tree.Path, scope: Scope
) -> bool:
    """Whether `to filing.report`, the same value for more readers, may stand here."""
    if scope.place is Place.ACTION and same.held == held:
        return True
    scope.report(
        "E0371",
        f"`{path.names[-1].text}` is sealed itself",
        path.span,
        f"this is {show_type(reader.type)}",
        advice=f"write `Sealed of {show_type(same.held)}`, which is what it holds"
        if scope.place is Place.ACTION
        else "only a parameter of an action is the same value for more readers: name its readers",
    )
    return False


def readers_of(written: tree.Type, scope: Scope) -> SealedReaders | None:
    """Return whom a parameter whose type is good must be sealed to, for when it arrives."""
    if isinstance(written, tree.OptionalType):
        return readers_of(written.base, scope)
    if not isinstance(written, tree.SealedType):
        return None
    found = [one for path in written.readers if (one := reader_at(path, scope)) is not None]
    values = [one for one in found if not isinstance(one, str)]
    same = [one for one in values if sealed_in(one.type) is not None]
    return SealedReaders(
        tuple(one for one in found if isinstance(one, str)),
        tuple(one for one in values if sealed_in(one.type) is None),
        tuple(same),
    )


def wanted_of(
    slot: SlotSymbol, given: Mapping[str, Value], span: Span, scope: Scope
) -> Type | None:
    """Return the type of a sealed parameter as a caller sees it, who gives these values.

    None after a diagnostic: who must be able to read it has no fixed name here.
    """
    sealed = sealed_in(slot.type)
    assert sealed is not None, "the parameter is sealed"
    parties: list[FieldUnit] = []
    for party in sealed.parties:
        first, *rest = (party.root_name, *party.fields) if party.root_name else party.fields
        value = given.get(first)
        if value is None or value.type == ANYTHING:
            return ANYTHING
        root = root_of(value, scope)
        if root is None:
            scope.report(
                "E0374",
                f"who can read `{slot.name}` is not known here",
                span,
                f"it must be open to `{'.'.join((first, *rest))}`",
                others=(Label(slot.span, f"`{slot.name}` is declared here"),),
                advice=f"bind what is given for `{first}` with `let x = …`, and give `x`",
            )
            return None
        parties.append(FieldUnit(root.root, root.root_name, (*root.fields, *rest)))
    seen = SealedType(sealed.held, sealed.roles, tuple(parties))
    return OptionalType(seen) if isinstance(slot.type, OptionalType) else seen
