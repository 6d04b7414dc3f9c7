"""Keys as they are typed for a chain: `Grant["icbc", "Bank"]` is `Grant[Member["icbc"], "Bank"]`.

In come the tree of what was typed and the contracts of the chain; out comes a tree in which a
record that is part of a key is looked up, where only its own key was written. So records are shown
and so `chain show` takes them. Whether a key is right is for the check to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from servanda.grammar.tree import (
    Expression,
    File,
    Index,
    IntegerLiteral,
    Member,
    Name,
    NameReference,
    TextLiteral,
)
from servanda.grammar.tree.node import Node
from servanda.interpreter.model import ContractModel, RecordModel
from servanda.interpreter.types import RecordType

Plain = (TextLiteral, IntegerLiteral)
"""What can be no record, and so is the key of one."""


class TypedKeys:
    """The records of a chain, by the names under which a text can name them.

    Those of the contracts in `alone` are named behind their contract, the others by name alone.
    """

    def __init__(self, contracts: Mapping[str, ContractModel], alone: Collection[str] = ()) -> None:
        self._contracts = contracts
        self._alone = alone

    def whole(self, file: File) -> File:
        """Return the tree with every record in a key looked up."""
        found: File = self._mapped(file)
        return found

    def _mapped(self, found: Any) -> Any:  # noqa: ANN401 -- of any class of the tree
        """Return a part of the tree, itself where nothing in it has changed."""
        if isinstance(found, tuple):
            parts = tuple([self._mapped(one) for one in found])
            is_same = all(new is old for new, old in zip(parts, found, strict=True))
            return found if is_same else parts
        if not isinstance(found, Node):
            return found
        parts_by_name = {one.name: getattr(found, one.name) for one in fields(found)}
        changed = {
            name: new
            for name, old in parts_by_name.items()
            if (new := self._mapped(old)) is not old
        }
        whole = replace(found, **changed) if changed else found
        return self._looked_up(whole) if isinstance(whole, Index) else whole

    def _looked_up(self, index: Index) -> Index:
        record = self._record(index.object)
        if record is None or len(record.keys) != len(index.keys):
            return index
        keys = tuple(
            self._key(written, one.type) if isinstance(written, Plain) else written
            for written, one in zip(index.keys, record.keys, strict=True)
        )
        return replace(index, keys=keys)

    def _key(self, written: Expression, held: object) -> Expression:
        """Return a part of a key: the record of this key, if it is to be a record."""
        if not isinstance(held, RecordType):
            return written
        span = written.span
        named: Expression = NameReference(Name(held.name, span=span), span=span)
        if held.contract in self._alone:
            contract = NameReference(Name(held.contract, span=span), span=span)
            named = Member(contract, Name(held.name, span=span), span=span)
        return self._looked_up(Index(named, (written,), span=span))

    def _record(self, written: Expression) -> RecordModel | None:
        """Return the record that is named, if it is one and no other."""
        match written:
            case NameReference(name=name):
                there = [one for one in self._contracts.values() if one.name not in self._alone]
            case Member(object=NameReference(name=contract), name=name):
                there = [one for one in self._contracts.values() if one.name == contract.text]
            case _:
                return None
        found = [one.records[name.text] for one in there if name.text in one.records]
        return found[0] if len(found) == 1 else None
