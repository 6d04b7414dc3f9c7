"""Generated entries: arguments are taken and checked in the order of precedence.

`BAD_ARGUMENT` for all, then `MISSING_RECORD`, overdue timers of the records, `NOT_SIGNED`,
`NOT_AUTHORISED`, and `WRONG_STATE`; only then does the body begin.
"""

from __future__ import annotations

from collections.abc import Sequence

from servanda.grammar.source import Span
from servanda.interpreter import model
from servanda.interpreter.generate.step import Fields, bound_test
from servanda.interpreter.generate.value import Values
from servanda.interpreter.generate.writer import Writer
from servanda.interpreter.model import Bound, ParameterModel
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
    ProofType,
    RecordType,
    RoleType,
    SealedType,
    SetType,
    Type,
    list_depth,
)
from servanda.interpreter.values.numbers import AMOUNT_LIMIT

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
    CURRENCY: "take_currency(c, {0}, {1})",
    PARTY: "take_party(c, {0}, {1}, None)",
}


def write_arguments(
    values: Values,
    fields: Fields,
    parameters: Sequence[ParameterModel],
    span: Span,
    *,
    can_note: bool = False,
) -> list[ParameterModel]:
    """Write the taking of `arguments`; return the parameters that are or hold records.

    Where probes report, bounds are noted if that is wanted (`can_note`): a rule that is asked from
    outside reports nothing.
    `span` is the clause that says who may act: what outsiders are told must point there, so that
    not even the place of a refusal tells them whether a record exists.
    """
    writer = values.writer
    count = len(parameters)
    with writer.block(f"if type(arguments) is not tuple or len(arguments) != {count}:"):
        writer.line(f"raise bad_count({count}, arguments)")
    if parameters:
        raw = "".join(f"r{one.local.number}, " for one in parameters)
        writer.line(f"{raw}= arguments")
    for one in parameters:
        if isinstance(one.local.type, ProofType):
            writer.outputs[one.local.number] = one.local.type
        _write_taken(writer, fields, one, can_note=can_note)
    records = [one for one in parameters if record_in(one.local.type) is not None]
    hidden = [one for one in records if hides(fields, one)]
    # What anybody may know is said before anything is asked of a record that is hidden.
    for one in records:
        if one not in hidden:
            _write_found(writer, fields, one, one.span)
    for one in hidden:
        _write_found(writer, fields, one, span)
    units = {one.local.number: values.unit_text(one.local.type) for one in parameters}
    if any(units.values()) or any(one.readers is not None for one in parameters):
        # What a field holds, a unit or a reader, is compared only for those who may see the field.
        for one in hidden:
            write_seen(writer, one, span)
    for one in parameters:
        if (unit := units[one.local.number]) is not None:
            local, name = f"v{one.local.number}", ascii(one.local.name)
            writer.line(f"{local} = unwrap({local}, {name}, {unit})", one.span)
    for one in parameters:
        if one.readers is not None:
            _write_readers(values, one, one.readers)
    return records


def _write_readers(values: Values, one: ParameterModel, readers: model.SealedReaders) -> None:
    """Write the check that a sealed argument is open to whom its type names."""
    local, name = f"v{one.local.number}", ascii(one.local.name)
    parties, same = values.several(readers.parties), values.several(readers.same)
    roles = values.writer.constant(readers.roles)
    check = f"check_readers(c, {local}, {name}, {roles}, ({parties}), ({same}))"
    if isinstance(one.local.type, OptionalType):
        with values.writer.block(f"if {local} is not None:", one.span):
            values.writer.line(check)
    else:
        values.writer.line(check, one.span)


def record_in(wanted: Type) -> RecordType | None:
    """Return the record that a type is, or holds at any depth."""
    match wanted:
        case RecordType():
            return wanted
        case OptionalType(base=inner) | ListType(item=inner) | SetType(item=inner):
            return record_in(inner)
        case _:
            return None


def hides(fields: Fields, one: ParameterModel) -> bool:
    """Whether a parameter names records that not everybody may see."""
    record = record_in(one.local.type)
    return record is not None and fields.records[record].seen_by is not None


def has_text_key(fields: Fields, record: RecordType) -> bool:
    """Whether a record is named by one Text, the likely case that is written out."""
    keys = fields.records[record].keys
    return len(keys) == 1 and keys[0].type == TEXT


