"""`servanda chain upgrade` and `contracts`: tried, signed, listed, and shown at every height."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stored_chain import make_chain, typed, work_on_copy

from servanda.node import load_genesis, write_genesis

Command = Callable[..., tuple[int, str, str]]
Document = Any

LEDGER = """\
contract Ledger version 1

role Bank

record Account[number: Text]
  bank: Bank
  balance: Balance of CNY

action open(number: Text): Account
  by Bank as bank
  give create Account(number: number, bank: bank)

action deposit(account: Account, amount: Amount of CNY)
  by account.bank
  issue amount to account.balance

every 30 days for account: Account
  notify account.bank that "account {account.number}"
"""

NEXT = LEDGER.replace("version 1", "version 2").replace(
    "  balance: Balance of CNY\n\naction open",
    '  balance: Balance of CNY\n  note: Text = "none"\n\n'
    "action write(account: Account, note: Text)\n  by account.bank\n  account.note = note\n\n"
    "action open",
)

BOTH = ("--as", "ann", "--as", "bob")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain, a contract on it, and an account with 5 yuan."""
    folder = tmp_path_factory.mktemp("made")
    calls = ('icbc does open("1")', 'icbc does deposit("1", 5 CNY)')
    make_chain(folder, LEDGER, [("icbc", "Bank")], *calls, file="ledger.contract")
    (folder / "next.contract").write_text(NEXT)
    return folder


