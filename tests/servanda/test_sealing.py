"""Sealed values as users meet them: keys, `chain call`, `open`, scripts; and how each refuses."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import filings
import pytest
from chains import key_of
from stored_chain import PASSPHRASE, work_on_copy

from servanda.chain.arguments import items_of
from servanda.command_line import main
from servanda.deployment import Deployment
from servanda.interpreter.values.sealed import ToSeal
from servanda.keys import KeyFailed
from servanda.loading import Loader
from servanda.script_run import ScriptRun, run_to_end
from servanda.sealing import ChainSealing, MemorySealing, SteadySealing, private_test_key
from servanda.sealing_keys import make_sealing_key, open_sealing_key, sealing_keys_of

Command = Callable[..., tuple[int, str, str]]


def typed(*words: str) -> None:
    """Run a command that must be done."""
    assert main(list(words)) == 0, words


def read_key(folder: Path, name: str, ending: str) -> str:
    """Return a public key as text."""
    return (folder / "bank" / "keys" / f"{name}.{ending}").read_text().strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which icbc has filed a report that nfra can read."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
        (folder / "filings.contract").write_text(filings.CONTRACT)
        typed("chain", "init", "bank", "--registrar", "ann", "--registrar", "bob")
        typed("chain", "deploy", "bank", "filings.contract", "--as", "ann", "--as", "bob")
        for name, role in (("icbc", "Bank"), ("boc", "Bank"), ("nfra", "Regulator")):
            typed("chain", "keys", name, "--keys", "bank/keys")
            key, sealing = read_key(folder, name, "pub"), read_key(folder, name, "seal")
            typed("chain", "call", "bank", f'ann does enrol("{name}", "{key}")')
            typed("chain", "call", "bank", f'ann does grant("{name}", "{role}")')
            if name != "boc":
                typed("chain", "call", "bank", f'{name} does set_sealing_key({name}, "{sealing}")')
        typed("chain", "call", "bank", 'icbc does file("a", icbc, "all is well")')
    return folder


@pytest.fixture
def folder(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the chain to work on, with the passphrase in the environment."""
    return work_on_copy(made, tmp_path, monkeypatch)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs a command and gives its status and what it printed."""

    def run(*words: str) -> tuple[int, str, str]:
        status = main(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return run


REPORT = 'Filing["a"].report'


def test_a_reader_opens_a_field(folder: Path, command: Command) -> None:
    """The value is shown with who sealed it and who can read it; to programs with all of it."""
    assert folder.exists()
    status, out, _ = command("open", "bank", REPORT, "--as", "nfra")
    assert status == 0
    assert out.startswith('✔ "all is well"\n  Text, sealed by icbc\n  open to icbc, nfra\n')
    status, out, _ = command("open", "bank", REPORT, "--as", "icbc", "--json")
    found = json.loads(out)
    assert (found["value"], found["sealed_by"]) == ("all is well", "icbc")
    assert sha256(bytes.fromhex(found["committed"])).hexdigest() == found["commitment"]


def test_a_reader_opens_what_an_event_told(folder: Path, command: Command) -> None:
    """By the cursor that stands before the event, and the name of its parameter."""
    assert folder.exists()
    _, out, _ = command("chain", "events", "bank")
    line = next(one for one in out.splitlines() if "Filed" in one)
    cursor = line.split()[0]
    status, out, _ = command("open", "bank", f"{cursor}.report", "--as", "nfra")
    assert (status, out.splitlines()[0]) == (0, '✔ "all is well"')


def test_a_court_needs_no_key(folder: Path, command: Command) -> None:
    """`open --out` writes what `verify` checks with the hash of the genesis, and tells."""
    words = ("open", "bank", REPORT, "--as", "nfra", "--out", "report.opened")
    status, out, _ = command(*words)
    genesis = re.findall(r"--genesis ([0-9a-f]{64})", out)[0]
    shutil.rmtree(folder / "bank")
    assert status == 0
    status, out, _ = command("verify", "report.opened", "--genesis", genesis)
    assert status == 0
    assert 'inside report, Text: "all is well", sealed by icbc' in out
    _, out, _ = command("verify", "report.opened", "--genesis", genesis, "--json")
    assert json.loads(out)["opened"] == {
        "field": "report",
        "type": "Text",
        "author": "icbc",
        "value": "all is well",
    }
    data = (folder / "report.opened").read_bytes()
    (folder / "report.opened").write_bytes(data.replace(b"all is well", b"all is evil"))
    status, out, _ = command("verify", "report.opened", "--genesis", genesis)
    assert (status, "what was sealed is something else" in out) == (1, True)


def test_a_proof_is_of_a_field(folder: Path, command: Command) -> None:
    """What an event told is shown, and not written as a proof."""
    _, out, _ = command("chain", "events", "bank")
    cursor = next(one for one in out.splitlines() if "Filed" in one).split()[0]
    words = ("open", "bank", f"{cursor}.report", "--as", "nfra", "--out", "x")
    status, _, err = command(*words)
    assert (status, "a proof is of a field" in err) == (2, True)
    assert not (folder / "x").exists()


WRONG = [
    (REPORT, "boc", 1, "it is not open to boc, but to icbc, nfra"),
    ('Filing["a"].reprt', "nfra", 2, "did you mean `report`?"),
    ('Filing["a"].bank', "nfra", 2, "`bank` is not sealed"),
    ('Filing["a"].extra', "icbc", 2, "is missing: nothing is sealed there"),
    ('Filing["z"].report', "nfra", 1, 'there is no Filing["z"]'),
    ('Member["ann"].name', "nfra", 2, "nothing here is sealed"),
    ("Filing", "nfra", 2, "is no sealed value"),
    ("0.0.0.report", "nfra", 2, "there is no such event"),
    ("1.0.7.report", "nfra", 2, "there is no such event"),
    ("1.9.0.report", "nfra", 2, "there is no such event"),
    ("999.0.0.report", "nfra", 2, "there is no block 999"),
]


@pytest.mark.parametrize(("path", "reader", "status", "told"), WRONG, ids=[one[0] for one in WRONG])
def test_what_cannot_be_opened_is_told(
    folder: Path, command: Command, path: str, reader: str, status: int, told: str
) -> None:
    """Not a reader: the value says no (1). Not a sealed value: it cannot be tried (2)."""
    assert folder.exists()
    found, out, err = command("open", "bank", path, "--as", reader)
    assert found == status
    assert told in out + err


def test_keys_that_are_not_here_are_told(folder: Path, command: Command) -> None:
    """Another folder, another passphrase, a file that is no key."""
    status, _, err = command("open", "bank", REPORT, "--as", "nfra", "--keys", ".")
    assert (status, "has no sealing key of `nfra` that opens this" in err) == (2, True)
    (folder / "other").write_text("another horse\n")
    words = ("open", "bank", REPORT, "--as", "nfra", "--passphrase-file", "other")
    status, _, err = command(*words)
    assert (status, "this is not its passphrase" in err) == (2, True)
    (folder / "bank" / "keys" / "nfra.seal").write_text("00\n")
    status, _, err = command("open", "bank", REPORT, "--as", "nfra")
    assert (status, "is no public key" in err) == (2, True)


def test_a_flipped_bit_is_told(folder: Path, command: Command) -> None:
    """A private key that does not belong to its public one is named, not used."""
    keys = folder / "bank" / "keys"
    shutil.copy(keys / "icbc.open", keys / "nfra.open")
    status, _, err = command("open", "bank", REPORT, "--as", "nfra")
    assert (status, "is not the private key of `nfra.seal`" in err) == (2, True)


def test_nothing_plain_leaves(folder: Path, command: Command) -> None:
    """Neither the store nor a transaction in a file holds the text, its author's name it does."""
    words = ("chain", "call", "bank", 'icbc does amend("a", "very secret")', "--out", "amend.tx")
    assert command(*words)[0] == 0
    assert command("chain", "send", "bank", "amend.tx")[0] == 0
    for path in (folder / "amend.tx", *(folder / "bank").iterdir()):
        if path.is_file():
            data = path.read_bytes()
            assert b"very secret" not in data
            assert b"all is well" not in data
    assert b"icbc" in (folder / "amend.tx").read_bytes()
    assert '"very secret"' in command("open", "bank", REPORT, "--as", "nfra")[1]