def _write_taken(writer: Writer, fields: Fields, one: ParameterModel, *, can_note: bool) -> None:
    raw, name, local = f"r{one.local.number}", ascii(one.local.name), f"v{one.local.number}"
    wanted = one.local.type
    if isinstance(wanted, RecordType):
        table = writer.reference("table", wanted.contract, wanted.name)
        taken = f"take_record({table}, {raw}, {name})"
        if has_text_key(fields, wanted):
            # What a row is found by is a key; only what finds none must be looked at.
            taken = f"({table}.rows.get({raw}) if type({raw}) is str else None) or {taken}"
        writer.line(f"{local} = {taken}", one.span)
        return
    writer.line(f"{local} = {_taken(writer, raw, name, wanted)}", one.span)
    if one.bound is not None:
        _check_bound(writer, one, local, can_note=can_note)


def _check_bound(writer: Writer, one: ParameterModel, local: str, *, can_note: bool) -> None:
    assert one.bound is not None
    # An Amount whose unit is not known yet is still a pair of steps and unit.
    base = one.local.type.base if isinstance(one.local.type, OptionalType) else one.local.type
    is_pair = isinstance(base, AmountType) and not isinstance(base.unit, FixedUnit)
    test = bound_test(writer, f"{local}[0]" if is_pair else local, one.bound)
    if base is not one.local.type:
        test = f"({local} is None or {test})"
    if can_note:
        _note_bound(writer, one, local, test)
    with writer.block(f"if not {test}:"):
        writer.line(f"raise bad_bound({one.local.name!a})")


def _note_bound(writer: Writer, one: ParameterModel, value: str, test: str) -> None:
    """Write that `value` is held against a bound, if probes report."""
    if writer.is_probed:
        site = writer.site("bound", one.span, one.local.type, one.local.name, bound=one.bound)
        # That an amount is not less than nothing, which nobody wrote, is told where it is.
        base = getattr(one.local.type, "base", one.local.type)
        is_silent = isinstance(base, AmountType) and one.bound == Bound(low=0)
        writer.line(f"{f'{test} or ' if is_silent else ''}p.bound({site}, {value}, {test})")


def _write_found(writer: Writer, fields: Fields, one: ParameterModel, span: Span) -> None:
    record = record_in(one.local.type)
    assert record is not None
    table = writer.reference("table", record.contract, record.name)
    local, name = f"v{one.local.number}", ascii(one.local.name)
    seen_by = fields.records[record].seen_by
    roles = "()" if seen_by is None else writer.constant(roles_named(seen_by))
    if not isinstance(one.local.type, RecordType):
        writer.line(
            f"{local} = {_found(local, (table, name, roles), one.local.type, seen_by)}", span
        )
        return
    with writer.block(f"if {local} is None:", span):
        if seen_by is None:
            writer.line(f"raise missing_argument({table}, {name}, r{one.local.number})")
        else:
            writer.line(f"raise hidden_argument(c, {table}, {name}, r{one.local.number}, {roles})")


def _found(
    text: str, names: tuple[str, str, str], wanted: Type, seen_by: model.Authority | None
) -> str:
    table, name, roles = names
    match wanted:
        case OptionalType(base=base):
            return f"(None if {text} is None else {_found(text, names, base, seen_by)})"
        case ListType(item=item) | SetType(item=item):
            return f"tuple([{_found('x', names, item, seen_by)} for x in {text}])"
        case _ if seen_by is None:
            return f"found_item({table}, {text}, {name})"
        case _:
            return f"found_hidden_item(c, {table}, {text}, {name}, {roles})"


def write_seen(writer: Writer, one: ParameterModel, span: Span) -> None:
    """Write the refusal of those who may not see the records of an argument."""
    record = record_in(one.local.type)
    assert record is not None
    sees, local = writer.reference("sees", record.contract, record.name), f"v{one.local.number}"
    with writer.block("if c.caller is None:", span):
        if isinstance(one.local.type, RecordType):
            with writer.block(f"if not {sees}(c, {local}):"):
                writer.line("raise outsider(c)")
            return
        with writer.block(f"for x in rows_within({local}):"), writer.block(f"if not {sees}(c, x):"):
            writer.line("raise outsider(c)")


