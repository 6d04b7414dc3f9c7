"""Moves without an arrow: those that are always refused, and those refused from some states.

In come moves that were followed; out come diagnostics. What a timer may not do from a state in
which it fires is an error, for nobody is there to be refused; of an action it is a warning.
"""

from __future__ import annotations

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.interpreter.analyse.places import Places
from servanda.interpreter.analyse.possible_moves import Moves, RefusedMove, WrongMove
from servanda.interpreter.analyse.show_model import listed, show_path, with_article
from servanda.interpreter.model import LifecycleModel, TimerModel


def report_wrong(wrong: WrongMove, lifecycle: LifecycleModel, diagnostics: Diagnostics) -> None:
    """Report a move for which there is no arrow, at the call that makes it impossible."""
    sources, targets = listed(wrong.sources, "or"), listed(wrong.targets, "or")
    declared = Label(lifecycle.span, f"the arrows of `{lifecycle.type.name}` are declared here")
    advice = f"add the arrow `{wrong.sources[0]} -> {wrong.targets[0]}`, or leave this out"
    if wrong.call is None:
        diagnostics.report(
            Diagnostic(
                "E0453",
                f"no arrow leads from {sources} to {targets}",
                wrong.step.span,
                f"the `{wrong.record.name}` is {sources} here: this is always refused",
                (declared,),
                help=advice,
            )
        )
        return
    there = Label(wrong.step.span, f"no arrow leads from {sources} to {targets}")
    diagnostics.report(
        Diagnostic(
            "E0453",
            f"`{wrong.call.clause}` can never succeed here: no arrow leads from {sources} "
            f"to {targets}",
            wrong.call.span,
            f"the `{wrong.record.name}` is {sources} when this is called",
            (there, declared),
            help=advice,
        )
    )


def report_refused(
    refused: RefusedMove, moves: Moves, diagnostics: Diagnostics, places: Places
) -> None:
    """Report a move that some of the states in which the record may be do not allow."""
    origin, record = refused.origin, refused.record
    lifecycle = moves.lifecycles[record]
    sources = refused.sources
    is_timer = isinstance(origin, TimerModel)
    if isinstance(origin, TimerModel) and origin.trigger.states is None:
        # Where a heading names no state, those count in which records are left.
        sources = tuple(one for one in sources if (record, one) in moves.resting)
    if not sources:
        return
    listed_sources, targets = listed(sources, "or"), listed(refused.targets, "or")
    message = f"no arrow leads from {listed_sources} to {targets}"
    declared = tuple(
        Label(places.state(lifecycle, one), f"no arrow from here leads to {targets}")
        for one in sources
    )
    others: tuple[Label, ...] = (
        Label(
            places.trigger(origin) if isinstance(origin, TimerModel) else origin.span,
            where_from(refused, sources),
        ),
        *declared,
    )
    if refused.call is not None:
        others = (Label(refused.step.span, f"here it becomes {targets}"), *others)
        message = f"`{refused.call.clause}` cannot always succeed here: {message}"
    thing = with_article(record.name)
    outcome = (
        f"the timer faults for {thing} that is {listed_sources}, and again each time"
        if is_timer
        else f"{thing} that is {listed_sources} is refused here"
    )
    diagnostics.report(
        Diagnostic(
            "E0456" if is_timer else "W0452",
            message,
            (refused.call or refused.step).span,
            outcome,
            others,
            help=advice_of(refused, sources),
        )
    )


def where_from(refused: RefusedMove, sources: tuple[str, ...]) -> str:
    """Return what the heading says of the states from which the move is refused."""
    named, origin = refused.named, refused.origin
    what = "it fires for" if isinstance(origin, TimerModel) else "this takes"
    if named is None:
        return f"{what} {with_article(refused.record.name)} in whichever state"
    shown = [one for one in sources if one in named] or list(named)
    return f"{what} {with_article(refused.record.name)} that is {listed(shown, 'or')}"


def advice_of(refused: RefusedMove, sources: tuple[str, ...]) -> str:
    """Return the ways to mend a move that is refused from some states."""
    arrows = f"add the arrow `{', '.join(sources)} -> {refused.targets[0]}`"
    named = refused.named
    place = "in the trigger" if isinstance(refused.origin, TimerModel) else "in the bound"
    ways = [arrows]
    left = [one for one in named or refused.allowed if one not in sources]
    is_named = named is None or all(one in named for one in sources)
    if left and is_named:
        ways.append(f"name only {listed(left)} {place}")
    if refused.call is None and refused.allowed:
        read = f"{show_path(refused.step.target)}"
        test = f"is {refused.allowed[0]}"
        if len(refused.allowed) > 1:
            test = f"in [{', '.join(refused.allowed)}]"
        ways.append(f"guard it with `if {read} {test}`")
    return f"{', '.join(ways[:-1])}, or {ways[-1]}" if len(ways) > 1 else ways[0]
