"""Sealed arguments: each has the form of one, comes from who signed, and is open to its readers.

In come arguments from outside and the members of the block; out come sealed values, or the refusal
`BAD_ARGUMENT`. What is inside is never looked at: that a wrapped key opens it, only its reader
finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servanda.interpreter.execute.arguments import SHOWN_LENGTH_MAX, bad
from servanda.interpreter.values.sealed import Sealed, ToSeal, parts_of, what_is_wrong_with
from servanda.interpreter.values.show import show_text

if TYPE_CHECKING:
    from servanda.interpreter.execute.context import Context

WRAPPED_SIZE = 128
"""About the bytes of a key that is wrapped for one reader, beside its name."""
SEALED_STEP_BYTES = 16
"""Bytes of a sealed value that are passed on for one step, as of a text that is made."""

__all__ = ["ToSeal", "carried", "check_readers", "take_sealed"]


def take_sealed(value: object, name: str) -> Any:
    """Return a sealed value of good form, as it came."""
    wrong = what_is_wrong_with(value)
    if wrong is not None:
        raise bad(name, wrong)
    return value


def carried(c: Context, value: Any) -> Any:
    """Return a sealed value that is passed on, at a step for every 16 bytes of it."""
    if value is not None:
        c.steps += (len(value[3]) + WRAPPED_SIZE * len(value[4])) // SEALED_STEP_BYTES
    return value


def check_readers(
    c: Context,
    value: Any,
    name: str,
    roles: tuple[str, ...],
    parties: tuple[str, ...],
    same: tuple[Any, ...],
) -> None:
    """Refuse a sealed argument that is not open to whom its type names.

    These are `parties`, and whoever now holds one of `roles` and has a sealing key. With `same`
    it is what these fields hold already, open to more; without, one of the signers sealed it, so
    that nobody passes off as its own what another sealed.
    """
    sealed = parts_of(value)
    # Each key is looked up once, and so is each member who has one where a role is named.
    c.steps += len(sealed.keys) + (len(c.machine.members.sealing_keys) if roles else 0)
    known = {key for held in same for key in _passed_on(sealed, held, name)}
    if c.caller is None:
        if not same and sealed.author not in c.signers:
            raise bad(name, f"was sealed by {_shown(sealed.author)}, who has not signed this")
        _check_keys(c, sealed, name, known)
        # What a contract passes on was sealed to its readers of then: the types say so.
        _check_roles(c, sealed, name, roles)
    for party in parties:
        if party not in sealed.readers:
            raise bad(name, f"is not sealed to {party}, who must be able to read it")


def _check_roles(c: Context, sealed: Sealed, name: str, roles: tuple[str, ...]) -> None:
    readers = sealed.readers
    for role in roles:
        holders = c.machine.members.readers_with(role)
        if not holders:
            raise bad(name, f"must be open to {role}, and no {role} has a sealing key")
        for holder in holders:
            if holder not in readers:
                raise bad(name, f"is not sealed to {holder}, who must be able to read it as {role}")


def _check_keys(c: Context, sealed: Sealed, name: str, known: set[Any]) -> None:
    """Refuse keys that are not in force; those that a value had before stay with it."""
    for one in sealed.keys:
        if one in known:
            continue
        key = c.machine.members.sealing_key_of(one.reader)
        if key is None:
            raise bad(name, f"is sealed to {_shown(one.reader)}, who has no sealing key")
        if one.key != key:
            raise bad(name, f"is sealed to a key that {one.reader} does not use: seal it again")


def _shown(name: str) -> str:
    return show_text(name, SHOWN_LENGTH_MAX)


def _passed_on(sealed: Sealed, held: Any, name: str) -> tuple[Any, ...]:
    """Return the wrapped keys of the value that is passed on, all of which must still be there."""
    if held is None:
        raise bad(name, "is to be the same as what is there, and nothing is there")
    before = parts_of(held)
    if not sealed.has_content_of(before):
        raise bad(name, "is not the same as what is sealed there")
    for one in before.keys:
        if one not in sealed.keys:
            raise bad(name, f"is no longer open to {one.reader}, who can read it now")
    return before.keys
