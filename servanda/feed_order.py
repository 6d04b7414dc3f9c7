"""The order of feeds that stand together: by time, ties as written, rows of one file in its order.

In come feeds with the functions that give a row's time and say whether it counts; out come rows
with their times. A feed whose times never fall is read along as it goes; of one that is not sorted
only the times and places of its rows are kept, and the rows are fetched in the order of their time.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple

from servanda.feed_rows import Fault, FeedRow, RowFault
from servanda.feeds import FeedReader
from servanda.interpreter.execute.script import FeedCode
from servanda.interpreter.refusals import Refused


class Timed(NamedTuple):
    """A row (or what is wrong with one) and when it is to run; the feed is its place."""

    time_ms: int
    feed: int
    row: FeedRow | Fault


EARLIEST = -(2**62)
"""Before every time that there is."""

Tell = Callable[[int], None]
"""Called for each row that is read to be run (1) or to be put in order (0), for a progress bar."""


def rows_without_time(reader: FeedReader, code: FeedCode, tell: Tell) -> Iterator[FeedRow | Fault]:
    """Yield the rows that count, in the order of the file."""
    reader.begin_run()
    for row in reader.rows():
        tell(1)
        try:
            if isinstance(row, Fault) or code.where is None or code.where(row):
                yield row
        except RowFault as fault:
            yield fault.fault
        except Refused as refused:
            assert not isinstance(row, Fault), "a fault is not looked into"
            yield row.fault(refused.message).fault


def merged(feeds: list[tuple[FeedReader, FeedCode]], tell: Tell) -> Iterator[Timed]:
    """Yield the rows of feeds that have times, earliest first."""
    streams = [_stream(number, reader, code, tell) for number, (reader, code) in enumerate(feeds)]
    # With one key for all rows of a feed at one time, `merge` takes the feed written first.
    return heapq.merge(*streams, key=_time_and_feed)


def _time_and_feed(timed: Timed) -> tuple[int, int]:
    return timed[0], timed[1]


def _stream(number: int, reader: FeedReader, code: FeedCode, tell: Tell) -> Iterator[Timed]:
    if _is_sorted(reader, code, tell):
        reader.rewind()
        return _as_it_goes(number, reader, code, tell)
    reader.rewind()
    return _by_time(number, reader, code, tell)


def _time_of(row: FeedRow | Fault, code: FeedCode) -> int | Fault | None:
    """Return the time of a row, None if it does not count, or what is wrong with it."""
    if isinstance(row, Fault):
        return row
    try:
        if code.where is not None and not code.where(row):
            return None
        assert code.at is not None, "only feeds with times are ordered"
        return code.at(row)
    except RowFault as fault:
        return fault.fault
    except Refused as refused:
        return row.fault(refused.message).fault


def _is_sorted(reader: FeedReader, code: FeedCode, tell: Tell) -> bool:
    latest: int | None = None
    for row in reader.rows():
        tell(0)
        time_ms = _time_of(row, code)
        if isinstance(time_ms, int):
            if latest is not None and time_ms < latest:
                return False
            latest = time_ms
    return True


def _as_it_goes(number: int, reader: FeedReader, code: FeedCode, tell: Tell) -> Iterator[Timed]:
    latest = EARLIEST
    reader.begin_run()
    for row in reader.rows():
        tell(1)
        time_ms = _time_of(row, code)
        if isinstance(time_ms, Fault):
            # A bad row has no time: it is told of when the row before it has run.
            yield Timed(latest, number, time_ms)
        elif time_ms is not None:
            latest = time_ms
            yield Timed(time_ms, number, row)


def _by_time(number: int, reader: FeedReader, code: FeedCode, tell: Tell) -> Iterator[Timed]:
    times, offsets, lines = array("q"), array("q"), array("q")
    faults: list[Timed] = []
    size = 0
    for row in reader.rows():
        tell(0)
        time_ms = _time_of(row, code)
        if isinstance(time_ms, int):
            times.append(time_ms)
            size += reader.record_size
            offset, line = reader.record_start
            offsets.append(offset)
            lines.append(line)
        elif time_ms is not None:
            faults.append(Timed(EARLIEST, number, time_ms))
    reader.begin_run(size)
    yield from faults
    for place in sorted(range(len(times)), key=times.__getitem__):
        reader.seek(offsets[place], lines[place])
        fetched = next(reader.rows(), None)
        tell(1)
        if fetched is not None:
            yield Timed(times[place], number, fetched)
