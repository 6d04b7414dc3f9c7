"""Read and learn states: what a value may be at one point of a run, and what a condition tells.

In come model values and a `Possible`; out come things, names and a narrower `Possible`, or None
where nothing is possible any more. Whatever is not understood may be anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from servanda.grammar.source import Span
from servanda.interpreter.analyse.possible_states import (
    Held,
    Names,
    Possible,
    Thing,
    joined,
    names_of_type,
    united,
)
from servanda.interpreter.model import (
    ActionModel,
    Arithmetic,
    Body,
    Both,
    Comparison,
    Conditional,
    Constant,
    ContractModel,
    CreateRecord,
    DecisionCall,
    DecisionModel,
    Either,
    FieldValue,
    GiveStep,
    Inverse,
    IsIn,
    IsName,
    LetStep,
    LifecycleModel,
    ListValue,
    LocalValue,
    Negation,
    OutputValue,
    Policy,
    RecordDomain,
    RuleCall,
    Value,
)
from servanda.interpreter.types import BOOL, OptionalType, RecordType
from servanda.interpreter.walk import all_statements, all_values

READ_COUNT_MAX: Final = 100_000
"""Values read and conditions learned from in one contract; beyond it they tell nothing."""

UNATTACHED: Final = (
    Arithmetic,
    Both,
    Comparison,
    Constant,
    Either,
    Inverse,
    IsIn,
    IsName,
    ListValue,
    Negation,
)
"""Values that are about their parts alone, and so about no record unless a part is."""


class Reader:
    """Reads values against the contract; it also numbers the things of all runs."""

    __slots__ = (
        "_reads",
        "_reads_left",
        "_set_by",
        "_setters",
        "free",
        "lifecycles",
        "model",
        "next_number",
    )

    def __init__(
        self, model: ContractModel, lifecycles: Mapping[RecordType, LifecycleModel]
    ) -> None:
        self.model = model
        self.lifecycles = lifecycles
        self.next_number = 1
        self.free: frozenset[int] = frozenset()
        """The locals that hold what a caller chose, whatever the records are."""
        self._reads: dict[tuple[int, str, tuple[int, ...]], Thing] = {}
        self._setters: dict[Span, int] = {}
        self._set_by: dict[int, list[Thing]] = {}
        self._reads_left = READ_COUNT_MAX

    def _is_spent(self) -> bool:
        self._reads_left -= 1
        return self._reads_left < 0

    # ── things ────────────────────────────────────────────────────────────────────────────────

    def new_thing(
        self, state: Possible, record: RecordType, names: tuple[str, ...] | None
    ) -> Thing:
        """Return a record of which only its states, if any, are known."""
        thing = Thing(self.next_number, record, self.next_number)
        self.next_number += 1
        self._add(state, thing, names)
        return thing

    def _add(self, state: Possible, thing: Thing, names: tuple[str, ...] | None) -> None:
        lifecycle = self.lifecycles.get(thing.record)
        if lifecycle is not None and thing not in state.held:
            state.held[thing] = Held(lifecycle.type.states if names is None else names, ())

    def thing_of(self, state: Possible, value: Value) -> Thing | None:
        """Return the record that a value is; None if it is none."""
        fields: list[FieldValue] = []
        while isinstance(value, FieldValue):
            fields.append(value)
            value = value.object
        thing = self._first_thing(state, value)
        for one in reversed(fields):
            record = record_in(one)
            thing = None if thing is None or record is None else self._read(state, thing, one)
        if thing is not None:
            self._add(state, thing, None)
        return thing

    def _first_thing(self, state: Possible, value: Value) -> Thing | None:
        record = record_in(value)
        if record is None:
            return None
        if isinstance(value, CreateRecord):
            number = self.next_number
            thing = Thing(number, record, number, is_created=True)
            self.next_number += 1
            lifecycle = self.lifecycles.get(record)
            if lifecycle is not None:
                state.held[thing] = Held((), (lifecycle.type.states[0],))
            return thing
        if not isinstance(value, LocalValue):
            return self.new_thing(state, record, None)
        known = state.things.get(value.local.number)
        if known is None:
            known = self.new_thing(state, record, None)
            state.things[value.local.number] = known
        return known

    def _read(self, state: Possible, owner: Thing, read: FieldValue) -> Thing:
        record = record_in(read)
        assert record is not None, "only fields that lead to a record are followed"
        version = state.versions.get((owner.record, read.field), ())
        key = (owner.number, read.field, version)
        thing = self._reads.get(key)
        if thing is None:
            # What a fixed field leads to was there before its owner was known.
            is_old = self._is_fixed(read) and not owner.is_created
            born = owner.born if is_old else self.next_number
            thing = Thing(self.next_number, record, born)
            self.next_number += 1
            self._reads[key] = thing
            for setter in version:
                self._set_by.setdefault(setter, []).append(thing)
        return thing

    def _is_fixed(self, read: FieldValue) -> bool:
        record = self.model.records.get(read.record.name)
        if record is None or record.type != read.record:
            return False
        slots = (*record.keys, *record.fields)
        return any(one.is_fixed and one.name == read.field for one in slots)

    def forget_field(self, state: Possible, target: FieldValue, setter: Span) -> None:
        """Note that a field was set, which may lead to another record now."""
        if record_in(target) is None:
            return
        number = self._setters.setdefault(setter, len(self._setters) + 1)
        state.versions[target.record, target.field] = (number,)
        # In a later turn of a loop what this statement set before is forgotten.
        for thing in self._set_by.get(number, ()):
            held = state.held.pop(thing, None)
            state.sure.pop(thing, None)
            if held is not None:
                self._add(state, thing, None)
                state.held[thing] = Held(state.held[thing].before, held.after)
            for local in [one for one, named in state.things.items() if named == thing]:
                del state.things[local]

    # ── names ─────────────────────────────────────────────────────────────────────────────────

    def names_of(self, state: Possible, value: Value) -> Names | None:
        """Return what a value with named values may be; None for any other type."""
        every = names_of_type(value.type)
        if every is None or self._is_spent():
            return every
        found: Names | None = None
        match value:
            case Constant(value=known):
                return (known,)
            case LocalValue(local=local):
                found = state.names.get(local.number)
            case FieldValue():
                found = self._names_of_field(state, value)
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                found = self._names_of_ways(state, condition, then, otherwise)
            case DecisionCall():
                found = self._outputs(state, value, 0)
            case OutputValue(object=DecisionCall() as call, index=index):
                found = self._outputs(state, call, index)
            case RuleCall():
                found = self._given(state, value)
        return every if found is None else found

    def _names_of_field(self, state: Possible, value: FieldValue) -> Names | None:
        lifecycle = self.lifecycles.get(value.record)
        if lifecycle is not None and lifecycle.type == value.type:
            thing = self.thing_of(state, value.object)
            return None if thing is None else state.held[thing].states
        record = self.model.records.get(value.record.name)
        if record is None or record.type != value.record:
            return None
        bounds = (one.bound for one in (*record.keys, *record.fields) if one.name == value.field)
        return next((bound.names for bound in bounds if bound is not None), None)

    def _names_of_ways(
        self, state: Possible, condition: Value, then: Value, otherwise: Value
    ) -> Names | None:
        parts: list[Names] = []
        for value, is_true in ((then, True), (otherwise, False)):
            inside = self.learn(state.copy(), condition, is_true=is_true)
            found = self.names_of(inside, value) if inside is not None else ()
            if found is None:
                return None
            parts.append(found)
        return united(*parts)

    def _outputs(self, state: Possible, call: DecisionCall, index: int) -> Names | None:
        decision = self._declared(call.contract).decisions[call.decision]
        if decision.policy not in (Policy.UNIQUE, Policy.FIRST):
            return None
        given = [self.names_of(state, argument) for argument in call.arguments]
        parts: list[Names] = []
        for row in rows_that_may_decide(decision, given):
            found = self.names_of(Possible(), decision.rows[row].outputs[index])
            if found is None:
                return None
            parts.append(found)
        return united(*parts)

    def _given(self, state: Possible, call: RuleCall) -> Names | None:
        rule = self._declared(call.contract).rules[call.rule]
        inside = state.copy()
        for one, argument in zip(rule.parameters, call.arguments, strict=True):
            inside.names.pop(one.local.number, None)
            inside.things.pop(one.local.number, None)
            names = self.names_of(state, argument)
            thing = self.thing_of(inside, argument)
            if thing is not None:
                inside.things[one.local.number] = thing
            elif names is not None:
                inside.names[one.local.number] = names
        parts = [self.names_of(inside, given) for given in values_given(rule.body)]
        known = [one for one in parts if one is not None]
        return united(*known) if len(known) == len(parts) else None

    def _declared(self, contract: str) -> ContractModel:
        waiting = [self.model]
        for model in waiting:
            if model.name == contract:
                return model
            waiting.extend(model.uses.values())
        message = f"contract {contract} is not in scope"
        raise AssertionError(message)

    def names_from(self, state: Possible, value: Value, thing: Thing, source: object) -> Names:
        """Return what a value with named values may be when a thing is in one state."""
        if isinstance(value, Constant):
            return (value.value,)
        inside = state.copy()
        self._narrow_thing(inside, thing, (source,))
        return self.names_of(inside, value) or ()

    # ── conditions ────────────────────────────────────────────────────────────────────────────

    def learn(self, state: Possible, condition: Value, *, is_true: bool) -> Possible | None:
        """Return what may be where `condition` is true (or false). `state` is used up."""
        if self._is_spent():
            state.sure.clear()
            return state
        match condition:
            case Inverse(operand=operand):
                return self.learn(state, operand, is_true=not is_true)
            case Both() | Either():
                return self._learn_parts(state, condition, is_true=is_true)
            case IsName(operand=operand, name=name, is_negated=is_negated):
                holds = is_true is not is_negated
                every = names_of_type(operand.type) or ()
                return self.narrow(state, operand, [n for n in every if (n == name) is holds])
            case Comparison(comparator="==" | "!=" as sign):
                return self._learn_equal(state, condition, is_equal=is_true is (sign == "=="))
            case IsIn(operand=operand, collection=ListValue(items=items), is_negated=is_negated):
                listed = [one.value for one in items if isinstance(one, Constant)]
                known = names_of_type(operand.type)
                if known is None or len(listed) != len(items):
                    self._unsettle(state, condition)
                    return state
                holds = is_true is not is_negated
                return self.narrow(state, operand, [n for n in known if (n in listed) is holds])
        if condition.type == BOOL:
            return self.narrow(state, condition, [is_true])
        state.sure.clear()
        return state

    def _unsettle(self, state: Possible, told: Value) -> None:
        """Note that `told` may hold in some states only, unless it speaks of no record."""
        for one in (told, *all_values(told)):
            if isinstance(one, LocalValue):
                if one.local.number not in self.free:
                    state.sure.clear()
            elif not isinstance(one, UNATTACHED):
                state.sure.clear()

    def _learn_parts(
        self, state: Possible, condition: Both | Either, *, is_true: bool
    ) -> Possible | None:
        """Learn from `a and b and c`: a long chain leans to the left, so it is unrolled."""
        kind = type(condition)
        parts: list[Value] = []
        left: Value = condition
        while isinstance(left, kind):
            parts.append(left.right)
            left = left.left
        parts.append(left)
        parts.reverse()
        every = is_true is (kind is Both)
        now: Possible | None = state
        ways: list[Possible | None] = []
        for part in parts:
            if now is None:
                break
            if not every:
                ways.append(self.learn(now.copy(), part, is_true=is_true))
            now = self.learn(now, part, is_true=every is is_true)
        return now if every else joined(ways, self.lifecycles)

    def _learn_equal(
        self, state: Possible, condition: Comparison, *, is_equal: bool
    ) -> Possible | None:
        left, right = condition.left, condition.right
        for one, other in ((left, right), (right, left)):
            mine, names = self.names_of(state, one), self.names_of(state, other)
            if mine is None or names is None:
                self._unsettle(state, condition)
                return state
            kept = mine
            if is_equal:
                kept = tuple(name for name in mine if name in names)
            elif len(names) == 1:
                kept = tuple(name for name in mine if name not in names)
            narrowed = self.narrow(state, one, kept)
            if narrowed is None:
                return None
            state = narrowed
        return state

    def narrow(self, state: Possible, value: Value, names: Names | list[object]) -> Possible | None:
        """Return what may be where `value` is one of `names`; None if it never is."""
        known = self.names_of(state, value)
        if known is None:
            self._unsettle(state, value)
            return state
        kept = tuple(one for one in known if one in names)
        if not kept:
            return None
        told: Thing | None = None
        if isinstance(value, LocalValue):
            state.names[value.local.number] = kept
        elif isinstance(value, FieldValue):
            lifecycle = self.lifecycles.get(value.record)
            thing = self.thing_of(state, value.object)
            if thing is not None and lifecycle is not None and lifecycle.type == value.type:
                self._narrow_thing(state, thing, kept)
                told = thing
        if told is None:
            self._unsettle(state, value)
        else:
            # What a record's own state tells of the states of others is not followed.
            state.sure = {one: sure for one, sure in state.sure.items() if one == told}
        return state

    def narrow_record(self, state: Possible, read: LocalValue, names: tuple[str, ...]) -> None:
        """Note the bound of a parameter, which its caller keeps: of a record or of a name."""
        thing = self.thing_of(state, read)
        if thing is None:
            sure = state.sure.copy()
            self.narrow(state, read, names)
            state.sure = sure
        elif thing in state.held:
            self._narrow_thing(state, thing, names)

    def narrow_by_index(self, state: Possible, thing: Thing, domain: RecordDomain) -> None:
        """Note the state by which the records of a loop are looked up."""
        lifecycle = self.lifecycles.get(thing.record)
        for value in domain.equalities:
            if lifecycle is not None and value.type == lifecycle.type:
                self._narrow_thing(state, thing, self.names_of(state, value) or ())

    @staticmethod
    def _narrow_thing(state: Possible, thing: Thing, names: Names) -> None:
        held = state.held[thing]
        state.held[thing] = Held(
            tuple(one for one in held.before if one in names),
            tuple(one for one in held.after if one in names),
        )
        if thing in state.sure:
            state.sure[thing] = tuple(one for one in state.sure[thing] if one in names)


def record_in(value: Value) -> RecordType | None:
    """Return the record that a value refers to, if it refers to one."""
    held = value.type.base if isinstance(value.type, OptionalType) else value.type
    return held if isinstance(held, RecordType) else None


def chosen_by_caller(action: ActionModel) -> frozenset[int]:
    """Return the parameters, by number, that are neither records nor set anew in the body."""
    again = {one.local.number for one in all_statements(action.body) if isinstance(one, LetStep)}
    return frozenset(
        one.local.number
        for one in action.parameters
        if not isinstance(one.local.type, RecordType) and one.local.number not in again
    )


def values_given(body: Body) -> list[Value]:
    """Return what a rule may give."""
    return [one.value for one in all_statements(body) if isinstance(one, GiveStep)]


def rows_that_may_decide(decision: DecisionModel, given: list[Names | None]) -> list[int]:
    """Return the rows whose cells take some of what the arguments may be."""
    return [
        index
        for index, row in enumerate(decision.rows)
        if all(
            names is None
            or cell.items is None
            or any((name in cell.items) is not cell.is_negated for name in names)
            for cell, names in zip(row.cells, given, strict=True)
        )
    ]
