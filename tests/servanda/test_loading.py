"""Loading: what a file uses is found, read and checked once, and every way to fail is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import servanda as api
from servanda import loading
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.source import Source
from servanda.loading import Kind, Loader, kind_of, snake_case
from servanda.sources import read_source

Command = Callable[..., tuple[int, str, str]]


def write(folder: Path, **texts: str) -> None:
    """Write contracts: `a="…"` into `a.contract`, with a header if there is none."""
    for stem, text in texts.items():
        name = "".join(map(str.capitalize, stem.split("_")))
        header = "" if text.startswith("contract") else f"contract {name} version 1\n"
        (folder / f"{stem}.contract").write_text(header + text, encoding="utf-8")


def codes(path: Path) -> list[tuple[str, str]]:
    """Return file name and code of every error after loading a file."""
    loader = Loader()
    loader.load(str(path))
    return [
        (Path(one.span.source).name, one.code)
        for loaded in loader.files.values()
        for one in loaded.diagnostics
        if not one.is_warning
    ]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("FraudScreening", "fraud_screening"),
        ("KYCCheck", "kyc_check"),
        ("Loan2Approval", "loan2_approval"),
        ("账户", "账户"),
        ("bank", "bank"),
    ],
)
def test_a_contract_stands_in_a_file_of_its_name(name: str, stem: str) -> None:
    """Names in snake_case; scripts without capitals stay as they are."""
    assert snake_case(name) == stem


def test_the_name_of_a_file_says_what_it_holds() -> None:
    """The longer suffix wins; a bare suffix is no name."""
    assert kind_of("x/a.test.contract") is Kind.TEST
    assert kind_of("a.contract") is Kind.CONTRACT
    assert kind_of("a.script") is Kind.SCRIPT
    assert kind_of("a.txt") is None
    assert kind_of("x/.contract") is None


def test_used_contracts_are_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diamond of uses reads its foot one time."""
    write(tmp_path, foot="role R\n", left="use Foot\n", right="use Foot\n")
    write(tmp_path, top="use Left\nuse Right\n")
    read: list[str] = []

    def note(path: str, diagnostics: Diagnostics) -> Source:
        read.append(path)
        return read_source(path, diagnostics)

    monkeypatch.setattr(loading, "read_source", note)
    loader = Loader()
    assert loader.load(str(tmp_path / "top.contract")).is_good
    assert sorted(Path(one).name for one in read) == [
        "foot.contract",
        "left.contract",
        "right.contract",
        "top.contract",
    ]


