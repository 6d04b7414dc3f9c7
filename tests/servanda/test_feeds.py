"""Feeds: every row in order with its place, broken rows told of and skipped, memory flat."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.feed_order import merged
from servanda.feed_rows import Fault, RowFault, cell_place
from servanda.feeds import RECORD_BYTES_MAX, FeedFault, open_feed
from servanda.grammar.source import Span
from servanda.interpreter.execute.script import FeedCode
from servanda.interpreter.values.numbers import parse_int

Command = Callable[..., tuple[int, str, str]]


def read(path: Path, data: bytes, *columns: str) -> list[object]:
    """Return the rows of a file as lists of cells, faults as `line:column: message`."""
    path.write_bytes(data)
    reader = open_feed(str(path), path.name)
    found: list[object] = []
    for row in reader.rows():
        if isinstance(row, Fault):
            found.append(f"{row.line}:{row.column}: {row.message}")
        else:
            found.append([row.line, *(row.cell(column) for column in columns)])
    reader.close()
    return found


def test_quoted_cells_are_read_as_rfc_4180_says(tmp_path: Path) -> None:
    """Commas, quotes and line breaks stand in quotes; lines end in either way."""
    data = b'a,b\r\n1,"x, ""y"""\r\n2,"two\nlines"\n3,\n'
    assert read(tmp_path / "x.csv", data, "a", "b") == [
        [2, "1", 'x, "y"'],
        [3, "2", "two\nlines"],
        [5, "3", ""],
    ]


def test_a_byte_order_mark_and_blank_lines_are_no_cells(tmp_path: Path) -> None:
    """What spreadsheets add is not taken for data."""
    data = "\ufeffa,b\n1,2\n\n3,4\n\n".encode()
    assert read(tmp_path / "x.csv", data, "a", "b") == [[2, "1", "2"], [4, "3", "4"]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"1", "2:1: the row has 1 cells, the header names 2"),
        (b"1,2,3", "2:1: the row has 3 cells, the header names 2"),
        (b'"x"y,2', "2:1: a quoted cell goes on after its closing quote"),
        (b'1,"x', "2:1: a quoted cell is not closed"),
        (b"1,\0", "2:3: a zero byte stands in the row"),
        ("1,银".encode("gbk"), "2:3: the row is not text in UTF-8"),
        (b"1,a\rb", "2:1: a carriage return stands alone inside the row"),
        (b"1," + b"x" * RECORD_BYTES_MAX, "2:1: a row has at most 65_536 bytes"),
        (b'1,"' + b"x\n" * RECORD_BYTES_MAX + b'"', None),
    ],
)
def test_a_broken_row_costs_only_itself(tmp_path: Path, line: bytes, message: str | None) -> None:
    """The rows below a broken one are read, even below a quote that nobody closed."""
    found = read(tmp_path / "x.csv", b"a,b\n" + line + b"\n3,4\n", "a", "b")
    if message is None:
        assert found[-1] == [65_539, "3", "4"]
    else:
        assert [one for one in found if isinstance(one, str)] == [message]
        assert found[-1][1:] == ["3", "4"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "E0020", "x.csv:1:1: the file is empty"),
        (b"\n1,2\n", "E0020", "x.csv:1:1: the file has no header"),
        (b"a,b,a\n", "E0022", "x.csv:1:5: the header names the column `a` twice"),
        ("a,b\n".encode("utf-16"), "E0021", "x.csv:1:1: the header is not text in UTF-8"),
        ("a,银\n".encode("gbk"), "E0021", "x.csv:1:3: the header is not text in UTF-8"),
        (b"a,\0\n", "E0020", "x.csv:1:3: a zero byte stands in the header"),
        (b'"a,b\n', "E0020", "x.csv:1:1: a quoted cell is not closed"),
        (b"," * 2_000, "E0020", "x.csv:1:1: a row has at most 1_000 cells"),
        (b"a" * 70_000, "E0020", "x.csv:1:1: a row has at most 65_536 bytes"),
    ],
)
def test_a_file_without_header_is_no_feed(
    tmp_path: Path, data: bytes, code: str, message: str
) -> None:
    """Without column names nothing can be read; each fault has its code and its help."""
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(FeedFault) as fault:
        open_feed(str(tmp_path / "x.csv"), "x.csv")
    assert (fault.value.code, str(fault.value)) == (code, message)
    assert fault.value.help


