"""Symbols: what the declarations of a contract offer to its bodies, before any body is checked.

The checker first reads every declaration's heading into a `Declarations`; then bodies, in any
order, resolve their names against it. A contract that is used by another offers the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from servanda.grammar.nodes import Frozen, node
from servanda.grammar.source import Span
from servanda.interpreter.model import Bound, Policy
from servanda.interpreter.types import (
    ANYTHING,
    EnumType,
    LifecycleType,
    ProofType,
    RecordType,
    Type,
)


@node
class RoleSymbol(Frozen):
    """A role."""

    contract: str
    name: str
    span: Span


@node
class UnitSymbol(Frozen):
    """A declared unit (ISO 4217 units are known without one)."""

    name: str
    decimals: int
    span: Span


@node
class EnumSymbol(Frozen):
    """An enum."""

    type: EnumType
    span: Span


@node
class LifecycleSymbol(Frozen):
    """A lifecycle: its states and the arrows out of each."""

    type: LifecycleType
    arrows: Mapping[str, tuple[str, ...]]
    span: Span


@node
class SlotSymbol(Frozen):
    """A key, field, parameter, or column: its name, type and bound."""

    name: str
    type: Type
    bound: Bound | None
    span: Span
    is_key: bool = False
    is_fixed: bool = True
    has_default: bool = False


@node
class RecordSymbol(Frozen):
    """A record type; `slots` holds keys and fields by name, in declared order."""

    type: RecordType
    slots: Mapping[str, SlotSymbol]
    lifecycle_field: str | None
    has_seen_by: bool
    span: Span

    @property
    def keys(self) -> tuple[SlotSymbol, ...]:
        """The key slots, in order."""
        return tuple(slot for slot in self.slots.values() if slot.is_key)

    @property
    def has_unknown(self) -> bool:
        """Whether the type of some slot was not understood: it might be a lifecycle."""
        return any(slot.type == ANYTHING for slot in self.slots.values())


@node
class ProvableSymbol(Frozen):
    """A record of a contract on another chain: read by proof alone."""

    proof: ProofType
    span: Span


@node
class DistantSymbol(Frozen):
    """Anything else of a contract on another chain, which is out of reach."""

    span: Span


@node
class EventSymbol(Frozen):
    """An event."""

    contract: str
    name: str
    parameters: tuple[SlotSymbol, ...]
    span: Span


@node
class RuleSymbol(Frozen):
    """A rule."""

    contract: str
    name: str
    parameters: tuple[SlotSymbol, ...]
    result: Type
    span: Span


@node
class DecisionSymbol(Frozen):
    """A decision; `result` is the type of its call."""

    contract: str
    name: str
    policy: Policy
    parameters: tuple[SlotSymbol, ...]
    outputs: tuple[SlotSymbol, ...]
    result: Type
    span: Span


@node
class ClauseSymbol(Frozen):
    """A clause."""

    name: str
    parameters: tuple[SlotSymbol, ...]
    span: Span


@node
class ActionSymbol(Frozen):
    """An action; `result` is NOTHING when it gives nothing."""

    contract: str
    name: str
    parameters: tuple[SlotSymbol, ...]
    result: Type
    span: Span


@node
class ContractSymbol(Frozen):
    """A contract used under an alias; `chain` names the other chain that it runs on."""

    declarations: Declarations
    span: Span
    chain: str = ""


Symbol = (
    RoleSymbol
    | UnitSymbol
    | EnumSymbol
    | LifecycleSymbol
    | RecordSymbol
    | ProvableSymbol
    | DistantSymbol
    | EventSymbol
    | RuleSymbol
    | DecisionSymbol
    | ClauseSymbol
    | ActionSymbol
    | ContractSymbol
)


@dataclass(slots=True)
class Declarations:
    """All symbols of one contract by name, plus who declares each state and enum name.

    `opened` lists contracts whose names are in scope without an alias (a test or script says
    `use FraudScreening`); a name is looked for here first, then there in order.
    """

    contract: str
    timezone: str = "UTC"
    symbols: dict[str, Symbol] = field(default_factory=dict)
    opened: list[Declarations] = field(default_factory=list)
    _owners: dict[str, list[EnumSymbol | LifecycleSymbol]] = field(default_factory=dict)

    def add(self, name: str, symbol: Symbol) -> None:
        """Let `name` stand for `symbol`, which nothing else did before."""
        self.symbols[name] = symbol
        if isinstance(symbol, EnumSymbol):
            members = symbol.type.members
        elif isinstance(symbol, LifecycleSymbol):
            members = symbol.type.states
        else:
            return
        for member in dict.fromkeys(members):
            self._owners.setdefault(member, []).append(symbol)

    def find(self, name: str) -> Symbol | None:
        """Return what `name` stands for, or None."""
        if (symbol := self.symbols.get(name)) is not None:
            return symbol
        for other in self.opened:
            if (symbol := other.find(name)) is not None:
                return symbol
        return None

    def find_path(self, names: Iterable[str]) -> Symbol | None:
        """Return what `a` or `o.a` stands for: each name but the first is one of a contract."""
        first, *rest = names
        found = self.find(first)
        for name in rest:
            if not isinstance(found, ContractSymbol):
                return None
            found = found.declarations.symbols.get(name)
        return found

    def owners_of(self, name: str) -> list[EnumSymbol | LifecycleSymbol]:
        """Return the enums and lifecycles that have `name` as a member or state, in order."""
        owners = list(self._owners.get(name, ()))
        for other in self.opened:
            owners.extend(other.owners_of(name))
        return owners

    def record(self, wanted: RecordType) -> RecordSymbol:
        """Return the record symbol of a type known to exist, here or in a used contract."""
        if wanted.contract == self.contract:
            symbol = self.symbols[wanted.name]
            assert isinstance(symbol, RecordSymbol)
            return symbol
        for other in self.reachable():
            if other.contract == wanted.contract:
                return other.record(wanted)
        message = f"record {wanted.contract}.{wanted.name} is not in scope"
        raise AssertionError(message)

    def hold_fixed(self, owner: RecordType, name: str) -> None:
        """Let a field count as fixed although it is assigned, once that is reported as wrong."""
        slots = self.record(owner).slots
        assert isinstance(slots, dict), "the slots of an own record are still being filled"
        slots[name] = replace(slots[name], is_fixed=True)

    def reachable(self) -> list[Declarations]:
        """Return the contracts of this chain that this one uses, directly or not."""
        found = list(self.opened)
        found.extend(
            symbol.declarations
            for symbol in self.symbols.values()
            if isinstance(symbol, ContractSymbol) and not symbol.chain
        )
        for one in list(found):
            found.extend(one.reachable())
        return found
