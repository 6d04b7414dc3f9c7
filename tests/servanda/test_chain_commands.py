"""`servanda chain`: a story from the genesis to a proof for a court, and all that is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stored_chain import PASSPHRASE, make_chain, typed

from servanda.command_line import main

Command = Callable[..., tuple[int, str, str]]
Document = Any

CONTRACT = """\
contract Ledger version 1

role Bank, Police

record Account[number: Text, bank: Bank]
  balance: Balance of CNY

record Freeze[id: Serial]
  account: Account

action open(number: Text): Account
  by Bank as bank
  give create Account(number: number, bank: bank)

action deposit(account: Account, amount: Amount of CNY)
  by account.bank
  issue amount to account.balance

action freeze(account: Account): Freeze
  by Police and account.bank
  give create Freeze(account: account)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which a bank and the police act, for tests to copy."""
    folder = tmp_path_factory.mktemp("made")
    members = (("icbc", "Bank"), ("police", "Police"))
    make_chain(folder, CONTRACT, members, file="ledger.contract")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, with the passphrase in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    return tmp_path


@pytest.fixture
def chain(folder: Path, made: Path) -> Path:
    """Return a chain of one's own."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return folder / "bank"


def ask(servanda: Command, *words: str) -> Document:
    """Return the JSON that a command prints; it must be done."""
    status, out, err = servanda("chain", *words, "--json")
    assert status == 0, (words, out, err)
    return json.loads(out)


@pytest.mark.usefixtures("chain")
def test_a_story(servanda: Command, folder: Path) -> None:
    """Open, pay in, sign together, look, go back in time, audit, prove, verify."""
    assert servanda("chain", "call", "bank", 'icbc does open("1")')[0] == 0
    opened = ask(servanda, "blocks", "bank")[-1]["height"]
    statement = 'icbc does deposit(Account["1", icbc], 500 CNY)'
    status, out, err = servanda("chain", "call", "bank", statement)
    assert (status, "500.00 CNY" in out) == (0, True), err
    status, out, err = servanda("chain", "show", "bank", 'Account["1", icbc]')
    assert (status, "balance" in out) == (0, True), err
    assert ask(servanda, "show", "bank", "Account")[0]["number"] == "1"
    assert servanda("chain", "show", "bank", 'Account["2", icbc]')[0] == 1
    assert servanda("chain", "show", "bank", 'Account["1", icbc]', "--at", str(opened - 1))[0] == 1
    status, out, _ = servanda("chain", "audit", "bank")
    assert (status, "blocks are right" in out) == (0, True)
    seen = ask(servanda, "blocks", "bank", str(opened))
    assert seen["sealed_by"] == ["node"]
    status, out, _ = servanda("chain", "blocks", "bank", str(opened))
    assert re.search(r"^sealed_by +node$", out, re.MULTILINE), out
    assert f"transaction {seen['outcomes'][0]['transaction']}" in out
    made = ask(servanda, *("prove", "bank", 'Account["1", icbc]', "--out", "account.proof"))
    assert made["bytes"] == (folder / "account.proof").stat().st_size
    genesis = ask(servanda, "blocks", "bank", "1")["previous"]
    status, out, _ = servanda("verify", "account.proof", "--genesis", genesis)
    assert (status, "proved" in out) == (0, True)
    assert 'Ledger.Account["1", "icbc"] had these values' in out
    assert ("    balance: 50000\n" in out, "smallest units" in out) == (True, True), out
    assert servanda("verify", "account.proof", "--genesis", "0" * 64)[0] == 1
    assert servanda("verify", "account.proof", "--genesis", "x")[0] == 2


@pytest.mark.usefixtures("chain")
def test_an_audit_says_of_which_chain(servanda: Command) -> None:
    """It names the genesis and the last block, and is told which genesis is the right one."""
    last = ask(servanda, "blocks", "bank")[-1]
    assert servanda("chain", "export", "bank", "bank.pack")[0] == 0
    for place in (["bank"], ["--from", "bank.pack"]):
        found = ask(servanda, "audit", *place)
        assert (found["last"], found["time"]) == (last["hash"], last["time"])
        genesis = found["genesis"]
        status, out, _ = servanda("chain", "audit", *place)
        assert (status, genesis in out, last["hash"] in out, "help:" in out) == (0, *[True] * 3)
        status, out, _ = servanda("chain", "audit", *place, "--genesis", genesis)
        assert (status, "blocks are right" in out, "help:" in out) == (0, True, False)
        status, out, _ = servanda("chain", "audit", *place, "--genesis", "0" * 64)
        assert (status, f"it is of the chain {genesis}" in out) == (1, True), out
        assert servanda("chain", "audit", *place, "--genesis", "12")[0] == 2


