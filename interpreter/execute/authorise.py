"""Authority: whether those who signed are those whom a `by` names, and who they are.

An authority is a tree of tuples made by generated code: `("role", roles, alias)`,
`("party", name, roles, alias)`, `("quorum", count, roles, alias)`, `("contract", name)`,
`("any", parts)`, `("all", parts)`. Every signature counts once: the parts of an `and`, and the
members of a quorum, are different members. That is a matching of places to signers, found by
augmenting paths (Berge 1957), in the order of the source and of the signatures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from servanda.interpreter.execute.members import Members
from servanda.interpreter.refusals import Code, Refused

WAYS_MAX = 10_000
SINGLE = ("role", "party")
"""The kinds of a `by` that one member fills."""

Tree = tuple[Any, ...]
Aliases = dict[str, Any]


def authorise(
    tree: Tree, signers: tuple[str, ...], caller: str | None, members: Members
) -> Aliases | None:
    """Return the aliases of the first way in which the signers satisfy `tree`, or None.

    Refuses `COST_LIMIT` when there are more than 10,000 ways to try.
    """
    for number, leaves in enumerate(_choices(tree)):
        if number >= WAYS_MAX:
            raise Refused(Code.COST_LIMIT, "there are too many ways to satisfy this `by`")
        if (aliases := _satisfy(leaves, signers, caller, members)) is not None:
            return aliases
    return None


def _choices(tree: Tree) -> Iterator[tuple[Tree, ...]]:
    kind = tree[0]
    if kind == "any" and all(part[0] in SINGLE for part in tree[1]):
        # One member fills it, whichever part it fits: one place, and not as many ways as parts.
        yield (tree,)
    elif kind == "any":
        for part in tree[1]:
            yield from _choices(part)
    elif kind == "all":
        for chosen in product(*(tuple(_choices(part)) for part in tree[1])):
            yield tuple([leaf for leaves in chosen for leaf in leaves])
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
        count = leaf[1] if leaf[0] == "quorum" else 1
        candidates = _candidates(leaf, signers, members)
        if len(candidates) < count:
            return None
        places.extend([candidates] * count)
        owners.extend([leaf] * count)
    taken = _match(places)
    return None if taken is None else _aliases(owners, taken)


def _candidates(leaf: Tree, signers: tuple[str, ...], members: Members) -> tuple[str, ...]:
    if leaf[0] == "any":
        found = [name for part in leaf[1] for name in _candidates(part, signers, members)]
        return tuple(dict.fromkeys(found))
    if leaf[0] == "party":
        _, name, roles, _ = leaf
        is_there = name is not None and name in signers and members.has_role(name, roles)
        return (name,) if is_there else ()
    roles = leaf[-2]
    return tuple(dict.fromkeys([name for name in signers if members.has_role(name, roles)]))


def _match(places: Sequence[tuple[str, ...]]) -> list[str] | None:
    """Return a different name for every place, or None when there are not enough."""
    holder: dict[str, int] = {}
    taken: dict[int, str] = {}
    for start in range(len(places)):
        # Who reached a name first, from which place: the way back along the path.
        reached: dict[str, int] = {}
        waiting = [start]
        free: str | None = None
        while waiting and free is None:
            number = waiting.pop(0)
            for name in places[number]:
                if name not in reached:
                    reached[name] = number
                    if name not in holder:
                        free = name
                        break
                    waiting.append(holder[name])
        if free is None:
            return None
        while True:
            number = reached[free]
            before = taken.get(number)
            holder[free], taken[number] = number, free
            if number == start:
                break
            assert before is not None, "a place on the way was filled before"
            free = before
    return [taken[number] for number in range(len(places))]


def _aliases(owners: list[Tree], taken: list[str]) -> Aliases:
    aliases: Aliases = {}
    for leaf, name in zip(owners, taken, strict=True):
        if leaf[0] == "any":
            # It has a name only if every part gives it the same.
            alias = leaf[1][0][-1]
            if any(part[-1] != alias for part in leaf[1]):
                continue
        else:
            alias = leaf[-1]
        if alias is None:
            continue
        if leaf[0] == "quorum":
            aliases[alias] = tuple(sorted((*aliases.get(alias, ()), name)))
        else:
            aliases[alias] = name
    return aliases
