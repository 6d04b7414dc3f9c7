"""Generated expressions: a value of the model in, a Python expression out.

What needs statements of its own (an aggregate's loop) is written as a local function right
before the statement that uses it, and the expression calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from servanda.interpreter import model
from servanda.interpreter.costs import VISIT_STEPS
from servanda.interpreter.execute.state import BALANCE, FIELD
from servanda.interpreter.generate.operations import CONVERSIONS, OPERATIONS, PARSERS
from servanda.interpreter.generate.same_money import same_money
from servanda.interpreter.generate.seen import is_seen
from servanda.interpreter.generate.showing import each_of, shown
from servanda.interpreter.generate.writer import Writer
from servanda.interpreter.model import AggregateKind, Builtin, Value
from servanda.interpreter.types import (
    CURRENCY,
    DECIMAL,
    DURATION,
    AmountType,
    BalanceType,
    EventType,
    FieldUnit,
    FixedUnit,
    ListType,
    OptionalType,
    OutputsType,
    RecordType,
    SetType,
    Type,
    UnroundedType,
    list_depth,
    sealed_in,
)
from servanda.interpreter.walk import all_values, size_of


class Values:
    """Writes values; one per generated function, so that it knows whether probes fit there."""

    def __init__(self, writer: Writer, *, is_probed: bool) -> None:
        self.writer = writer
        self.is_probed = is_probed

    def write(self, value: Value) -> str:
        """Return the Python expression of a value."""
        text = _WRITERS[type(value)](self, value)
        if type(value) in _HELD and sealed_in(value.type) is not None:
            # It is passed on, and fills a record or a receipt by its length.
            text = f"carried(c, {text})"
        if self.is_probed and is_seen(value):
            site = self.writer.site("value", value.span, value.type)
            unit = self.unit_text(value.type)
            more = "" if unit is None else f", {unit}"
            # What stands first is evaluated first: the mark is set before the value is looked at.
            return f"p.see(p.mark({site}), {text}{more})"
        return text

    def guard(self, value: Value) -> str:
        """Return the expression of a condition that decides something."""
        text = self.write(value)
        if self.is_probed:
            site = self.writer.site("guard", value.span, value.type)
            return f"p.see(p.mark({site}), {text})"
        return text

    def several(self, values: tuple[Value, ...]) -> str:
        """Return the expressions of arguments, each followed by a comma."""
        return "".join(self.write(value) + ", " for value in values)

    def key(self, keys: tuple[Value, ...]) -> str:
        """Return the expression of a table key."""
        parts = [
            self.write(one) + (".key" if isinstance(one.type, RecordType) else "") for one in keys
        ]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def external(self, value: Value) -> str:
        """Return the expression of a value as it leaves the contract (see `receipts.Call`)."""
        text = self.write(value)
        if list_depth(value.type):
            # Each item is turned round, and kept: what is emitted fills the receipt.
            text = f"weighed(c, {text})"
        return self.external_text(text, value.type, self.unit_text(value.type))

    def external_text(self, text: str, leaving: Type, unit: str | None = None) -> str:
        """Return the expression that turns the run-time value `text` into its outward form."""
        match leaving:
            case AmountType(unit=FixedUnit(code=code)) | BalanceType(unit=FixedUnit(code=code)):
                # The constructor of a named tuple is a function more than this.
                return f"new(Amount, ({text}, {code!a}))"
            case AmountType():
                return f"new(Amount, ({text}, {unit}))"
            case RecordType():
                return f"{text}.key"
            case ListType(item=item) | SetType(item=item):
                inner = self.external_text("x", item, unit)
                return text if inner == "x" else f"tuple({each_of(text, inner)})"
            case OptionalType(base=base):
                name = self.writer.fresh("x")
                inner = self.external_text(name, base, unit)
                return (
                    text if inner == name else f"(None if ({name} := {text}) is None else {inner})"
                )
            case _:
                return text

    def unit_text(self, counted: Type) -> str | None:
        """Return the expression of the unit that a type counts in, when a field holds it."""
        match counted:
            case AmountType(unit=unit) | BalanceType(unit=unit) | UnroundedType(unit=unit):
                return self.unit(unit) if isinstance(unit, FieldUnit) else None
            case OptionalType(base=inner) | ListType(item=inner) | SetType(item=inner):
                return self.unit_text(inner)
            case _:
                return None

    def unit(self, unit: FixedUnit | FieldUnit) -> str:
        """Return the expression of a unit's code."""
        if isinstance(unit, FixedUnit):
            return ascii(unit.code)
        text = "this" if unit.root < 0 else f"v{unit.root}"
        held: Type | None = self.writer.outputs.get(unit.root)
        for name in unit.fields:
            if isinstance(held, OutputsType):
                place = [one for one, _ in held.outputs].index(name)
                text, held = f"{text}[{place}]", held.outputs[place][1]
            else:
                text = f"{text}.{FIELD}{name}"
        return text

    # ── leaves ────────────────────────────────────────────────────────────────────────────────

    def _constant(self, value: model.Constant) -> str:
        return self.writer.constant(value.value)

    def _local(self, value: model.LocalValue) -> str:
        return f"v{value.local.number}"

    def _block_time(self, value: model.BlockTime) -> str:
        return {"now": "c.now", "today": "c.today(zone)", "due": "c.due"}[value.name]

    def _field(self, value: model.FieldValue) -> str:
        prefix = BALANCE if self._is_balance(value) else FIELD
        return f"{self.write(value.object)}.{prefix}{value.field}"

    def _is_balance(self, value: model.FieldValue) -> bool:
        return self.is_balance(value.record, value.field)

    is_balance: Callable[[RecordType, str], bool]
    """Whether a field of a record is a Balance; set by whoever knows the models."""

    def slot(self, value: model.FieldValue) -> str:
        """Return the slot that a field is held in."""
        return (BALANCE if self._is_balance(value) else FIELD) + value.field

    def _cell(self, value: model.RowCell) -> str:
        return f"v{value.local.number}.cell({value.column!a})"

    def _lookup(self, value: model.RecordLookup) -> str:
        table = self.writer.reference("table", value.record.contract, value.record.name)
        key = self.key(value.keys)
        if value.is_optional:
            return f"{table}.rows.get({key})"
        return f"find({table}, {key})"

    # ── calls ─────────────────────────────────────────────────────────────────────────────────

    def _rule(self, value: model.RuleCall) -> str:
        name = self.writer.reference("rule", value.contract, value.rule)
        return f"{name}(c, {self.several(value.arguments)})"

    def _decision(self, value: model.DecisionCall) -> str:
        name = self.writer.reference("decision", value.contract, value.decision)
        return f"{name}(c, {self.several(value.arguments)})"

    def _output(self, value: model.OutputValue) -> str:
        return f"{self.write(value.object)}[{value.index}]"

    def _builtin(self, value: model.BuiltinCall) -> str:
        texts = [self.write(one) for one in value.arguments]
        mode = ascii(value.mode)
        match value.builtin:
            case Builtin.ROUND_AMOUNT:
                return self._round_amount(value, texts[0])
            case Builtin.ROUND_DECIMAL:
                return f"round_decimal({texts[0]}, {texts[1]}, {mode})"
            case Builtin.NUMBER:
                return f"decimal_from_amount({texts[0]}, {self._decimals(value)})"
            case Builtin.DAYS:
                return f"days_between({texts[0]}, {texts[1]})"
            case Builtin.YEAR_FRACTION:
                return f"year_fraction({texts[0]}, {texts[1]}, {mode})"
            case Builtin.LEAST:
                return f"min({', '.join(texts)})"
            case Builtin.MOST:
                return f"max({', '.join(texts)})"
            case Builtin.ABSOLUTE:
                return f"absolute({texts[0]})" if _is_decimal(value.type) else f"abs({texts[0]})"
            case Builtin.CHAIN_HASH:
                return f"c.machine.chains.hash_of({mode})"
            case Builtin.PARSE_AMOUNT:
                return self._parse("parse_amount", value.arguments[0], self._decimals(value))
            case _:
                return self._parse(PARSERS[value.builtin], value.arguments[0])

    def _own_proof(self, value: model.OwnProof) -> str:
        record = value.record
        return f"OwnRecord({record.contract!a}, {record.name!a}, {self.key(value.keys)})"

    def _named(self, value: model.NamedValue) -> str:
        more = () if value.type == CURRENCY else (self.writer.constant(value.type),)
        return self._parse("parse_name" if more else "parse_currency", value.text, *more)

    def _parse(self, parser: str, text: Value, *more: str) -> str:
        rest = "".join(f", {one}" for one in more)
        if isinstance(text, model.RowCell):
            return f"v{text.local.number}.read({parser}, {text.column!a}{rest})"
        return f"read_text({parser}, {self.write(text)}{rest})"

    def _round_amount(self, value: model.BuiltinCall, text: str) -> str:
        mode = ascii(value.mode)
        match value.arguments[0].type:
            case AmountType():
                return text
            case UnroundedType():
                return f"round_amount({text}, {mode})"
            case _:
                return f"amount_from_decimal({text}, {self._decimals(value)}, {mode})"

    def _decimals(self, value: model.BuiltinCall) -> str:
        if isinstance(value.unit, FixedUnit):
            return str(value.unit.decimals)
        if value.unit_value is not None:
            return f"decimals_of({self.write(value.unit_value)})"
        assert value.unit is not None
        return f"decimals_of({self.unit(value.unit)})"

    def _create(self, value: model.CreateRecord) -> str:
        name = self.writer.reference("create", value.record.contract, value.record.name)
        given = "".join(f"{FIELD}{field}={self.write(one)}, " for field, one in value.fields)
        return f"{name}(c, {self.several(value.keys)}{given})"

    def _foreign(self, value: model.ForeignCall) -> str:
        arguments = "".join(self.external(one) + ", " for one in value.arguments)
        return f"c.call({value.contract!a}, {value.action!a}, ({arguments}))"

    def _enrol(self, value: model.EnrolMember) -> str:
        return f"d.enrol({value.role!a}, {self.write(value.name)})"

    # ── operators ─────────────────────────────────────────────────────────────────────────────

    def _arithmetic(self, value: model.Arithmetic) -> str:
        # A long sum leans to the left: walk down it instead of calling ourselves.
        chain: list[model.Arithmetic] = []
        left: Value = value
        while isinstance(left, model.Arithmetic):
            chain.append(left)
            left = left.left
        text = self.write(left)
        for one in reversed(chain):
            text = OPERATIONS[one.operation].format(text, self.write(one.right))
        return text

    def _negation(self, value: model.Negation) -> str:
        text = self.write(value.operand)
        return f"negate({text})" if _is_decimal(value.type) else f"(-{text})"

    def _convert(self, value: model.Convert) -> str:
        # What is sealed leaves the contract's machine, and so is in its outward form inside.
        write = self.external if value.conversion is model.Conversion.SEAL else self.write
        return CONVERSIONS[value.conversion].format(write(value.operand))

    def _comparison(self, value: model.Comparison) -> str:
        left, right = self.write(value.left), self.write(value.right)
        if list_depth(value.left.type):
            # It takes the longer the more they hold, so it costs more.
            return f"(same(c, {left}, {right}) {value.comparator} True)"
        return f"({left} {value.comparator} {right})"

    def _both(self, value: model.Both) -> str:
        return f"({self.write(value.left)} and {self.write(value.right)})"

    def _either(self, value: model.Either) -> str:
        return f"({self.write(value.left)} or {self.write(value.right)})"

    def _inverse(self, value: model.Inverse) -> str:
        return f"(not {self.write(value.operand)})"

    def _is_name(self, value: model.IsName) -> str:
        sign = "!=" if value.is_negated else "=="
        return f"({self.write(value.operand)} {sign} {value.name!a})"

    def _has_role(self, value: model.HasRole) -> str:
        test = f"c.has_role({self.write(value.operand)}, ({value.role!a},))"
        return f"(not {test})" if value.is_negated else test

    def _is_absent(self, value: model.IsAbsent) -> str:
        sign = "is not" if value.is_negated else "is"
        return f"({self.write(value.operand)} {sign} None)"

    def _is_in(self, value: model.IsIn) -> str:
        sign = "not in" if value.is_negated else "in"
        collection = self.write(value.collection)
        is_written_out = isinstance(value.collection, model.ListValue)
        if list_depth(value.operand.type) or not is_written_out:
            collection = f"weighed(c, {collection})"
        return f"({self.write(value.operand)} {sign} {collection})"

    def _is_within(self, value: model.IsWithin) -> str:
        low, operand, high = (self.write(one) for one in (value.low, value.operand, value.high))
        sign = "<" if value.is_open else "<="
        test = f"({low} <= {operand} {sign} {high})"
        return f"(not {test})" if value.is_negated else test

    def _conditional(self, value: model.Conditional) -> str:
        condition = self.guard(value.condition)
        return f"({self.write(value.then)} if {condition} else {self.write(value.otherwise)})"

    def _text(self, value: model.TextValue) -> str:
        parts = []
        for part, unit in zip(value.parts, value.units, strict=True):
            if isinstance(part, str):
                parts.append(ascii(part))
            else:
                parts.append(shown(self, part, None if unit is None else self.write(unit)))
        return f"text(c, {' + '.join(parts) or repr('')})"

    def _list(self, value: model.ListValue) -> str:
        text = f"({self.several(value.items)})"
        if (depth := list_depth(value.type)) > 1:
            text = f"nested({text}, {depth})"
            if any(isinstance(one, model.LocalValue) for one in all_values(value)):
                # What is held in a name may hold many values, though it is one node to look at.
                text = f"weighed(c, {text})"
        return f"set_of({text})" if isinstance(value.type, SetType) else text

    def _total(self, value: model.TotalValue) -> str:
        return f"totals[{value.index}]"

    # ── aggregates and domains ────────────────────────────────────────────────────────────────

    def items(self, domain: model.Domain) -> str:
        """Return the expression of what a domain ranges over, before its condition."""
        match domain:
            case model.RecordDomain():
                return self._found(domain)
            case model.ListDomain():
                return self.write(domain.items)
            case model.RangeDomain():
                more = 0 if domain.is_open else 1
                return f"count_up({self.write(domain.low)}, {self.write(domain.high)} + {more})"
            case model.NamesDomain():
                return self.writer.constant(domain.names)
            case model.WholeDomain(type=RecordType() as record):
                table = self.writer.reference("table", record.contract, record.name)
                return f"all_rows({table})"
            case model.WholeDomain(type=EventType() as event):
                return f"d.events({event.contract!a}, {event.name!a})"
        message = f"no domain {domain}"
        raise AssertionError(message)

    def _found(self, domain: model.RecordDomain) -> str:
        record = domain.record
        table = self.writer.reference("table", record.contract, record.name)
        index = self.writer.constant(domain.index)
        values = self.several(domain.equalities)
        if domain.index.range_field is None:
            return f"{table}.indexes[{index}].find({table}, ({values}))"
        low = "None" if domain.low is None else self.write(domain.low)
        high = "None" if domain.high is None else self.write(domain.high)
        return (
            f"{table}.indexes[{index}].find_within({table}, ({values}), {low}, {high}, c, "
            f"is_low_open={domain.is_low_open}, is_high_open={domain.is_high_open})"
        )

    def visit(
        self, binder: str, domain: model.Domain, more_steps: int, each: Callable[[], None]
    ) -> None:
        """Write the loop over a domain's items that meet its condition, and `each` inside it."""
        writer = self.writer
        count = writer.fresh("n") if domain.limit is not None else ""
        items = self.items(domain)
        if count:
            writer.line(f"{count} = 0")
        condition = domain.condition
        steps = VISIT_STEPS + more_steps + (size_of(condition) if condition is not None else 0)
        with writer.block(f"for {binder} in {items}:"):
            writer.line(f"c.steps += {steps}")
            with writer.block("if c.steps > c.steps_max:"):
                writer.line("raise over_cost()")
            if condition is not None:
                test = self.write(condition)
                with writer.block(f"if not {test}:"):
                    writer.line("continue")
            each()
            if count:
                writer.line(f"{count} += 1")
                with writer.block(f"if {count} == {domain.limit}:"):
                    writer.line("break")

    def _aggregate(self, value: model.AggregateValue) -> str:
        name = self.writer.fresh("a")
        start, step, end = _AGGREGATES[value.kind]
        if value.kind is AggregateKind.SUM and _is_decimal(value.type):
            start, step = "ZERO", "x = add(x, {0})"
        elif value.kind is AggregateKind.PRODUCT and _is_decimal(value.type):
            start, step = "ONE", "x = multiply(x, {0})"
        elif value.kind is AggregateKind.SUM and isinstance(value.type, AmountType):
            step = "x = check_amount(x + {0})"
        elif value.kind is AggregateKind.SUM and value.type == DURATION:
            step = "x = check_duration(x + {0})"
        elif value.kind is AggregateKind.LIST and (depth := list_depth(value.type)) > 1:
            end = f"nested(list_of(x), {depth})"

        def each() -> None:
            item = "" if value.kind is AggregateKind.COUNT else self.write(value.value)
            for line in step.format(item).split("\n"):
                self.writer.line(line)

        with self.writer.block(f"def {name}():", value.span):
            if start:
                self.writer.line(f"x = {start}")
            binder = f"v{value.binder.number}"
            self.visit(binder, value.domain, size_of(value.value), each)
            self.writer.line(f"return {end}")
        return f"{name}()"


