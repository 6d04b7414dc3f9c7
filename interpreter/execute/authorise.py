"""Authority: whether those who signed are those whom a `by` names, and who they are.

An authority is a tree of tuples made by generated code: `("role", roles, alias)`,
`("party", name, roles, alias)`, `("quorum", count, roles, alias)`, `("contract", name)`,
`("any", parts)`, `("all", parts)`. Every signature counts once: the parts of an `and`, and the
members of a quorum, are different members. That is a matching of places to signers, found by
augmenting paths (Berge 1957), in the order of the source and of the signatures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from servanda.interpreter.execute.members import Members
from servanda.interpreter.execute.state import Meter
from servanda.interpreter.refusals import Code, Refused

WAYS_MAX = 10_000
SINGLE = ("role", "party")
"""The kinds of a `by` that one member fills."""

Tree = tuple[Any, ...]
Aliases = dict[str, Any]


class Signed(NamedTuple):
    """Who stands behind a call: its signers, the contract that makes it, and all members."""

    names: tuple[str, ...]
    caller: str | None
    members: Members


def authorise(
    tree: Tree,
    signers: tuple[str, ...],
    caller: str | None,
    members: Members,
    meter: Meter | None = None,
) -> Aliases | None:
    """Return the aliases of the first way in which the signers satisfy `tree`, or None.

    Refuses `COST_LIMIT` when there are more than 10,000 ways to try. Each but the first costs a
    step for every place to fill, since they may be many and are tried before the body begins.
    """
    signed = Signed(signers, caller, members)
    for number, leaves in enumerate(_choices(tree, signed)):
        if number and meter is not None:
            meter.steps += len(leaves)
        if number >= WAYS_MAX or (meter is not None and meter.steps > meter.steps_max):
            raise Refused(Code.COST_LIMIT, "there are too many ways to satisfy this `by`")
        if (aliases := _satisfy(leaves, signed)) is not None:
            return aliases
    return None


def _choices(tree: Tree, signed: Signed) -> Iterator[tuple[Tree, ...]]:
    """Yield the ways to satisfy a tree, but for those with a place that nobody can fill."""
    kind = tree[0]
    if kind == "any" and not all(part[0] in SINGLE for part in tree[1]):
        for part in tree[1]:
            yield from _choices(part, signed)
    elif kind == "all":
        # One part that cannot be satisfied is found before all ways of the others are gone through.
        if all(next(_choices(part, signed), None) is not None for part in tree[1]):
            yield from _together(tree[1], signed)
    elif _is_open_to(tree, signed):
        # One member fills an "any" of members, whichever part it fits: one place, and not as many
        # ways as parts.
        yield (tree,)


def _together(parts: tuple[Tree, ...], signed: Signed) -> Iterator[tuple[Tree, ...]]:
    """Yield the ways to satisfy all parts, one by one: there may be more than can be held."""
    if not parts:
        yield ()
        return
    for first in _choices(parts[0], signed):
        for rest in _together(parts[1:], signed):
            yield first + rest


def _is_open_to(leaf: Tree, signed: Signed) -> bool:
    """Whether a place could be filled if it were the only one."""
    if leaf[0] == "contract":
        return bool(signed.caller == leaf[1])
    count = leaf[1] if leaf[0] == "quorum" else 1
    return len(_candidates(leaf, signed.names, signed.members)) >= count


def _satisfy(leaves: tuple[Tree, ...], signed: Signed) -> Aliases | None:
    places: list[tuple[str, ...]] = []
    owners: list[Tree] = []
    for leaf in leaves:
        if leaf[0] == "contract":
            continue
        count = leaf[1] if leaf[0] == "quorum" else 1
        candidates = _candidates(leaf, signed.names, signed.members)
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