@pytest.mark.usefixtures("chain")
def test_events_come_in_order_and_once(servanda: Command) -> None:
    """From the first, behind a cursor, and the same in pieces as in one; also those of members."""

    def heard(*words: str) -> list[Document]:
        status, out, err = servanda("chain", "events", "bank", "--json", *words)
        assert status == 0, err
        return [json.loads(line) for line in out.splitlines()]

    everything = heard()
    names = [one["event"] for one in everything]
    assert names.count("MemberChanged") == 2
    assert names[0] == "ContractChanged"
    for place, one in enumerate(everything):
        assert heard("--from", one["cursor"]) == everything[place + 1 :]
    status, out, _ = servanda("chain", "events", "bank", "--from", everything[-2]["cursor"])
    assert (status, 'role: "Police"' in out) == (0, True)
    assert servanda("chain", "events", "bank", "--from", "x")[0] == 2


@pytest.mark.usefixtures("chain")
def test_a_chain_is_carried_in_a_file(servanda: Command, folder: Path) -> None:
    """Exported, audited where nothing else is, imported, and the same to the last hash."""
    blocks = ask(servanda, "blocks", "bank")
    made = ask(servanda, "export", "bank", "bank.pack")
    assert made["blocks"] == len(blocks)
    assert ask(servanda, "audit", "--from", "bank.pack")["is_right"]
    assert ask(servanda, "import", "copy", "bank.pack")["blocks"] == len(blocks)
    assert ask(servanda, "blocks", "copy") == blocks
    assert ask(servanda, "audit", "copy")["is_right"]
    data = (folder / "bank.pack").read_bytes()
    for name, bad in (
        ("cut", data[:-4]),
        ("half", data[: len(data) // 2]),
        ("flipped", data[:-900] + bytes([data[-900] ^ 1]) + data[-899:]),
        ("more", data + b"x"),
        ("other", b"something else"),
        ("empty", b""),
        ("long", data[:16] + b"\xff\xff\xff\xff"),
    ):
        (folder / name).write_bytes(bad)
        status, out, _ = servanda("chain", "audit", "--from", name)
        assert (status, "✘" in out) == (1, True), name
        status, _, err = servanda("chain", "import", f"folder-{name}", name)
        assert (status, "Traceback" in err) == (2, False), name
    assert servanda("chain", "export", "bank", "bank.pack")[0] == 2
    assert servanda("chain", "audit")[0] == 2


@pytest.mark.usefixtures("chain")
def test_signatures_are_gathered_on_the_chain(servanda: Command) -> None:
    """One signs, the transaction waits and is listed, the other signs, it runs."""
    servanda("chain", "call", "bank", 'icbc does open("1")')
    statement = 'police and icbc does freeze(Account["1", icbc])'
    status, _, err = servanda("chain", "call", "bank", statement, "--as", "police")
    assert status == 0, err
    (waiting,) = ask(servanda, "pending", "bank")
    assert waiting["missing"] == ["icbc"]
    name = waiting["transaction"]
    assert servanda("chain", "sign", "bank", name, "--as", "police")[0] == 2
    status, _, err = servanda("chain", "why", "bank", name)
    assert (status, "this transaction waits for signatures" in err) == (2, True), err
    status, out, err = servanda("chain", "sign", "bank", name, "--as", "icbc")
    assert (status, "Freeze[1]" in out) == (0, True), err
    assert ask(servanda, "pending", "bank") == []
    assert servanda("chain", "sign", "bank", name, "--as", "icbc")[0] == 2
    made = ask(servanda, "prove", "bank", "--transaction", name, "--out", "freeze.proof")
    assert made["file"] == "freeze.proof"
    genesis = ask(servanda, "blocks", "bank", "1")["previous"]
    status, out, _ = servanda("verify", "freeze.proof", "--genesis", genesis, "--json")
    found = json.loads(out)
    assert (found["receipt"][2], found["hash"]) == (None, name)
    status, out, _ = servanda("verify", "freeze.proof", "--genesis", genesis)
    assert "police and icbc does Ledger.freeze(" in out
    assert ("it was done" in out, f"transaction {name}" in out) == (True, True), out


@pytest.mark.usefixtures("chain")
def test_signatures_are_gathered_in_a_file(servanda: Command) -> None:
    """Signed here, carried, signed there, sent once; sent twice it is a replay."""
    servanda("chain", "call", "bank", 'icbc does open("1")')
    statement = 'icbc does open("2")'
    status, out, err = servanda("chain", "call", "bank", statement, "--out", "open.tx")
    assert (status, "complete" in out) == (0, True), err
    assert servanda("chain", "send", "bank", "open.tx")[0] == 0
    status, out, _ = servanda("chain", "send", "bank", "open.tx")
    assert (status, "REPLAYED" in out) == (1, True)
    status, out, _ = servanda(
        "chain",
        "call",
        "bank",
        'ann and bob does suspend("icbc", "x")',
        "--as",
        "ann",
        "--out",
        "s.tx",
    )
    assert (status, "waits in s.tx for bob" in out) == (0, True)
    assert servanda("chain", "sign", "bank", "--file", "s.tx", "--as", "bob")[0] == 0
    assert servanda("chain", "send", "bank", "s.tx")[0] == 0
    status, out, err = servanda("chain", "call", "bank", 'icbc does open("3")')
    assert (status, "no member in good standing" in err) == (2, True)


@pytest.mark.usefixtures("chain")
def test_the_rules_say_no(servanda: Command) -> None:
    """A refusal is exit 1, on the chain and in a dry run, which leaves no block behind."""
    height = ask(servanda, "blocks", "bank")[-1]["height"]
    statement = 'police does open("1")'
    status, out, _ = servanda("chain", "call", "bank", statement, "--dry-run")
    assert (status, "NOT_AUTHORISED" in out) == (1, True)
    assert servanda("chain", "call", "bank", 'icbc does open("1")', "--dry-run")[0] == 0
    assert ask(servanda, "blocks", "bank")[-1]["height"] == height
    status, out, _ = servanda("chain", "call", "bank", statement)
    assert (status, "NOT_AUTHORISED" in out) == (1, True)


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("call", "bank", "nonsense"), "no action of a member"),
        (("call", "bank", 'eve does open("1")'), "no member in good standing"),
        (("call", "bank", 'icbc does opne("1")'), "did you mean `open`"),
        (("call", "bank", "icbc does open(1)"), "E0301"),
        (("call", "bank", 'icbc does open("1")', "--as", "police"), "not among those who do this"),
        (("call", "nowhere", 'icbc does open("1")'), "no chain in `nowhere`"),
        (("call", "bank", 'icbc does open("1")', "--keys", "nowhere"), "no key of"),
        (("call", "bank", 'icbc does open("1")', "--passphrase-file", "no"), "cannot be read"),
        (("deploy", "bank", "no.contract", "--as", "ann"), "`no.contract` cannot be opened"),
        (("prove", "bank", 'Member["ann"]', "--out", "no/x"), "`no/x` cannot be opened"),
        (("events", "bank", "--cursor", "no/x"), "no/x` cannot be opened"),
        (("init", "bank", "--registrar", "ann", "--registrar", "bob"), "exists already"),
        (("show", "bank", "Acount"), "did you mean `Account`"),
        (("show", "bank", "Account["), "is no record"),
        (("show", "bank", 'Account["1"]'), "named by number: Text, bank: Bank"),
        (("show", "bank", "Account", "--at", "999"), "there is no block 999"),
        (("blocks", "bank", "0"), "no number from 1"),
        (("prove", "bank", "--out", "x"), "name a record"),
        (("prove", "bank", "Account", "--out", "x"), "names no single record"),
        (("prove", "bank", "--transaction", "00", "--out", "x"), "it has 64 hexadecimal digits"),
        (("prove", "bank", "--transaction", "0" * 64, "--out", "x"), "no transaction of this hash"),
        (("sign", "bank", "zz", "--as", "ann"), "no hash of a transaction"),
        (("sign", "bank", "1f3a", "--as", "ann"), "it has 64 hexadecimal digits"),
        (("sign", "bank", "--as", "ann"), "`servanda chain pending` lists"),
        (("why", "bank", "1f3a"), "by its whole hash"),
        (("call", "bank", 'icbc does open("1")', "--as", "icb"), "did you mean `icbc`?"),
    ],
)
def test_what_cannot_be_tried_is_told(words: tuple[str, ...], told: str, servanda: Command) -> None:
    """Each with what to do, exit 2, and nothing changed."""
    status, out, err = servanda("chain", *words)
    assert status == 2, (out, err)
    assert told in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    ("words", "place", "line"),
    [
        (
            ("call", 'icbc does deposit("1", 5 USD)'),
            "what was typed:1:",
            ' 1│ icbc does deposit("1", 5 USD)',
        ),
        (
            ("call", 'icbc does deposit("1", 5 USD)'),
            "Ledger version 1:",
            "15│ action deposit(account: Account, amount: Amount of CNY)",
        ),
        (("query", "  Acount"), "what was typed:1:1", " 1│ Acount"),
        (("query", "1 +"), "what was typed:1:4", " 1│ 1 +"),
    ],
)
def test_a_mistake_is_shown_where_it_was_typed(
    servanda: Command, words: tuple[str, str], place: str, line: str
) -> None:
    """In the text that somebody typed, and not in the script that is made of it."""
    command, text = words
    status, _, err = servanda("chain", command, "bank", text)
    assert (status, place in err, line in err) == (2, True, True), err


