"""The example's data set: reproducible to the byte, and every case of the story is in it."""

import csv
import runpy
from pathlib import Path
from types import SimpleNamespace

import fraud_model
import pytest

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "fraud_screening"
AMLSIM = HERE.parents[1] / ".." / "shared" / "data" / "amlsim_20k"


generate = SimpleNamespace(**runpy.run_path(str(EXAMPLE / "generate.py")))
"""The program itself, which stands with the example and not with the tests."""


@pytest.mark.parametrize("name", ["nodes.csv", "transactions.csv"])
def test_committed_files_are_what_the_generator_writes(tmp_path: Path, name: str) -> None:
    """The seed in the generator gives the committed bytes."""
    generate.write_files(tmp_path)
    assert (tmp_path / name).read_bytes() == (EXAMPLE / "data" / name).read_bytes()


def test_another_seed_gives_other_payments(tmp_path: Path) -> None:
    """The comparison above can fail."""
    generate.write_files(tmp_path, seed=generate.SEED + 1)
    other = (tmp_path / "transactions.csv").read_bytes()
    assert other != (EXAMPLE / "data" / "transactions.csv").read_bytes()


def test_data_have_the_promised_size_and_order() -> None:
    """2,000 accounts, 10,000 payments, the payments in the order of their days."""
    nodes = (EXAMPLE / "data" / "nodes.csv").read_text().splitlines()
    rows = (EXAMPLE / "data" / "transactions.csv").read_text().splitlines()
    days = [int(row.rsplit(",", 1)[1]) for row in rows[1:]]
    assert (len(nodes) - 1, len(days)) == (2_000, 10_000)
    assert days == sorted(days)
    assert generate.QUIET_DAY not in days


def test_every_outcome_is_frequent_enough_to_matter() -> None:
    """No outcome of the story is a rarity in the data."""
    _, counts, _ = fraud_model.run_story(EXAMPLE / "data")
    assert set(counts) == {"released", "warned", "stopped", "FROZEN", "INSUFFICIENT"}
    assert min(counts.values()) >= 300
    assert counts.total() == 10_000


SCENES = [
    ((5, generate.GREY_PAYER, generate.KEEPER, "123.45"), "warned"),
    ((5, generate.KEEPER, generate.GREY_PAYEE, "123.4"), "warned"),
    ((5, generate.GREY_PAYER, generate.GREY_PAYEE, "2.51"), "warned"),
    ((11, generate.BLACK_FROM_START, generate.BLACK_PARTNER, "200.0"), "stopped"),
    ((12, generate.BLACK_FROM_START, generate.KEEPER, "200.0"), "FROZEN"),
    ((12, generate.BLACK_PARTNER, generate.KEEPER, "200.0"), "FROZEN"),
    ((41, generate.RETURNING, generate.KEEPER, "101.02"), "FROZEN"),
    ((42, generate.RETURNING, generate.KEEPER, "101.03"), "stopped"),
    ((19, generate.SAME_DAY, generate.KEEPER, "111.11"), "released"),
    ((20, generate.SAME_DAY, generate.KEEPER, "111.12"), "stopped"),
    ((28, generate.POOR, generate.KEEPER, "200.0"), "INSUFFICIENT"),
    ((29, generate.POOR, generate.KEEPER, "200.0"), "released"),
    ((29, generate.POOR, generate.KEEPER, "204.17"), "INSUFFICIENT"),
    ((29, generate.POOR, generate.KEEPER, "204.16"), "released"),
    ((60, generate.RENEWED, generate.KEEPER, "150.02"), "FROZEN"),
    ((79, generate.RENEWED, generate.KEEPER, "150.03"), "FROZEN"),
    ((80, generate.RENEWED, generate.KEEPER, "150.04"), "stopped"),
    ((33, generate.KEEPER, generate.KEEPER, "599.0"), "released"),
    ((33, generate.GREY_PAYER, generate.GREY_PAYER, "400.0"), "warned"),
    ((33, generate.BLACK_SELF, generate.BLACK_SELF, "410.0"), "stopped"),
    ((34, generate.BLACK_SELF, generate.KEEPER, "410.01"), "FROZEN"),
    ((50, generate.POOR_BLACK, generate.KEEPER, "404.17"), "INSUFFICIENT"),
    ((50, generate.POOR_BLACK, generate.KEEPER, "404.16"), "stopped"),
    ((51, generate.POOR_BLACK, generate.KEEPER, "500.0"), "FROZEN"),
    ((58, generate.QUIET, generate.KEEPER, "222.02"), "stopped"),
    ((120, generate.ENDED, generate.KEEPER, "333.04"), "stopped"),
    ((120, generate.RUNNING, generate.KEEPER, "333.05"), "FROZEN"),
    ((120, generate.KEEPER, generate.GREY_PAYEE, "333.06"), "warned"),
]


def test_each_scene_of_the_data_ends_as_the_story_says() -> None:
    """What the issue's story demands of the hard cases, read off by hand, not off the model."""
    outcomes, _, _ = fraud_model.run_story(EXAMPLE / "data")
    with (EXAMPLE / "data" / "transactions.csv").open(newline="") as file:
        rows = [
            (int(row["time"]), int(row["sourceNodeId"]), int(row["targetNodeId"]), row["value"])
            for row in csv.DictReader(file)
        ]
    found = dict(zip(rows, outcomes, strict=True))
    assert [(scene, found[scene]) for scene, _ in SCENES] == SCENES


def test_the_last_day_leaves_money_held_and_freezes_running() -> None:
    """The state ends with the last payment: a freeze to day 121 and two warnings still stand."""
    _, _, accounts = fraud_model.run_story(EXAMPLE / "data")
    assert accounts[str(generate.ENDED)].frozen_until == 150
    assert accounts[str(generate.RUNNING)].frozen_until == 121
    assert accounts[str(generate.KEEPER)].held == 33_303 + 33_306
    assert accounts[str(generate.POOR)].balance == 0


def test_no_money_is_made_or_lost() -> None:
    """What the accounts have and hold at the end is what they were opened with."""
    with (EXAMPLE / "data" / "nodes.csv").open(newline="") as file:
        rows = csv.DictReader(file)
        opened = sum(100 * fraud_model.read_cents(row["init_balance"]) for row in rows)
    _, _, accounts = fraud_model.run_story(EXAMPLE / "data")
    assert sum(account.balance + account.held for account in accounts.values()) == opened


@pytest.mark.skipif(not AMLSIM.exists(), reason="the shared AMLSim data are absent")
def test_real_data_have_these_outcomes() -> None:
    """The counts of the real day, known once and for ever."""
    outcomes, counts, accounts = fraud_model.run_story(AMLSIM)
    assert counts == {"released": 95_716, "warned": 14_752, "FROZEN": 5_642, "stopped": 4_448}
    assert (len(outcomes), len(accounts)) == (120_558, 20_000)
