"""What may be asked of two versions: actions, rules, tables, events, and the clauses they share.

Whoever calls relies on names, arguments and results: those stay. What is refused, who may act and
what is done may change, and every such change is told by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from servanda.grammar.source import Span
from servanda.interpreter.compare.comparing import Comparing
from servanda.interpreter.compare.meaning import effects_of, meaning_of, same
from servanda.interpreter.model import (
    ActionModel,
    Body,
    DecisionModel,
    ParameterModel,
    RefuseStep,
    RequireStep,
    RuleModel,
)
from servanda.interpreter.types import Type, show_type
from servanda.interpreter.walk import all_statements

UNCHANGED = "keep it as it is, and add another under a new name"


def compare_events(comparing: Comparing) -> None:
    """Compare what subscribers receive."""
    old, new = comparing.old.events, comparing.new.events
    for name, was, now in comparing.both("event", old, new):
        if not same(was.parameters, now.parameters):
            comparing.refuse(
                "E0608",
                f"the event `{name}` tells something else than in version {comparing.old.version}",
                comparing.place(name),
                "its subscribers expect what it told",
                [comparing.was(name)],
                UNCHANGED,
            )
    for name in new:
        if name not in old:
            comparing.added("event", name, f"the event `{name}` is new")


def compare_rules(comparing: Comparing) -> None:
    """Compare what may be computed."""
    old, new = comparing.old.rules, comparing.new.rules
    for name, was, now in comparing.both("rule", old, new):
        _compare_parameters(comparing, "rule", name, was.parameters, now.parameters)
        _compare_result(comparing, "rule", name, was.result, now.result)
        if not same(was.authority, now.authority):
            _tell_authority(comparing, name, was, now)
        if not same(was.body, now.body):
            told = f"what the rule `{name}` gives is changed"
            comparing.changed("rule", name, told, was.span, now.span)
    for name in new:
        if name not in old:
            comparing.added("rule", name, f"the rule `{name}` is new")


def _tell_authority(comparing: Comparing, name: str, old: RuleModel, new: RuleModel) -> None:
    told = f"the rule `{name}` is answered to others"
    if new.authority is None:
        told = f"the rule `{name}` is answered to nobody outside any more"
    comparing.changed(
        *("rule", name, told),
        old.span if old.authority is None else old.authority.span,
        new.span if new.authority is None else new.authority.span,
    )


def compare_decisions(comparing: Comparing) -> None:
    """Compare tables by their rows."""
    old, new = comparing.old.decisions, comparing.new.decisions
    for name, was, now in comparing.both("decision", old, new):
        _compare_parameters(comparing, "decision", name, was.inputs, now.inputs)
        outputs = [tuple((one, held) for one, held, _ in model.outputs) for model in (was, now)]
        if not same(*outputs):
            _refuse_result(comparing, "decision", name)
        elif not same(_table(was), _table(now)):
            told = f"the table `{name}` is changed{_rows_told(was, now)}"
            comparing.changed("decision", name, told, was.span, now.span)
    for name in new:
        if name not in old:
            comparing.added("decision", name, f"the table `{name}` is new")


def _table(decision: DecisionModel) -> tuple[object, ...]:
    return decision.policy, decision.rows, decision.outputs


def _rows_told(old: DecisionModel, new: DecisionModel) -> str:
    was, now = ([meaning_of(row) for row in model.rows] for model in (old, new))
    more = sum(one not in was for one in now)
    fewer = sum(one not in now for one in was)
    if not more and not fewer:
        return ""
    return f": {more} of its {len(now)} rows are new, {fewer} of {len(was)} are gone"


def compare_clauses(comparing: Comparing) -> None:
    """Compare the effects that actions share; nobody outside can call them."""
    old, new = comparing.old.clauses, comparing.new.clauses
    for name, clause in new.items():
        if name not in old:
            comparing.added("clause", name, f"the clause `{name}` is new")
            continue
        _compare_body(comparing, "clause", name, (old[name].body, clause.body))
        was, now = old[name], clause
        if not same((was.parameters, effects_of(was.body)), (now.parameters, effects_of(now.body))):
            told = f"what the clause `{name}` does is changed"
            comparing.changed("clause", name, told, was.span, now.span)
    for name in old:
        if name not in new:
            comparing.removed("clause", name, f"the clause `{name}` is gone")


def compare_actions(comparing: Comparing) -> None:
    """Compare what parties may do: by whom, with what, when it is refused, what follows."""
    old, new = comparing.old.actions, comparing.new.actions
    for name, was, now in comparing.both("action", old, new):
        _compare_parameters(comparing, "action", name, was.parameters, now.parameters)
        _compare_result(comparing, "action", name, was.result, now.result)
        if not same(was.authority, now.authority):
            told = f"`{name}` may be done by others"
            comparing.changed("action", name, told, was.authority_span, now.authority_span)
        _compare_body(comparing, "action", name, (was.body, now.body))
        if effects_of(was.body) != effects_of(now.body):
            told = f"what `{name}` does is changed"
            comparing.changed("action", name, told, was.span, now.span)
    for name, action in new.items():
        if name not in old:
            _add_action(comparing, name, action)


def _add_action(comparing: Comparing, name: str, action: ActionModel) -> None:
    comparing.added("action", name, f"the action `{name}` is new", action.authority_span)


# ── what callers rely on ──────────────────────────────────────────────────────────────────────


def _compare_parameters(
    comparing: Comparing,
    what: str,
    name: str,
    old: Sequence[ParameterModel],
    new: Sequence[ParameterModel],
) -> None:
    for was, now in zip_longest(old, new):
        if was is None or now is None or not same(_signature(was), _signature(now)):
            comparing.refuse(
                "E0608",
                f"the {what} `{name}` takes other arguments than in version "
                f"{comparing.old.version}",
                comparing.place(name) if now is None else now.span,
                "who calls it gives what it took",
                [comparing.was(name) if was is None else comparing.declared(was.span)],
                UNCHANGED,
            )
            return
        if not same(was.bound, now.bound):
            told = f"`{name}` takes other values for `{now.local.name}`"
            comparing.changed(what, name, told, was.span, now.span)


def _signature(parameter: ParameterModel) -> tuple[str, Type]:
    return parameter.local.name, parameter.local.type


def _compare_result(comparing: Comparing, what: str, name: str, old: Type, new: Type) -> None:
    if not same(old, new):
        more = f": {show_type(new)}, and gave {show_type(old)}"
        _refuse_result(comparing, what, name, more)


def _refuse_result(comparing: Comparing, what: str, name: str, more: str = "") -> None:
    comparing.refuse(
        "E0608",
        f"the {what} `{name}` gives something else than in version {comparing.old.version}{more}",
        comparing.place(name),
        "who calls it expects what it gave",
        [comparing.was(name)],
        UNCHANGED,
    )


# ── when it is refused ────────────────────────────────────────────────────────────────────────


class _Refusal(NamedTuple):
    """A `require` or `refuse`: its condition (None: what leads there) and text, as meanings."""

    condition: object
    message: object
    span: Span


def _compare_body(comparing: Comparing, what: str, name: str, bodies: tuple[Body, Body]) -> None:
    """Tell, code by code, in which cases something is refused that was not, or no longer is."""
    old, new = (_refusals(body) for body in bodies)
    for code in dict.fromkeys([*old, *new]):
        was, now = _without_equal(old.get(code, []), new.get(code, []))
        for before, after in zip(was, now, strict=False):
            told = f"`{name}` refuses `{code}` on another condition"
            if before.condition == after.condition:
                told = f"`{name}` gives another reason with `{code}`"
            comparing.changed(what, name, told, before.span, after.span)
        more = " in one more case" if code in old else ""
        for after in now[len(was) :]:
            comparing.added(what, name, f"`{name}` is refused with `{code}`{more}", after.span)
        fewer = " in one case less" if code in new else " any more"
        for before in was[len(now) :]:
            told = f"`{name}` is not refused with `{code}`{fewer}"
            comparing.removed(what, name, told, before.span)


def _refusals(body: Body) -> dict[str, list[_Refusal]]:
    found: dict[str, list[_Refusal]] = {}
    for one in all_statements(body):
        if isinstance(one, RequireStep | RefuseStep):
            condition = meaning_of(one.condition) if isinstance(one, RequireStep) else None
            refusal = _Refusal(condition, meaning_of(one.message), one.span)
            found.setdefault(one.code, []).append(refusal)
    return found


def _without_equal(
    old: Sequence[_Refusal], new: Sequence[_Refusal]
) -> tuple[list[_Refusal], list[_Refusal]]:
    """Return what of both is not in the other too."""
    was, now = list(old), []
    for one in new:
        equal = next((place for place, other in enumerate(was) if other[:2] == one[:2]), None)
        if equal is None:
            now.append(one)
        else:
            del was[equal]
    return was, now