def test_json_lines_keep_numbers_as_written(tmp_path: Path) -> None:
    """No float stands between the file and the script."""
    data = b'{"a": 1.10, "b": true, "c": "x", "d": 12345678901234567890}\n\n{"a": "y"}\n'
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    reader = open_feed(str(path), "x.jsonl")
    first, second = reader.rows()
    assert not isinstance(first, Fault)
    assert not isinstance(second, Fault)
    assert [first.cell(one) for one in "abcd"] == ["1.10", "true", "x", "12345678901234567890"]
    assert (second.line, second.cell("a")) == (3, "y")
    with pytest.raises(RowFault, match=r"x\.jsonl:3:1: the object has no `b`"):
        second.cell("b")
    reader.close()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[1]", "1:1: a row is an object: `{…}`"),
        (b'{"a": 1', "1:8: this is no JSON: expecting ',' delimiter"),
        (b'{"a": 1, "a": 2}', "1:1: the object names `a` twice"),
        (b'{"a": NaN}', "1:1: `NaN` is no number"),
        (b'{"a":' * 30_000, None),
    ],
)
def test_a_broken_json_line_costs_only_itself(
    tmp_path: Path, line: bytes, message: str | None
) -> None:
    """The same for JSON Lines; nesting cannot overflow."""
    found = read(tmp_path / "x.jsonl", line + b'\n{"a": "z"}\n', "a")
    assert found[1:] == [[2, "z"]]
    assert isinstance(found[0], str)
    assert message is None or found[0] == message


@pytest.mark.parametrize("value", ["null", "[1]", '{"b": 1}'])
def test_a_json_cell_is_text_number_or_truth(tmp_path: Path, value: str) -> None:
    """Nothing else can be converted, so it is a malformed row."""
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"a": {value}}}\n')
    reader = open_feed(str(path), "x.jsonl")
    (row,) = reader.rows()
    assert not isinstance(row, Fault)
    with pytest.raises(RowFault, match=r"x\.jsonl:1:2: `a` is"):
        row.cell("a")
    reader.close()


def test_a_conversion_that_fails_names_the_cell(tmp_path: Path) -> None:
    """Line and column of the cell, in characters, behind quotes and wide letters."""
    path = tmp_path / "x.csv"
    path.write_text('a,b,c\n"银, 行",2,x\n', encoding="utf-8")
    reader = open_feed(str(path), "x.csv")
    (row,) = reader.rows()
    assert not isinstance(row, Fault)
    assert row.read(parse_int, "b") == 2
    with pytest.raises(RowFault) as fault:
        row.read(parse_int, "c")
    assert str(fault.value).startswith('x.csv:2:10: `c` is "x": expected a whole number')
    reader.close()


@given(st.lists(st.text('ab,"\n', max_size=4), min_size=1, max_size=4))
def test_the_place_of_a_cell_is_where_it_was_written(cells: list[str]) -> None:
    """Whatever stands in the cells, the place of each is found again."""
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    text = ",".join(quoted)
    lines = text.splitlines(keepends=True)
    for index in range(len(cells)):
        offset = len(",".join(quoted[:index])) + (index > 0)
        before = text[:offset]
        expected = (before.count("\n"), offset - (before.rfind("\n") + 1) + 1)
        assert cell_place(lines, index) == expected


