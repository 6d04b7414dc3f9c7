"""What stands without anybody's asking: the timers and invariants of two versions.

A timer is known by its heading: under it the chain keeps what waits. So a heading that is gone
would leave deadlines behind that nobody runs, and a heading that is new is a new timer.
"""

from __future__ import annotations

from servanda.interpreter.compare.comparing import Comparing
from servanda.interpreter.compare.meaning import same
from servanda.interpreter.model import ContractModel, TimerModel


def timer_names(contract: ContractModel) -> dict[int, str]:
    """Return the name under which each timer is kept; a second of one heading gets a number."""
    found: dict[int, str] = {}
    counts: dict[str, int] = {}
    for timer in contract.timers:
        count = counts[timer.title] = counts.get(timer.title, 0) + 1
        found[timer.number] = f"{timer.title} #{count}" if count > 1 else timer.title
    return found


def compare_timers(comparing: Comparing) -> None:
    """Compare what happens by itself."""
    old, new = (
        dict(zip(timer_names(model).values(), model.timers, strict=True))
        for model in (comparing.old, comparing.new)
    )
    for name, timer in old.items():
        if name in new:
            _compare_timer(comparing, name, timer, new[name])
    gone = [name for name in old if name not in new]
    if gone:
        told = ", ".join(f"`{one}`" for one in gone)
        comparing.refuse(
            "E0612",
            f"version {comparing.new.version} lacks the timer {told}",
            comparing.new.span,
            "records may be waiting for it",
            [comparing.declared(old[one].span) for one in gone],
            "keep its heading to the letter; what it does may change, also to nothing "
            "for records that it is no longer meant for",
        )
    for name, timer in new.items():
        if name not in old:
            told = f"`{name}` is new: for records that are there it counts from the upgrade"
            comparing.added("timer", name, told, timer.span)


def _compare_timer(comparing: Comparing, name: str, old: TimerModel, new: TimerModel) -> None:
    if not same(old.body, new.body):
        told = f"what happens by itself is changed: `{name}`"
        comparing.changed("timer", name, told, old.span, new.span)


def compare_invariants(comparing: Comparing) -> None:
    """Compare what always holds."""
    old, new = ({one.title: one for one in m.invariants} for m in (comparing.old, comparing.new))
    for title, invariant in new.items():
        if title not in old:
            told = f'from now on it always holds: "{title}"'
            comparing.added("invariant", title, told, invariant.span)
        elif not same(old[title], invariant):
            told = f'what always holds is changed: "{title}"'
            comparing.changed("invariant", title, told, old[title].span, invariant.span)
    for title, invariant in old.items():
        if title not in new:
            told = f'it need not hold any more: "{title}"'
            comparing.removed("invariant", title, told, invariant.span)
