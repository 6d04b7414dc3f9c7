"""Genesis: what a chain begins with. Its hash is the name of the chain.

In comes a document that people wrote (JSON), out comes a genesis or what is wrong with it. The
document names the members of the first hour, those who seal blocks, and the chain's parameters; it
holds the source of the membership contract, so that nothing about who may do what comes from
outside, and the hash of the time-zone database, so that every node reads the same clocks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from servanda.chain.encoding import Item, Malformed, decode, encode
from servanda.chain.merkle import HASH_BYTES, hash_of
from servanda.chain.signatures import KEY_BYTES, is_public_key
from servanda.chain.transaction import NAME_BYTES_MAX
from servanda.interpreter.costs import BLOCK_STEPS_MAX, CALL_STEPS_MAX
from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.show import show_time
from servanda.interpreter.values.times import TIME_MAX_MS, TIME_MIN_MS, parse_time

FORMAT = 1
BYTES_MAX = 1_048_576
REGISTRAR = "Registrar"
REGISTRARS_COUNT_MIN = 2
MEMBERS_COUNT_MAX = 1_000
SEALERS_COUNT_MAX = 100
DAY_MS = 86_400_000


PARAMETERS_MAX = {
    "call_steps_max": 100_000_000,
    "block_steps_max": 1_000_000_000,
    "lifetime_ms_max": 366 * DAY_MS,
}
"""Whoever checks the chain of a stranger executes what its genesis allows: that has a limit too."""


class BadGenesis(ValueError):  # noqa: N818 -- what is wrong is the document, not the program
    """A document is no genesis; the message says why."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The limits of a chain."""

    call_steps_max: int = CALL_STEPS_MAX
    block_steps_max: int = BLOCK_STEPS_MAX
    lifetime_ms_max: int = 30 * DAY_MS
    """A transaction expires at most so long after the block that first takes it."""


@dataclass(frozen=True, slots=True)
class FirstMember:
    """A member from the beginning."""

    name: str
    key: bytes
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Genesis:
    """What a chain begins with; the first block is later than `time_ms`.

    `sealers` are the public keys, by name, of those who seal blocks; `seals_min` of them must.
    """

    name: str
    time_ms: int
    members: tuple[FirstMember, ...]
    sealers: Mapping[str, bytes]
    seals_min: int
    membership: str
    zones_hash: bytes
    parameters: Parameters = field(default_factory=Parameters)

    def to_bytes(self) -> bytes:
        """Return the bytes whose hash names the chain."""
        members: tuple[Item, ...] = tuple(
            (one.name, one.key, tuple(sorted(one.roles))) for one in self.members
        )
        return encode(
            {
                "format": FORMAT,
                "name": self.name,
                "time": self.time_ms,
                "members": members,
                "sealers": dict(self.sealers),
                "seals": self.seals_min,
                "membership": self.membership,
                "zones": self.zones_hash,
                "parameters": asdict(self.parameters),
            }
        )

    @property
    def hash(self) -> bytes:
        """The name of the chain."""
        return hash_of(self.to_bytes())

    def to_json(self) -> str:
        """Return the document that people read."""
        document = {
            "servanda genesis": FORMAT,
            "name": self.name,
            "time": show_time(self.time_ms),
            "members": [
                {"name": one.name, "key": one.key.hex(), "roles": sorted(one.roles)}
                for one in self.members
            ],
            "sealers": {name: key.hex() for name, key in sorted(self.sealers.items())},
            "seals": self.seals_min,
            "parameters": asdict(self.parameters),
            "zones": self.zones_hash.hex(),
            "membership": self.membership,
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read_genesis(text: str) -> Genesis:
    """Return the genesis of a document, or raise `BadGenesis`."""
    if len(text) > BYTES_MAX or len(text.encode(errors="replace")) > BYTES_MAX:
        raise BadGenesis(f"it has more than {BYTES_MAX:_} bytes")
    return _genesis(_json(text))


def read_genesis_bytes(data: bytes) -> Genesis:
    """Return the genesis of its bytes, or raise `BadGenesis`.

    They are put in the form of the document and read as it is, so that one place says what is good.
    """
    if len(data) > BYTES_MAX:
        raise BadGenesis(f"it has more than {BYTES_MAX:_} bytes")
    try:
        found: Any = decode(data)
    except Malformed as malformed:
        raise BadGenesis(f"it cannot be read: {malformed}") from None
    match found:
        case {"format": form, "time": int(time_ms), "members": tuple(members), **rest} if (
            TIME_MIN_MS <= time_ms <= TIME_MAX_MS
        ):
            document = {
                **rest,
                "servanda genesis": form,
                "time": show_time(time_ms),
                "members": [_written_member(one) for one in members],
            }
        case _:
            raise BadGenesis("it is no genesis")
    genesis = _genesis(_in_digits(document))
    if genesis.to_bytes() != data:
        raise BadGenesis("it is a genesis in another form than the one that is hashed")
    return genesis


def _written_member(item: object) -> dict[str, Any]:
    match item:
        case (name, key, tuple(roles)):
            return {"name": name, "key": key, "roles": list(roles)}
    raise BadGenesis("a member has no such form")


def _in_digits(item: Any) -> Any:  # noqa: ANN401 -- what was decoded
    """Return a decoded item with its bytes as hexadecimal digits, as the document has them."""
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, list):
        return [_in_digits(one) for one in item]
    if isinstance(item, Mapping):
        return {name: _in_digits(one) for name, one in item.items()}
    return item