@given(st.binary(max_size=200))
def test_no_bytes_crash_a_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any bytes give rows and faults, never an exception."""
    folder = tmp_path_factory.mktemp("feeds", numbered=True)
    for suffix in (".csv", ".jsonl"):
        path = folder / f"x{suffix}"
        path.write_bytes(b"a,b\n" + data)
        reader = open_feed(str(path), path.name)
        for row in reader.rows():
            assert row.line >= 1
        reader.close()


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Ten times the rows need no more memory, and a gigantic line needs none."""
    peaks = []
    for count in (5_000, 50_000):
        path = tmp_path / f"{count}.csv"
        path.write_text("a,b\n" + "1,2\n" * count + "x" * 5_000_000 + "\n")
        tracemalloc.start()
        reader = open_feed(str(path), "x.csv")
        assert sum(1 for _ in reader.rows()) == count + 1
        reader.close()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


# ── in a run ──────────────────────────────────────────────────────────────────────────────────


def test_a_malformed_row_is_told_and_skipped(bank: Path, servanda: Command) -> None:
    """File, line and column on standard error; the other rows run; exit 0."""
    (bank / "accounts.csv").write_text("number,money\na,500\nb,much\nc\nd,1\n")
    status, _, err = servanda("run", "day.script")
    assert status == 0
    much, short = (line for line in err.splitlines() if line.startswith("malformed"))
    assert much.startswith('malformed row: accounts.csv:3:3: `money` is "much": expected an amount')
    assert much.endswith("(found after 1 step of this row)")
    assert short == "malformed row: accounts.csv:4:1: the row has 1 cells, the header names 2"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "E0010"),
        (b"", "E0020"),
        (b"number\xff,money\n", "E0021"),
        (b"number,number\n", "E0022"),
        (b"nmber,money\n", "E0023"),
    ],
    ids=["missing", "empty", "not UTF-8", "a column twice", "no such column"],
)
def test_a_file_that_is_no_feed_has_a_code(
    bank: Path, servanda: Command, data: bytes | None, code: str
) -> None:
    """The code stands in the text and in the report for programs, with a page and a help."""
    (bank / "accounts.csv").unlink()
    if data is not None:
        (bank / "accounts.csv").write_bytes(data)
    status, _, err = servanda("run", "day.script")
    assert (status, f"error[{code}]: " in err, "\nhelp: " in err) == (2, True, True)
    status, out, _ = servanda("run", "day.script", "--json")
    failure = json.loads(out)["failure"]
    assert (status, failure["code"], failure["file"]) == (2, code, "day.script")
    assert failure["line"] in {7, 8}
    assert servanda("explain", code)[0] == 0


def test_many_malformed_rows_are_counted(bank: Path, servanda: Command) -> None:
    """The first twenty are shown."""
    (bank / "orders.csv").write_text("payer,payee,money,time,is_paid\n" + "x\n" * 50)
    status, out, err = servanda("run", "day.script", "--json")
    assert status == 0
    assert json.loads(out)["malformed"]["count"] == 50
    lines = err.splitlines()
    assert sum(line.startswith("malformed row: ") for line in lines) == 20
    assert lines[20] == "… and 30 more malformed rows"


def test_strict_stops_at_a_malformed_row(bank: Path, servanda: Command) -> None:
    """With `--strict` the first one is fatal, exit 2."""
    (bank / "accounts.csv").write_text("number,money\na,500\nb\nc,1\n")
    status, out, err = servanda("run", "day.script", "--strict")
    assert status == 2
    assert err.count("error[E0024]: accounts.csv:3:1: the row has 1 cells") == 1
    assert "open         1   -" in out
    assert "fed: 1 row of accounts.csv, stopped at a malformed row\n" in out