_AGGREGATES: dict[AggregateKind, tuple[str, str, str]] = {
    AggregateKind.SUM: ("0", "x = check_int(x + {0})", "x"),
    AggregateKind.COUNT: ("0", "x += 1", "x"),
    AggregateKind.PRODUCT: ("1", "x = check_int(x * {0})", "x"),
    AggregateKind.ANY: ("", "if {0}: return True", "False"),
    AggregateKind.ALL: ("", "if not {0}: return False", "True"),
    AggregateKind.LEAST: ("None", "y = {0}\nx = y if x is None or y < x else x", "x"),
    AggregateKind.MOST: ("None", "y = {0}\nx = y if x is None or y > x else x", "x"),
    AggregateKind.LIST: ("[]", "x.append({0})", "list_of(x)"),
}


def _is_decimal(value_type: Type) -> bool:
    return value_type == DECIMAL or isinstance(value_type, UnroundedType)


_HELD = frozenset({model.LocalValue, model.FieldValue})
"""Where a sealed value is read from."""

_WRITERS: dict[type[Value], Callable[[Any, Any], str]] = {
    model.Constant: Values._constant,
    model.LocalValue: Values._local,
    model.BlockTime: Values._block_time,
    model.FieldValue: Values._field,
    model.RowCell: Values._cell,
    model.RecordLookup: Values._lookup,
    model.RuleCall: Values._rule,
    model.DecisionCall: Values._decision,
    model.OutputValue: Values._output,
    model.BuiltinCall: Values._builtin,
    model.OwnProof: Values._own_proof,
    model.CreateRecord: Values._create,
    model.ForeignCall: Values._foreign,
    model.EnrolMember: Values._enrol,
    model.NamedValue: Values._named,
    model.Arithmetic: Values._arithmetic,
    model.Negation: Values._negation,
    model.Convert: Values._convert,
    model.Comparison: Values._comparison,
    model.SameMoney: same_money,
    model.Both: Values._both,
    model.Either: Values._either,
    model.Inverse: Values._inverse,
    model.IsName: Values._is_name,
    model.HasRole: Values._has_role,
    model.IsAbsent: Values._is_absent,
    model.IsIn: Values._is_in,
    model.IsWithin: Values._is_within,
    model.Conditional: Values._conditional,
    model.TextValue: Values._text,
    model.ListValue: Values._list,
    model.TotalValue: Values._total,
    model.AggregateValue: Values._aggregate,
}
