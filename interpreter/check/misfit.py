"""Report what does not fit, and say where its type comes from.

In come values, the types they should have, and words for what they are for; out come diagnostics.
"""

from __future__ import annotations

from decimal import Decimal

from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.facts import event_of
from servanda.interpreter.check.plain_text import party_named, show_number, without_quotes
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.symbols import RoleSymbol
from servanda.interpreter.check.unit import root_of
from servanda.interpreter.check.wording import all_names
from servanda.interpreter.model import (
    Constant,
    Convert,
    FieldValue,
    LocalValue,
    OutputValue,
    RowCell,
    Value,
)
from servanda.interpreter.types import (
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    INT,
    MISSING,
    MONTHS,
    PARTY,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    EventType,
    FieldUnit,
    FixedUnit,
    LifecycleType,
    OptionalType,
    RecordType,
    RoleType,
    SealedType,
    Type,
    Unit,
    UnroundedType,
    sealed_in,
    show_type,
    show_unit,
)

OPENED_OUTSIDE = "pass it on as it is: its readers open it with `servanda open`"


def report_misfit(
    value: Value, wanted: Type, scope: Scope, what: str, span: Span, declared: Label | None
) -> None:
    """Report that `value` is not of the type `wanted` for `what`."""
    given = value.type
    target = wanted.base if isinstance(wanted, OptionalType) else wanted
    if sealed_in(given) is not None:
        report_sealed(value, sealed_in(target), scope, what, span, declared)
        return
    others = (*((declared,) if declared else ()), *origin(value, scope))
    if isinstance(given, AmountType | UnroundedType) and isinstance(
        target, AmountType | UnroundedType
    ):
        if not same_unit(given.unit, target.unit, scope):
            report_units(given.unit, target.unit, scope, what, span, others)
        else:
            report_unrounded(target.unit, scope, what, span, others)
        return
    party = party_named(value, target, scope)
    scope.report(
        "E0301",
        f"{what} must be {show_type(wanted)}, not {show_type(given)}",
        span,
        f"this is {show_type(given)}",
        others=others,
        advice=f"write `{party}`" if party else how_to_convert(value, target, scope),
    )


def report_sealed(
    value: Value,
    wanted: SealedType | None,
    scope: Scope,
    what: str,
    span: Span,
    declared: Label | None,
) -> None:
    """Report a sealed value where its content is wanted, or where others must be able to read."""
    given = sealed_in(value.type)
    assert given is not None, "the value is sealed"
    if wanted is None or wanted.held != given.held:
        is_other = wanted is not None
        shown = show_type(wanted or value.type)
        scope.report(
            "E0301" if is_other else "E0372",
            f"{what} must be {shown}, not {show_type(given)}"
            if is_other
            else f"{what} cannot be a sealed value",
            span,
            f"this is {show_type(given)}",
            others=(*((declared,) if declared else ()), *origin(value, scope)),
            advice=OPENED_OUTSIDE,
        )
        return
    lacking = [one for one in wanted.roles if one not in given.roles]
    lacking += [
        show_unit(party)
        for party in wanted.parties
        if not any(same_unit(party, one, scope) for one in given.parties)
    ]
    names = all_names(lacking)
    scope.report(
        "E0374",
        f"{what} must be open to {names}",
        span,
        f"this is {show_type(given)}",
        others=(*((declared,) if declared else ()), *origin(value, scope)),
        advice="bind the record that holds it with `let x = …`: then its readers are known here"
        if isinstance(value, FieldValue) and root_of(value.object, scope) is None
        else f"take it as a parameter that is sealed to {names} as well",
    )


def refuse_sealed(value: Value, scope: Scope, use: str) -> bool:
    """Whether a value is sealed and so cannot be used in some way, which is then reported."""
    sealed = sealed_in(value.type)
    if sealed is None:
        return False
    scope.report(
        "E0372",
        f"a sealed value cannot be {use}",
        value.span,
        f"this is Sealed of {show_type(sealed.held)}: nobody here can read it",
        others=origin(value, scope),
        advice=OPENED_OUTSIDE,
    )
    return True


def report_units(
    given: Unit, wanted: Unit, scope: Scope, what: str, span: Span, others: tuple[Label, ...]
) -> None:
    """Report an Amount of one unit where another is wanted."""
    scope.report(
        "E0303",
        f"{what} must be in {show_unit(wanted)}, not in {show_unit(given)}",
        span,
        f"this is in {show_unit(given)}",
        others=others,
        advice=how_to_agree(given, wanted, scope),
    )


def how_to_agree(left: Unit, right: Unit, scope: Scope) -> str:
    """Return what makes two units agree, in the words of the place where they meet."""
    if isinstance(left, FixedUnit) and isinstance(right, FixedUnit):
        return (
            f"leave the currency with `number(…)`, multiply by a rate, and come back with "
            f"`round(…, {right.code})`"
        )
    first, second = (right, left) if isinstance(left, FixedUnit) else (left, right)
    asked = f"{show_unit(first)} == {show_unit(second)}"
    named = f"{show_unit(first)} is {show_unit(second)}"
    match scope.place:
        case Place.SCRIPT:
            is_named = isinstance(left, FixedUnit) or isinstance(right, FixedUnit)
            return f"say so in a line above: `expect {named if is_named else asked}`"
        case Place.ACTION:
            return f"guard it: `require {asked} else …`"
        case Place.CLAUSE:
            # A timer that calls it has nobody to refuse.
            return f"guard it: `require {asked} else …`, or `if {asked}` where a timer calls this"
        case Place.INVARIANT:
            return f"let it speak only of those: `where {asked}`"
        case _:
            return f"ask first: `if {asked}`"


