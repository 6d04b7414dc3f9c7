"""Contracts on another chain: of all that they declare, records can be read, and by proof alone.

In come the declarations of such a contract; out come those that a body here resolves names against:
a record is what a proof can be of, enums and lifecycles name its values, everything else is out of
reach. What a proof shows is the record and nothing behind it: of another record that it refers to
the key, and of a member of the other chain, who is nobody here, the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from servanda.interpreter.check.symbols import (
    Declarations,
    DistantSymbol,
    EnumSymbol,
    LifecycleSymbol,
    ProvableSymbol,
    RecordSymbol,
    SlotSymbol,
    Symbol,
)
from servanda.interpreter.types import (
    BOOL,
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    HIDDEN,
    INT,
    PARTY,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    BalanceType,
    EnumType,
    LifecycleType,
    ListType,
    OptionalType,
    ProofType,
    RecordType,
    RoleType,
    SetType,
    ShownType,
    Type,
)

Elsewhere: TypeAlias = "Mapping[tuple[str, str], Declarations]"
"""What contracts on other chains declare, by the name of the chain here and their own."""
NOWHERE: Elsewhere = MappingProxyType({})

AS_THEY_ARE = (BOOL, INT, DECIMAL, TEXT, DATE, TIME, DURATION, HASH, CURRENCY)
"""Plain types whose values mean on every chain the same."""


def provable_declarations(found: Declarations, chain: str) -> Declarations:
    """Return what a contract on the chain of this name offers to those who read it by proof."""
    offered = Declarations(found.contract, found.timezone)
    for name, symbol in found.symbols.items():
        offered.add(name, _provable(symbol, found, chain))
    return offered


def _provable(symbol: Symbol, found: Declarations, chain: str) -> Symbol:
    match symbol:
        case RecordSymbol():
            return ProvableSymbol(proof_of(symbol, found, chain), symbol.span)
        case EnumSymbol() | LifecycleSymbol():
            return symbol
        case _:
            return DistantSymbol(symbol.span)


def proof_of(record: RecordSymbol, found: Declarations, chain: str) -> ProofType:
    """Return the type of a proof of a record."""
    name = record.type.name
    whole = ShownType(name, _outputs(tuple(record.slots.values()), found), is_whole=True)
    key = ShownType(name, _outputs(record.keys, found), is_whole=False)
    outputs = (
        ("record", OptionalType(whole)),
        ("key", key),
        ("height", INT),
        ("time", TIME),
        ("chain", HASH),
    )
    return ProofType(f"Proof of {name}", outputs, chain, found.contract, name)


def _outputs(slots: tuple[SlotSymbol, ...], found: Declarations) -> tuple[tuple[str, Type], ...]:
    return tuple((one.name, shown_type(one.type, found)) for one in slots)


def shown_type(held: Type, found: Declarations) -> Type:
    """Return the type that a value of another chain has here."""
    match held:
        case RecordType(name=name):
            return ShownType(name, _outputs(found.record(held).keys, found), is_whole=False)
        case RoleType():
            return TEXT
        case BalanceType(unit=unit):
            return AmountType(unit)
        case AmountType() | EnumType() | LifecycleType():
            return held
        case OptionalType(base=inner):
            shown = shown_type(inner, found)
            return shown if shown == HIDDEN else OptionalType(shown)
        case ListType(item=inner) | SetType(item=inner):
            shown = shown_type(inner, found)
            if shown == HIDDEN:
                return shown
            return ListType(shown) if isinstance(held, ListType) else SetType(shown)
        case _ if held == PARTY:
            return TEXT
        case _ if held == SERIAL:
            return INT
        case _:
            return held if held in AS_THEY_ARE else HIDDEN
