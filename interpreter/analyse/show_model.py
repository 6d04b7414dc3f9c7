"""Parts of a model as people write them, for diagnostics: paths, authorities, lists of names.

In come model values and authorities; out comes text in the language's own words.
"""

from __future__ import annotations

from collections.abc import Sequence

from servanda.interpreter.model import (
    AllOf,
    AnyOf,
    Authority,
    FieldValue,
    LocalValue,
    RecordLookup,
    SignedByContract,
    SignedByParty,
    SignedByQuorum,
    SignedByRole,
    TimerModel,
    Value,
)


def show_path(value: Value) -> str:
    """Return a local and the fields read from it: `payment.payer.holder`."""
    fields: list[str] = []
    while isinstance(value, FieldValue):
        fields.append(value.field)
        value = value.object
    if isinstance(value, LocalValue):
        start = value.local.name
    elif isinstance(value, RecordLookup):
        start = f"{value.record.name}[…]"
    else:
        start = "…"
    return ".".join((start, *reversed(fields)))


def show_authority(authority: Authority) -> str:
    """Return what stands after `by`, without its aliases."""
    match authority:
        case SignedByRole(roles=roles):
            return " or ".join(roles)
        case SignedByParty(party=party):
            return show_path(party)
        case SignedByQuorum(count=count, roles=roles):
            return f"{count} of {' or '.join(roles)}"
        case SignedByContract(contract=contract):
            return f"contract {contract}"
        case AnyOf(choices=choices):
            return " or ".join(show_authority(one) for one in choices)
        case AllOf(parts=parts):
            return " and ".join(show_authority(one) for one in parts)


def show_timer(timer: TimerModel) -> str:
    """Return the heading of a timer, which always has one."""
    return timer.title or f"timer {timer.number + 1}"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names as a text: `A`, `B` and `C`."""
    quoted = [f"`{one}`" for one in names]
    if len(quoted) < 2:  # noqa: PLR2004 -- one name is no list
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def binder_for(record: str) -> str:
    """Return a name for one record of a type: `Payment` as `payment`."""
    name = record[:1].lower() + record[1:]
    return name if name != record else f"one_{record}"


def with_article(name: str) -> str:
    """Return a name with its article: an `Account`, a `Payment`."""
    return f"{'an' if name[:1] in 'AEIOaeio' else 'a'} `{name}`"