def report_unrounded(
    unit: Unit, scope: Scope, what: str, span: Span, others: tuple[Label, ...] = ()
) -> None:
    """Report an unrounded amount where an Amount is wanted."""
    shown = show_unit(unit)
    scope.report(
        "E0304",
        f"{what} must be rounded",
        span,
        f"this is an unrounded amount of {shown}",
        others=others,
        advice=f"write `round(…, {shown})`",
    )


def how_to_count(value: Value, unit: Unit, scope: Scope) -> str:
    """Return how a number is written as an Amount of a unit."""
    known = value.value if isinstance(value, Constant) else None
    shown = show_number(known) if isinstance(known, int | Decimal) else "…"
    if isinstance(unit, FixedUnit) and value.type == INT and shown != "…":
        return f"write the unit: `{shown} {unit.code}`"
    if isinstance(unit, FieldUnit) and scope.place is Place.SCRIPT:
        number = "5" if shown == "…" else shown
        return f"write the unit that it is in, as in `{number} CNY`"
    return f"write `round({shown}, {show_unit(unit)})`"


def how_to_convert(value: Value, wanted: Type, scope: Scope) -> str:
    """Return what would make `value` of the type wanted, if there is a plain way."""
    given = value.type
    if plain := without_quotes(value, wanted):
        return f"write `{plain}`, without quotes"
    match given, wanted:
        case (_, EnumType(name=name) | LifecycleType(name=name)) if isinstance(value, RowCell):
            return f"write `{name}(…)`"
        case (_, RoleType(roles=(name, *_))) if given == TEXT:
            return f"in a script, write `{name}(…)`"
        case (_, AmountType(unit=unit)) if given in (INT, DECIMAL):
            return how_to_count(value, unit, scope)
        case (AmountType() | UnroundedType(), _) if wanted in (DECIMAL, INT):
            return "write `number(…)` to leave the currency"
        case (_, RoleType(roles=roles)) if given == PARTY or isinstance(given, RoleType):
            return f"ask first: `if {name_of(value) or 'x'} is {roles[0]}`"
        case (LifecycleType() | EnumType(), LifecycleType() | EnumType()):
            return f"write a name of {wanted.name}"
        case (_, LifecycleType(states=names) | EnumType(members=names)) if names:
            return f"write a name of {wanted.name}, such as `{names[0]}`"
        case (_, RecordType(name=name)):
            return f"look it up: `{name}[…]`"
        case (_, _) if (given, wanted, scope.place) == (TEXT, PARTY, Place.SCRIPT):
            return f"say of which role it is a member: `{a_role(scope)}(…)`"
    return how_to_convert_plain(given, wanted)


def a_role(scope: Scope) -> str:
    """Return a role that a test can name members of."""
    declarations = scope.checking.declarations
    for one in (*declarations.opened, declarations):
        for name, symbol in one.symbols.items():
            if isinstance(symbol, RoleSymbol):
                return name
    return "Role"


def how_to_convert_plain(given: Type, wanted: Type) -> str:
    """Return what makes a value of one plain type of another."""
    if given == MISSING:
        return f"declare it as `{show_type(wanted)}?` if it may be missing"
    if given == DATE and wanted == TIME:
        return "write a time, such as `2026-01-05T09:00Z`"
    if given == TIME and wanted == DATE:
        return "write a date, such as `2026-01-05`, or `today`"
    if given == MONTHS and wanted == DURATION:
        return "write days: months differ in length and are only added to dates and times"
    if wanted == HASH and given == TEXT:
        return "write 64 hexadecimal digits"
    if wanted == TEXT:
        return 'put it into a text: `"{x}"`'
    if given == TEXT and isinstance(wanted, AmountType):
        return f"only tests and scripts convert a text: `amount(…, {show_unit(wanted.unit)})`"
    if given == TEXT and wanted in (INT, DECIMAL, DATE, TIME):
        return f"only tests and scripts convert a text: `{show_type(wanted).lower()}(…)`"
    if given == TEXT and wanted == CURRENCY:
        return "only tests and scripts convert a text: `Currency(…)`"
    return f"write a value of type {show_type(wanted)}"


def report_may_be_missing(value: Value, scope: Scope, use: str) -> None:
    """Report an optional value that is used before anybody asked whether it is there."""
    shown = name_of(value)
    scope.report(
        "E0305",
        f"{f'`{shown}`' if shown else 'this'} may be missing and cannot be {use}",
        value.span,
        f"this is {show_type(value.type)}",
        others=origin(value, scope),
        advice=f"ask first: `if {shown} is not missing`"
        if shown
        else "bind it with `let x = …`, then ask `if x is not missing`",
    )


def name_of(value: Value) -> str:
    """Return a chain of fields as it is written, or nothing."""
    names: list[str] = []
    while isinstance(value, FieldValue):
        names.append(value.field)
        value = value.object
    if not isinstance(value, LocalValue):
        return ""
    names.append(value.local.name)
    return ".".join(reversed(names)).removeprefix("this.")


def origin(value: Value, scope: Scope) -> tuple[Label, ...]:
    """Return where the type of `value` comes from, as a second label."""
    while isinstance(value, Convert):
        value = value.operand
    match value:
        case LocalValue(local=local) if local.number in scope.checking.spans:
            return (Label(scope.checking.spans[local.number], f"`{local.name}` is named here"),)
        case FieldValue(record=record, field=name):
            slot = scope.checking.declarations.record(record).slots.get(name)
            if slot is not None:
                shown = f"`{name}` is declared here as {show_type(slot.type)}"
                return (Label(slot.span, shown),)
        case OutputValue(object=held) if isinstance(held.type, EventType):
            event = event_of(held.type, scope)
            return (Label(event.span, "the event is declared here"),) if event else ()
    return ()
