"""The contract and the independent model tell the same story, account by account."""

import json
from pathlib import Path
from typing import Any

import fraud_model
import pytest

from servanda.command_line import main

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "fraud_screening"
AMLSIM = HERE.parents[1] / ".." / "shared" / "data" / "amlsim_20k"
FOLDERS = [
    EXAMPLE / "data",
    pytest.param(
        AMLSIM,
        marks=pytest.mark.skipif(not AMLSIM.is_dir(), reason="../shared/data is not here"),
    ),
]


def cents(amount: dict[str, str]) -> int:
    """Return a dumped amount as the model counts it."""
    assert amount["unit"] == "CNY"
    return int(amount["amount"].replace(".", ""))


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the records of a dumped file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def outcome_of(payment: dict[str, Any]) -> str:
    """Return in the model's words what became of a payment that was not refused."""
    if payment["was_warned"]:
        assert payment["progress"] in {"Warned", "Stopped"}
        return "warned"
    return {"Released": "released", "Stopped": "stopped"}[payment["progress"]]


@pytest.mark.parametrize("folder", FOLDERS, ids=["example", "amlsim_20k"])
def test_contract_and_model_agree(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every outcome, every refusal's count, every balance, hold, freeze and standing agree."""
    script = str(EXAMPLE / "day.script")
    assert main(["run", script, "--data", str(folder), "--dump", str(tmp_path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    outcomes, counts, accounts = fraud_model.run_story(folder)

    [pay] = [one for one in facts["actions"] if one["action"] == "pay"]
    wanted = {code: counts[code] for code in ("FROZEN", "INSUFFICIENT") if counts[code]}
    assert pay["refused"] == wanted
    done = [one for one in outcomes if one not in {"FROZEN", "INSUFFICIENT"}]
    assert pay["done"] == len(done)

    payments = lines_of(tmp_path / "Payment.jsonl")
    assert [one["id"] for one in payments] == list(range(1, len(done) + 1))
    assert [outcome_of(one) for one in payments] == done

    found = {
        one["number"]: (
            cents(one["balance"]),
            cents(one["held"]),
            one["frozen_until"] is not None,
            one["standing"],
        )
        for one in lines_of(tmp_path / "Account.jsonl")
    }
    assert found == {
        number: (one.balance, one.held, one.frozen_until is not None, one.standing)
        for number, one in accounts.items()
    }
