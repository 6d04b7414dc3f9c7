"""Sealing what a party sends: between the values that were typed and the call that leaves.

In come the arguments of a call, the members' sealing keys, and chance; out come arguments whose
sealed values are closed. On a stored chain chance is the operating system's; in tests and scripts
everything follows from the names, so that a run is the same every time. Those keys are no secret:
a chain in memory has nothing to hide from whoever runs it.
"""

# An argument may be of any type of Python's; the parameter's type says which.
# ruff: noqa: ANN401

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.arguments import item_of
from servanda.chain.encoding import encode
from servanda.chain.sealed import SEED_BYTES, Bound, NotOpened, add_readers, seal
from servanda.chain.sealed_types import type_text
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import FIELD
from servanda.interpreter.model import (
    ContractModel,
    FieldValue,
    LocalValue,
    ParameterModel,
    SealedReaders,
    Value,
)
from servanda.interpreter.receipts import Call
from servanda.interpreter.types import RecordType, sealed_in
from servanda.interpreter.values.sealed import (
    Sealed,
    ToSeal,
    array_of,
    parts_of,
    what_is_wrong_with,
)

TEST_KEY = b"servanda test key\0"
DRAWN = b"servanda seed of a run\0"


class Sealing(Protocol):
    """Whose keys are used, and where chance comes from."""

    chain: bytes
    """The hash of the genesis."""
    is_secret: bool
    """Whether what cannot be sealed must not leave; a chain in memory tells itself why."""

    def seed(self, author: str) -> bytes:
        """Return 32 bytes of chance for a value that a party seals."""

    def key_of(self, machine: Machine, name: str) -> bytes | None:
        """Return the sealing key in force of a member, or None. May raise `NotOpened`."""

    def holders_of(self, machine: Machine, role: str) -> tuple[str, ...]:
        """Return the members that have a role and a sealing key."""

    def open_key(self, name: str, sealed: Sealed) -> X25519PrivateKey:
        """Return a private key of a member that opens a value. Raises `NotOpened`."""


class MemorySealing:
    """On a chain in memory every member has a sealing key, which is known to everybody."""

    chain = bytes(32)
    is_secret = False

    def __init__(self, *, on_copy: bool = False) -> None:
        """Use such keys on a chain in memory, or on a copy of one of which nothing is kept."""
        self._on_copy = on_copy

    def seed(self, author: str) -> bytes:  # noqa: ARG002 -- nothing is left to chance
        """Return what is drawn: always the same."""
        return bytes(SEED_BYTES)

    def key_of(self, machine: Machine, name: str) -> bytes | None:
        """Return the key of a member, making it where there is none yet."""
        is_kept = machine.touched is not None and not self._on_copy
        assert not is_kept, "a chain that is kept has keys of its own"
        if name not in machine.members.active:
            return None
        keys = machine.members.sealing_keys
        if name not in keys:
            keys[name] = private_test_key(name).public_key().public_bytes_raw()
        return keys[name]

    def holders_of(self, machine: Machine, role: str) -> tuple[str, ...]:
        """Return the members that have a role, all of which have a key by then."""
        active = machine.members.active
        for name in [one for one, held in active.items() if role in held]:
            self.key_of(machine, name)
        return machine.members.readers_with(role)

    def open_key(self, name: str, sealed: Sealed) -> X25519PrivateKey:
        """Return the private key of a member."""
        if name not in sealed.readers:
            raise NotOpened(f"it is not open to {name}")
        return private_test_key(name)