def test_a_missing_column_is_told_once(bank: Path, servanda: Command) -> None:
    """Before any row runs, where the script reads it, with the name that was meant."""
    (bank / "accounts.csv").write_text("nmber,money\na,500\nb,1\n")
    status, _, err = servanda("run", "day.script")
    assert status == 2
    assert err.count("`accounts.csv` has no column `number`") == 1
    assert "day.script:8:18" in err
    assert "did you mean `nmber`?" in err


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd.csv", "link.csv", "day.script"])
def test_no_feed_leads_out_of_its_folder(bank: Path, servanda: Command, name: str) -> None:
    """Neither `..`, nor an absolute path, nor a link; and only data files are fed."""
    (bank.parent / "secret.csv").write_text("number,money\na,1\n")
    (bank / "link.csv").symlink_to(bank.parent / "secret.csv")
    (bank / "day.script").write_text(
        (bank / "day.script").read_text().replace("accounts.csv", name)
    )
    status, out, err = servanda("run", "day.script")
    assert (status, "open" in out) == (2, False)
    assert "error[E0016]" in err or "error[E0019]: a feed is a `.csv`" in err


def test_data_names_the_folder(bank: Path, servanda: Command) -> None:
    """`--data` is where feeds lie; without the file there it is unusable input."""
    (bank / "data").mkdir()
    status, _, err = servanda("run", "day.script", "--data", "data")
    assert status == 2
    path = bank / "data" / "accounts.csv"
    assert err.startswith(f"error[E0010]: the feed `{path}` cannot be read\n")
    assert re.search(r'feed "accounts.csv" as row\n *│      \^{14} there is no file of this', err)
    advice = "help: put the file there, or name the folder that holds it with `--data`\n"
    assert err.endswith(advice)
    for name in ("accounts.csv", "orders.csv"):
        (bank / name).rename(bank / "data" / name)
    assert servanda("run", "day.script", "--data", "data")[0] == 0


def run_shown(bank: Path, servanda: Command, script: str) -> list[str]:
    """Run a script over the bank; return the values that it shows."""
    (bank / "day.script").write_text("use Bank\n" + script)
    status, out, err = servanda("run", "day.script", "--json")
    assert status == 0, err
    return [one["value"] for one in json.loads(out)["shown"]]


def test_feeds_are_merged_by_time(bank: Path, servanda: Command) -> None:
    """Ties go as written and in file order, an unsorted feed is put in order, `where` chooses."""
    (bank / "one.csv").write_text("name,time\n1c,3\n1a,1\n1x,9\n1b,1\n")
    (bank / "two.csv").write_text("name,time\n2a,1\n2b,2\n2c,3\n")
    (bank / "three.csv").write_text("name\n3a\n3b\n")
    script = """
at 2026-01-01T00:00Z
let east = Branch("East")
feed "one.csv" as row where int(row.time) < 9 at 2026-01-01T00:00Z + int(row.time) * 1 day
  east does open(row.name)
feed "two.csv" as row at 2026-01-01T00:00Z + int(row.time) * 1 day
  east does open(row.name)
feed "three.csv" as row
  east does open(row.name)
show list(o.account.number for o in Opened)
"""
    (shown,) = run_shown(bank, servanda, script)
    assert shown == '["3a", "3b", "1a", "1b", "2a", "2b", "1c", "2c"]'


def test_a_feed_alone_is_put_in_the_order_of_its_time_too(bank: Path, servanda: Command) -> None:
    """A row of day 1 below one of day 3 runs at day 1; rows of one day stay in their order."""
    (bank / "one.csv").write_text("name,day\nd,3\nb,1\na,0\nc,1\n")
    script = """
let start = 2026-01-01T00:00Z
at start
let east = Branch("East")
feed "one.csv" as row at start + int(row.day) * 1 day
  east does open(row.name)
  show row.name
  show now
"""
    shown = run_shown(bank, servanda, script)
    assert list(zip(shown[::2], shown[1::2], strict=True)) == [
        ('"a"', "2026-01-01T00:00Z"),
        ('"b"', "2026-01-02T00:00Z"),
        ('"c"', "2026-01-02T00:00Z"),
        ('"d"', "2026-01-04T00:00Z"),
    ]


