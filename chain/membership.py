"""Membership: who may sign with which key and in which roles, read from the records of a contract.

In comes a machine on which the membership contract runs; out come the keys and roles of its members
in good standing. The contract decides who changes them; the chain asks nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from servanda.chain.genesis import FirstMember
from servanda.chain.sealed import is_sealing_key
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import FIELD, Row, Table
from servanda.interpreter.model import ContractModel
from servanda.interpreter.types import (
    BOOL,
    HASH,
    INT,
    TEXT,
    TIME,
    LifecycleType,
    OptionalType,
    RecordType,
    Type,
)

MEMBERSHIP = "Membership"

SEALING_KEY = "sealing_key"
"""The field of a member that holds its public sealing key, where the contract has one."""

NEEDED: dict[str, dict[str, Type]] = {
    "Member": {"name": TEXT, "key": HASH, "key_since": TIME},
    "KeyUse": {"key": HASH, "member": RecordType(MEMBERSHIP, "Member")},
    "Grant": {"member": RecordType(MEMBERSHIP, "Member"), "role": TEXT, "is_held": BOOL},
    "Deployment": {"name": TEXT, "version": INT, "source": HASH, "since": TIME},
}
"""The records and fields that the chain reads; a membership contract may have more."""

KEYS = {
    "Member": ("name",),
    "KeyUse": ("key",),
    "Grant": ("member", "role"),
    "Deployment": ("name",),
}
MADE_BY_GENESIS = ("Member", "KeyUse", "Grant")
"""No action gives these their first values, so that further fields must be able to be missing."""

ACTIONS: dict[str, tuple[Type, ...]] = {
    "deploy": (TEXT, HASH),
    "upgrade": (RecordType(MEMBERSHIP, "Deployment"), INT, HASH),
}
"""The actions that the chain itself carries on; a membership contract may have more."""

SEALED_TO = OptionalType(HASH)


def what_is_missing(contract: ContractModel) -> str | None:
    """Return what a membership contract lacks, or None."""
    if contract.name != MEMBERSHIP:
        return f"it is called `{contract.name}`, not `{MEMBERSHIP}`"
    if contract.uses:
        return "it uses other contracts"
    for record, fields in NEEDED.items():
        model = contract.records.get(record)
        held = {} if model is None else {one.name: one.type for one in (*model.keys, *model.fields)}
        for name, wanted in fields.items():
            if held.get(name) != wanted:
                return f"there is no field `{name}` of the right type in a record `{record}`"
        if model is not None and tuple(one.name for one in model.keys) != KEYS[record]:
            return f"the key of its record `{record}` is not `{', '.join(KEYS[record])}`"
    for record in MADE_BY_GENESIS:
        for one in contract.records[record].fields:
            is_known = one.name in NEEDED[record] or isinstance(one.type, LifecycleType)
            if not is_known and not isinstance(one.type, OptionalType):
                return f"the field `{one.name}` of its record `{record}` is not optional (`?`)"
    for action, wanted_types in ACTIONS.items():
        known = contract.actions.get(action)
        found = None if known is None else tuple(one.local.type for one in known.parameters)
        if found is not None and found != wanted_types:
            return f"its action `{action}` takes something else than the chain gives it"
    of_member = {one.name: one.type for one in contract.records["Member"].fields}
    if of_member.get(SEALING_KEY, SEALED_TO) != SEALED_TO:
        return f"the field `{SEALING_KEY}` of its record `Member` is no `Hash?`"
    if contract.records["Member"].lifecycle_field is None:
        return "its record `Member` has no lifecycle, whose first state is that of good standing"
    return None


def table_of(machine: Machine, record: str) -> Table:
    """Return a table of the membership contract."""
    return machine.tables[RecordType(MEMBERSHIP, record)]


def add_first_members(machine: Machine, members: Iterable[FirstMember]) -> None:
    """Put the members of the genesis into the tables of a fresh machine."""
    for one in members:
        fields = {"name": one.name, "key": one.key, "key_since": machine.now}
        member = _add(machine, "Member", one.name, fields)
        _add(machine, "KeyUse", one.key, {"key": one.key, "member": member})
        for role in one.roles:
            fields = {"member": member, "role": role, "is_held": True}
            _add(machine, "Grant", (one.name, role), fields)


def _add(machine: Machine, record: str, key: object, fields: Mapping[str, object]) -> Row:
    table = table_of(machine, record)
    row: Row = table.make()
    row.key, row.armed = key, None
    for one in (*table.model.keys, *table.model.fields):
        is_state = one.name == table.model.lifecycle_field
        setattr(row, FIELD + one.name, first_state(table) if is_state else fields.get(one.name))
    table.rows[key] = row
    return row


def first_state(table: Table) -> str:
    """Return the state in which the records of a table begin."""
    name = table.model.lifecycle_field
    held: Any = next(one.type for one in table.model.fields if one.name == name)
    state: str = held.states[0]
    return state


def sealing_keys(machine: Machine) -> dict[str, bytes]:
    """Return the public keys to which values are sealed, by name.

    What a member gave as such a key and is none is left out: nothing could be sealed to it. A
    membership contract without these keys is of a chain on which nobody seals.
    """
    members = table_of(machine, "Member")
    if all(one.name != SEALING_KEY for one in members.model.fields):
        return {}
    slot = FIELD + SEALING_KEY
    found = {row.f_name: getattr(row, slot) for row in members.records()}
    return {name: key for name, key in found.items() if key is not None and is_sealing_key(key)}


def keys_and_roles(machine: Machine) -> tuple[dict[str, bytes], dict[str, frozenset[str]]]:
    """Return the public keys and the roles of every member in good standing, by name."""
    members, grants = table_of(machine, "Member"), table_of(machine, "Grant")
    good = first_state(members)
    slot = FIELD + (members.model.lifecycle_field or "")
    keys: dict[str, bytes] = {}
    roles: dict[str, set[str]] = {}
    for row in members.records():
        if getattr(row, slot) == good:
            keys[row.f_name] = row.f_key
            roles[row.f_name] = set()
    for row in grants.records():
        if row.f_is_held and row.f_member.f_name in roles:
            roles[row.f_member.f_name].add(row.f_role)
    return keys, {name: frozenset(held) for name, held in roles.items()}


def is_recorded(machine: Machine, name: str, version: int, source: bytes) -> bool:
    """Whether the membership contract says that a version of a contract is in force."""
    row = table_of(machine, "Deployment").rows.get(name)
    return row is not None and (row.f_version, row.f_source) == (version, source)
