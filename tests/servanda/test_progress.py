"""The progress line: percent, rate and time left agree, it fits, and it is gone at the end."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from servanda import progress, run_command
from servanda.progress import BarProgress, line_of
from servanda.run_feeds import FeedRun
from servanda.script_run import ScriptRun

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("width", range(5, 130))
def test_the_line_fits(width: int) -> None:
    """At every width it is one whole line: parts are left out, none is cut."""
    line = line_of(0.38, 12_345, 14_200, 83.0, width)
    whole = "12,345 rows  ━━━━━━━━─────────────   38 %  14,200 rows/s  1:23 left"
    parts = re.split(r"  +", line.strip())
    assert len(line) <= width
    assert all(one in whole or set(one) <= set("━─") for one in parts)
    assert "38 %" in line
    assert ("left" in line) == (width >= len(" 38 %  1:23 left"))
    assert ("rows/s" in line) == (width >= len("12,345 rows   38 %  14,200 rows/s  1:23 left"))


def test_the_bar_is_as_long_as_the_percent_says() -> None:
    """Both come of one number."""
    line = line_of(0.25, 10, None, None, 80)
    assert line == f"10 rows  {'━' * 10}{'─' * 30}   25 %"
    assert line_of(1.0, 10, 5, 3_723.0, 80).endswith("  100 %  5 rows/s  1:02:03 left")


class Watch:
    """A clock that a test sets, and what a bar wrote."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.file = io.StringIO()
        self.bar = BarProgress(self.file, clock=lambda: self.now_s)

    def line(self) -> str:
        """Return what stands on the terminal."""
        return self.file.getvalue().rsplit("\r", 1)[-1].rstrip()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Give a bar on a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    return Watch()


def test_rate_and_time_left_are_those_of_the_last_seconds(watch: Watch) -> None:
    """A feed that was fast does not promise that the next one is."""
    watch.bar.begin(10_000)
    for second in range(1, 31):
        watch.now_s = second
        watch.bar.move(min(second, 10) * 500 + max(0, second - 10) * 50, second * 10)
    assert "60 %" in watch.line()
    assert watch.line().startswith("300 rows")
    assert watch.line().endswith("10 rows/s  1:20 left")


def test_rows_are_put_in_order_before_anything_counts(watch: Watch) -> None:
    """What is read for the order is no progress: it is many times faster than running."""
    watch.bar.begin(1_000)
    watch.now_s = 5.0
    watch.bar.look_ahead(40_000)
    assert watch.line() == "putting 40,000 rows in order"
    watch.now_s = 6.0
    watch.bar.move(100, 10, 2_000)
    assert "  5 %  10 rows/s  0:19 left" in watch.line()
    watch.bar.end()
    assert watch.line() == ""


class Noted(progress.NoProgress):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.moves: list[tuple[int, int, int | None]] = []

    def move(self, offset: int, row_count: int, size: int | None = None) -> None:
        """Note a move."""
        self.moves.append((offset, row_count, size))


@pytest.mark.parametrize("is_sorted", [True, False])
def test_percent_and_rows_go_together(
    bank: Path,
    servanda: Command,
    monkeypatch: pytest.MonkeyPatch,
    is_sorted: bool,
) -> None:
    """Rows that `where` leaves out count as read; each feed ends at its whole."""
    days = [f"{number:03}" for number in range(200)]
    rows = [f"n{place:05},{days[place // 25]},{place % 2}" for place in range(5_000)]
    if not is_sorted:
        rows.reverse()
    (bank / "accounts.csv").write_text("number,day,kept\n" + "\n".join(rows) + "\n")
    (bank / "day.script").write_text(
        'use Bank\nlet start = 2026-01-01T00:00Z\nat start\nlet east = Branch("East")\n'
        'feed "accounts.csv" as row where row.kept == "1" at start + int(row.day) * 1 day\n'
        "  east does open(row.number)\n"
    )
    noted = Noted()
    monkeypatch.setattr(
        run_command, "feed_run_of", lambda *_, **__: FeedRun(str(bank), progress=noted)
    )
    assert servanda("run", "day.script")[0] == 0
    shares = [(offset / (size or 1), count) for offset, count, size in noted.moves]
    total = 5_000 if is_sorted else 2_500
    assert shares[-1] == (1.0, total)
    assert all(abs(share - count / total) < 0.01 for share, count in shares)


@pytest.mark.usefixtures("bank")
def test_an_interrupted_run_tells_how_far_it_came(
    servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that nothing was written: the dump comes at the end."""
    before = ScriptRun.run_row

    def run_row(run: ScriptRun, *words: object) -> None:
        if run.facts.rows.total() == 4:
            raise KeyboardInterrupt
        before(run, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(ScriptRun, "run_row", run_row)
    status, out, err = servanda("run", "day.script", "--dump", "records")
    assert (status, out) == (130, "")
    assert err == "\nstopped after 4 rows; nothing was written\n"
    assert not any(Path("records").glob("*"))