def test_the_library_is_searched_after_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed with Servanda can be used by name; a file beside comes first."""
    library = tmp_path / "library"
    library.mkdir()
    monkeypatch.setattr(loading, "LIBRARY_FOLDER", str(library))
    write(library, tool="role FromLibrary\n")
    folder = tmp_path / "own"
    folder.mkdir()
    write(folder, user="use Tool\n")
    loaded = Loader().load(str(folder / "user.contract"))
    assert loaded.contract is not None
    assert loaded.contract.uses["Tool"].roles == ("FromLibrary",)
    write(folder, tool="role FromBeside\n")
    loaded = Loader().load(str(folder / "user.contract"))
    assert loaded.contract is not None
    assert loaded.contract.uses["Tool"].roles == ("FromBeside",)


def test_a_circle_is_told(tmp_path: Path) -> None:
    """Contracts that use one another, or themselves, end in a diagnostic."""
    write(tmp_path, a="use B\n", b="use C\n", c="use A\n", own="use Own\n")
    assert codes(tmp_path / "a.contract")[0] == ("c.contract", "E0281")
    assert codes(tmp_path / "own.contract") == [("own.contract", "E0281")]


def test_a_chain_that_is_too_long_is_told(tmp_path: Path) -> None:
    """A hundred contracts in a row are a mistake, not a crash."""
    for number in range(100):
        write(tmp_path, **{f"link{number}": f"use Link{number + 1}\n"})
    assert ("link64.contract", "E0281") in codes(tmp_path / "link0.contract")


def test_a_missing_contract_is_told_where_it_is_used(tmp_path: Path) -> None:
    """With the name that was probably meant, and without a cascade of unknown names."""
    write(tmp_path, bank="role R\n", user="use Bnak as b\naction a()\n  by b.R\n  b.x()\n")
    loader = Loader()
    loader.load(str(tmp_path / "user.contract"))
    (diagnostic,) = [one for each in loader.files.values() for one in each.diagnostics]
    assert (diagnostic.code, diagnostic.help) == ("E0257", "did you mean `Bank`?")


def test_a_used_contract_with_errors_is_named(tmp_path: Path) -> None:
    """Its own errors are shown, and that it was used."""
    write(tmp_path, bank="role R, R\n", user="use Bank\n")
    assert codes(tmp_path / "user.contract") == [
        ("bank.contract", "E0250"),
        ("user.contract", "E0282"),
    ]


def test_contracts_of_two_chains_may_read_each_other(tmp_path: Path) -> None:
    """What is read by proof is a record: neither contract waits for the other to be right."""
    there = "use {0} as there on chain C\nrole R\nrecord {1}[n: Int]\n  text: Text\n"
    rule = 'rule told(p: Proof of there.{0}): Bool = p.record is missing or p.record.text != ""\n'
    write(
        tmp_path,
        left=there.format("Right", "Here") + rule.format("There"),
        right=there.format("Left", "There") + rule.format("Here"),
    )
    loader = Loader()
    loaded = loader.load(str(tmp_path / "left.contract"))
    assert loaded.contract is not None
    assert loader.load(str(tmp_path / "right.contract")).contract is not None
    assert loaded.contract.uses == {}


def test_what_is_wrong_with_a_contract_of_another_chain_is_told_once(tmp_path: Path) -> None:
    """That there is none, that it has errors, or that it uses itself: without a cascade."""
    reader = "use {0} as o on chain C\nrole R\nrule at(p: Proof of o.R): Hash = chain_hash(o)\n"
    write(
        tmp_path,
        missing=reader.format("Nobody"),
        wrong=reader.format("Bad"),
        bad="record R[n: Nothing]\n",
        named=reader.format("Circle"),
        circle="use Circle\nrecord R[n: Int]\n",
    )
    for name, code in (("missing", "E0258"), ("wrong", "E0282"), ("named", "E0282")):
        assert codes(tmp_path / f"{name}.contract") == [(f"{name}.contract", code)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("contract Other version 1\n", "E0280"),
        ('timezone "Asia/Shangai"\n', "E0284"),
        ('timezone "../../etc/passwd"\n', "E0284"),
    ],
)
def test_names_that_do_not_fit_are_told(tmp_path: Path, text: str, code: str) -> None:
    """The file's name and the zone's."""
    write(tmp_path, bank=text)
    assert codes(tmp_path / "bank.contract") == [("bank.contract", code)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Asia/Shanghia", "Asia/Shanghai"), ("Europe/Londn", "Europe/London"), ("Zuul", "Zulu")],
)
def test_a_zone_that_was_meant_is_found_in_its_area(
    tmp_path: Path, written: str, meant: str
) -> None:
    """There are more zones than are compared, so those of the same area are."""
    write(tmp_path, bank=f'timezone "{written}"\n')
    loader = Loader()
    loader.load(str(tmp_path / "bank.contract"))
    (diagnostic,) = [one for each in loader.files.values() for one in each.diagnostics]
    assert diagnostic.help == f"did you mean `{meant}`?"


def test_two_contracts_of_one_name_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could not stand on one chain."""
    library = tmp_path / "library"
    library.mkdir()
    monkeypatch.setattr(loading, "LIBRARY_FOLDER", str(library))
    write(library, tool="role R\n", box="use Tool\n")
    write(tmp_path, tool="role R\n", user="use Tool\nuse Box\n")
    assert codes(tmp_path / "user.contract") == [("user.contract", "E0283")]