def private_test_key(name: str) -> X25519PrivateKey:
    """Return the sealing key of a member of a chain in memory."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(TEST_KEY + name.encode()).digest())


class ChainSealing:
    """On a stored chain: the keys that members enrolled, and chance of the operating system."""

    is_secret = True

    def __init__(self, chain: bytes, open_key: Callable[[str, Sealed], X25519PrivateKey]) -> None:
        self.chain = chain
        self._open_key = open_key

    def seed(self, author: str) -> bytes:  # noqa: ARG002 -- chance is nobody's
        """Return 32 bytes of chance."""
        return secrets.token_bytes(SEED_BYTES)

    def key_of(self, machine: Machine, name: str) -> bytes | None:
        """Return the key that a member enrolled; one who must read and has none stops it here."""
        key = machine.members.sealing_key_of(name)
        if key is None:
            raise NotOpened(f"{name}, who must be able to read it, has no sealing key")
        return key

    def holders_of(self, machine: Machine, role: str) -> tuple[str, ...]:
        """Return the members that have a role and a sealing key; there must be one."""
        found = machine.members.readers_with(role)
        if not found:
            raise NotOpened(f"it must be open to {role}, and no {role} has a sealing key")
        return found

    def open_key(self, name: str, sealed: Sealed) -> X25519PrivateKey:
        """Return a private key of a member that opens a value."""
        return self._open_key(name, sealed)


def seals(contract: ContractModel | None, action: str) -> bool:
    """Whether an action has a sealed parameter."""
    found = None if contract is None else contract.actions.get(action)
    return found is not None and any(one.readers is not None for one in found.parameters)


def sealed_call(machine: Machine, call: Call, sealing: Sealing) -> Call:
    """Return a call with what it sends sealed. Raises `NotOpened`, naming the parameter."""
    contract = machine.contracts.get(call.contract)
    if contract is None or not seals(contract, call.action):
        return call
    parameters = contract.actions[call.action].parameters
    given = {
        one.local.number: argument for one, argument in zip(parameters, call.arguments, strict=True)
    }
    closing = _Closing(machine, sealing, call.signers, given)
    return call._replace(
        arguments=tuple([closing.close(one, given[one.local.number]) for one in parameters])
    )


class SteadySealing(ChainSealing):
    """The same for a run that may be interrupted and go on: what it drew before, it draws again.

    Chance is a signature of the author's, which nobody else can make and which is always the same
    (RFC 8032), over where the run began, the number of the call, and the number of the value in it.
    """

    def __init__(
        self,
        chain: bytes,
        open_key: Callable[[str, Sealed], X25519PrivateKey],
        signing_key: Callable[[str], Ed25519PrivateKey],
        run: int,
    ) -> None:
        super().__init__(chain, open_key)
        self._signing_key = signing_key
        self._run = run
        self._call_number = 0
        self._drawn_count = 0

    def begin_call(self, number: int) -> None:
        """Draw from now on for the call of a number."""
        self._call_number, self._drawn_count = number, 0

    def seed(self, author: str) -> bytes:
        """Return the next 32 bytes of this call."""
        self._drawn_count += 1
        drawn = DRAWN + encode((self.chain, self._run, self._call_number, self._drawn_count))
        return hashlib.sha256(self._signing_key(author).sign(drawn)).digest()


class _Closing:
    """The sealing of one call."""

    def __init__(
        self,
        machine: Machine,
        sealing: Sealing,
        signers: tuple[str, ...],
        given: dict[int, Any],
    ) -> None:
        self.machine = machine
        self.sealing = sealing
        self.signers = signers
        self.given = given

    def close(self, parameter: ParameterModel, argument: Any) -> Any:
        """Return an argument as it is sent."""
        if parameter.readers is None:
            return argument
        try:
            if isinstance(argument, ToSeal):
                return self._seal(parameter, parameter.readers, argument)
            if parameter.readers.same and what_is_wrong_with(argument) is None:
                return self._share(parameter, parameter.readers, parts_of(argument))
        except NotOpened as failed:
            raise NotOpened(f"`{parameter.local.name}`: {failed}") from None
        return argument

    def _bound(self, parameter: ParameterModel, author: str) -> Bound:
        sealed = sealed_in(parameter.local.type)
        assert sealed is not None, "the parameter is sealed"
        return Bound(self.sealing.chain, type_text(sealed.held), author)

    def _seal(self, parameter: ParameterModel, readers: SealedReaders, sent: ToSeal) -> Any:
        author = self.signers[0]
        keys = self._keys(readers)
        if not keys:
            # Nothing is known of the readers, for which it is refused: it has the right form.
            keys = {author: self.sealing.key_of(self.machine, author) or b""}
        bound = self._bound(parameter, author)
        return array_of(seal(bound, item_of(sent.value), keys, self.sealing.seed(author)))

    def _share(self, parameter: ParameterModel, readers: SealedReaders, sealed: Sealed) -> Any:
        """Open what is sealed already to more readers, by a signer who can read it."""
        more = self._keys(readers)
        opener = next((one for one in self.signers if one in sealed.readers), self.signers[0])
        private = self.sealing.open_key(opener, sealed)
        bound = self._bound(parameter, sealed.author)
        return array_of(add_readers(sealed, bound, private, more, self.sealing.seed(opener)))

    def _keys(self, readers: SealedReaders) -> dict[str, bytes]:
        names = [self._party(one) for one in readers.parties]
        names += [name for role in readers.roles for name in self._holders(role)]
        keys = {
            name: self.sealing.key_of(self.machine, name)
            for name in dict.fromkeys(names)
            if name is not None
        }
        return {name: key for name, key in keys.items() if key is not None}

    def _holders(self, role: str) -> tuple[str, ...]:
        return self.sealing.holders_of(self.machine, role)

    def _party(self, value: Value) -> str | None:
        """Return the party that a path of the parameters leads to, None where a record is not."""
        fields: list[str] = []
        while isinstance(value, FieldValue):
            fields.append(value.field)
            value = value.object
        assert isinstance(value, LocalValue), "a reader is a path from a parameter"
        found = self.given[value.local.number]
        if isinstance(value.local.type, RecordType):
            found = self.machine.tables[value.local.type].rows.get(found)
        for name in reversed(fields):
            found = None if found is None else getattr(found, FIELD + name)
        return found if isinstance(found, str) else None