@pytest.fixture
def folder(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a chain of one's own, and the passphrase in the environment."""
    return work_on_copy(made, tmp_path, monkeypatch)


def ask(servanda: Command, *words: str) -> Document:
    """Return the JSON that a command prints; it must be done."""
    status, out, err = servanda("chain", *words, "--json")
    assert status == 0, (words, out, err)
    return json.loads(out)


@pytest.mark.usefixtures("folder")
def test_a_story(servanda: Command) -> None:
    """Deployed twice: upgrade; tried; done; the old action is gone by version, the new one runs."""
    status, _, err = servanda("chain", "deploy", "bank", "next.contract", *BOTH)
    assert (status, "runs already, in version 1" in err) == (2, True)
    assert "servanda chain upgrade bank next.contract" in err
    before = ask(servanda, "blocks", "bank")
    status, out, _ = servanda("chain", "upgrade", "bank", "next.contract", "--dry-run")
    assert status == 0
    assert out.splitlines()[:3] == [
        "Ledger version 2 after version 1: 2 changes",
        "  + `Account` has the new field `note`: records that are there already get its default",
        '      now, line 8: note: Text = "none"',
    ]
    assert "it would be done, for" in out
    assert ask(servanda, "blocks", "bank") == before
    status, out, err = servanda("chain", "upgrade", "bank", "next.contract", *BOTH)
    assert status == 0, err
    assert '✔ Release["Ledger", 2] ann and bob does upgrade("Ledger", 2, ' in out
    shown = ask(servanda, "show", "bank", 'Account["1"]')
    assert (shown["note"], shown["balance"]["amount"]) == ("none", "5.00")
    typed("call", "bank", 'icbc does write("1", "mine")')
    assert ask(servanda, "show", "bank", "Account")[0]["note"] == "mine"
    status, out, _ = servanda("chain", "audit", "bank")
    assert (status, "blocks are right" in out) == (0, True)


@pytest.mark.usefixtures("folder")
def test_each_height_has_its_contract(servanda: Command) -> None:
    """Records, queries and the list of contracts are those of the height that is asked about."""
    height = str(len(ask(servanda, "blocks", "bank")))
    typed("upgrade", "bank", "next.contract", *BOTH)
    typed("call", "bank", 'icbc does write("1", "mine")')
    assert "note" not in ask(servanda, "show", "bank", 'Account["1"]', "--at", height)
    assert "note" not in ask(servanda, "show", "bank", "Account", "--at", height)[0]
    after = str(int(height) + 1)
    assert ask(servanda, "show", "bank", 'Account["1"]', "--at", after)["note"] == "none"
    assert ask(servanda, "query", "bank", 'Account["1"].note')["value"] == "mine"
    assert ask(servanda, "query", "bank", 'Account["1"].note', "--at", after)["value"] == "none"
    status, out, err = servanda("chain", "query", "bank", 'Account["1"].note', "--at", height)
    assert (status, "Traceback" in out + err) == (2, False)
    listed = {one["name"]: one for one in ask(servanda, "contracts", "bank")}
    assert listed["Ledger"]["version"] == 2
    assert [one["version"] for one in listed["Ledger"]["releases"]] == [1, 2]
    assert listed["Membership"]["version"] == 1
    then = {one["name"]: one for one in ask(servanda, "contracts", "bank", "--at", height)}
    assert then["Ledger"]["version"] == 1
    assert [one["name"] for one in ask(servanda, "contracts", "bank", "--at", "1")] == [
        "Ledger",
        "Membership",
    ]
    status, out, _ = servanda("chain", "contracts", "bank")
    assert (status, "Ledger" in out, "since" in out) == (0, True, True)


def test_what_stands_in_the_way_is_shown_before(servanda: Command, folder: Path) -> None:
    """What an upgrade may not do, with both places; mistakes; a broken invariant."""
    path = folder / "next.contract"
    path.write_text(NEXT.replace("30 days", "40 days"))
    words = ("chain", "upgrade", "bank", "next.contract")
    status, out, _ = servanda(*words, "--dry-run")
    assert (status, "error[E0612]" in out) == (1, True)
    assert "Ledger version 1:" in out
    assert "✘ BAD_UPGRADE: E0612" in out
    document = json.loads(servanda(*words, "--dry-run", "--json")[1])
    assert (document["outcome"], document["code"]) == ("refused", "BAD_UPGRADE")
    assert [one["code"] for one in document["diagnostics"]] == ["E0612"]
    path.write_text(NEXT + 'invariant "poor"\n  for a in Account\n  holds a.balance <= 4 CNY\n')
    document = json.loads(servanda(*words, "--dry-run", "--json")[1])
    assert (document["code"], "poor" in document["message"]) == ("INVARIANT", True)
    assert any(one["about"] == "invariant" for one in document["against"]["changes"])
    status, out, _ = servanda(*words, *BOTH)
    assert (status, "✘ INVARIANT" in out) == (1, True)
    path.write_text(NEXT.replace("by Bank as bank", "by Bnak as bank"))
    document = json.loads(servanda(*words, "--dry-run", "--json")[1])
    assert (document["code"], document["against"]) == ("BAD_CONTRACT", None)
    path.write_text(NEXT.replace("version 2", "version 1"))
    assert json.loads(servanda(*words, "--dry-run", "--json")[1])["code"] == "NO_LATER"
    assert ask(servanda, "contracts", "bank")[0]["version"] == 1


def test_what_cannot_be_tried(servanda: Command, folder: Path) -> None:
    """No contract, none that runs, no signer: status 2, and what to do."""
    other = folder / "other.contract"
    other.write_text(NEXT.replace("contract Ledger", "contract Other"))
    for words, part in (
        (("upgrade", "bank", "other.contract", "--dry-run"), "servanda chain deploy bank"),
        (("upgrade", "bank", "other.contract", *BOTH), "no contract `Other` was deployed"),
        (("upgrade", "bank", "next.contract"), "name yours with `--as`"),
        (("upgrade", "bank", "nowhere.contract", *BOTH), "nowhere.contract"),
        (("upgrade", "nowhere", "next.contract", "--dry-run"), "nowhere"),
    ):
        status, out, err = servanda("chain", *words)
        assert (status, part in err, "Traceback" in out + err) == (2, True, False), (words, err)
    for text in ("", "contract", "contract Ledger version x\n", "\udcff"):
        other.write_bytes(text.encode(errors="surrogateescape"))
        assert servanda("chain", "upgrade", "bank", "other.contract", "--dry-run")[0] == 2
    other.write_text("contract Membership version 2\n")
    status, _, err = servanda("chain", "upgrade", "bank", "other.contract", "--dry-run")
    assert (status, "never upgraded" in err) == (2, True)
    other.write_text(NEXT + "# " + "x" * 70_000)
    status, _, err = servanda("chain", "upgrade", "bank", "other.contract", *BOTH)
    assert (status, "error[E00" in err) == (2, True), err


@pytest.mark.usefixtures("folder")
def test_registrars_sign_one_after_the_other(servanda: Command) -> None:
    """On the chain, or in a file; also a deployment."""
    words = ("chain", "upgrade", "bank", "next.contract", "--as", "ann", "--later", "bob")
    status, out, _ = servanda(*words)
    assert (status, "waits for bob" in out) == (0, True)
    (waiting,) = ask(servanda, "pending", "bank")
    status, out, err = servanda("chain", "sign", "bank", waiting["transaction"], "--as", "bob")
    assert (status, '✔ Release["Ledger", 2]' in out) == (0, True), err
    Path("next.contract").write_text(NEXT.replace("version 2", "version 3"))
    status, out, _ = servanda(*words, "--out", "up.tx")
    assert (status, "waits in up.tx for bob" in out) == (0, True)
    assert servanda("chain", "sign", "bank", "--file", "up.tx", "--as", "bob")[0] == 0
    assert servanda("chain", "send", "bank", "up.tx")[0] == 0
    Path("rates.contract").write_text("contract Rates version 1\nrule one(): Int = 1\n")
    deploy = ("chain", "deploy", "bank", "rates.contract", "--as", "ann", "--later", "bob")
    status, out, _ = servanda(*deploy)
    assert (status, "waits for bob" in out) == (0, True)
    versions = {one["name"]: one["version"] for one in ask(servanda, "contracts", "bank")}
    assert versions == {"Ledger": 3, "Membership": 1}


@pytest.mark.usefixtures("folder")
def test_a_membership_that_lists_no_releases_is_listed_too(servanda: Command) -> None:
    """The chain asks a membership contract for what it reads; what ran before is not of it."""
    genesis = load_genesis("bank")
    text = genesis.membership
    record = text[text.index("record Release[") : text.index("lifecycle Trust")]
    create = "  create Release(deployment: deployment, version: 1, source: source, since: now)\n"
    upgrade = text[text.index("action upgrade(") : text.index("# ── Other chains")]
    for part in (record, create, upgrade):
        text = text.replace(part, "")
    write_genesis("own", replace(genesis, membership=text))
    shutil.copytree("bank/keys", "own/keys")
    typed("deploy", "own", "ledger.contract", *BOTH)
    listed = {one["name"]: one["version"] for one in ask(servanda, "contracts", "own")}
    assert listed == {"Ledger": 1, "Membership": 1}


@pytest.mark.usefixtures("folder")
def test_a_time_that_the_chain_has_left_behind_is_told(servanda: Command) -> None:
    """Nothing is dated otherwise than it was asked for."""
    before = ask(servanda, "blocks", "bank")
    words = ("chain", "call", "bank", 'icbc does open("2")', "--time", "2020-01-01T00:00Z")
    status, _, err = servanda(*words)
    assert (status, "time only rises" in err) == (2, True), err
    assert ask(servanda, "blocks", "bank") == before