def test_a_dry_run_seals_as_well(folder: Path, command: Command) -> None:
    """What would come of it is what comes of it."""
    assert folder.exists()
    statement = 'icbc does amend("a", "x")'
    assert command("chain", "call", "bank", statement, "--dry-run")[0] == 0
    status, out, _ = command("chain", "call", "bank", 'boc does amend("a", "x")', "--dry-run")
    assert (status, "NOT_AUTHORISED" in out) == (1, True)


def test_a_reader_shares_by_a_call(folder: Path, command: Command) -> None:
    """`Filing["a"].report` as an argument is opened to more by the signer, who must be a reader."""
    share = f'nfra does share("a", boc, {REPORT})'
    status, _, err = command("chain", "call", "bank", share)
    assert (status, "boc, who must be able to read it, has no sealing key" in err) == (2, True)
    sealing = read_key(folder, "boc", "seal")
    assert command("chain", "call", "bank", f'boc does set_sealing_key(boc, "{sealing}")')[0] == 0
    status, _, err = command("chain", "call", "bank", f'boc does share("a", boc, {REPORT})')
    assert (status, "it is not open to boc, but to icbc, nfra" in err) == (2, True)
    assert command("chain", "call", "bank", share)[0] == 0
    assert command("open", "bank", REPORT, "--as", "boc")[0] == 0
    height = json.loads(command("chain", "blocks", "bank", "--last", "1", "--json")[1])[0]["height"]
    status, _, _ = command("open", "bank", REPORT, "--as", "boc", "--at", str(height - 1))
    assert status == 1


