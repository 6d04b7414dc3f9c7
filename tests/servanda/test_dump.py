"""The dump of final records: one form for each value, sorted, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    INT,
    TEXT,
    TIME,
    AmountType,
    FixedUnit,
    ListType,
    OptionalType,
    RecordType,
    Type,
)
from servanda.json_values import to_json

Command = Callable[..., tuple[int, str, str]]

CNY = AmountType(FixedUnit("CNY", 2))


@pytest.mark.parametrize(
    ("value", "held", "expected"),
    [
        (True, BOOL, True),
        (12, INT, 12),
        (2**53 + 1, INT, "9007199254740993"),
        (-(2**53) - 1, INT, "-9007199254740993"),
        (Decimal("1E+2"), DECIMAL, "100"),
        (Decimal("0.0365"), DECIMAL, "0.0365"),
        (Decimal("2.500"), DECIMAL, "2.5"),
        ("账户", TEXT, "账户"),
        (20_458, DATE, "2026-01-05"),
        (1_767_603_600_000, TIME, "2026-01-05T09:00Z"),
        (259_200_000, DURATION, "PT259200S"),
        (-1_500, DURATION, "-PT1.5S"),
        (123_450, CNY, {"amount": "1234.50", "unit": "CNY"}),
        (-5, CNY, {"amount": "-0.05", "unit": "CNY"}),
        (Amount(7, "JPY"), CNY, {"amount": "7", "unit": "JPY"}),
        (b"\x00\xff" * 16, HASH, "00ff" * 16),
        (None, OptionalType(DATE), None),
        (20_458, OptionalType(DATE), "2026-01-05"),
        ((1, 2), ListType(INT), [1, 2]),
        (("a", 1), RecordType("Bank", "Account"), ["a", 1]),
    ],
)
def test_each_value_has_one_form(value: object, held: Type, expected: object) -> None:
    """The forms of the table in `json_values`."""
    assert to_json(value, held, {"CNY": 2, "JPY": 0}) == expected


def test_a_dump_is_sorted_and_complete(bank: Path, servanda: Command) -> None:
    """One file per record type, objects in key order, fields as declared."""
    (bank / "accounts.csv").write_text("number,money\nb,20.50\nc,0\na,500\n")
    assert servanda("run", "day.script", "--dump", "records")[0] == 0
    assert sorted(one.name for one in (bank / "records").iterdir()) == [
        "Account.jsonl",
        "Order.jsonl",
    ]
    accounts = (bank / "records" / "Account.jsonl").read_text().splitlines()
    assert accounts[0] == (
        '{"number": "a", "holder": "East", "balance": {"amount": "400.00", "unit": "CNY"}}'
    )
    assert [json.loads(one)["number"] for one in accounts] == ["a", "b", "c"]
    lines = (bank / "records" / "Order.jsonl").read_text().splitlines()
    orders = [json.loads(one) for one in lines]
    assert [one["id"] for one in orders] == [1, 2, 3, 4]
    assert orders[0] == {
        "id": 1,
        "payer": "b",
        "payee": "c",
        "amount": {"amount": "1000.00", "unit": "CNY"},
        "progress": "Lapsed",
    }


def test_a_dump_replaces_its_own_files_only(bank: Path, servanda: Command) -> None:
    """What else lies in the folder stays, and no draft is left behind."""
    (bank / "records").mkdir()
    (bank / "records" / "notes.txt").write_text("mine")
    (bank / "records" / "Order.jsonl").write_text("old")
    assert servanda("run", "day.script", "--dump", "records")[0] == 0
    assert sorted(one.name for one in (bank / "records").iterdir()) == [
        "Account.jsonl",
        "Order.jsonl",
        "notes.txt",
    ]
    assert (bank / "records" / "notes.txt").read_text() == "mine"
    assert "old" not in (bank / "records" / "Order.jsonl").read_text()


def test_a_dump_needs_a_folder(bank: Path, servanda: Command) -> None:
    """A file in its place is told before the run."""
    (bank / "records").write_text("mine")
    status, out, err = servanda("run", "day.script", "--dump", "records")
    assert (status, out) == (2, "")
    assert "`records` is no folder" in err
    assert (bank / "records").read_text() == "mine"


def test_a_failed_run_dumps_nothing(bank: Path, servanda: Command) -> None:
    """Records of half a story are no result."""
    (bank / "day.script").write_text('use Bank\nlet east = Branch("E")\nexpect 1 > 2\n')
    assert servanda("run", "day.script", "--dump", "records")[0] == 1
    assert not (bank / "records").exists()


def test_records_of_one_name_get_their_contract(tmp_path: Path, servanda: Command) -> None:
    """Two contracts with an `Account` each do not overwrite one another."""
    for name in ("One", "Two"):
        (tmp_path / f"{name.lower()}.contract").write_text(
            f"contract {name} version 1\nrole R\nrecord Account[id: Serial]\n  holder: R\n"
            "action open()\n  by R as me\n  create Account(holder: me)\n"
        )
    (tmp_path / "a.script").write_text(
        'use One as one\nuse Two as two\nlet me = one.R("Me")\nme does one.open()\n'
    )
    status, _, err = servanda("run", str(tmp_path / "a.script"), "--dump", str(tmp_path / "out"))
    assert (status, err) == (0, "")
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "One.Account.jsonl",
        "Two.Account.jsonl",
    ]