def _taken(writer: Writer, raw: str, name: str, wanted: Type) -> str:
    match wanted:
        case AmountType(unit=FixedUnit(code=code)):
            # The likely case is written out: a call of a function costs more than all of it.
            likely = (
                f"{raw}[0] if type({raw}) is Amount and len({raw}) == 2 "
                f"and type({raw}[1]) is str and {raw}[1] == {code!a} "
                f"and type({raw}[0]) is int and {-AMOUNT_LIMIT} < {raw}[0] < {AMOUNT_LIMIT}"
            )
            return f"({likely} else take_amount({raw}, {name}, {code!a}))"
        case AmountType():
            return f"take_amount({raw}, {name}, None)"
        case ProofType():
            return f"take_proof(c, {raw}, {name}, {writer.constant(wanted)})"
        case RecordType():
            table = writer.reference("table", wanted.contract, wanted.name)
            return f"take_key({table}, {raw}, {name})"
        case RoleType(roles=roles):
            return f"take_party(c, {raw}, {name}, {writer.constant(roles)})"
        case EnumType(members=names) | LifecycleType(states=names):
            return f"take_name({raw}, {name}, {writer.constant(names)})"
        case SealedType():
            return f"take_sealed({raw}, {name})"
        case OptionalType(base=base):
            return f"(None if {raw} is None else {_taken(writer, raw, name, base)})"
        case ListType(item=item):
            taken = f"lambda x: {_taken(writer, 'x', name, item)}"
            return f"take_list({raw}, {name}, {taken}, {list_depth(wanted)})"
        case SetType(item=item):
            taken = f"lambda x: {_taken(writer, 'x', name, item)}"
            return f"take_set({raw}, {name}, {taken}, {list_depth(wanted)})"
        case _:
            return _TAKERS[wanted].format(raw, name)  # type: ignore[index]


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
        rows = "".join(
            f"v{one.local.number}, "
            if isinstance(one.local.type, RecordType)
            else f"*rows_within(v{one.local.number}), "
            for one in records
        )
        with writer.block("if c.queue.first_at <= c.now:"):
            writer.line(f"c.run_overdue(({rows}))")


def write_bounds(writer: Writer, fields: Fields, parameters: Sequence[ParameterModel]) -> None:
    """Write the checks of what the parameters of a rule or clause are bounded to.

    Who calls them is the contract itself, so what breaks a bound is no bad argument.
    """
    for one in parameters:
        if one.bound is None:
            continue
        if isinstance(one.local.type, RecordType):
            write_states(writer, fields, [one], can_note=True)
            continue
        local = f"v{one.local.number}"
        test = bound_test(writer, local, one.bound)
        if isinstance(one.local.type, OptionalType):
            test = f"({local} is None or {test})"
        _note_bound(writer, one, local, test)
        with writer.block(f"if not {test}:", one.span):
            writer.line(f"raise out_of_bound({one.local.name!a})")


def write_states(
    writer: Writer, fields: Fields, records: Sequence[ParameterModel], *, can_note: bool = False
) -> None:
    """Write the check that records are in the states their parameters name."""
    for one in records:
        if one.bound is None or one.bound.names is None:
            continue
        if not isinstance(one.local.type, RecordType):
            continue
        field = fields.records[one.local.type].lifecycle_field
        row, names = f"v{one.local.number}", writer.constant(one.bound.names)
        if can_note:
            _note_bound(writer, one, f"{row}.f_{field}", f"{row}.f_{field} in {names}")
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
        if self.values.is_probed:
            site = writer.site("authority", authority.span)
            writer.line(f"p.authority({site}, c.signers, c.caller)")
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
                # The likely case is written out, as for arguments.
                name = writer.fresh("w")
                writer.line(f"{name} = {self.values.write(party)}")
                test = f"{name} not in c.signers or {self._lacks_role(name, party)}"
                with writer.block(f"if {test}:"):
                    writer.line("raise not_authorised()")
            case _:
                self._check_any(authority)

    def _check_any(self, authority: model.Authority) -> None:
        found = self.writer.fresh("w")
        self.writer.line(f"{found} = c.authorise({self._tree(authority)})")
        with self.writer.block(f"if {found} is None:"):
            self.writer.line("raise not_authorised()")
        for name, number in _aliases(authority):
            self.writer.line(f"v{number} = {found}.get({name!a})")

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
                return f"('contract', {contract!a})"
            case model.AnyOf(choices=parts):
                return f"('any', ({''.join(self._tree(one) + ', ' for one in parts)}))"
            case model.AllOf(parts=parts):
                return f"('all', ({''.join(self._tree(one) + ', ' for one in parts)}))"

    def _lacks_role(self, name: str, party: model.Value) -> str:
        base = getattr(party.type, "base", party.type)
        if not isinstance(base, RoleType):
            return f"{name} not in c.active"
        if len(base.roles) == 1:
            return f"{base.roles[0]!a} not in c.active.get({name}, ())"
        return f"not c.has_role({name}, {self.writer.constant(base.roles)})"

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
            return (
                [] if authority.alias is None else [(authority.alias.name, authority.alias.number)]
            )