def test_a_new_key_leaves_the_old_one(folder: Path, command: Command) -> None:
    """Old values are opened with the old key, new ones with the new; both are kept."""
    words = ("chain", "keys", "nfra", "--keys", "bank/keys", "--sealing", "--json")
    key = json.loads(command(*words)[1])["sealing_key"]
    assert key == read_key(folder, "nfra", "seal-2")
    assert command("chain", "call", "bank", f'nfra does set_sealing_key(nfra, "{key}")')[0] == 0
    assert '"all is well"' in command("open", "bank", REPORT, "--as", "nfra")[1]
    assert command("chain", "call", "bank", 'icbc does amend("a", "x")')[0] == 0
    assert '"x"' in command("open", "bank", REPORT, "--as", "nfra")[1]
    members = json.loads(command("chain", "members", "bank", "--json")[1])
    assert {one["name"]: one["sealing_key"] for one in members}["nfra"] == key


def test_export_and_import_keep_what_is_sealed(folder: Path, command: Command) -> None:
    """An audit needs no key; a copy of the chain opens like the chain."""
    assert folder.exists()
    assert command("chain", "audit", "bank")[0] == 0
    assert command("chain", "export", "bank", "bank.pack")[0] == 0
    assert command("chain", "audit", "--from", "bank.pack")[0] == 0
    assert command("chain", "import", "copy", "bank.pack")[0] == 0
    words = ("open", "copy", REPORT, "--as", "nfra", "--keys", "bank/keys")
    assert '"all is well"' in command(*words)[1]


def test_a_folder_keeps_every_sealing_key(tmp_path: Path) -> None:
    """Each is in files of its own, encrypted, and none is written over."""
    folder = str(tmp_path)
    made = [make_sealing_key(folder, "icbc", PASSPHRASE) for _ in range(3)]
    assert sealing_keys_of(folder, "icbc") == made
    assert {one.name for one in tmp_path.iterdir()} == {
        f"icbc.{kind}{number}" for kind in ("open", "seal") for number in ("", "-2", "-3")
    }
    for path in tmp_path.glob("*.open*"):
        assert b"ENCRYPTED" in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    private = open_sealing_key(folder, "icbc", [made[1]], PASSPHRASE)
    assert private.public_key().public_bytes_raw() == made[1]
    with pytest.raises(KeyFailed, match="has no sealing key"):
        open_sealing_key(folder, "icbc", [bytes(32)], PASSPHRASE)
    with pytest.raises(KeyFailed, match="at least 8 characters"):
        make_sealing_key(folder, "boc", "short")


SCRIPT = """\
use Filings

let icbc = Bank("ICBC")
let boc = Bank("BOC")
let nfra = Regulator("NFRA")
icbc does file("a", icbc, "all is well")
nfra does share("a", boc, Filing["a"].report)
show Filing["a"].report
"""