@pytest.mark.usefixtures("chain")
def test_nobody_is_prompted_for_a_key_that_is_not_there(
    servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a passphrase at hand the missing key is told, and not the missing passphrase."""
    monkeypatch.delenv("SERVANDA_PASSPHRASE")
    status, _, err = servanda("chain", "call", "bank", 'icbc does open("1")', "--as", "bobby")
    assert (status, "there is no key of `bobby` in `bank/keys`" in err) == (2, True), err


@pytest.mark.usefixtures("chain")
def test_one_registrar_is_told_that_two_deploy(servanda: Command, folder: Path) -> None:
    """The refusal stands, and what to do about it."""
    (folder / "other.contract").write_text(CONTRACT.replace("Ledger", "Other"))
    status, out, err = servanda("chain", "deploy", "bank", "other.contract", "--as", "ann")
    assert (status, "NOT_AUTHORISED" in out, "two registrars" in err) == (1, True, True), (out, err)
    words = ("deploy", "bank", "other.contract", "--as", "ann", "--as", "bob")
    status, _, err = servanda("chain", *words)
    assert (status, "two registrars" in err) == (0, False), err


@pytest.mark.usefixtures("chain")
def test_who_signs_with_a_key_that_was_replaced_is_told(servanda: Command, folder: Path) -> None:
    """The chain refuses the signature; the help says where to look."""
    assert servanda("chain", "keys", "icbc", "--keys", "later")[0] == 0
    key = (folder / "later" / "icbc.pub").read_text().strip()
    statement = f'ann and bob does replace_key("icbc", "{key}", "lost")'
    assert servanda("chain", "call", "bank", statement)[0] == 0
    status, out, err = servanda("chain", "call", "bank", 'icbc does open("1")')
    assert (status, "BAD_SIGNATURE" in out, "was the key replaced?" in err) == (1, True, True)
    for ending in (".key", ".pub"):
        (folder / "later" / f"icbc{ending}").replace(folder / "bank" / "keys" / f"icbc{ending}")
    assert servanda("chain", "call", "bank", 'icbc does open("1")')[0] == 0


@pytest.mark.usefixtures("chain")
def test_a_wrong_passphrase_opens_nothing(
    servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as such."""
    monkeypatch.setenv("SERVANDA_PASSPHRASE", "wrong horse")
    status, _, err = servanda("chain", "call", "bank", 'icbc does open("1")')
    assert (status, "this is not its passphrase" in err) == (2, True)


def test_a_chain_needs_two_registrars(folder: Path, servanda: Command) -> None:
    """Nothing is left behind by a beginning that fails."""
    status, _, err = servanda("chain", "init", "bank", "--registrar", "ann")
    assert (status, "at least two members" in err) == (2, True)
    assert not (folder / "bank" / "genesis.json").exists()
    assert not (folder / "bank" / "chain.db").exists()


def test_keys_rest_encrypted(folder: Path, servanda: Command) -> None:
    """Nobody but their owner may read the file, and it holds no key in clear."""
    assert servanda("chain", "keys", "icbc", "--keys", "k")[0] == 0
    path = folder / "k" / "icbc.key"
    assert path.stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in path.read_bytes()
    assert PASSPHRASE.encode() not in path.read_bytes()
    assert servanda("chain", "keys", "icbc", "--keys", "k")[0] == 2
    assert servanda("chain", "keys", "../evil", "--keys", "k")[0] == 2


@pytest.mark.parametrize(
    "words",
    ["show nowhere Account", "audit nowhere", "events nowhere", "export nowhere bank.pack"],
)
def test_where_there_is_no_chain_it_is_said_how_one_begins(
    folder: Path, servanda: Command, words: str
) -> None:
    """Whichever command is typed; and nothing is made on the way."""
    status, out, err = servanda("chain", *words.split())
    assert (status, out) == (2, "")
    assert "there is no chain in `nowhere`" in err
    assert "servanda chain init nowhere" in err
    assert not list(folder.iterdir())


DAYS = """\
contract Days version 1  # the rates of each day

role Bank, Police

enum Side: Bid, Ask

record Rate[day: Date, side: Side]
  source: Hash

record Note[rate: Rate, text: Text, bank: Bank]
  is_read: Bool = false

action post(day: Date, side: Side, source: Hash): Rate
  by Bank
  give create Rate(day: day, side: side, source: source)

action note(rate: Rate, text: Text): Note
  by Bank as bank
  give create Note(rate: rate, text: text, bank: bank)
"""


@pytest.mark.usefixtures("chain")
def test_a_record_is_named_as_the_language_writes_its_key(servanda: Command, folder: Path) -> None:
    """By dates, names, other records and their keys, escaped texts, hashes; else it is told."""
    (folder / "days.contract").write_text(DAYS)
    typed("deploy", "bank", "days.contract", "--as", "ann", "--as", "bob")
    typed("call", "bank", f'icbc does post(2026-01-05, Bid, "{"ab" * 32}")')
    typed("call", "bank", r'icbc does note(Rate[2026-01-05, Bid], "a\"]b")')
    key = (folder / "bank" / "keys" / "icbc.pub").read_text().strip()
    for record in (
        "Rate[2026-01-05, Bid]",
        "Days.Rate[2026-01-05, Bid]",
        r'Note[Rate[2026-01-05, Bid], "a\"]b", icbc]',
        'Grant["icbc", "Bank"]',
        'Grant[Member["icbc"], "Bank"]',
        f'KeyUse["{key}"]',
    ):
        assert ask(servanda, "show", "bank", record), record
    ask(servanda, "prove", "bank", "Rate[2026-01-05, Bid]", "--out", "rate.proof")
    genesis = ask(servanda, "blocks", "bank", "1")["previous"]
    status, out, _ = servanda("verify", "rate.proof", "--genesis", genesis)
    assert (status, "had these values" in out) == (0, True), out
    for record in ("Rate[5, Bid]", 'Rate["2026-01-05"]', "Rate[2026-01-05, Middle]", "Rate[today]"):
        status, _, err = servanda("chain", "show", "bank", record)
        assert (status, "error" in err) == (2, True), record
    assert servanda("chain", "show", "bank", "Rate[2026-01-06, Bid]")[0] == 1


def shown(servanda: Command, file: str, genesis: str) -> list[str]:
    """Return the lines, behind the first, by which a proof is told to people."""
    status, out, err = servanda("verify", file, "--genesis", genesis)
    assert status == 0, (out, err)
    first, *rest = out.rstrip().splitlines()
    assert first.startswith("✔ proved at block ")
    return [one.strip() for one in rest if not one.startswith("note:")]


@pytest.mark.usefixtures("chain")
def test_a_proof_is_told_in_the_words_of_the_language(servanda: Command) -> None:
    """To a court: what was so, what was not there, what was asked for and what came of it."""
    typed("call", "bank", 'icbc does open("1")')
    genesis = ask(servanda, "blocks", "bank", "1")["previous"]
    last = str(ask(servanda, "blocks", "bank")[-1]["height"])
    done = ask(servanda, "blocks", "bank", last)["outcomes"][0]["transaction"]
    for record, lines in (
        ('Account["1", icbc]', ['Ledger.Account["1", "icbc"] had these values:', "balance: 0"]),
        ('Account["2", icbc]', ['Ledger.Account["2", "icbc"] did not exist']),
    ):
        ask(servanda, "prove", "bank", record, "--out", f"{len(lines)}.proof")
        assert shown(servanda, f"{len(lines)}.proof", genesis) == lines
    ask(servanda, "prove", "bank", "--transaction", done, "--out", "done.proof")
    assert shown(servanda, "done.proof", genesis) == [
        'icbc does Ledger.open("1")',
        "version 1 of the contract",
        f"transaction {done}",
        'it was done, and gave ["1", "icbc"]',
    ]
    assert main(["chain", "call", "bank", 'icbc does open("1")']) == 1
    status, out, _ = servanda("chain", "blocks", "bank", "--json")
    refused = ask(servanda, "blocks", "bank", str(json.loads(out)[-1]["height"]))["outcomes"][0]
    ask(servanda, "prove", "bank", "--transaction", refused["transaction"], "--out", "no.proof")
    last_line = shown(servanda, "no.proof", genesis)[-1]
    assert (status, last_line.startswith("it was refused with DUPLICATE_KEY: ")) == (0, True)
    _, out, _ = servanda("chain", "blocks", "bank", last)
    assert [line.split() for line in out.splitlines() if "sealed_by" in line] == [
        ["sealed_by", "node"]
    ]
