"""Proofs for someone who trusts nobody: of a record, of its absence, of a transaction.

In comes what a store keeps; out comes a document that is checked with the hash of the genesis
alone: the genesis names the sealers, their seals are on the header, and the header's roots lead to
what is proved. The document holds the genesis, so that no file beside it is needed.

    record      ["servanda record", 1, genesis, header, seals, identity, value or null,
                    [[taken, [hash …]] …], [key, value] or null]
    transaction ["servanda transaction", 1, genesis, header, seals,
                    [envelope, index, count, [hash …]], [receipt, index, count, [hash …]]]

A proof that is carried to another chain leaves out the genesis, which that chain knows:

    carried     ["servanda carried", 1, header, seals, identity, value or null,
                    [[taken, [hash …]] …], [key, value] or null]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from servanda.chain.block import Header, good_seals, read_header
from servanda.chain.encoding import Item, Malformed, decode, encode
from servanda.chain.genesis import BadGenesis, Genesis, read_genesis
from servanda.chain.merkle import hash_of, root_from_proof
from servanda.chain.presence import Presence
from servanda.chain.receipt import Kind
from servanda.chain.state_tree import Entry, Proof, Step
from servanda.chain.state_tree import root_from_proof as state_root_from_proof
from servanda.chain.transaction import TransactionRefused, read_envelope

RECORD, TRANSACTION = "servanda record", "servanda transaction"
CARRIED = "servanda carried"
FORMAT = 1
BYTES_MAX = 4_194_304


class NotProved(ValueError):  # noqa: N818 -- what is wrong is the document, not the program
    """A document proves nothing; the message says where it breaks."""


@dataclass(frozen=True, slots=True)
class ProvedRecord:
    """That a record had a value (None: did not exist) at a block."""

    genesis: Genesis
    header: Header
    sealed_by: tuple[str, ...]
    identity: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class ProvedTransaction:
    """That a transaction stands in a block, and what it came to there."""

    genesis: Genesis
    header: Header
    sealed_by: tuple[str, ...]
    envelope: bytes
    receipt: bytes


def record_proof(genesis: Genesis, presence: Presence, seals: Mapping[str, bytes]) -> bytes:
    """Return the document that proves what a record was at a block."""
    return encode((RECORD, FORMAT, genesis.to_json(), *_proved(presence, seals)))


def carried_proof(presence: Presence, seals: Mapping[str, bytes]) -> bytes:
    """Return the proof of what a record was, as it is carried to another chain."""
    return encode((CARRIED, FORMAT, *_proved(presence, seals)))


def _proved(presence: Presence, seals: Mapping[str, bytes]) -> tuple[Item, ...]:
    steps, found = presence.proof
    return (
        *(presence.header.to_bytes(), dict(seals), presence.identity, presence.value),
        tuple([(one.taken, one.others) for one in steps]),
        None if found is None else (found.key, found.value),
    )


def transaction_proof(
    genesis: Genesis,
    header: Header,
    seals: Mapping[str, bytes],
    transaction: tuple[bytes, int, int, Sequence[bytes]],
    receipt: tuple[bytes, int, int, Sequence[bytes]],
) -> bytes:
    """Return the document that proves a transaction and its receipt.

    Each is given with its place, the number of all, and its path to the root.
    """
    parts: tuple[Item, ...] = tuple(
        [(data, place, count, tuple(path)) for data, place, count, path in (transaction, receipt)]
    )
    return encode((TRANSACTION, FORMAT, genesis.to_json(), header.to_bytes(), dict(seals), *parts))


def verify(data: bytes, chain: bytes) -> ProvedRecord | ProvedTransaction:
    """Return what a document proves of the chain of a genesis hash, or raise `NotProved`."""
    match _document(data):
        case (str(kind), int(form), str(genesis), bytes(header), seals, *rest) if (
            kind in {RECORD, TRANSACTION} and form == FORMAT and isinstance(seals, Mapping)
        ):
            known = _genesis(genesis, chain)
            read, names = _sealed(known, header, seals)
        case _:
            raise NotProved("it is no proof of a form that is known here")
    if kind == RECORD:
        return _record(known, read, names, rest)
    return _transaction(known, read, names, rest)


def verify_carried(data: bytes, genesis: Genesis) -> ProvedRecord:
    """Return what a proof that was carried here shows of another chain, or raise `NotProved`."""
    match _document(data):
        case (str(kind), int(form), bytes(header), seals, *rest) if (
            kind == CARRIED and form == FORMAT and isinstance(seals, Mapping)
        ):
            read, names = _sealed(genesis, header, seals)
            return _record(genesis, read, names, rest)
    raise NotProved("it is no proof of a form that is known here")


def _document(data: bytes) -> Any:  # noqa: ANN401 -- whatever was encoded
    if len(data) > BYTES_MAX:
        raise NotProved(f"it has more than {BYTES_MAX:_} bytes")
    try:
        return decode(data)
    except Malformed as malformed:
        raise NotProved(f"it cannot be read: {malformed}") from None


def _genesis(text: str, chain: bytes) -> Genesis:
    try:
        genesis = read_genesis(text)
    except BadGenesis as bad:
        raise NotProved(str(bad)) from None
    if genesis.hash != chain:
        raise NotProved(f"it is of the chain {genesis.hash.hex()}")
    return genesis


def _sealed(
    genesis: Genesis, data: bytes, seals: Mapping[str, Any]
) -> tuple[Header, tuple[str, ...]]:
    """Return the header and its sealers, if enough of those have sealed it."""
    try:
        header = read_header(data)
    except Malformed as bad:
        raise NotProved(str(bad)) from None
    if header.chain != genesis.hash or header.to_bytes() != data:
        raise NotProved("its header is of another chain")
    known = {name: seal for name, seal in seals.items() if type(seal) is bytes}
    names = good_seals(header, known, genesis.sealers)
    if len(names) < genesis.seals_min:
        raise NotProved(
            f"its header has {len(names)} good seals, and {genesis.seals_min} are needed"
        )
    return header, tuple(sorted(names))


def _record(
    genesis: Genesis, header: Header, names: tuple[str, ...], rest: list[Any]
) -> ProvedRecord:
    match rest:
        case [bytes(identity), value, tuple(steps), found] if value is None or (
            type(value) is bytes
        ):
            proof = Proof(tuple([_step(one) for one in steps]), _entry(found))
        case _:
            raise NotProved("it has not the form of a proof of a record")
    key = hash_of(identity)
    if state_root_from_proof(key, proof) != header.state:
        raise NotProved("its path does not lead to the state of the header")
    is_there = proof.found is not None and proof.found.key == key
    if (value is not None) != is_there:
        raise NotProved("its path proves something else than it says")
    if proof.found is not None and value is not None and hash_of(value) != proof.found.value:
        raise NotProved("the record had another value")
    _check_is_record(identity, value)
    return ProvedRecord(genesis, header, names, identity, value)


def _check_is_record(identity: bytes, value: bytes | None) -> None:
    """Refuse what is proved and is no record: that nothing stands under any bytes is easily so."""
    try:
        named: Any = decode(identity)
        if value is not None:
            decode(value)
    except Malformed:
        raise NotProved("what it proves cannot be read") from None
    match named:
        case (str(), str(), _):
            return
    raise NotProved("what it is about is no record")


def _step(item: Any) -> Step:  # noqa: ANN401 -- what was decoded
    match item:
        case (int(taken), tuple(others)) if type(taken) is int and all(
            type(one) is bytes for one in others
        ):
            return Step(taken, others)
    raise NotProved("a step of its path has no such form")


def _entry(item: Any) -> Entry | None:  # noqa: ANN401 -- what was decoded
    match item:
        case None:
            return None
        case (bytes(key), bytes(value)):
            return Entry(key, value)
    raise NotProved("the end of its path has no such form")


def _transaction(
    genesis: Genesis, header: Header, names: tuple[str, ...], rest: list[Any]
) -> ProvedTransaction:
    found = []
    for part, root, what in zip(
        rest,
        (header.transactions, header.receipts),
        ("transaction", "receipt"),
        strict=False,
    ):
        match part:
            case (bytes(data), int(place), int(count), tuple(path)) if all(
                type(one) is bytes for one in path
            ):
                if root_from_proof(data, place, count, path) != root:
                    raise NotProved(f"the path of the {what} does not lead to the header")
                found.append(data)
            case _:
                raise NotProved("it has not the form of a proof of a transaction")
    if len(found) != len(rest) or len(found) != 2:  # noqa: PLR2004 -- one of each
        raise NotProved("it has not the form of a proof of a transaction")
    envelope, receipt = found
    _check_belongs(envelope, receipt)
    return ProvedTransaction(genesis, header, names, envelope, receipt)


def _check_belongs(envelope: bytes, receipt: bytes) -> None:
    """Refuse a receipt that is not that of the transaction."""
    try:
        name = read_envelope(envelope).digest
        told: Any = decode(receipt)
    except (Malformed, TransactionRefused):
        raise NotProved("what it proves cannot be read") from None
    match told:
        case (Kind.CALL, bytes(of), None | str(), str(), _, _, tuple(), tuple(), int()):
            is_its_own = of == name
        case (Kind.WAITING, bytes(of), tuple()):
            is_its_own = of == name
        case (Kind.NOT_TAKEN, bytes(of), str(), str()):
            is_its_own = of == hash_of(envelope)
        case _:
            raise NotProved("its receipt is of no form that is known here")
    if not is_its_own:
        raise NotProved("its receipt is that of another transaction")
