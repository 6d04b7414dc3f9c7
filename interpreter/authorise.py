"""Authority: whether those who signed are those whom a `by` names, and who they are.

An authority is a tree of tuples made by generated code: `("role", roles, alias)`,
`("party", name, roles, alias)`, `("quorum", count, roles, alias)`, `("contract", name)`,
`("any", parts)`, `("all", parts)`. Every signature counts once: the parts of an `and`, and the
members of a quorum, are different members. That is a matching of places to signers, found by
augmenting paths (Kuhn 1955), in the order of the source and of the signatures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from servanda.interpreter.members import Members

Tree = tuple[Any, ...]
Aliases = dict[str, Any]


def authorise(
    tree: Tree, signers: tuple[str, ...], caller: str | None, members: Members
) -> Aliases | None:
    """Return the aliases of the first way in which the signers satisfy `tree`, or None."""
    for leaves in _choices(tree):
        if (aliases := _satisfy(leaves, signers, caller, members)) is not None:
            return aliases
    return None


def _choices(tree: Tree) -> Iterator[tuple[Tree, ...]]:
    kind = tree[0]
    if kind == "any":
        for part in tree[1]:
            yield from _choices(part)
    elif kind == "all":
        for chosen in product(*(tuple(_choices(part)) for part in tree[1])):
            yield tuple(leaf for leaves in chosen for leaf in leaves)
    else:
        yield (tree,)


def _satisfy(
    leaves: tuple[Tree, ...], signers: tuple[str, ...], caller: str | None, members: Members
) -> Aliases | None:
    places: list[tuple[str, ...]] = []
    owners: list[Tree] = []
    for leaf in leaves:
        if leaf[0] == "contract":
            if caller != leaf[1]:
                return None
            continue
        count, candidates = _candidates(leaf, signers, members)
        places.extend([candidates] * count)
        owners.extend([leaf] * count)
    taken = _match(places)
    return None if taken is None else _aliases(owners, taken)


def _candidates(
    leaf: Tree, signers: tuple[str, ...], members: Members
) -> tuple[int, tuple[str, ...]]:
    if leaf[0] == "party":
        _, name, roles, _ = leaf
        is_there = name is not None and name in signers and members.has_role(name, roles)
        return 1, (name,) if is_there else ()
    count = leaf[1] if leaf[0] == "quorum" else 1
    roles = leaf[-2]
    return count, tuple(name for name in signers if members.has_role(name, roles))


def _match(places: Sequence[tuple[str, ...]]) -> list[str] | None:
    holder: dict[str, int] = {}

    def place(number: int, tried: set[str]) -> bool:
        for name in places[number]:
            if name not in tried:
                tried.add(name)
                if name not in holder or place(holder[name], tried):
                    holder[name] = number
                    return True
        return False

    for number in range(len(places)):
        if not place(number, set()):
            return None
    taken = {number: name for name, number in holder.items()}
    return [taken[number] for number in range(len(places))]


def _aliases(owners: list[Tree], taken: list[str]) -> Aliases:
    aliases: Aliases = {}
    for leaf, name in zip(owners, taken, strict=True):
        alias = leaf[-1]
        if alias is None:
            continue
        if leaf[0] == "quorum":
            aliases[alias] = tuple(sorted((*aliases.get(alias, ()), name)))
        else:
            aliases[alias] = name
    return aliases
