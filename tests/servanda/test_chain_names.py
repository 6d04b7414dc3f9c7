"""`servanda chain query` and `show` take the same names of records, and `call` takes them too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from stored_chain import PASSPHRASE, make_chain

Command = Callable[..., tuple[int, str, str]]

VOTES = """\
contract Votes version 1

record Topic[name: Text]
  count: Int = 0

record Vote[topic: Topic, number: Int]
  is_heard: Bool = false

record Remark[vote_of: Topic]
  text: Text

action begin(name: Text)
  by Registrar
  let topic = create Topic(name: name)
  create Vote(topic: topic, number: 1)
  create Remark(vote_of: topic, text: "none")

action hear(vote: Vote)
  by Registrar
  vote.is_heard = true

role Registrar
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain that has a grant, a topic, a vote and a remark."""
    folder = tmp_path_factory.mktemp("names")
    make_chain(folder, VOTES, [], 'ann does begin("tax")')
    return folder


@pytest.mark.parametrize(
    "name",
    [
        'Member["ann"]',
        'Membership.Member["ann"]',
        'Grant["ann", "Registrar"]',
        'Grant[Member["ann"], "Registrar"]',
        'Membership.Grant["ann", "Registrar"]',
        'Membership.Grant[Membership.Member["ann"], "Registrar"]',
        'Vote["tax", 1]',
        'Votes.Vote["tax", 1]',
        'Remark["tax"]',
        'Remark[Topic["tax"]]',
    ],
)
def test_a_record_has_the_same_names(
    servanda: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With or without its contract, a record in its key by itself or by its own key."""
    monkeypatch.chdir(folder)
    answers = []
    for command in ("show", "query"):
        status, out, err = servanda("chain", command, "bank", name, "--json")
        assert status == 0, (command, err)
        answers.append(json.loads(out))
    shown, queried = answers
    assert queried["record"] == shown


def test_names_lead_on_and_stand_in_steps(
    servanda: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields behind such a name are answered; and what is no key is told where it stands."""
    monkeypatch.chdir(folder)
    status, out, _ = servanda("chain", "query", "bank", 'Grant["ann", "Registrar"].is_held')
    assert (status, out.split()[0]) == (0, "true")
    status, out, _ = servanda("chain", "query", "bank", 'Vote["tax", 1].topic.count + 1')
    assert (status, out.split()[0]) == (0, "1")
    for wrong, told in (('Grant[1, "Registrar"]', "must be Text"), ('Vote["tax"]', "Vote")):
        status, out, err = servanda("chain", "query", "bank", wrong)
        assert (status, out, told in err, "Traceback" in err) == (2, "", True, False), err
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    status, _, err = servanda("chain", "call", "bank", 'ann does hear(Vote["tax", 1])')
    assert (status, err) == (0, "")
    assert json.loads(servanda("chain", "show", "bank", "Vote", "--json")[1])[0]["is_heard"] is True
