"""Generated entries: arguments are taken and checked in the order of precedence.

`BAD_ARGUMENT` for all, then `MISSING_RECORD`, overdue timers of the records, `NOT_SIGNED`,
`NOT_AUTHORISED`, and `WRONG_STATE`; only then does the body begin.
"""

from __future__ import annotations

from collections.abc import Sequence

from servanda.interpreter import model
from servanda.interpreter.generate.step import Fields, bound_test
from servanda.interpreter.generate.value import Values
from servanda.interpreter.generate.writer import Writer
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.numbers import AMOUNT_LIMIT
from servanda.interpreter.types import (
    BOOL,
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    INT,
    PARTY,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    FixedUnit,
    LifecycleType,
    ListType,
    OptionalType,
    RecordType,
    RoleType,
    SetType,
    Type,
)

_TAKERS = {
    BOOL: "take_bool({0}, {1})",
    INT: "take_int({0}, {1})",
    SERIAL: "take_int({0}, {1})",
    DECIMAL: "take_decimal({0}, {1})",
    TEXT: "take_text({0}, {1})",
    DATE: "take_date({0}, {1})",
    TIME: "take_time({0}, {1})",
    DURATION: "take_duration({0}, {1})",
    HASH: "take_hash({0}, {1})",
    CURRENCY: "take_currency({0}, {1})",
    PARTY: "take_party(c, {0}, {1}, None)",
}


def write_arguments(
    values: Values, fields: Fields, parameters: Sequence[ParameterModel]
) -> list[ParameterModel]:
    """Write the taking of `arguments`; return the parameters that are records."""
    writer = values.writer
    with writer.block(f"if len(arguments) != {len(parameters)}:"):
        writer.line(f"raise bad_count({len(parameters)}, len(arguments))")
    records = [one for one in parameters if isinstance(one.local.type, RecordType)]
    if parameters:
        raw = "".join(f"r{one.local.number}, " for one in parameters)
        writer.line(f"{raw}= arguments")
    for one in parameters:
        name, local = ascii(one.local.name), f"v{one.local.number}"
        taken = _taken(writer, f"r{one.local.number}", name, one.local.type)
        if isinstance(one.local.type, RecordType) and has_text_key(fields, one.local.type):
            table = writer.reference("table", one.local.type.contract, one.local.type.name)
            raw = f"r{one.local.number}"
            taken = f"{table}.rows.get({raw}) if type({raw}) is str else {taken}"
        writer.line(f"{local} = {taken}", one.span)
        if one.bound is not None and one not in records:
            _check_bound(writer, one, local)
    for one in records:
        _check_found(writer, fields, one)
    for one in parameters:
        # A unit that is a field can be compared only when its record has been found.
        if one.unit_value is not None:
            unit = values.write(one.unit_value)
            writer.line(f"check_unit(r{one.local.number}, {ascii(one.local.name)}, {unit})")
    return records


def has_text_key(fields: Fields, record: RecordType) -> bool:
    """Whether a record is named by one Text, the likely case that is written out."""
    keys = fields.records[record].keys
    return len(keys) == 1 and keys[0].type == TEXT


def _check_bound(writer: Writer, one: ParameterModel, local: str) -> None:
    assert one.bound is not None
    test = bound_test(writer, local, one.bound)
    if isinstance(one.local.type, OptionalType):
        test = f"({local} is None or {test})"
    with writer.block(f"if not {test}:"):
        writer.line(f"raise bad_bound({ascii(one.local.name)})")


def _check_found(writer: Writer, fields: Fields, one: ParameterModel) -> None:
    record = one.local.type
    assert isinstance(record, RecordType)
    table = writer.reference("table", record.contract, record.name)
    local, name = f"v{one.local.number}", ascii(one.local.name)
    seen_by = fields.records[record].seen_by
    with writer.block(f"if {local} is None:", one.span):
        if seen_by is None:
            writer.line(f"raise missing_argument({table}, {name}, r{one.local.number})")
        else:
            roles = writer.constant(roles_named(seen_by))
            writer.line(f"raise hidden_argument(c, {table}, {name}, r{one.local.number}, {roles})")


def _taken(writer: Writer, raw: str, name: str, wanted: Type) -> str:
    match wanted:
        case AmountType(unit=FixedUnit(code=code)):
            # The likely case is written out: a call of a function costs more than all of it.
            likely = (
                f"{raw}[0] if type({raw}) is Amount and {raw}[1] == {ascii(code)} "
                f"and type({raw}[0]) is int and {-AMOUNT_LIMIT} < {raw}[0] < {AMOUNT_LIMIT}"
            )
            return f"({likely} else take_amount({raw}, {name}, {ascii(code)}))"
        case AmountType():
            return f"take_amount({raw}, {name}, None)"
        case RecordType():
            table = writer.reference("table", wanted.contract, wanted.name)
            return f"take_record({table}, {raw}, {name})"
        case RoleType(roles=roles):
            return f"take_party(c, {raw}, {name}, {writer.constant(roles)})"
        case EnumType(members=names) | LifecycleType(states=names):
            return f"take_name({raw}, {name}, {writer.constant(names)})"
        case OptionalType(base=base):
            return f"(None if {raw} is None else {_taken(writer, raw, name, base)})"
        case ListType(item=item):
            return f"take_list({raw}, {name}, lambda x: {_taken_item(writer, name, item)})"
        case SetType(item=item):
            return f"take_set({raw}, {name}, lambda x: {_taken_item(writer, name, item)})"
        case _:
            return _TAKERS[wanted].format(raw, name)  # type: ignore[index]


