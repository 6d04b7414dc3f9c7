"""Timers: what happens by itself, in the order (due, contract, clause, record key).

The queue knows when each timer of each record is due next; tables tell it of new rows and of
changed fields. Firing is somebody else's job (`interpreter/execute/machine.py`): here nothing runs.

# INVARIANT: the queue holds at most one entry for a timer and a row, which has it too.
# INVARIANT: every change is in the journal, so a refused action leaves the queue as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from servanda.interpreter.execute.ordered import Ordered, Pages
from servanda.interpreter.execute.shelf import Shelf
from servanda.interpreter.execute.state import FIELD, Journal, Row
from servanda.interpreter.model import (
    EveryTrigger,
    HasBeenTrigger,
    ReachesTrigger,
    TimerModel,
)
from servanda.interpreter.values.time_zones import Zone
from servanda.interpreter.values.times import (
    DAY_MS,
    add_months_to_time,
    instant,
    local_date,
    next_daily,
    next_monthly,
)

HOUR_MS = 3_600_000
RETRY_FIRST_MS = HOUR_MS
RETRY_AGAIN_MS = 24 * HOUR_MS
NEVER = 10**30
"""Later than any time there is."""


class Order(NamedTuple):
    """Where an entry stands in the queue."""

    at: int
    """When it is to be tried: when it is due or, after a fault, when it is tried again."""
    contract: str
    number: int
    key: Any


class Entry(NamedTuple):
    """One timer of one record that is waiting."""

    order: Order
    due: int
    """The moment it is for, whenever it is tried."""
    fault_count: int


class TimerQueue:
    """All waiting timers of a chain: their order here, and each entry with its row."""

    __slots__ = ("_order", "_pages", "_row_of", "first_at")

    def __init__(self, row_of: Callable[[Order], Row]) -> None:
        self._order = Ordered()
        self._pages: Pages | None = None
        self._row_of = row_of
        self.first_at = NEVER
        """When the first entry is to be tried; every call asks, so it is kept ready."""

    def put_on(self, shelf: Shelf) -> None:
        """Look for timers on a shelf from now on, beside those that are here already."""
        there = self._order.added
        self._pages = Pages(shelf.orders)
        self._order = Ordered(self._pages)
        for order in there:
            self._order.add(order)
        self._find_first()

    def settle(self) -> None:
        """Take note that what has changed is on the shelf by now."""
        self._order.settle()
        if self._pages is not None:
            self._pages.forget()

    @property
    def changes(self) -> Ordered:
        """What has changed since it was last on the shelf."""
        return self._order

    def orders(self) -> Iterator[Order]:
        """Yield where every entry stands, in order."""
        return self._order.starting()

    def next_after_time(self, time_ms: int) -> int | None:
        """Return when the first entry later than `time_ms` is to be tried, or None."""
        order: Order | None = self._order.first((time_ms + 1,))
        return None if order is None else order.at

    def next_after(self, position: Order | None, now: int) -> tuple[Entry, Row] | None:
        """Return the first entry behind `position` that is to be tried by `now`."""
        for order in self._order.starting(position):
            if order == position:
                continue
            if order.at > now:
                return None
            row = self._row_of(order)
            entry = self.waiting(row, order.contract, order.number)
            assert entry is not None, "what stands in the queue waits for its row"
            return entry, row
        return None

    def due_of(self, row: Row, now: int) -> list[Entry]:
        """Return the entries of a row to be tried by `now`, in order."""
        return sorted(entry for entry in self.armed(row).values() if entry.order.at <= now)

    def waiting(self, row: Row, contract: str, number: int) -> Entry | None:
        """Return the entry of one timer of one row."""
        return self.armed(row).get((contract, number))

    def armed(self, row: Row) -> Mapping[tuple[str, int], Entry]:
        """Return the entries of a row, by contract and number of the timer."""
        return row.armed or {}

    def put(self, row: Row, timer: tuple[str, int], entry: Entry | None, journal: Journal) -> None:
        """Set, replace or (with None) remove the entry of a timer of a row."""
        old = self.armed(row).get(timer)
        if old == entry:
            return
        journal.append((self, "", (row, timer, old)))
        self._replace(row, timer, old, entry)

    def take_up(self, row: Row) -> None:
        """Let the timers that a row has, which was kept, wait here too."""
        for entry in self.armed(row).values():
            self._order.add(entry.order)
            self.first_at = min(self.first_at, entry.order.at)

    def undo(self, change: tuple[Row, tuple[str, int], Entry | None]) -> None:
        """Take back one `put`."""
        row, timer, old = change
        self._replace(row, timer, self.armed(row).get(timer), old)

    def _replace(
        self, row: Row, timer: tuple[str, int], old: Entry | None, new: Entry | None
    ) -> None:
        armed = dict(row.armed or ())
        if old is not None:
            self._order.remove(old.order)
            del armed[timer]
        if new is not None:
            self._order.add(new.order)
            armed[timer] = new
            self.first_at = min(self.first_at, new.order.at)
        row.armed = armed or None
        if old is not None and old.order.at <= self.first_at:
            self._find_first()

    def _find_first(self) -> None:
        order: Order | None = self._order.first()
        self.first_at = NEVER if order is None else order.at


class TimerWatch:
    """Arms the timers of one table's rows as they are made and changed."""

    __slots__ = ("_clock", "_contract", "_queue", "_timers", "_zone")

    def __init__(
        self,
        queue: TimerQueue,
        contract: str,
        zone: Zone,
        timers: list[ArmedTimer],
        clock: Callable[[], int],
    ) -> None:
        self._queue = queue
        self._contract = contract
        self._zone = zone
        self._timers = timers
        self._clock = clock

    def created(self, row: Row, journal: Journal) -> None:
        """Arm every timer whose trigger a new row meets."""
        for timer in self._timers:
            if timer.takes(row):
                self._arm(timer, row, journal)

    def numbered(self, number: int) -> ArmedTimer:
        """Return a timer by its number in its contract."""
        return next(one for one in self._timers if one.model.number == number)

    def begin(self, timer: ArmedTimer, row: Row, journal: Journal) -> None:
        """Arm a timer that is new to its contract for a row that was there before it."""
        self._arm(timer, row, journal)

    def changed(self, row: Row, slot: str, old: object, journal: Journal) -> None:
        """Arm, re-arm or disarm what depends on `slot`."""
        for timer in self._timers:
            if slot == timer.state_slot:
                self._state_changed(timer, row, old, journal)
            elif slot in timer.moment_slots and timer.takes(row):
                self._arm(timer, row, journal)

    def again(self, model: TimerModel, row: Row, due: int, journal: Journal) -> None:
        """Arm a periodic timer for its next occurrence after `due`, if its row still meets it."""
        trigger = model.trigger
        timer = next(one for one in self._timers if one.model is model)
        if isinstance(trigger, EveryTrigger) and timer.takes(row):
            self._put(timer, row, next_occurrence(trigger, due, due, self._zone), journal)

    def _state_changed(self, timer: ArmedTimer, row: Row, old: object, journal: Journal) -> None:
        states = timer.states
        if states is None:
            return
        was, is_now = old in states, timer.takes(row)
        if not is_now:
            if was:
                self._queue.put(row, timer.name, None, journal)
            return
        # A self-arrow is written on purpose: it starts the wait of `has been` again. Moving
        # between two states of one trigger does not, and never fires `reaches` a second time.
        is_restart = isinstance(timer.model.trigger, HasBeenTrigger) and old == getattr(
            row, timer.state_slot or ""
        )
        if not was or is_restart:
            self._arm(timer, row, journal)

    def _arm(self, timer: ArmedTimer, row: Row, journal: Journal) -> None:
        trigger, now = timer.model.trigger, self._clock()
        due: int | None
        match trigger:
            case HasBeenTrigger(duration_ms=duration_ms, months=months):
                due = now + duration_ms
                if months:
                    due = add_months_to_time(now, months, self._zone)
            case ReachesTrigger():
                due = timer.moment(row)
            case EveryTrigger():
                due = next_occurrence(trigger, now, now, self._zone)
        self._put(timer, row, due, journal)

    def _put(self, timer: ArmedTimer, row: Row, due: int | None, journal: Journal) -> None:
        entry = None
        if due is not None:
            order = Order(due, self._contract, timer.model.number, row.key)
            entry = Entry(order, due, 0)
        self._queue.put(row, timer.name, entry, journal)


