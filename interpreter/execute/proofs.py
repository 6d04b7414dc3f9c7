"""Proofs of other chains as arguments: what one claims is checked to be of the record asked for.

In comes what was sent as a proof; out comes what the contract reads of it, or `BAD_ARGUMENT`. Who
verifies a proof is whoever knows the other chains (`Chains`); here its values are let in, for a
chain that runs other rules, or is in bad hands, may have written anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from servanda.interpreter.costs import PROOF_BYTE_STEPS, PROOF_STEPS
from servanda.interpreter.execute.arguments import (
    LIST_COUNT_MAX,
    PLAIN_TAKERS,
    bad,
    over_cost,
    sorted_set,
    take_currency,
    take_name,
)
from servanda.interpreter.execute.state import Row, slot_of
from servanda.interpreter.types import (
    CURRENCY,
    HIDDEN,
    AmountType,
    EnumType,
    LifecycleType,
    ListType,
    OptionalType,
    ProofType,
    RecordType,
    SetType,
    ShownType,
    Type,
)
from servanda.interpreter.values.numbers import AMOUNT_LIMIT
from servanda.interpreter.values.show import show_text

if TYPE_CHECKING:
    from servanda.interpreter.execute.context import Context
    from servanda.interpreter.execute.machine import Machine

HASH_BYTES = 32
NAME_LENGTH_MAX = 64


class NoProof(Exception):  # noqa: N818 -- what is wrong is the proof, not the program
    """What was sent proves nothing; the message says why, behind the name of the argument."""


class Claim(NamedTuple):
    """What a proof shows: that a record had a value (None: was not there) on a chain.

    The key and the values are encoded as a chain keeps them; a name of a field leads to each.
    """

    chain: bytes
    contract: str
    record: str
    key: Any
    value: Mapping[str, Any] | None
    height: int
    time_ms: int


class Proved(NamedTuple):
    """A proof as a contract reads it; the order is that of the outputs of its type."""

    record: tuple[Any, ...] | None
    key: tuple[Any, ...]
    height: int
    time_ms: int
    chain: bytes


class OwnRecord(NamedTuple):
    """What a test gives in the place of a proof: a record of its own machine, by its key."""

    contract: str
    record: str
    key: Any


class Chains(Protocol):
    """The other chains that a machine knows, by the names that contracts give them."""

    def claim_of(self, chain: str, proof: object) -> Claim:
        """Return what a proof shows of a chain, or raise `NoProof`."""

    def hash_of(self, chain: str) -> bytes:
        """Return the hash of a chain's genesis; the empty name is that of this chain."""


class OneMachine:
    """All chains in one machine: what a test runs on, whatever chains its contracts speak of."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def hash_of(self, chain: str) -> bytes:  # noqa: ARG002 -- every chain is this one
        """Return 32 zero bytes: there is no genesis."""
        return bytes(HASH_BYTES)

    def claim_of(self, chain: str, proof: object) -> Claim:  # noqa: ARG002 -- every chain is this
        """Return what the machine holds of a record at the present."""
        if type(proof) is not OwnRecord:
            raise NoProof("is no proof: no other chain is known here")
        table = self._machine.tables[RecordType(proof.contract, proof.record)]
        row = table.rows.get(proof.key)
        names = [one.name for one in table.model.fields]
        value = (
            None
            if row is None
            else {one: _kept(getattr(row, slot_of(table.model, one))) for one in names}
        )
        return Claim(
            bytes(HASH_BYTES),
            *(proof.contract, proof.record, proof.key, value),
            0,
            self._machine.now,
        )


def _kept(value: Any) -> Any:
    """Return a value as a chain keeps it: a record by its key."""
    if isinstance(value, Row):
        return value.key
    return tuple([_kept(one) for one in value]) if isinstance(value, tuple) else value


def take_proof(c: Context, value: object, name: str, wanted: ProofType) -> Proved:
    """Return a proof of a record of the type that is wanted, at a cost that grows with its size."""
    c.steps += PROOF_STEPS
    if type(value) is bytes:
        c.steps += len(value) * PROOF_BYTE_STEPS
    if c.steps > c.steps_max:
        raise over_cost()
    try:
        claim = c.machine.chains.claim_of(wanted.chain, value)
    except NoProof as none:
        raise bad(name, str(none)) from None
    if (claim.contract, claim.record) != (wanted.contract, wanted.record):
        shown = show_text(f"{claim.contract}.{claim.record}", NAME_LENGTH_MAX)
        raise bad(name, f"is a proof of {shown}, not of {wanted.contract}.{wanted.record}")
    whole, key = wanted.outputs[0][1], wanted.outputs[1][1]
    assert isinstance(key, ShownType), "a proof shows the key of its record"
    known = _key(c, claim.key, f"{name}.key", key)
    record = None
    if claim.value is not None:
        assert isinstance(whole, OptionalType), "a proof may show that there is no record"
        assert isinstance(whole.base, ShownType), "else it shows the record"
        record = _record(c, claim.value, f"{name}.record", whole.base, known)
    return Proved(record, known, claim.height, claim.time_ms, claim.chain)


def _key(c: Context, held: Any, name: str, shown: ShownType) -> tuple[Any, ...]:
    parts = held if len(shown.outputs) > 1 else (held,)
    if type(parts) is not tuple or len(parts) != len(shown.outputs):
        raise bad(name, f"is not the key of a record {shown.decision}")
    return tuple(
        [
            _value(c, part, f"{name}.{one}", its_type)
            for part, (one, its_type) in zip(parts, shown.outputs, strict=True)
        ]
    )


def _record(
    c: Context, held: Mapping[str, Any], name: str, shown: ShownType, key: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return the keys and the fields of a record, in order."""
    found = list(key)
    for one, its_type in shown.outputs[len(key) :]:
        if one not in held:
            raise bad(f"{name}.{one}", "is not there: the record has no such field")
        found.append(_value(c, held[one], f"{name}.{one}", its_type))
    return tuple(found)


def _value(c: Context, held: Any, name: str, shown: Type) -> Any:
    """Return a value of another chain as one of this, or refuse what is none of its type."""
    match shown:
        case OptionalType(base=inner):
            return None if held is None else _value(c, held, name, inner)
        case ShownType():
            return _key(c, held, name, shown)
        case ListType(item=item) | SetType(item=item):
            if type(held) is not tuple or len(held) > LIST_COUNT_MAX:
                raise bad(name, f"is no list of at most {LIST_COUNT_MAX} items")
            items = tuple([_value(c, one, name, item) for one in held])
            return sorted_set(items) if isinstance(shown, SetType) else items
        case AmountType():
            if type(held) is not int or not -AMOUNT_LIMIT < held < AMOUNT_LIMIT:
                raise bad(name, "is not an amount")
            return held
        case EnumType(members=names) | LifecycleType(states=names):
            return take_name(held, name, names)
        case _ if shown == CURRENCY:
            return take_currency(c, held, name)
        case _ if shown == HIDDEN:
            return None
        case _:
            return PLAIN_TAKERS[shown](held, name)
