"""`check --against`: what an upgrade changes is told with its lines, what it may not by codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def released(bank: Path) -> Path:
    """Make a folder with the version in force beside the one that is to follow it."""
    (bank / "released").mkdir()
    (bank / "released" / "bank_1.contract").write_text((bank / "bank.contract").read_text())
    return bank


def write(folder: Path, *changes: tuple[str, str]) -> None:
    """Write the next version."""
    path = folder / "bank.contract"
    text = path.read_text()
    for old, new in (("version 1", "version 2"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


AGAINST = ("check", "bank.contract", "--against", "released/bank_1.contract")


TOLD = """\
Bank version 2 after version 1: 3 changes
  + the role `Auditor` is new
      now, line 3: role Auditor, Treasury, Branch
  ~ `withdraw` may be done by others
      was, line 35: by account.holder and Treasury
      now, line 35: by account.holder
  ~ `pay` gives another reason with `TOO_MUCH`
      was, line 44: require order.amount <= 1_000 CNY else TOO_MUCH "order {order.id} is too large"
      now, line 44: require order.amount <= 1_000 CNY else TOO_MUCH "order {order.id} is not paid"
"""


def test_changes_are_told_with_their_lines(released: Path, servanda: Command) -> None:
    """One line for each change, and the lines that say so, before and after."""
    write(
        released,
        ("by account.holder and Treasury", "by account.holder"),
        ("is too large", "is not paid"),
        ("role Treasury", "role Auditor, Treasury"),
    )
    status, out, _ = servanda(*AGAINST)
    assert status == 0
    assert TOLD in out


def test_what_may_not_be_is_refused_with_both_places(released: Path, servanda: Command) -> None:
    """A diagnostic in the new version, a label in the one in force, and status 1."""
    write(released, ("  Paid, Lapsed", "  Paid, Lapsed"), ("2 days", "3 days"))
    status, out, _ = servanda(*AGAINST)
    assert status == 1
    assert "error[E0612]: version 2 lacks the timer" in out
    assert "bank.contract:1:1" in out
    assert "released/bank_1.contract:48:1" in out
    assert "+ `when order: Order has been Asked for 3 days` is new" in out
    assert out.endswith("1 error\n")
    assert "✔" not in out


def test_programs_get_the_same(released: Path, servanda: Command) -> None:
    """Changes with their places and texts; diagnostics as those of any check."""
    write(released, ("by account.holder and Treasury", "by account.holder"))
    status, out, _ = servanda(*AGAINST, "--json")
    document = json.loads(out)
    assert (status, document["ok"], document["diagnostics"]) == (0, True, [])
    against = document["against"]
    assert (against["contract"], against["from"], against["to"]) == ("Bank", 1, 2)
    (change,) = against["changes"]
    assert (change["kind"], change["about"], change["name"]) == ("changed", "action", "withdraw")
    assert change["was"]["file"] == "released/bank_1.contract"
    assert (change["was"]["line"], change["was"]["text"]) == (35, "by account.holder and Treasury")
    assert (change["now"]["line"], change["now"]["text"]) == (35, "by account.holder")
    text = (released / "bank.contract").read_text()
    (released / "bank.contract").write_text(text.replace("holder: Branch", "holder: Treasury"))
    status, out, _ = servanda(*AGAINST, "--json")
    document = json.loads(out)
    assert (status, document["ok"]) == (1, False)


def test_nothing_changes_is_told_too(released: Path, servanda: Command) -> None:
    """A later version that says the same."""
    write(released)
    status, out, _ = servanda(*AGAINST)
    assert (status, "Bank version 2 after version 1: nothing changes" in out) == (0, True)


def test_what_is_no_upgrade_is_not_told_as_no_change(released: Path, servanda: Command) -> None:
    """An earlier version in place of a later one: its mistakes, and a line that says so."""
    later = (released / "bank.contract").read_text().replace("version 1", "version 2")
    (released / "later.contract").write_text(later)
    status, out, err = servanda("check", "bank.contract", "--against", "later.contract")
    assert (status, "Bank version 1 after version 2: it cannot take its place" in out) == (1, True)
    assert "nothing changes" not in out, err


def test_mistakes_in_either_file_come_first(released: Path, servanda: Command) -> None:
    """A version that is wrong in itself is not compared."""
    write(released, ("role Treasury", "role Treasurry"))
    status, out, _ = servanda(*AGAINST)
    assert (status, "after version" in out) == (1, False)
    (released / "bank.contract").write_text((released / "released/bank_1.contract").read_text())
    write(released)
    (released / "released" / "bank_1.contract").write_text("contract Bank version 1\n???\n")
    status, out, _ = servanda(*AGAINST)
    assert (status, "released/bank_1.contract:2" in out, "after version" in out) == (1, True, False)
    assert servanda("check", "bank.contract", "--against", "nowhere.contract")[0] == 2


def test_one_contract_is_compared(released: Path, servanda: Command) -> None:
    """Not a folder, a test or two files: nothing is tried, and programs are told so too."""
    old = str(released / "released" / "bank_1.contract")
    for paths in (["."], ["bank.test.contract"], ["bank.contract", "bank.contract"]):
        status, _, err = servanda("check", *paths, "--against", old)
        assert (status, "one contract is compared" in err) == (2, True), paths
    status, out, _ = servanda("check", ".", "--against", old, "--json")
    assert (status, json.loads(out)["ok"]) == (2, False)


def test_what_the_old_version_uses_is_found(released: Path, servanda: Command) -> None:
    """Beside it, or still beside its successor."""
    text = (
        "contract Vault version {}\nuse Bank as bank\nrecord Box[id: Serial]\n  a: bank.Account\n"
    )
    (released / "released" / "vault.contract").write_text(text.format(1))
    (released / "vault.contract").write_text(text.format(2) + "  note: Text?\n")
    words = ("check", "vault.contract", "--against", "released/vault.contract")
    status, out, err = servanda(*words)
    assert (status, "`Box` has the new field `note`" in out) == (0, True), (out, err)
