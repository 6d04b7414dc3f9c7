"""`seen by` and `rule … by` bind everything that a chain serves: attacked through every command.

A record is seen by one bank; another asks for it in every way there is. Its secret stands in no
output, and that it exists cannot be told from one that does not.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stored_chain import PASSPHRASE, make_chain

Run = Callable[..., tuple[int, str, str]]

SECRETS = """\
contract Secrets version 1

role Bank, Police

record File[number: Text]
  seen by holder or Police
  holder: Bank
  text: Text
  marks: Int in 0..1_000 = 0

record Folder[number: Text]
  holder: Bank
  first: File

event Filed(file: File, text: Text)
event Counted(count: Int)

rule text_of(file: File): Text
  by file.holder or Police
  give file.text

rule length(count: Int): Int = count + 1

action put(number: Text, text: Text): File
  by Bank as holder
  let file = create File(number: number, holder: holder, text: text)
  create Folder(number: number, holder: holder, first: file)
  emit Filed(file, text)
  emit Counted(1)
  notify holder that "kept: {text}"
  give file

action mark(file: File)
  by file.holder or Police
  require file.text != "spoiled" else SPOILED "the file says {file.text}"
  file.marks = file.marks + 1

action share(file: File)
  by file.holder and Police
  file.marks = file.marks + 10

action copy(folder: Folder, number: Text)
  by Bank
  require folder.first.marks > 5 else TOO_FEW "there are too few marks"
  emit Counted(folder.first.marks)

action look(number: Text, least: Int)
  by Bank
  require File[number].marks >= least else FEW "fewer marks than {least}"

every 1 day for file: File
  emit Filed(file, file.text)
"""

SECRET = "xyzzy-secret"  # noqa: S105 -- what must not be told
MISSING, HIDDEN = 'File["nowhere"]', 'File["1"]'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which one bank has a secret."""
    folder = tmp_path_factory.mktemp("made")
    members = [("icbc", "Bank"), ("boc", "Bank"), ("police", "Police")]
    calls = (f'icbc does put("1", "{SECRET}")', 'icbc does mark("1")', 'boc does put("2", "open")')
    make_chain(folder, SECRETS, members, *calls)
    return folder


@pytest.fixture
def chain(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a chain of one's own, in the working folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    return tmp_path / "bank"


@pytest.fixture
def served(chain: Path, servanda: Run) -> Callable[..., tuple[int, str]]:
    """Return a command as it is served to a member: its exit status and all that it printed."""
    assert chain.exists()

    def run(name: str, *words: str) -> tuple[int, str]:
        status, out, err = servanda("chain", words[0], "bank", *words[1:], "--as", name)
        return status, out + err

    return run


Served = Callable[..., tuple[int, str]]


def transactions(servanda: Run) -> dict[str, str]:
    """Return the hash of every transaction that has run, by what it did."""
    found: dict[str, str] = {}
    for height in range(1, 100):
        status, out, _ = servanda("chain", "blocks", "bank", str(height), "--json")
        if status != 0:
            break
        found |= {one["what"]: one["transaction"] for one in json.loads(out)["outcomes"]}
    return found


ASKED = [
    ("show", "File"),
    ("show", HIDDEN),
    ("show", HIDDEN, "--at", "9"),
    ("show", "File", "--at", "9"),
    ("show", "Folder"),
    ("query", HIDDEN),
    ("query", f"{HIDDEN}.text"),
    ("query", f"{HIDDEN}.text", "--at", "9"),
    ("query", f"text_of({HIDDEN})"),
    ("query", f"text_of({HIDDEN})", "--at", "9"),
    ("query", 'Folder["1"].first'),
    ("query", 'Folder["1"].first.text'),
    ("query", "sum(file.marks for file in File)"),
    ("query", "list(file.text for file in File)"),
    ("query", f"{HIDDEN}.text", "--proof", "x.proof"),
    ("prove", HIDDEN, "--out", "x.proof"),
    ("prove", HIDDEN, "--at", "9", "--out", "x.proof"),
    ("blocks", "8"),
    ("blocks", "9"),
    ("blocks", "10"),
    ("blocks",),
    ("events",),
    ("members",),
    ("pending",),
    ("call", 'boc does mark("1")', "--dry-run"),
    ("call", 'boc does mark("1")'),
    ("call", f'boc does put(({HIDDEN}).text, "x")'),
    ("call", f'boc does put({HIDDEN}.text, "x")', "--dry-run"),
    ("call", 'boc does copy(Folder["1"], "x")'),
    ("call", 'boc does copy(Folder["1"], "x")', "--dry-run"),
    ("call", f"icbc and boc does share({HIDDEN})", "--dry-run"),
    ("call", 'boc does look("1", 5)', "--dry-run"),
    ("call", 'boc does look("nowhere", 5)', "--dry-run"),
    *(("why", f"{height}.0") for height in range(1, 12)),
]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "programs"])
@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_a_secret_is_in_no_output(
    words: tuple[str, ...], form: tuple[str, ...], served: Served, tmp_path: Path
) -> None:
    """Whatever another bank asks, in every form, now and at any height."""
    _, told = served("boc", *words, *form)
    assert SECRET not in told
    assert "Traceback" not in told
    for made in tmp_path.glob("*.proof"):
        assert SECRET.encode() not in made.read_bytes()