def test_a_script_seals_the_same_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    """Parties of a script have keys from their names: two runs come to the same records."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "filings.contract").write_text(filings.CONTRACT)
    (tmp_path / "day.script").write_text(SCRIPT)
    dumps = []
    for name in ("one", "two"):
        status, out, _ = command("run", "day.script", "--dump", name)
        assert status == 0
        assert re.search(r"sealed by ICBC for BOC, ICBC, NFRA", out)
        dumps.append((tmp_path / name / "Filing.jsonl").read_text())
    assert dumps[0] == dumps[1]
    assert "all is well" not in dumps[0]
    record = json.loads(dumps[0])
    assert record["report"]["readers"] == ["BOC", "ICBC", "NFRA"]
    assert (
        private_test_key("NFRA").public_key().public_bytes_raw().hex()
        in (record["report"]["envelope"])
    )


def test_a_run_that_goes_on_seals_the_same(folder: Path) -> None:
    """What was drawn before an interruption is drawn again; another run or author differs."""
    assert folder.exists()
    chain = filings.FilingChain()

    def drawn(run: int, author: str = "icbc", count: int = 3) -> list[bytes]:
        sealing = SteadySealing(chain.genesis.hash, lambda *_: filings.private("x"), key_of, run)
        found = []
        for call in (1, 2):
            sealing.begin_call(call)
            found += [sealing.seed(author) for _ in range(count)]
        return found

    assert drawn(7) == drawn(7)
    assert len({*drawn(7), *drawn(8), *drawn(7, "boc")}) == 18
    assert all(len(one) == 32 for one in drawn(7))


def test_what_is_to_be_sealed_never_leaves_plain() -> None:
    """No client can forget to seal: what is not closed is not encoded."""
    for value in (ToSeal("secret"), (ToSeal("secret"),), ((1, ToSeal("secret")),)):
        with pytest.raises(AssertionError, match="leaves sealed"):
            items_of([value])


def test_a_script_stops_where_it_cannot_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a chain that is kept, a reader without a key stops the run before anything leaves."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "filings.contract").write_text(filings.CONTRACT)
    (tmp_path / "day.script").write_text(SCRIPT)
    loaded = Loader().load("day.script")
    assert loaded.script is not None
    deployment = Deployment(loaded.script)
    compiled = deployment.script.script
    assert compiled is not None
    run = ScriptRun(deployment.machine(), loaded.script, {})
    run.sealing = ChainSealing(bytes(32), lambda *_: filings.private("x"))
    failure = run_to_end(run, deployment.script.bind(run.machine, run)[compiled[1]])
    assert failure is not None
    assert failure.is_input
    assert "this cannot be sealed: `report`: it must be open to Regulator" in failure.message
    assert run.step_count == 0


STORY = """\
use Filings

let icbc = Bank("icbc")
let nfra = Regulator("nfra")
icbc does file("s1", icbc, "first")
icbc does file("s2", icbc, "first")
icbc does amend("s1", "second")
icbc does share("s2", Bank("boc"), Filing["s2"].report)
"""


def test_a_story_on_a_chain_is_sealed_and_goes_on(folder: Path, command: Command) -> None:
    """Stopped by a reader without a key, it goes on and finds what it sealed."""
    (folder / "story.script").write_text(STORY)
    status, _, err = command("run", "story.script", "--chain", "bank")
    assert (status, "boc, who must be able to read it, has no sealing key" in err) == (2, True), err
    before = json.loads(command("chain", "show", "bank", "Filing", "--json")[1])
    reports = {one["id"]: one["report"] for one in before}
    assert reports["s2"]["commitment"] != reports["s1"]["commitment"]
    assert '"second"' in command("open", "bank", 'Filing["s1"].report', "--as", "nfra")[1]
    sealing = read_key(folder, "boc", "seal")
    assert command("chain", "call", "bank", f'boc does set_sealing_key(boc, "{sealing}")')[0] == 0
    status, _, err = command("run", "story.script", "--chain", "bank")
    assert status == 0, err
    assert '"first"' in command("open", "bank", 'Filing["s2"].report', "--as", "boc")[1]
    after = json.loads(command("chain", "show", "bank", "Filing", "--json")[1])
    assert {one["id"]: one["report"] for one in after}["s1"] == reports["s1"]
    assert command("chain", "audit", "bank")[0] == 0


def test_a_test_on_a_copy_seals_for_whom_the_chain_knows(folder: Path, command: Command) -> None:
    """To enrolled keys where there are some, and to keys from names where there are none."""
    (folder / "f.test.contract").write_text(
        'use Filings\n\ntest "on a copy"\n  let icbc = Bank("icbc")\n'
        '  let new = Bank("new")\n  icbc does amend("a", "x")\n  show Filing["a"].report\n'
        '  new does file("n", new, "y")\n'
    )
    status, out, err = command("test", "f.test.contract", "--chain", "bank")
    assert (status, "sealed by icbc for icbc, nfra" in out) == (0, True), out + err
    assert '"all is well"' in command("open", "bank", REPORT, "--as", "nfra")[1]


def test_keys_from_names_never_reach_a_chain(folder: Path) -> None:
    """What makes scripts repeatable is no secret, so it refuses to touch a chain that is kept."""
    chain = filings.FilingChain()
    assert folder.exists()
    with pytest.raises(AssertionError, match="keys of its own"):
        MemorySealing().key_of(chain.ledger.state.machine, "thief")