class ArmedTimer:
    """A timer of the model with what the queue needs to watch a row for it."""

    __slots__ = ("model", "moment", "moment_slots", "name", "state_slot", "states")

    def __init__(
        self,
        contract: str,
        model: TimerModel,
        lifecycle_field: str | None,
        moment_slots: frozenset[str],
        moment: Callable[[Row], int | None],
    ) -> None:
        self.model = model
        self.name = (contract, model.number)
        states = model.trigger.states
        self.states = None if states is None else frozenset(states)
        self.state_slot = None if lifecycle_field is None else FIELD + lifecycle_field
        self.moment_slots = moment_slots
        self.moment = moment

    def takes(self, row: Row) -> bool:
        """Whether the row is in a state that the trigger names."""
        return self.states is None or getattr(row, self.state_slot or "") in self.states


def retried(entry: Entry, now: int) -> Entry:
    """Return the entry as it waits after a fault at `now`: an hour, and then a day each time."""
    wait_ms = RETRY_FIRST_MS if entry.fault_count == 0 else RETRY_AGAIN_MS
    return Entry(entry.order._replace(at=now + wait_ms), entry.due, entry.fault_count + 1)


def next_occurrence(trigger: EveryTrigger, after: int, anchor: int, zone: Zone) -> int:
    """Return the first moment strictly after `after` that a periodic trigger names.

    `anchor` is a moment it counts days from: when the record entered, or the occurrence before.
    """
    clock_ms = trigger.clock_ms
    if trigger.day_of_month is not None:
        return next_monthly(after, trigger.day_of_month, clock_ms or 0, zone)
    day_count = trigger.day_count or 1
    if clock_ms is None:
        return anchor + day_count * DAY_MS
    if day_count == 1:
        return next_daily(after, clock_ms, zone)
    return instant(local_date(anchor, zone) + day_count, clock_ms, zone)