def test_the_secret_is_told_to_whom_it_belongs(served: Served, servanda: Run) -> None:
    """The same commands tell it to its holder and to the operator: the test above can fail."""
    for words in (
        ("show", "File"),
        ("show", HIDDEN, "--at", "10"),
        ("query", f"{HIDDEN}.text"),
        ("query", f"text_of({HIDDEN})"),
        ("query", 'Folder["1"].first.text'),
        ("prove", HIDDEN, "--out", "icbc.proof"),
        ("events",),
        ("blocks", "8"),
    ):
        status, told = served("icbc", *words)
        assert status == 0, told
        assert (SECRET in told) or words[0] == "prove", words
        status, out, err = servanda("chain", words[0], "bank", *words[1:])
        assert status == 0, err
        is_event = words[0] in {"events", "prove"}
        assert (SECRET in out) or is_event, words
    assert SECRET in Path("icbc.proof").read_bytes().decode(errors="replace")


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "programs"])
@pytest.mark.parametrize(
    "words",
    [
        ("show", "KEY"),
        ("show", "KEY", "--at", "9"),
        ("query", "KEY"),
        ("query", "KEY.text"),
        ("query", "text_of(KEY)"),
        ("query", "KEY.text", "--proof", "x.proof"),
        ("prove", "KEY", "--out", "x.proof"),
        ("call", "boc does mark(KEY)", "--dry-run"),
    ],
    ids=" ".join,
)
def test_whether_it_exists_is_not_told(
    words: tuple[str, ...], form: tuple[str, ...], served: Served
) -> None:
    """A record that is hidden and one that is not there are refused alike, to the letter."""
    answers = []
    for key, name in ((HIDDEN, '"1"'), (MISSING, '"nowhere"')):
        status, told = served("boc", *(one.replace("KEY", key) for one in words), *form)
        # What was asked, and when, is told back.
        told = told.replace(name, "NAME").replace(json.dumps(name)[1:-1], "NAME")
        answers.append((status, re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", told)))
    assert answers[0] == answers[1]
    status, told = answers[0]
    assert (status, "NOT_AUTHORISED" in told) == (1, True), told
    assert not Path("x.proof").exists()


def test_a_transaction_is_its_signers(served: Served, servanda: Run) -> None:
    """Its proof is refused to others, as is that of one that never was."""
    name = transactions(servanda)[f'icbc does put("1", "{SECRET}")']
    answers = [
        served("boc", "prove", "--transaction", one, "--out", "x.proof")
        for one in (name, "00" * 32)
    ]
    assert answers[0] == answers[1] == (1, "✘ NOT_AUTHORISED: this is not shown to who asks\n")
    assert not Path("x.proof").exists()
    status, told = served("icbc", "prove", "--transaction", name, "--out", "x.proof")
    assert status == 0, told


def test_those_who_see_by_their_role_hear_that_nothing_is_there(served: Served) -> None:
    """The police sees every file, and so may know of one that it does not exist."""
    status, told = served("police", "query", MISSING)
    assert (status, "MISSING_RECORD" in told) == (1, True), told
    status, told = served("police", "prove", MISSING, "--out", "none.proof")
    assert status == 0, told
    assert served("police", "query", f"{HIDDEN}.text")[0] == 0


def test_a_waiting_transaction_is_told_to_its_signers(served: Served, servanda: Run) -> None:
    """What waits is nobody else's business."""
    statement = f"icbc and police does share({HIDDEN})"
    status, _, err = servanda("chain", "call", "bank", statement, "--as", "icbc")
    assert status == 0, err
    assert served("boc", "pending") == (0, "nothing waits for signatures\n")
    assert "share" in served("police", "pending")[1]


def test_a_dry_run_is_not_signed_by_others(served: Served) -> None:
    """Nobody learns what would come of it if somebody else signed too."""
    status, told = served("boc", "call", 'icbc does mark("1")', "--dry-run")
    assert (status, "not among those" in told) == (2, True), told
    status, told = served("icbc", "call", f"icbc and police does share({HIDDEN})", "--dry-run")
    assert (status, "also police" in told) == (2, True), told


def test_who_is_asked_for_shows_its_key(chain: Path, served: Served, servanda: Run) -> None:
    """No key, another's key and a suspended member's key open nothing."""
    assert served("eve", "show", "File")[0] == 1
    for ending in ("key", "pub"):
        other = (chain / "keys" / f"boc.{ending}").read_bytes()
        (chain / "keys" / f"icbc.{ending}").write_bytes(other)
    status, told = served("icbc", "show", "File")
    assert (status, "not the one that `icbc` has" in told) == (2, True), told
    (chain / "keys" / "icbc.key").unlink()
    assert served("icbc", "show", "File")[0] == 2
    statement = 'ann and bob does suspend("boc", "stolen")'
    assert servanda("chain", "call", "bank", statement)[0] == 0
    for words in (("show", "File"), ("events",), ("query", 'File["2"].text'), ("pending",)):
        assert served("boc", *words)[0] == 1, words


def test_a_role_that_was_withdrawn_shows_nothing_more(served: Served, servanda: Run) -> None:
    """Of no height, though it was held at that height."""
    assert served("police", "query", f"{HIDDEN}.text", "--at", "9")[0] == 0
    statement = 'ann and bob does withdraw(Grant[Member["police"], "Police"])'
    status, out, err = servanda("chain", "call", "bank", statement)
    assert status == 0, out + err
    assert served("police", "query", f"{HIDDEN}.text", "--at", "9")[0] == 1


def test_answers_are_those_of_the_height(served: Served, servanda: Run) -> None:
    """A record, a field, a rule and an expression, before a change and behind it."""

    def asked(*words: str) -> object:
        status, out, err = servanda("chain", "query", "bank", *words, "--json")
        assert status == 0, err
        return json.loads(out)["value"]

    last = json.loads(servanda("chain", "blocks", "bank", "--json")[1])[-1]["height"]
    assert asked(f"{HIDDEN}.marks") == 1
    assert asked("sum(file.marks for file in File)") == 1
    before = [asked(f"{HIDDEN}.marks", "--at", str(height)) for height in (last - 2, last - 1)]
    assert before == [0, 1]
    expression = "sum(file.marks for file in File)"
    assert asked(expression, "--at", str(last - 2)) == 0
    assert asked("length(41)") == 42
    status, told = served("icbc", "query", "length(41)")
    assert (status, "names nobody whom it answers" in told) == (2, True), told
    status, told = served("icbc", "query", "1 + 1")
    assert (status, "a member is told records" in told) == (2, True), told


def test_a_proof_of_a_query_holds(chain: Path, served: Served, servanda: Run) -> None:
    """What `--proof` writes is verified with the hash of the genesis alone."""
    status, told = served("icbc", "query", f"{HIDDEN}.text", "--proof", "file.proof", "--json")
    assert status == 0, told
    assert json.loads(told)["proof"]["bytes"] == Path("file.proof").stat().st_size
    genesis = json.loads(servanda("chain", "blocks", str(chain), "1", "--json")[1])["previous"]
    status, out, _ = servanda("verify", "file.proof", "--genesis", genesis, "--json")
    assert (status, json.loads(out)["fields"]["text"]) == (0, SECRET)
    status, told = served("icbc", "query", 'Folder["1"].first.text', "--proof", "x.proof")
    assert (status, "a proof is of one record" in told) == (2, True), told


def explained(told: str) -> dict[str, object]:
    """Return an explanation that was printed as JSON."""
    found: dict[str, object] = json.loads(told)
    return found


def test_why_shows_what_everybody_may_see(served: Served, servanda: Run) -> None:
    """A call that reads only what its signer sees is explained to it as to the operator."""
    name = transactions(servanda)['icbc does mark("1")']
    status, told = served("icbc", "why", name, "--json")
    own = explained(told)
    assert (status, own["is_whole"], own["outcome"]) == (0, True, "done"), told
    status, out, _ = servanda("chain", "why", "bank", name, "--json")
    assert explained(out) == own
    assert SECRET in told
    assert served("boc", "why", name) == served("boc", "why", "00" * 32)
    assert served("boc", "why", name)[0] == 1


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ('boc does copy("1", "x")', "TOO_FEW"),
        ('boc does look("1", 5)', "FEW"),
        ('boc does look("nowhere", 5)', "MISSING_RECORD"),
    ],
)
def test_why_hides_what_seen_by_hides(
    served: Served, servanda: Run, statement: str, code: str
) -> None:
    """What a body reads for the contract is told to the operator, and to the signer its outcome."""
    for more in (("--dry-run",), ()):
        status, told = served("boc", "call", statement, *more)
        assert (status, code in told) == (1, True), told
        assert "marks =" not in told
    name = transactions(servanda)[statement]
    status, told = served("boc", "why", name, "--json")
    found = explained(told)
    assert (found["code"], found["tree"], found["is_whole"]) == (code, [], False), told
    assert "hidden from who asks" in served("boc", "why", name)[1]
    status, out, err = servanda("chain", "why", "bank", name)
    assert (status, "marks" in out) == (0, True), err
    assert explained(served("police", "why", name, "--json")[1])["refused"]
