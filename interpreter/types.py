"""The types of the language, as values, and how people read them.

A declared type (enum, lifecycle, role, record) carries the address of its contract, so that two
contracts may use one name. How each type is held at run time stands in `docs/language.md`.
"""

from __future__ import annotations

from servanda.grammar.nodes import Frozen, node


@node
class Plain(Frozen):
    """A type that is only its name; the constants below are all there are."""

    name: str


BOOL = Plain("Bool")
INT = Plain("Int")
DECIMAL = Plain("Decimal")
TEXT = Plain("Text")
DATE = Plain("Date")
TIME = Plain("Time")
DURATION = Plain("Duration")
"""A duration in seconds (held as milliseconds)."""
MONTHS = Plain("Months")
"""A duration in months: only ever written `n * 1 month`, never stored."""
HASH = Plain("Hash")
PARTY = Plain("Party")
SERIAL = Plain("Serial")
"""Only as the type of a key; a value of it is an Int."""
CURRENCY = Plain("Currency")
MISSING = Plain("missing")
"""The type of the word `missing`, which fits every optional type."""
NOTHING = Plain("nothing")
"""What an action without a result gives."""
ANYTHING = Plain("anything")
"""The type of what could not be typed: it fits everywhere, so one mistake is reported once."""

STORABLE_PLAIN = {
    one.name: one
    for one in (BOOL, INT, DECIMAL, TEXT, DATE, TIME, DURATION, HASH, PARTY, SERIAL, CURRENCY)
}
"""The plain types a source may name."""


@node
class FixedUnit(Frozen):
    """A unit known when the contract is checked: `CNY`, `AdPoint`."""

    code: str
    decimals: int


@node
class FieldUnit(Frozen):
    """A unit held in a fixed field: `payment.currency`.

    `root` is the unique number of the local the path starts at, or -1 for "this record" inside
    the declaration of a record. Equal values are the same path and so the same unit.
    """

    root: int
    root_name: str
    fields: tuple[str, ...]


Unit = FixedUnit | FieldUnit
ANY_UNIT = FixedUnit("", 0)
"""The unit of a bare `0` for a caller who cannot know which unit its parameter has."""


@node
class AmountType(Frozen):
    """Money of one unit, a whole number of its smallest step."""

    unit: Unit


@node
class BalanceType(Frozen):
    """A field that holds money; read, it is an Amount."""

    unit: Unit


@node
class UnroundedType(Frozen):
    """`Amount × Decimal`: to be added, compared or rounded, never stored, sent or shown."""

    unit: Unit


@node
class RoleType(Frozen):
    """A member that holds one of these roles."""

    contract: str
    roles: tuple[str, ...]


@node
class EnumType(Frozen):
    """A closed set of names."""

    contract: str
    name: str
    members: tuple[str, ...]


@node
class LifecycleType(Frozen):
    """A closed set of states; the first is where a record starts."""

    contract: str
    name: str
    states: tuple[str, ...]


@node
class RecordType(Frozen):
    """A reference to a record."""

    contract: str
    name: str


@node
class EventType(Frozen):
    """An event as tests read it: what was emitted so far, in order."""

    contract: str
    name: str


@node
class ListType(Frozen):
    """An ordered collection."""

    item: Type


@node
class SetType(Frozen):
    """A collection without duplicates, in the order of its values."""

    item: Type


@node
class OptionalType(Frozen):
    """A value that may be missing."""

    base: Type


@node
class SealedType(Frozen):
    """A value that only its readers can open: all who hold one of `roles`, and `parties`.

    A party is a fixed path, as that of a unit is: equal paths are the same reader.
    """

    held: Type
    roles: tuple[str, ...]
    parties: tuple[FieldUnit, ...]


@node
class OutputsType(Frozen):
    """What a decision with several outputs gives: its outputs are read as fields."""

    decision: str
    outputs: tuple[tuple[str, Type], ...]


@node
class ShownType(OutputsType):
    """A record of another chain as a proof shows it: the values of its keys and fields, in order.

    `decision` is the name of the record. Of a record that another one refers to, only the keys are
    shown (`is_whole` is false then).
    """

    is_whole: bool


@node
class ProofType(OutputsType):
    """`Proof of o.Sent`: what a chain held of one record, and when.

    `chain` is the name after `on chain`, `contract` and `record` are what is proved there. The
    outputs are `record`, `key`, `height`, `time` and `chain`.
    """

    chain: str
    contract: str
    record: str


HIDDEN = Plain("what a proof does not show")
"""The type of a field that is of no use on another chain; its value is never read."""


@node
class RowType(Frozen):
    """A row of a feed: every field of it is Text."""


Type = (
    Plain
    | AmountType
    | BalanceType
    | UnroundedType
    | RoleType
    | EnumType
    | LifecycleType
    | RecordType
    | EventType
    | ListType
    | SetType
    | OptionalType
    | SealedType
    | OutputsType
    | RowType
)


def list_depth(held: Type) -> int:
    """Return how many lists and sets stand inside one another in a type."""
    depth = 0
    while isinstance(held, ListType | SetType | OptionalType):
        if isinstance(held, OptionalType):
            held = held.base
        else:
            depth, held = depth + 1, held.item
    return depth


def sealed_in(held: Type) -> SealedType | None:
    """Return the sealed type that a type is, also where its value may be missing."""
    if isinstance(held, OptionalType):
        held = held.base
    return held if isinstance(held, SealedType) else None


def show_unit(unit: Unit) -> str:
    """Return a unit as people write it."""
    if isinstance(unit, FixedUnit):
        return unit.code
    return ".".join((unit.root_name, *unit.fields) if unit.root_name else unit.fields)


def show_type(shown: Type) -> str:
    """Return a type as people write it, for messages."""
    match shown:
        case Plain():
            return shown.name
        case AmountType():
            return f"Amount of {show_unit(shown.unit)}"
        case BalanceType():
            return f"Balance of {show_unit(shown.unit)}"
        case UnroundedType():
            return f"unrounded Amount of {show_unit(shown.unit)}"
        case RoleType():
            return " or ".join(shown.roles)
        case EnumType() | LifecycleType() | RecordType() | EventType():
            return shown.name
        case ListType():
            return f"List of {show_type(shown.item)}"
        case SetType():
            return f"Set of {show_type(shown.item)}"
        case OptionalType():
            return f"{show_type(shown.base)}?"
        case SealedType():
            readers = (*map(show_unit, shown.parties), *shown.roles)
            return f"Sealed of {show_type(shown.held)} to {' or '.join(readers) or 'its readers'}"
        case ProofType() | ShownType():
            return shown.decision
        case OutputsType():
            return f"the outputs of {shown.decision}"
        case RowType():
            return "row of a feed"
