"""`servanda explain`: the page of a diagnostic's code, with a wrong and a right program."""

from __future__ import annotations

import re
import sys
from importlib import resources

from servanda.interpreter.suggest import did_you_mean
from servanda.styled_lines import Piece, is_coloured, print_lines, width_of

GOOD, UNKNOWN = 0, 2

CODE_FORM = re.compile(r"[EW][0-9]{4}")


def known_codes() -> list[str]:
    """Return the codes that have a page, in their order."""
    pages = resources.files("servanda").joinpath("error_pages")
    names = [one.name for one in pages.iterdir()] if pages.is_dir() else []
    stems = [name.removesuffix(".md") for name in names if name.endswith(".md")]
    return sorted(stem for stem in stems if CODE_FORM.fullmatch(stem))


def explain_code(written: str) -> int:
    """Print the page of a code; return the exit status."""
    code = written.strip().strip("[]").upper()
    codes = known_codes()
    if code not in codes:
        print_lines([[Piece("error", "error"), Piece(f": unknown code `{written}`")]], sys.stderr)
        advice = did_you_mean(code, codes) or "a code is a letter and four digits: `E0203`"
        print_lines([[Piece("help:", "help"), Piece(f" {advice}")]], sys.stderr)
        return UNKNOWN
    page = resources.files("servanda").joinpath("error_pages", f"{code}.md")
    _print_page(page.read_text(encoding="utf-8"))
    return GOOD


def _print_page(text: str) -> None:
    if not is_coloured(sys.stdout):
        sys.stdout.write(text)
        return
    from rich.console import Console  # noqa: PLC0415 -- a pipe gets the text as it is
    from rich.markdown import Markdown  # noqa: PLC0415 -- the same

    console = Console(file=sys.stdout, force_terminal=True, width=min(100, width_of(sys.stdout)))
    console.print(Markdown(text))
