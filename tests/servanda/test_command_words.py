"""Every command, of the chain too: examples that work as they stand, `--json`, exit statuses."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from servanda.command_line import COMMANDS, make_parser
from servanda.command_words import Command
from servanda.on_chain.command import CHAIN_COMMANDS, FILE_COMMANDS

Run = Callable[..., tuple[int, str, str]]

EVERY = [
    *(((one.name,), one) for one in (*COMMANDS, *FILE_COMMANDS)),
    *((("chain", one.name), one) for one in CHAIN_COMMANDS),
]
ON_CHAIN = [(path, one) for path, one in EVERY if one in (*CHAIN_COMMANDS, *FILE_COMMANDS)]


def named(commands: list[tuple[tuple[str, ...], Command]]) -> pytest.MarkDecorator:
    """Return the parametrization over commands, under their names."""
    return pytest.mark.parametrize(
        ("path", "command"), commands, ids=["-".join(path) for path, _ in commands]
    )


def words_of(example: str) -> list[str]:
    """Return what a shell makes of an example, up to a redirection."""
    words = shlex.split(example, comments=True)
    return words[: words.index("<")] if "<" in words else words


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and all below it."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from parsers(one)


@named(EVERY)
def test_examples_work_as_they_stand(path: tuple[str, ...], command: Command) -> None:
    """Each begins with the command's own name, and all its words are known."""
    assert command.examples
    for example in command.examples:
        words = words_of(example)
        assert words[: len(path) + 1] == ["servanda", *path], example
        make_parser().parse_args(words[1:])


@named(EVERY)
def test_help_shows_the_examples(
    path: tuple[str, ...], command: Command, servanda: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--help` is exit 0, and no example is broken over lines."""
    monkeypatch.setenv("COLUMNS", "60")
    status, out, err = servanda(*path, "--help")
    assert (status, err) == (0, "")
    for example in command.examples:
        assert f"  {example}\n" in out


def test_every_command_is_in_a_table() -> None:
    """No parser was added beside them."""
    titles = {one.prog.split()[-1] for one in parsers(make_parser())}
    assert titles == {"servanda", *(one.name for _, one in EVERY)}


@named(EVERY)
def test_there_is_a_function_for_it(path: tuple[str, ...], command: Command) -> None:
    """Its module can be imported and has it; a command with commands of its own needs none."""
    if path == ("chain",):
        assert command.run == ""
        return
    module, _, name = command.run.partition(":")
    assert callable(getattr(import_module(module), name))


@named(ON_CHAIN)
def test_what_cannot_be_tried_is_exit_2(
    path: tuple[str, ...],
    command: Command,
    servanda: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a folder that is none: a line for people on standard error, a document for programs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", "of no key at all")
    (tmp_path / "bank").write_text("no folder")
    words = words_of(command.examples[0])[1:]
    status, out, err = servanda(*words)
    assert (status, out) == (2, ""), err
    assert err.startswith("error: "), (path, err)
    assert "Traceback" not in err
    status, out, err = servanda(*words, "--json")
    document = json.loads(out)
    assert (status, err, document["ok"]) == (2, "", False), path
    assert document["error"]["message"], path


TELL_NOTHING_HIDDEN = {
    "init": "there is no chain yet",
    "keys": "nothing but a public key is shown",
    "contracts": "which contracts run is known to every member",
    "send": "it tells those who have signed",
    "audit": "it counts blocks, and names bytes that are wrong",
    "export": "the operator's: it writes the whole chain",
    "import": "the operator's: it reads a whole chain",
    "verify": "it shows what is in a file that one has",
}
"""Commands that serve nobody in particular, each with why it may."""


@named(ON_CHAIN)
def test_who_is_told_is_known(path: tuple[str, ...], command: Command) -> None:
    """A command either tells a member what it may see (`--as`), or its signers, or says why not."""
    parser = argparse.ArgumentParser()
    command.add_words(parser)
    words = {action.dest for action in parser._actions}
    assert words & {"reader", "signer"} or command.name in TELL_NOTHING_HIDDEN, path
    assert not (words & {"reader"} and command.name in TELL_NOTHING_HIDDEN), path
