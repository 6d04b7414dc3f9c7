"""Errands: which proofs of one chain a contract of another is waiting for.

In come two open chains; out come the actions on the one that take a proof of the other, and the
records that each could be a proof of. What is to be done is read from the contracts alone:

- An action whose only parameter is a proof takes each record of its kind that the other chain has:
  a message that goes out from there.
- An action that takes a record of its own and a proof of a record `R[chain, id]` waits for each of
  its own records to be answered: the key of the proof is the hash of its chain and the key of the
  record, whether there is such an `R` or not.

Whether an errand is due is nobody's opinion: the action is tried, and done if it would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from servanda.chain.arguments import item_of
from servanda.chain.membership import MEMBERSHIP
from servanda.chain.other_chains import CHAIN
from servanda.chain.presence import presence_of
from servanda.chain.proof import carried_proof
from servanda.chain.records import identity_of
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import FIELD, Journal
from servanda.interpreter.model import ActionModel, ParameterModel
from servanda.interpreter.receipts import Call, Receipt
from servanda.interpreter.refusals import Refused
from servanda.interpreter.types import (
    HASH,
    INT,
    SERIAL,
    OutputsType,
    ProofType,
    RecordType,
    Type,
)
from servanda.node import Node

WOULD_BE_DONE = "WOULD_BE_DONE"


class Errand(NamedTuple):
    """An action that takes proofs of another chain; `answered` is the record of its own, if any."""

    contract: str
    action: ActionModel
    proof: ProofType
    answered: ParameterModel | None


class Delivery(NamedTuple):
    """A proof to be carried: of which record, and the record of the receiver that it answers."""

    errand: Errand
    proved: Any
    answered: Any

    def arguments(self, proof: bytes) -> tuple[Any, ...]:
        """Return the arguments of the action, in the order of its parameters."""
        return tuple(
            [
                proof if isinstance(one.local.type, ProofType) else self.answered
                for one in self.errand.action.parameters
            ]
        )


def names_of_chain(machine: Machine, genesis: bytes) -> set[str]:
    """Return the names under which a machine knows the chain of a genesis, if it is bound."""
    table = machine.tables.get(RecordType(MEMBERSHIP, CHAIN))
    rows: Iterator[Any] = iter(()) if table is None else table.records()
    return {row.f_name for row in rows if row.f_genesis == genesis}


def errands_of(machine: Machine, genesis: bytes, actions: Sequence[str] = ()) -> list[Errand]:
    """Return the actions that take proofs of the chain of a genesis, of these names if any."""
    chains = names_of_chain(machine, genesis)
    found: list[Errand] = []
    for contract in machine.contracts.values():
        for action in contract.actions.values():
            if not actions or action.name in actions:
                errand = _errand(machine, contract.name, action)
                if errand is not None and errand.proof.chain in chains:
                    found.append(errand)
    return found


def _errand(machine: Machine, contract: str, action: ActionModel) -> Errand | None:
    proofs = [one for one in action.parameters if isinstance(one.local.type, ProofType)]
    others = [one for one in action.parameters if one not in proofs]
    if len(proofs) != 1 or len(others) > 1:
        return None
    proof = proofs[0].local.type
    assert isinstance(proof, ProofType), "it was chosen by its type"
    if not others:
        return Errand(contract, action, proof, None)
    (other,) = others
    if not isinstance(other.local.type, RecordType):
        return None
    keys = machine.tables[other.local.type].model.keys
    key = proof.outputs[1][1]
    assert isinstance(key, OutputsType), "a proof has a key"
    wanted = [HASH, *(_shown(one.type) for one in keys)]
    is_answer = len(keys) == 1 and [held for _, held in key.outputs] == wanted
    return Errand(contract, action, proof, other) if is_answer else None


def _shown(held: Type) -> Type:
    return INT if held == SERIAL else held


def deliveries(errand: Errand, origin: Node, here: Node) -> Iterator[Delivery]:
    """Yield what could be proved for an errand, in the order of keys."""
    if errand.answered is None:
        record = RecordType(errand.proof.contract, errand.proof.record)
        table = origin.ledger.state.machine.tables.get(record)
        for row in () if table is None else table.records():
            yield Delivery(errand, row.key, None)
        return
    its_type, bound = errand.answered.local.type, errand.answered.bound
    assert isinstance(its_type, RecordType), "an answer is about a record"
    table = here.ledger.state.machine.tables[its_type]
    slot = FIELD + (table.model.lifecycle_field or "")
    states = None if bound is None else bound.names
    for row in table.records():
        if states is None or getattr(row, slot) in states:
            yield Delivery(errand, (here.ledger.chain, row.key), row.key)


def prove(delivery: Delivery, origin: Node) -> bytes:
    """Return the proof of a delivery, of the last block of the chain that it comes from."""
    proof, store, height = delivery.errand.proof, origin.store, origin.store.height
    record = RecordType(proof.contract, proof.record)
    identity = identity_of(record, item_of(delivery.proved))
    return carried_proof(presence_of(store, identity, height), store.seals(height))


def try_out(
    delivery: Delivery, proof: bytes, signers: tuple[str, ...], machine: Machine
) -> Receipt:
    """Return what an action would come to, on a machine that is as it was when it has been tried.

    One that would be done is refused at its end, with `WOULD_BE_DONE`.
    """

    def refuse(_: Journal) -> None:
        raise Refused(WOULD_BE_DONE, "")

    errand = delivery.errand
    call = Call(errand.contract, errand.action.name, delivery.arguments(proof), signers)
    return machine.execute(call, refuse)
