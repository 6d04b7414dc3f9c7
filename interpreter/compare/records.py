"""The records of two versions: what is kept must be read, whatever the new version says of it."""

from __future__ import annotations

from servanda.interpreter.compare.bounds import is_within
from servanda.interpreter.compare.comparing import Comparing, listed
from servanda.interpreter.compare.meaning import same
from servanda.interpreter.model import FieldModel, RecordModel
from servanda.interpreter.types import BalanceType, LifecycleType, OptionalType, show_type


def compare_records(comparing: Comparing) -> None:
    """Compare every record: its key, its fields, who may see it."""
    old, new = comparing.old.records, comparing.new.records
    gone = [name for name in old if name not in new]
    if gone:
        comparing.refuse(
            "E0603",
            f"version {comparing.new.version} lacks the record {listed(gone)}",
            comparing.new.span,
            "what is kept of it would be lost",
            [comparing.was(one) for one in gone],
            "keep its declaration; no action need create one any more",
        )
    for name, record in new.items():
        if name in old:
            _compare_record(comparing, old[name], record)
        else:
            comparing.added("record", name, f"the record `{name}` is new")


def _compare_record(comparing: Comparing, old: RecordModel, new: RecordModel) -> None:
    name = new.type.name
    was, now = ([(one.name, one.type) for one in record.keys] for record in (old, new))
    if same(tuple(was), tuple(now)):
        for before, after in zip(old.keys, new.keys, strict=True):
            _compare_bound(comparing, name, before, after)
    else:
        comparing.refuse(
            "E0604",
            f"the key of `{name}` is another",
            (new.keys or new.fields)[0].span if new.keys else comparing.place(name),
            "records that are kept are found by their key",
            [comparing.declared(one.span) for one in old.keys],
            f"keep the key, or declare another record beside `{name}`",
        )
    _compare_fields(comparing, old, new)
    if not same(old.seen_by, new.seen_by):
        places = [
            comparing.old_place(name) if old.seen_by is None else old.seen_by.span,
            comparing.place(name) if new.seen_by is None else new.seen_by.span,
        ]
        told = f"others may see {_an(name)}"
        told = f"every member may see {_an(name)}" if new.seen_by is None else told
        comparing.changed("record", name, told, places[0], places[1])


def _an(name: str) -> str:
    return f"a `{name}`"


def _compare_fields(comparing: Comparing, old: RecordModel, new: RecordModel) -> None:
    name = new.type.name
    before = {one.name: one for one in old.fields}
    kept = {one.name for one in (*new.fields, *new.keys)}
    gone = [one for one in old.fields if one.name not in kept]
    if gone:
        comparing.refuse(
            "E0603",
            f"`{name}` lacks the field {listed([one.name for one in gone])}",
            comparing.place(name),
            "records that are kept hold it",
            [comparing.declared(one.span) for one in gone],
            "keep the field; nothing need set it any more",
        )
    for field in new.fields:
        was = before.get(field.name)
        if was is None:
            _add_field(comparing, name, field)
        elif same(was.type, field.type):
            _compare_field(comparing, name, was, field)
        else:
            comparing.refuse(
                "E0604",
                f"`{field.name}` of `{name}` is {show_type(field.type)}, "
                f"and was {show_type(was.type)}",
                field.span,
                "records that are kept hold a value of the other type",
                [comparing.declared(was.span)],
                "keep its type, and add a field of another name",
            )


def _add_field(comparing: Comparing, name: str, field: FieldModel) -> None:
    whole = f"{name}.{field.name}"
    told = f"`{name}` has the new field `{field.name}`"
    match field.type:
        case LifecycleType(states=states):
            told += f": records that are there already begin as `{states[0]}`"
        case BalanceType():
            told += ": records that are there already begin with nothing"
        case _ if field.default is not None:
            told += ": records that are there already get its default"
        case OptionalType():
            told += ": it is missing in records that are there already"
        case _:
            comparing.refuse(
                "E0605",
                f"the new field `{field.name}` of `{name}` has no default",
                field.span,
                "records that are there have no value for it",
                [comparing.was(name)],
                f"write a default, or `{field.name}: {show_type(field.type)}?`",
            )
    comparing.added("field", whole, told, field.span)


def _compare_field(comparing: Comparing, name: str, old: FieldModel, new: FieldModel) -> None:
    whole = f"{name}.{new.name}"
    _compare_bound(comparing, name, old, new)
    if not same(old.default, new.default):
        told = f"a new `{name}` has another `{new.name}` where nobody says one"
        if new.default is None:
            told = f"who creates a `{name}` says its `{new.name}`"
        comparing.changed("field", whole, told, old.span, new.span)
    if old.is_fixed != new.is_fixed and not isinstance(new.type, BalanceType | LifecycleType):
        told = f"`{new.name}` of a `{name}`, which never changed, may change"
        if new.is_fixed:
            told = f"`{new.name}` of a `{name}`, which could change, never changes any more"
        comparing.changed("field", whole, told, old.span, new.span)


def _compare_bound(comparing: Comparing, name: str, old: FieldModel, new: FieldModel) -> None:
    if same(old.bound, new.bound):
        return
    if is_within(old.bound, new.bound, old.type):
        told = f"`{new.name}` of a `{name}` may have more values"
        comparing.changed("field", f"{name}.{new.name}", told, old.span, new.span)
        return
    comparing.refuse(
        "E0610",
        f"`{new.name}` of `{name}` may have fewer values than in version {comparing.old.version}",
        new.span,
        "a value that is kept may be outside",
        [comparing.declared(old.span)],
        "keep the bound, and `require` the narrower one where a new value is set",
    )
