"""Disclosures: what was inside a sealed value, shown to a court by one of its readers.

In come the proof of a record, the name of a field, and what was found inside; out comes a document
that is checked with the hash of the genesis alone, and by nobody's key: the record had a sealed
value in this field, and the commitment in it is one to this.

    disclosure = ["servanda opened", 1, proof, field, type, salt, value]      proof as bytes
"""

from __future__ import annotations

from typing import Any, NamedTuple

from servanda.chain.encoding import Item, Malformed, decode, encode
from servanda.chain.proof import NotProved, ProvedRecord, verify
from servanda.chain.sealed import Bound, Opened, commitment_of
from servanda.interpreter.values.sealed import HASH_BYTES, parts_of, what_is_wrong_with

OPENED, FORMAT = "servanda opened", 1
HEAD = encode((OPENED, FORMAT, b"", "", "", b"", None))[: 1 + len(encode(OPENED))]
"""How every disclosure begins, and no other document."""


class Disclosed(NamedTuple):
    """What is proved of a sealed value."""

    record: ProvedRecord
    field: str
    bound: Bound
    value: Item


def disclosure(proof: bytes, field: str, type_text: str, opened: Opened) -> bytes:
    """Return the document that shows what was inside the sealed field of a proved record."""
    return encode((OPENED, FORMAT, proof, field, type_text, opened.salt, opened.value))


def is_disclosure(data: bytes) -> bool:
    """Whether a document says that it is a disclosure."""
    return data.startswith(HEAD)


def verify_disclosure(data: bytes, chain: bytes) -> Disclosed:
    """Return what a disclosure proves of the chain of a genesis hash, or raise `NotProved`."""
    try:
        document = decode(data)
    except Malformed as malformed:
        raise NotProved(f"it cannot be read: {malformed}") from None
    match document:
        case (str(kind), form, bytes(proof), str(field), str(held), bytes(salt), value) if (
            kind,
            form,
            type(form),
            len(salt),
        ) == (OPENED, FORMAT, int, HASH_BYTES):
            proved = verify(proof, chain)
        case _:
            raise NotProved("it is no disclosure of a form that is known here")
    if not isinstance(proved, ProvedRecord):
        raise NotProved("it is of no record")
    sealed = parts_of(_field(proved, field))
    bound = Bound(chain, held, sealed.author)
    if commitment_of(bound, Opened(salt, value)) != sealed.commitment:
        raise NotProved("what was sealed is something else")
    return Disclosed(proved, field, bound, value)


def _field(proved: ProvedRecord, name: str) -> Any:  # noqa: ANN401 -- what was decoded
    """Return the sealed value of a field."""
    try:
        fields: Any = None if proved.value is None else decode(proved.value)
    except Malformed:
        fields = None
    found = fields.get(name) if hasattr(fields, "get") else None
    if what_is_wrong_with(found) is not None:
        raise NotProved("the record has no sealed value in this field")
    return found