def _taken_item(writer: Writer, name: str, item: Type) -> str:
    taken = _taken(writer, "x", name, item)
    if isinstance(item, RecordType):
        table = writer.reference("table", item.contract, item.name)
        return f"found_item({table}, x, {name}, {taken})"
    return taken


def roles_named(authority: model.Authority) -> tuple[str, ...]:
    """Return the roles whose every member the authority admits by itself."""
    match authority:
        case model.SignedByRole(roles=roles):
            return roles
        case model.AnyOf(choices=choices):
            return tuple(role for choice in choices for role in roles_named(choice))
        case _:
            return ()


def write_overdue(writer: Writer, records: Sequence[ParameterModel]) -> None:
    """Write the run of what is overdue about the records of the arguments."""
    if records:
        rows = "".join(f"v{one.local.number}, " for one in records)
        with writer.block("if c.queue.first_at <= c.now:"):
            writer.line(f"c.run_overdue(({rows}))")


def write_states(writer: Writer, fields: Fields, records: Sequence[ParameterModel]) -> None:
    """Write the check that records are in the states their parameters name."""
    for one in records:
        if one.bound is None or one.bound.names is None:
            continue
        assert isinstance(one.local.type, RecordType)
        field = fields.records[one.local.type].lifecycle_field
        row, names = f"v{one.local.number}", writer.constant(one.bound.names)
        with writer.block(f"if {row}.f_{field} not in {names}:", one.span):
            writer.line(f"raise wrong_state({row}, {row}.f_{field}, {names})")


class Authorities:
    """Writes the check that those who signed may act, and the names of who they are."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.writer = values.writer

    def check(self, authority: model.Authority) -> None:
        """Write the refusals `NOT_SIGNED` and `NOT_AUTHORISED`, and bind aliases."""
        writer = self.writer
        with writer.block("if not c.signers and c.caller is None:", authority.span):
            writer.line("raise not_signed()")
        match authority:
            case model.SignedByRole(roles=roles, alias=None):
                with writer.block(f"if c.signer_with({writer.constant(roles)}) is None:"):
                    writer.line("raise not_authorised()")
            case model.SignedByRole(roles=roles, alias=model.Local(number=number)):
                name = f"v{number}"
                writer.line(f"{name} = c.signer_with({writer.constant(roles)})")
                with writer.block(f"if {name} is None:"):
                    writer.line("raise not_authorised()")
            case model.SignedByParty(party=party, alias=None):
                test = f"c.has_signed({self.values.write(party)}, {self._roles(party)})"
                with writer.block(f"if not {test}:"):
                    writer.line("raise not_authorised()")
            case _:
                self._check_any(authority)

    def _check_any(self, authority: model.Authority) -> None:
        found = self.writer.fresh("w")
        self.writer.line(f"{found} = c.authorise({self._tree(authority)})")
        with self.writer.block(f"if {found} is None:"):
            self.writer.line("raise not_authorised()")
        for name, number in _aliases(authority):
            self.writer.line(f"v{number} = {found}[{ascii(name)}]")

    def test(self, authority: model.Authority) -> str:
        """Return the expression that is true when some signer is admitted (for `seen by`)."""
        return f"c.authorise({self._tree(authority)}) is not None"

    def _tree(self, authority: model.Authority) -> str:
        match authority:
            case model.SignedByRole(roles=roles, alias=alias):
                return f"('role', {self.writer.constant(roles)}, {_alias(alias)})"
            case model.SignedByParty(party=party, alias=alias):
                text = self.values.write(party)
                return f"('party', {text}, {self._roles(party)}, {_alias(alias)})"
            case model.SignedByQuorum(count=count, roles=roles, alias=alias):
                return f"('quorum', {count}, {self.writer.constant(roles)}, {_alias(alias)})"
            case model.SignedByContract(contract=contract):
                return f"('contract', {ascii(contract)})"
            case model.AnyOf(choices=parts):
                return f"('any', ({''.join(self._tree(one) + ', ' for one in parts)}))"
            case model.AllOf(parts=parts):
                return f"('all', ({''.join(self._tree(one) + ', ' for one in parts)}))"

    def _roles(self, party: model.Value) -> str:
        base = getattr(party.type, "base", party.type)
        return self.writer.constant(base.roles if isinstance(base, RoleType) else None)


def _alias(alias: model.Local | None) -> str:
    return "None" if alias is None else ascii(alias.name)


def _aliases(authority: model.Authority) -> list[tuple[str, int]]:
    match authority:
        case model.AnyOf(choices=parts) | model.AllOf(parts=parts):
            found = [pair for part in parts for pair in _aliases(part)]
            return list(dict.fromkeys(found))
        case model.SignedByContract():
            return []
        case _:
            return [] if authority.alias is None else [(authority.alias.name, authority.alias.number)]
