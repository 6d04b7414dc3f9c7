"""The command line: `servanda check`, `test`, `run`, `fmt`, `explain`, `why`.

In come the words that a user typed; out goes an exit status, after the command has printed what it
found. `COMMANDS` is the table of them; that of `servanda chain` stands in `on_chain/command.py`. No
user ever sees a traceback, unless Servanda itself is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

from servanda.command_words import (
    Command,
    Words,
    add_commands,
    add_json,
    carry_out,
    row_place,
    whole_number,
)
from servanda.exit_status import BROKEN_PIPE, DONE, INTERRUPTED, NOT_TRIED, OUR_MISTAKE
from servanda.on_chain.command import (
    FILE_COMMANDS,
    TOLD,
    add_chain_option,
    add_chain_words,
    add_run_options,
)

EXAMPLES = """\
examples:
  servanda check loan_approval.contract        is it right, and what does it hold
  servanda test                                every *.test.contract below this folder
  servanda run day.script --data data          a story told over rows of real files
  servanda explain E0203                       what a code means, with a wrong and a right program

exit status, the same for every command:
  0    done
  1    a source, a test or the rules said no
  2    it could not be tried: a file is missing or no text, a word of the command line is wrong
  5    no test was found
  130  interrupted
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser: argparse.ArgumentParser = Words(
        prog="servanda",
        description="Servanda: contracts that say who may do what, when, and what follows.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    parser.set_defaults(run="")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_commands(commands, COMMANDS)
    add_commands(commands, FILE_COMMANDS, TOLD)
    return parser


def _check_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="FILE", help="a file, or a folder of them")
    parser.add_argument(
        "--format", choices=("human", "json"), default="human", help="for people or for programs"
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="the same as `--format json`",
    )
    parser.add_argument(
        "--against",
        metavar="OLD",
        help="the version in force: say what an upgrade to FILE changes, and what it may not",
    )


def _test_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help="files or folders (default: .)"
    )
    parser.add_argument("-k", dest="text", default="", metavar="TEXT", help="names with this text")
    parser.add_argument("-x", dest="stops", action="store_true", help="stop at the first failure")
    add_json(parser)
    parser.add_argument("--junit", metavar="FILE", help="also write a report in JUnit's format")
    add_chain_option(parser, "run each on a copy of the state of the chain in this folder")


def _run_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("--data", metavar="DIR", help="where its feeds lie (default: beside it)")
    parser.add_argument(
        "--dump", metavar="DIR", help="write the final records there, as JSON Lines"
    )
    add_json(parser)
    parser.add_argument("--strict", action="store_true", help="stop at the first malformed row")
    add_chain_option(parser, "run it on the chain in this folder, signed and in blocks")
    add_run_options(parser)


def _format_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="FILE", help="a file, a folder, or - for stdin")
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if anything would")


def _explain_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE")


def _why_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a script or a test file")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--call", type=whole_number, metavar="N", help="the call of this number, from 1"
    )
    which.add_argument(
        "--timer",
        type=whole_number,
        nargs="?",
        const=0,
        metavar="N",
        help="the timer of this number; without one the last that faulted, or else the last",
    )
    which.add_argument(
        "--row",
        type=row_place,
        metavar="FILE:LINE",
        help="the call of this row of a feed that was refused, or else its last",
    )
    parser.add_argument("--test", default="", metavar="NAME", help="the test that is meant")
    parser.add_argument("--data", metavar="DIR", help="where its feeds lie (default: beside it)")
    add_json(parser, "the explanation as one JSON value")


COMMANDS = (
    Command(
        "check",
        "check contracts, tests and scripts",
        (
            "servanda check loan_approval.contract",
            "servanda check contracts examples",
            "servanda check --format json loan_approval.contract",
            "servanda check bank.contract --against released/bank.contract",
        ),
        _check_words,
        "servanda.check_files:check_files",
    ),
    Command(
        "test",
        "run the tests of *.test.contract files, each on a fresh chain or a copy of one",
        (
            "servanda test",
            'servanda test fraud_screening.test.contract -k "AF-5"',
            "servanda test contracts -x --junit report.xml",
            "servanda test limits.test.contract --chain bank",
        ),
        _test_words,
        "servanda.report_tests:report_tests",
    ),
    Command(
        "run",
        "run a script against a fresh chain, or a stored one",
        (
            "servanda run day.script",
            "servanda run day.script --data data --dump records",
            "servanda run day.script --strict --json",
            "servanda run day.script --data data --chain bank",
        ),
        _run_words,
        "servanda.run_command:run_command",
    ),
    Command(
        "fmt",
        "write files in the one style",
        (
            "servanda fmt loan_approval.contract",
            "servanda fmt --check contracts",
            "servanda fmt - < draft.contract",
        ),
        _format_words,
        "servanda.format_files:format_files",
    ),
    Command(
        "explain",
        "explain the code of a diagnostic or of a refusal",
        ("servanda explain E0203", "servanda explain INSUFFICIENT"),
        _explain_words,
        "servanda.explain_code:explain_code",
    ),
    Command(
        "why",
        "explain one call or timer: the guards, rows and clauses that decided it",
        (
            "servanda why day.script              # the last refused call",
            "servanda why day.script --call 17",
            "servanda why day.script --row orders.csv:5    # the call that was refused in that row",
            "servanda why day.script --timer      # the last timer that faulted, or else the last",
            'servanda why fraud_screening.test.contract --test "AF-5" --timer 2',
        ),
        _why_words,
        "servanda.why_command:why_command",
    ),
    Command(
        "chain",
        "a chain in a folder: signed, durable, provable",
        (
            "servanda chain init bank --registrar ann --registrar bob",
            "servanda chain deploy bank loan_approval.contract --as ann --as bob",
            "servanda chain call bank 'icbc does open(\"6222-01\")'",
            "servanda chain audit bank",
        ),
        add_chain_words,
        "",
    ),
)
"""The commands; `chain` has commands of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    # Python has no stream at all where the shell closed one (`>&-`): nobody wants to read it.
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            # A name that the terminal's encoding lacks is no reason to stop.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        parser = make_parser()
        try:
            status = _run(parser, parser.parse_args(arguments))
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else NOT_TRIED
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at its end.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return _give_up(error)
    except Exception:  # noqa: BLE001 -- whatever it is, it is our mistake, and it is told loudly
        return _own_up()
    return status


def _give_up(error: OSError) -> int:
    """Tell of output that nobody can write, and let Python not try once more at its end."""
    what = "the output" if error.filename is None else f"`{error.filename}`"
    told = f"error: {what} cannot be written: {error.strerror or error}\n"
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(told)
        sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(null, stream.fileno())
    os.close(null)
    return NOT_TRIED


def _own_up() -> int:
    import traceback  # noqa: PLC0415 -- only when it is needed

    traceback.print_exc()
    sys.stderr.write(
        "\nservanda: this is a mistake in Servanda itself, not in your files.\n"
        "Please report it with the lines above and the files you used.\n"
    )
    return OUR_MISTAKE


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Carry out what the options ask for, importing no more than that needs."""
    if options.version:
        from importlib.metadata import version  # noqa: PLC0415 -- only when it is asked for

        sys.stdout.write(f"servanda {version('servanda')}\n")
        return DONE
    if options.run:
        return carry_out(options, options.run)
    parser.print_help()
    return NOT_TRIED