def test_a_zone_that_exists_is_read(tmp_path: Path, servanda: Command) -> None:
    """A contract in Shanghai runs by its clocks."""
    write(tmp_path, bank='timezone "Asia/Shanghai"\nrole R\nrule day(): Date = today\n')
    (tmp_path / "a.script").write_text("use Bank\nat 2026-01-01T20:00Z\nshow day()\n")
    status, out, err = servanda("run", str(tmp_path / "a.script"))
    assert (status, err) == (0, "")
    assert "day()  2026-01-02" in out


# ── the public API ────────────────────────────────────────────────────────────────────────────


def test_the_api_checks_loads_and_runs(bank: Path) -> None:
    """`check` never raises, `load` and `run_tests` do for what is wrong."""
    checked = api.check("bank.contract")
    assert (checked.ok, checked.text, checked.diagnostics) == (True, "", ())
    loaded = api.load("bank.contract")
    assert loaded.contract is not None
    outcomes = list(api.run_tests(".", text="is well"))
    assert [(one.title, one.has_passed) for one in outcomes] == [("this one is well", True)]
    (bank / "bank.contract").write_text("contract Bank\n")
    assert not api.check("bank.contract").ok
    with pytest.raises(api.NotGood, match="error"):
        api.load("bank.contract")
    with pytest.raises(api.NotGood, match="error"):
        list(api.run_tests("bank.test.contract"))


def test_the_api_offers_what_it_says() -> None:
    """Nothing more, nothing less."""
    assert all(hasattr(api, name) for name in api.__all__)
    assert set(api.__all__) <= set(dir(api))
    assert not hasattr(api, "nonsense")


CALLED = """role Bank
action credit()
  by Bank or contract Orders
rule known(): Bool
  by {}
  give true
"""


def callers_not_found(loader: Loader) -> list[tuple[str, str]]:
    """Return message and help of every warning of a caller that was not found."""
    return [
        (one.message, one.help)
        for loaded in loader.files.values()
        for one in loaded.diagnostics
        if one.code == "W0280"
    ]


@pytest.mark.parametrize(
    ("authority", "names"),
    [
        ("contract Orders", []),
        ("Bank or contract Ordres", ["Ordres"]),
        ("contract Nobody or (contract Orders or contract Ledgr)", ["Nobody", "Ledgr"]),
    ],
)
def test_a_caller_is_looked_for_beside_the_file(
    tmp_path: Path, authority: str, names: list[str]
) -> None:
    """The caller uses this contract and not the other way round: only its file tells its name."""
    write(tmp_path, ledger=CALLED.format(authority), orders="use Ledger as l\n")
    loader = Loader()
    loader.load(str(tmp_path / "ledger.contract"))
    wanted = [f"no contract `{one}` is found that could call this" for one in names]
    assert [message for message, _ in callers_not_found(loader)] == wanted


def test_the_nearest_caller_is_suggested(tmp_path: Path) -> None:
    """A name beside is suggested, but not that of the contract itself, which never calls itself."""
    write(tmp_path, ledger=CALLED.format("contract Ordres or contract Ledgr"), orders="role R\n")
    loader = Loader()
    loader.load(str(tmp_path / "ledger.contract"))
    first, second = (advice for _, advice in callers_not_found(loader))
    assert first == "did you mean `Orders`?"
    assert second.startswith("write the name of the contract that calls")


def test_a_caller_that_leads_to_the_library_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What uses a contract of another folder is known while that is loaded."""
    library = tmp_path / "library"
    library.mkdir()
    write(library, ledger=CALLED.format("contract Orders"))
    write(tmp_path, orders="use Ledger as l\naction a()\n  by l.Bank\n  l.credit()\n")
    monkeypatch.setattr(loading, "LIBRARY_FOLDER", str(library))
    loader = Loader()
    loader.load(str(tmp_path / "orders.contract"))
    assert callers_not_found(loader) == []
