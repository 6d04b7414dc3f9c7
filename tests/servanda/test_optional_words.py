"""Words that may be left out stand before options or behind them, and what is left over is told."""

from __future__ import annotations

import pytest

from servanda.command_line import make_parser


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("chain blocks bank --json 5", "block", 5),
        ("chain blocks bank 5 --json", "block", 5),
        ("chain blocks --json bank 5", "block", 5),
        ("chain blocks bank --json", "block", None),
        ("chain prove bank --out a.proof Account", "record", "Account"),
        ("chain sign bank --as icbc 1f3a", "transaction", "1f3a"),
        ("chain audit --json bank", "folder", "bank"),
    ],
)
def test_an_option_may_stand_between(words: str, name: str, value: object) -> None:
    """A word that may be left out is found on either side of an option."""
    options = make_parser().parse_args(words.split())
    assert getattr(options, name) == value


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("chain blocks bank --json x", "servanda chain blocks: error: argument HEIGHT: `x`"),
        ("chain blocks bank --json 5 6", "servanda chain blocks: error: unrecognized arguments: 6"),
        (
            "chain blocks bank 5 --jsn",
            "servanda chain blocks: error: unrecognized arguments: --jsn",
        ),
        ("check --foo a.contract", "servanda check: error: unrecognized arguments: --foo"),
    ],
)
def test_what_is_left_over_is_told(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told by the command that it was given to, with the form of that command."""
    with pytest.raises(SystemExit) as stopped:
        make_parser().parse_args(words.split())
    err = capsys.readouterr().err
    assert (stopped.value.code, told in err) == (2, True), err
