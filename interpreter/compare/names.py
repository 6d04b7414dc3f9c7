"""The names of two versions: header, time zone, uses, roles, units, enums, lifecycles."""

from __future__ import annotations

from collections.abc import Container, Mapping

from servanda.interpreter.compare.comparing import Comparing, listed
from servanda.interpreter.model import LifecycleModel


def compare_header(comparing: Comparing) -> bool:
    """Compare what the contracts are; return whether they are versions of one contract."""
    old, new = comparing.old, comparing.new
    if new.name != old.name:
        comparing.refuse(
            "E0601",
            f"`{new.name}` is no version of `{old.name}`",
            new.span,
            "another contract",
            [comparing.declared(old.span)],
            f"name it `{old.name}`, or deploy it as a contract of its own",
        )
        return False
    if new.version <= old.version:
        comparing.refuse(
            "E0602",
            f"version {new.version} does not follow version {old.version}",
            new.span,
            "no later version",
            [comparing.declared(old.span)],
            f"write `version {old.version + 1}`",
        )
    if new.timezone != old.timezone:
        comparing.refuse(
            "E0613",
            f"the time zone `{old.timezone}` becomes `{new.timezone}`",
            new.span,
            "days would begin at other moments",
            [comparing.declared(old.span)],
            f'keep `timezone "{old.timezone}"`: dates that are kept and deadlines that run are '
            "counted in it",
        )
    return True


def compare_names(comparing: Comparing) -> None:
    """Compare everything that is only a name, or a set of names."""
    old, new = comparing.old, comparing.new
    used, uses = ({one.name for one in model.uses.values()} for model in (old, new))
    for name in sorted(uses - used):
        comparing.added("use", name, f"it uses the contract `{name}`", new.span)
    for name in sorted(used - uses):
        comparing.removed("use", name, f"it no longer uses the contract `{name}`", old.span)
    comparing.both("role", dict.fromkeys(old.roles), dict.fromkeys(new.roles))
    for name in new.roles:
        if name not in old.roles:
            comparing.added("role", name, f"the role `{name}` is new")
    _compare_units(comparing)
    _compare_enums(comparing)
    for name, was, now in comparing.both("lifecycle", old.lifecycles, new.lifecycles):
        _compare_lifecycle(comparing, name, was, now)
    for name in new.lifecycles:
        if name not in old.lifecycles:
            comparing.added("lifecycle", name, f"the lifecycle `{name}` is new")


def _compare_units(comparing: Comparing) -> None:
    old, new = comparing.old.units, comparing.new.units
    for name, decimals in new.items():
        if name not in old:
            comparing.added("unit", name, f"the unit `{name}` is new")
        elif old[name] != decimals:
            comparing.refuse(
                "E0607",
                f"the unit `{name}` has {decimals} decimals, and had {old[name]}",
                comparing.place(name),
                "every amount that is kept would be another",
                [comparing.was(name)],
                "keep its decimals, or declare another unit",
            )
    gone = [name for name in old if name not in new]
    if gone:
        comparing.refuse(
            "E0607",
            f"version {comparing.new.version} lacks the unit {listed(gone)}",
            comparing.new.span,
            "money of it may be there",
            [comparing.was(one) for one in gone],
            "keep its declaration",
        )


def _compare_enums(comparing: Comparing) -> None:
    for name, was, now in comparing.both("enum", comparing.old.enums, comparing.new.enums):
        _refuse_lost(comparing, name, "name", was.members, now.members)
        for member in now.members:
            if member not in was.members:
                comparing.added("enum", name, f"`{name}` may also be `{member}`")
        kept = tuple(one for one in now.members if one in was.members)
        if sorted(kept) == sorted(was.members) and kept != was.members:
            told = f"the names of `{name}` stand in another order"
            places = comparing.old_place(name), comparing.place(name)
            comparing.changed("enum", name, told, *places)
    for name in comparing.new.enums:
        if name not in comparing.old.enums:
            comparing.added("enum", name, f"the enum `{name}` is new")


def _refuse_lost(
    comparing: Comparing, name: str, what: str, old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    gone = [one for one in old if one not in new]
    if gone:
        comparing.refuse(
            "E0606",
            f"`{name}` lacks the {what} {listed(gone)}",
            comparing.place(name),
            "records that are kept may hold it",
            [comparing.was(name)],
            "keep it; no action need lead to it any more" if what == "state" else "keep it",
        )


def _compare_lifecycle(
    comparing: Comparing, name: str, old: LifecycleModel, new: LifecycleModel
) -> None:
    _refuse_lost(comparing, name, "state", old.type.states, new.type.states)
    for state in new.type.states:
        if state not in old.type.states:
            comparing.added("lifecycle", name, f"`{name}` has the new state `{state}`")
    was, now = (
        [(state, to) for state, ends in one.arrows.items() for to in ends] for one in (old, new)
    )
    for state, to in now:
        if (state, to) not in was and {state, to} <= set(old.type.states):
            more = "" if old.arrows.get(state) else f"; `{state}` was final"
            comparing.added("lifecycle", name, f"`{name}` may go from `{state}` to `{to}`{more}")
    for state, to in was:
        if (state, to) not in now and {state, to} <= set(new.type.states):
            comparing.removed(
                "lifecycle", name, f"`{name}` may no longer go from `{state}` to `{to}`"
            )
    if old.type.states[0] != new.type.states[0]:
        told = f"`{name}` begins with `{new.type.states[0]}`, and began with `{old.type.states[0]}`"
        comparing.changed("lifecycle", name, told, old.span, new.span)
    _refuse_stranded(comparing, name, old, new)


def _refuse_stranded(
    comparing: Comparing, name: str, old: LifecycleModel, new: LifecycleModel
) -> None:
    """Refuse arrows that are gone when a record in some state could come to no end any more."""
    was_final, is_final = (
        {state for state in one.type.states if not one.arrows.get(state)} for one in (old, new)
    )
    stranded = []
    for state in old.type.states:
        if state in was_final or state not in new.type.states:
            continue
        has_lost_end = _leads_to(old.arrows, state, was_final) and not _leads_to(
            new.arrows, state, was_final | is_final
        )
        if state in is_final or has_lost_end:
            stranded.append(state)
    if stranded:
        comparing.refuse(
            "E0611",
            f"a `{name}` that is {listed(stranded)} could come to no end any more",
            comparing.place(name),
            "the arrows that led on are gone",
            [comparing.was(name)],
            "keep a way for the records that are there",
        )


def _leads_to(arrows: Mapping[str, tuple[str, ...]], start: str, ends: Container[str]) -> bool:
    """Whether a record in a state can come to one of `ends`."""
    seen = {start: None}
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if state in ends:
            return True
        for to in arrows.get(state, ()):
            if to not in seen:
                seen[to] = None
                waiting.append(to)
    return False


def report_gone(comparing: Comparing) -> None:
    """Report, at one place, all that others may use and the new version lacks."""
    gone = comparing.gone
    if not gone:
        return
    told = ", ".join(f"the {about} `{name}`" for about, name in gone)
    advice = "keep what others may use"
    if any(about == "action" for about, _ in gone):
        advice += '; an action that is over refuses: `refuse OVER "…"`'
    comparing.refuse(
        "E0609",
        f"version {comparing.new.version} lacks {told}",
        comparing.new.span,
        "others may use it",
        [comparing.was(name) for _, name in gone],
        advice,
    )
