"""Carrying out a command on a chain; whatever stands in its way is told in one place.

In comes what was typed; out goes an exit status, after the command has printed what it found, or
after it was told why it could not be tried (to programs as one JSON document).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from servanda.chain.store import StoreFailed
from servanda.chain.transaction import NotTaken, TransactionRefused
from servanda.chain.typed import WrongText
from servanda.command_words import carry_out
from servanda.diagnostic_json import JsonValue, diagnostics_to_json, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import NOT_TRIED, SAID_NO
from servanda.grammar.parser import use_grammar_cache
from servanda.grammar_cache import DiskGrammarCache
from servanda.interpreter.refusals import Refused
from servanda.keys import KeyFailed
from servanda.node import NoChain
from servanda.on_chain.session import CannotTry
from servanda.styled_lines import Piece, print_diagnostics, print_lines
from servanda.tell_problem import tell_problem

OF_SEVERAL = "E0269"
"""The code of a name that several contracts have."""

ADVICE = {
    NotTaken.BAD_SIGNATURE: "was the key replaced? `servanda chain members` lists those in force",
    NotTaken.UNKNOWN_SIGNER: "`servanda chain members` lists them",
    NotTaken.EXPIRED: "ask for it anew with `servanda chain call`",
    NotTaken.WRONG_VERSION: "ask for it anew: `servanda chain contracts` lists what runs",
}


def run_and_tell(options: argparse.Namespace) -> int:
    """Carry out a command on a chain; return the exit status."""
    return tell(lambda typed: carry_out(typed, typed.inner), options)


def tell(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Run what a command does, and tell of what stands in its way; return the exit status."""
    is_json: bool = options.json
    # Whatever opens a chain reads its contracts.
    use_grammar_cache(DiskGrammarCache())
    try:
        return run(options)
    except CannotTry as cannot:
        return tell_problem(str(cannot), cannot.advice, is_json=is_json)
    except NoChain as missing:
        return tell_problem(str(missing), missing.advice, is_json=is_json)
    except (StoreFailed, KeyFailed) as failed:
        return tell_problem(str(failed), is_json=is_json)
    except WrongText as wrong:
        return _tell_wrong(wrong, is_json=is_json)
    except TransactionRefused as refused:
        return _tell_not_taken(refused, is_json=is_json)
    except Refused as refused:
        return _tell_refused(refused, is_json=is_json)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        told = f"`{error.filename}` cannot be opened: {error.strerror}"
        return tell_problem(told, is_json=is_json)
    except FileExistsError as error:
        told = f"`{error.filename}` exists already: nothing is written over"
        return tell_problem(told, is_json=is_json)


def _tell_wrong(wrong: WrongText, *, is_json: bool) -> int:
    """Tell of mistakes in what was typed."""
    sources = wrong.sources
    if is_json:
        found = diagnostics_to_json(list(wrong.diagnostics), sources)
        left_out = wrong.diagnostics.left_out_count
        write_json(
            {"ok": False, "diagnostics": found, "left_out": left_out, "error": None}, sys.stdout
        )
        return NOT_TRIED
    print_diagnostics(wrong.diagnostics, sources, sys.stderr)
    is_of_several = any(one.code == OF_SEVERAL for one in wrong.diagnostics)
    advice = "write the contract before it: `Bank.withdraw(…)`" if is_of_several else ""
    return tell_problem("the statement has mistakes", advice, is_json=False)


def _tell_refused(refused: Refused, *, is_json: bool) -> int:
    """Tell that the rules do not let who asks have what was asked for."""
    code = str(refused.code)
    if is_json:
        told: JsonValue = {"code": code, "message": refused.message}
        write_json({"ok": False, "refused": told}, sys.stdout)
    else:
        line = [Piece(f"✘ {code}", "error"), Piece(f": {visible_text(refused.message)}")]
        print_lines([line], sys.stdout)
    return SAID_NO


def _tell_not_taken(refused: TransactionRefused, *, is_json: bool) -> int:
    """Tell that the chain does not take a transaction, so that no block was made."""
    if is_json:
        told: JsonValue = {"code": str(refused.code), "message": refused.message}
        write_json({"height": None, "receipts": [], "not_taken": told}, sys.stdout)
    else:
        line = [Piece(f"✘ {refused.code}", "error"), Piece(f": {refused.message}")]
        print_lines([line], sys.stdout)
        if advice := ADVICE.get(refused.code):
            print_lines([[Piece("help:", "help"), Piece(f" {advice}")]], sys.stderr)
    return SAID_NO