@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=6), max_size=3))
def test_merged_feeds_are_sorted_and_stable(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[int, bool]]]
) -> None:
    """By time, then as the feeds are written, then as the rows stand; no row is lost."""
    folder = tmp_path_factory.mktemp("merged", numbered=True)
    code = FeedCode("", Span("", 0, 0), None, lambda row: row.read(parse_int, "day"), _no_body)
    feeds, expected = [], []
    for number, rows in enumerate(files):
        path = folder / f"{number}.csv"
        path.write_text("day,text\n" + "".join(f"{day},{WIDE[wide]}\n" for day, wide in rows))
        feeds.append((open_feed(str(path), path.name), code))
        line = 2
        for day, is_wide in rows:
            expected.append((day, number, line))
            line += 1 + is_wide
    found = [(one.time_ms, one.feed, one.row.line) for one in merged(feeds, lambda _: None)]
    assert found == sorted(expected)
    for reader, _ in feeds:
        reader.close()


WIDE = {False: "x", True: '"银\n行"'}
"""A cell of one line, and one of two."""


def _no_body(_: object) -> None:
    """Do nothing with a row."""


def test_the_first_refusal_of_each_code_is_told(bank: Path, servanda: Command) -> None:
    """Which row it was, however many others were refused for another reason before it."""
    orders = "a,b,2000,2026-01-06T09:00Z,1\n" * 30 + "a,b,-1,2026-01-06T09:00Z,1\n"
    (bank / "orders.csv").write_text("payer,payee,money,time,is_paid\n" + orders)
    status, _, err = servanda("run", "day.script")
    assert status == 0
    first, rare, more, _ = err.splitlines()
    assert first == "refused row: orders.csv:2: call 8: pay: TOO_MUCH: order 1 is too large"
    assert rare.startswith("refused row: orders.csv:32: call 67: ask: BAD_ARGUMENT: `amount` ")
    assert more == "… and 29 more refused rows, told one by one with --json"


def test_a_row_before_the_present_is_malformed(bank: Path, servanda: Command) -> None:
    """Time does not go back, not even for a feed."""
    (bank / "one.csv").write_text("name,time\na,2026-01-01T00:00Z\nb,2026-01-03T00:00Z\n")
    (bank / "day.script").write_text(
        'use Bank\nat 2026-01-02T00:00Z\nlet east = Branch("East")\n'
        'feed "one.csv" as row at time(row.time)\n  east does open(row.name)\n'
    )
    status, _, err = servanda("run", "day.script")
    assert status == 0
    assert err == (
        "malformed row: one.csv:2:1: the row's time, 2026-01-01T00:00Z, "
        "is before the present, 2026-01-02T00:00Z\n"
        "warning: 1 malformed row was skipped; `--strict` stops at the first\n"
    )


def test_a_refusal_ends_its_row_and_not_the_run(bank: Path, servanda: Command) -> None:
    """What stands below a refused call in the feed is not done for that row."""
    (bank / "one.csv").write_text("name\na\na\nb\n")
    script = """
let treasury = Treasury("T")
let east = Branch("East")
feed "one.csv" as row
  east does open(row.name)
  treasury does deposit(row.name, 1 CNY)
show sum(a.balance for a in Account)
"""
    assert run_shown(bank, servanda, script) == ["2.00 CNY"]


def test_a_test_without_its_feed_has_no_option_to_name_the_folder(
    bank: Path, servanda: Command
) -> None:
    """`servanda test` takes no `--data`: the file stands beside the test."""
    (bank / "fed.test.contract").write_text(
        'use Bank\n\ntest "t"\n  let b = Branch("E")\n  feed "no.csv" as row\n'
        "    b does open(row.number)\n"
    )
    status, out, _ = servanda("test", "fed.test.contract")
    assert status == 2
    assert f"the feed `{bank / 'no.csv'}` cannot be read" in out
    assert "help: put the file there\n" in out