def _json(text: str) -> Any:  # noqa: ANN401 -- whatever somebody wrote
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_no_float)
    except RecursionError:
        raise BadGenesis("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BadGenesis(f"it is no JSON: {error.msg} in line {error.lineno}") from None
    except ValueError as error:
        raise BadGenesis(str(error)) from None


def _genesis(document: object) -> Genesis:
    found = _fields(document, "the genesis", _KEYS)
    if _whole(found["servanda genesis"], "`servanda genesis`") != FORMAT:
        raise BadGenesis("this is no genesis of a format that is known here")
    members = tuple(_member(one) for one in _list(found["members"], "`members`", MEMBERS_COUNT_MAX))
    sealers = _sealers(found["sealers"])
    _check_members(members)
    seals_min = _whole(found["seals"], "`seals`")
    if not 1 <= seals_min <= len(sealers):
        raise BadGenesis("`seals` says how many of the `sealers` must seal a block: 1 to all")
    return Genesis(
        name=_name(found["name"], "`name`"),
        time_ms=_time(found["time"]),
        members=members,
        sealers=sealers,
        seals_min=seals_min,
        membership=_text(found["membership"], "`membership`"),
        zones_hash=_bytes(found["zones"], "`zones`", HASH_BYTES),
        parameters=_parameters(found["parameters"]),
    )


_KEYS = (
    *("servanda genesis", "name", "time", "members", "sealers", "seals", "parameters", "zones"),
    "membership",
)


def _check_members(members: tuple[FirstMember, ...]) -> None:
    for what, values in (
        ("name", [one.name for one in members]),
        ("key", [one.key for one in members]),
    ):
        if len(set(values)) != len(values):
            raise BadGenesis(f"two members have one {what}")
    if sum(REGISTRAR in one.roles for one in members) < REGISTRARS_COUNT_MIN:
        raise BadGenesis(
            f"at least two members have the role `{REGISTRAR}`: grave changes need two signatures"
        )


def _member(document: object) -> FirstMember:
    found = _fields(document, "a member", ("name", "key", "roles"))
    name = _name(found["name"], "the name of a member")
    roles = tuple(
        _name(one, f"a role of {name}")
        for one in _list(found["roles"], f"the roles of {name}", MEMBERS_COUNT_MAX)
    )
    if len(set(roles)) != len(roles):
        raise BadGenesis(f"{name} has a role twice")
    return FirstMember(name, _key(found["key"], f"the key of {name}"), roles)


def _sealers(document: object) -> dict[str, bytes]:
    if not isinstance(document, dict) or not 1 <= len(document) <= SEALERS_COUNT_MAX:
        raise BadGenesis(f"`sealers` gives the keys of 1 to {SEALERS_COUNT_MAX} sealers by name")
    found = {
        _name(name, "the name of a sealer"): _key(key, f"the key of {name}")
        for name, key in document.items()
    }
    if len(set(found.values())) != len(found):
        raise BadGenesis("two sealers have one key")
    return found


def _parameters(document: object) -> Parameters:
    names = tuple(Parameters.__dataclass_fields__)
    found = _fields(document, "`parameters`", names)
    values = {name: _whole(found[name], f"`{name}`") for name in names}
    for name, value in values.items():
        if not 1 <= value <= PARAMETERS_MAX[name]:
            raise BadGenesis(f"`{name}` is a number from 1 to {PARAMETERS_MAX[name]:_}")
    return Parameters(**values)


# ── the parts of a document ───────────────────────────────────────────────────────────────────


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadGenesis("a name stands twice in one object")
    return found


def _no_float(text: str) -> None:
    raise BadGenesis(f"there are no fractions in a genesis, and there is {text[:20]}")


def _fields(document: object, what: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise BadGenesis(f"{what} is no object")
    missing = [name for name in names if name not in document]
    if missing:
        raise BadGenesis(f"{what} has no `{missing[0]}`")
    unknown = sorted(name for name in document if name not in names)
    if unknown:
        raise BadGenesis(f"{what} has something that is not known here: `{unknown[0][:40]}`")
    return document


def _list(document: object, what: str, count_max: int) -> list[Any]:
    if not isinstance(document, list) or len(document) > count_max:
        raise BadGenesis(f"{what} is no list of at most {count_max:_}")
    return document


def _text(document: object, what: str) -> str:
    if not isinstance(document, str):
        raise BadGenesis(f"{what} is no text")
    try:
        document.encode()
    except UnicodeEncodeError:
        raise BadGenesis(f"{what} holds half a character") from None
    return document


def _name(document: object, what: str) -> str:
    text = _text(document, what)
    if not 1 <= len(text.encode()) <= NAME_BYTES_MAX or not text.isprintable():
        raise BadGenesis(f"{what} is a text of 1 to {NAME_BYTES_MAX} bytes without line ends")
    return text


def _whole(document: object, what: str) -> int:
    if type(document) is not int:
        raise BadGenesis(f"{what} is no whole number")
    return document


def _bytes(document: object, what: str, count: int) -> bytes:
    text = _text(document, what)
    if len(text) != 2 * count or any(one not in "0123456789abcdef" for one in text):
        raise BadGenesis(f"{what} is no {2 * count} hexadecimal digits in lower case")
    return bytes.fromhex(text)


def _key(document: object, what: str) -> bytes:
    key = _bytes(document, what, KEY_BYTES)
    if not is_public_key(key):
        raise BadGenesis(f"{what} is no public key of Ed25519")
    return key


def _time(document: object) -> int:
    try:
        return parse_time(_text(document, "`time`"))
    except Unreadable as error:
        raise BadGenesis(f"`time`: {error.message}") from None
