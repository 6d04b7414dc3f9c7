"""`servanda explain`: the page of a diagnostic's code, or what a refusal of the language means."""

from __future__ import annotations

import argparse
import re
import sys
from importlib import resources

from servanda.exit_status import DONE
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.refusals import Code
from servanda.styled_lines import Piece, is_coloured, print_lines, width_of
from servanda.tell_problem import tell_problem

CODE_FORM = re.compile(r"[EW][0-9]{4}")
SHORT_FORM = re.compile(r"([EW]?)([0-9]{1,4})")
OWN_FORM = re.compile(r"(?:\w+\.)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
FENCE_OF_SAMPLE = re.compile(
    r"^```(?:contract|test|script)( (?:error|warning)=\S+)?$", re.MULTILINE
)

REFUSALS = {
    Code.UNKNOWN_ACTION: "there is no action of this name in the contract",
    Code.BAD_ARGUMENT: "an argument is missing, of another type, or outside its bound",
    Code.MISSING_RECORD: "there is no record with the key that was given or looked up",
    Code.NOT_SIGNED: "nobody signed",
    Code.NOT_AUTHORISED: "those who signed, or whom a field would hold, are not those asked for",
    Code.WRONG_STATE: "a record is in none of the states that the action takes",
    Code.NO_TRANSITION: "no arrow of the lifecycle leads from the present state to the new one",
    Code.NEGATIVE_AMOUNT: "less than nothing cannot be moved, issued or retired",
    Code.INSUFFICIENT: "a balance holds less than is to be taken from it",
    Code.DUPLICATE_KEY: "there is a record with this key already",
    Code.OVERFLOW: "a value is too large, or leaves the bound of its field",
    Code.DIVISION_BY_ZERO: "something was divided by zero",
    Code.INVARIANT: "what an invariant says would no longer hold",
    Code.COST_LIMIT: "the call takes more steps than a call may",
}
"""What the refusals of the language itself mean; those of a contract say it themselves."""


def known_codes() -> list[str]:
    """Return the codes that have a page, in their order."""
    pages = resources.files("servanda").joinpath("error_pages")
    names = [one.name for one in pages.iterdir()] if pages.is_dir() else []
    stems = [name.removesuffix(".md") for name in names if name.endswith(".md")]
    return sorted(stem for stem in stems if CODE_FORM.fullmatch(stem))


def explain_code(options: argparse.Namespace) -> int:
    """Print the page of a code; return the exit status."""
    written: str = options.code
    code = written.strip().strip("[]").upper()
    if code in REFUSALS:
        _print_refusal(Code(code))
        return DONE
    codes = known_codes()
    if short := SHORT_FORM.fullmatch(code):
        number = f"{short[2]:>04}"
        code = f"{short[1] or 'E'}{number}"
        if not short[1] and code not in codes and f"W{number}" in codes:
            code = f"W{number}"
    if code not in codes:
        return _tell_unknown(written, code, codes)
    page = resources.files("servanda").joinpath("error_pages", f"{code}.md")
    _print_page(page.read_text(encoding="utf-8"))
    return DONE


def _tell_unknown(written: str, code: str, codes: list[str]) -> int:
    near = did_you_mean(code, [*codes, *REFUSALS])
    if not near and OWN_FORM.fullmatch(code):
        name = code.rpartition(".")[2]
        advice = f"look for `else {name}` or `refuse {name}` in the contract, where its text stands"
        told = f"`{written}` is no code of the language: contracts have codes of their own"
        return tell_problem(told, advice, is_json=False)
    advice = near or "a code is a letter and four digits, `E0203`, or a refusal, `INSUFFICIENT`"
    return tell_problem(f"unknown code `{written}`", advice, is_json=False)


def _print_refusal(code: Code) -> None:
    then = "The call was refused, and nothing of what it asked for has happened."
    how = "`servanda why FILE` shows the clause that refused a call, and the values it saw."
    print_lines([[Piece(code, "title"), Piece(f": {REFUSALS[code]}")]], sys.stdout)
    print_lines([[Piece(then)], [Piece(how)]], sys.stdout)


def _marked(text: str) -> str:
    """Return a page whose samples say whether they are wrong or right, as their fences do."""
    return FENCE_OF_SAMPLE.sub(
        lambda fence: f"**{'✘ wrong' if fence[1] else '✔ right'}:**\n\n```", text
    )


def _print_page(text: str) -> None:
    if not is_coloured(sys.stdout):
        sys.stdout.write(text)
        return
    from rich.console import Console  # noqa: PLC0415 -- a pipe gets the text as it is
    from rich.markdown import Markdown  # noqa: PLC0415 -- the same

    console = Console(file=sys.stdout, force_terminal=True, width=min(100, width_of(sys.stdout)))
    console.print(Markdown(_marked(text)))
