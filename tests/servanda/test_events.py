"""`chain events`: in order, each once, to whom it concerns, whoever is killed in between."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stored_chain import make_chain, work_on_copy

Run = Callable[..., tuple[int, str, str]]
Document = dict[str, Any]

NEWS = """\
contract News version 1

role Desk

record Item[id: Serial]
  seen by desk
  desk: Desk
  text: Text

event Published(item: Item, text: Text)
event Counted(count: Int)

action publish(text: Text, other: Desk): Item
  by Desk as desk
  let item = create Item(desk: desk, text: text)
  emit Published(item, text)
  emit Counted(1)
  notify other that "news: {text}"
  give item

action hand_over(item: Item, other: Desk)
  by item.desk
  item.desk = other
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which two desks publish."""
    folder = tmp_path_factory.mktemp("made")
    calls = ('east does publish("one", west)', 'west does publish("two", east)')
    make_chain(folder, NEWS, [("east", "Desk"), ("west", "Desk")], *calls)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of one's own with that chain."""
    return work_on_copy(made, tmp_path, monkeypatch)


def read_lines(text: str) -> list[Document]:
    """Return the events that were printed, up to the last whole line."""
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


@pytest.fixture
def heard(folder: Path, servanda: Run) -> Callable[..., list[Document]]:
    """Return the command, which must be done, as a list of what it printed."""
    assert folder.exists()

    def run(*words: str) -> list[Document]:
        status, out, err = servanda("chain", "events", "bank", "--json", *words)
        assert status == 0, err
        return read_lines(out)

    return run


def told(events: list[Document]) -> list[str]:
    """Return what was published, and what was noticed, in order."""
    texts = [one["text"] if "text" in one else one["values"].get("text") for one in events]
    return [one for one in texts if one is not None]


def test_each_party_hears_what_is_for_it(
    heard: Callable[..., list[Document]], servanda: Run
) -> None:
    """Events about what it sees, notices to it; the operator hears every event and no notice."""
    assert told(heard()) == ["one", "two"]
    assert told(heard("--as", "east")) == ["one", 'news: "two"']
    assert told(heard("--as", "west")) == ['news: "one"', "two"]
    assert [one for one in heard("--as", "ann") if one["contract"] == "News"] == [
        one for one in heard() if one.get("event") == "Counted"
    ]
    statement = "east does hand_over(1, west)"
    assert servanda("chain", "call", "bank", statement)[0] == 0
    # Who held it when it happened hears of it, whenever that is asked.
    assert told(heard("--as", "east")) == ["one", 'news: "two"']
    assert told(heard("--as", "west")) == ['news: "one"', "two"]


def test_it_goes_on_behind_any_cursor(heard: Callable[..., list[Document]]) -> None:
    """From places all over, what stands behind them, for each who asks."""
    for words in ((), ("--as", "east"), ("--as", "west")):
        everything = heard(*words)
        assert len({one["cursor"] for one in everything}) == len(everything)
        for place in {*range(0, len(everything), 4), len(everything) - 1}:
            cursor = everything[place]["cursor"]
            assert heard(*words, "--from", cursor) == everything[place + 1 :]


def test_the_cursor_is_kept_in_a_file(
    heard: Callable[..., list[Document]], servanda: Run, folder: Path
) -> None:
    """Each run goes on where the last one stopped; a file that holds no cursor is told of."""
    everything = heard("--as", "west")
    assert heard("--as", "west", "--cursor", "w") == everything
    assert heard("--as", "west", "--cursor", "w") == []
    servanda("chain", "call", "bank", 'east does publish("three", west)')
    assert told(heard("--as", "west", "--cursor", "w")) == ['news: "three"']
    (folder / "w").write_text("17\n")
    status, out, err = servanda("chain", "events", "bank", "--cursor", "w")
    assert (status, out, "is no cursor" in err) == (2, "", True)
    (folder / "d").mkdir()
    assert servanda("chain", "events", "bank", "--cursor", "d")[0] == 2


@contextlib.contextmanager
def subscriber(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a process of its own, which is killed at the end."""
    command = [sys.executable, "-m", "servanda", "chain", "events", "bank", "--follow", "--json"]
    with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("keeps_file", [False, True], ids=["own cursor", "file"])
def test_a_killed_subscriber_misses_nothing(
    servanda: Run, heard: Callable[..., list[Document]], keeps_file: bool
) -> None:
    """Killed again and again while the chain grows, it has heard everything once, in order.

    With a cursor of its own it begins behind the last line that it has read. With the file, the
    event that was printed when it was killed may come once more, and is known by its cursor.
    """
    chance = random.Random(7)  # noqa: S311 -- when it is killed is no secret
    got: list[Document] = []
    for turn in range(6):
        last = got[-1]["cursor"] if got else "0.0.0"
        start = ["--cursor", "kept"] if keeps_file else ["--from", last]
        with subscriber("--as", "west", *start) as process:
            assert servanda("chain", "call", "bank", f'east does publish("{turn}", west)')[0] == 0
            time.sleep(chance.uniform(0.3, 1.2))
            process.kill()
            new = read_lines(process.communicate()[0])
        seen = {one["cursor"] for one in got}
        again = [one for one in new if one["cursor"] in seen]
        assert len(again) <= int(keeps_file)
        got += [one for one in new if one["cursor"] not in seen]
    last = got[-1]["cursor"] if got else "0.0.0"
    got += heard("--as", "west", "--from", last)
    assert got == heard("--as", "west")
    assert told(got) == ['news: "one"', "two", *(f'news: "{turn}"' for turn in range(6))]


@pytest.mark.usefixtures("folder")
def test_who_is_suspended_hears_nothing_more(servanda: Run) -> None:
    """A subscriber that follows is told so when its standing ends."""
    with subscriber("--as", "west", "--from", "99.0.0") as process:
        time.sleep(1.0)
        assert servanda("chain", "call", "bank", 'ann and bob does suspend("west", "x")')[0] == 0
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert json.loads(out)["refused"]["code"] == "NOT_AUTHORISED"
