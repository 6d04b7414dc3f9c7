"""The words of `servanda chain`: its subcommands and their options, each with examples."""

# Each subcommand imports what it needs when it is asked for.
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys

from servanda.command_words import Commands, add_command, whole_number


def add_chain(commands: Commands) -> None:
    """Add `chain` and `verify` to the command line."""
    parser = add_command(
        commands,
        "chain",
        "a chain in a folder: signed, durable, provable",
        "  servanda chain init bank --registrar ann --registrar bob\n"
        "  servanda chain deploy bank loan_approval.contract --as ann --as bob\n"
        "  servanda chain call bank 'icbc does open(\"6222-01\")'\n"
        "  servanda chain audit bank\n",
    )
    chain = parser.add_subparsers(dest="chain_command", metavar="COMMAND", required=True)
    for add in (
        *(_add_init, _add_keys, _add_deploy, _add_call, _add_pending, _add_sign, _add_send),
        *(_add_show, _add_members, _add_blocks, _add_events),
        *(_add_audit, _add_prove, _add_export, _add_import),
    ):
        add(chain)
    _add_verify(commands)


def _add(
    chain: Commands, name: str, summary: str, examples: str, folders: str | None = None
) -> argparse.ArgumentParser:
    parser = add_command(chain, name, summary, examples)
    parser.add_argument("folder", metavar="DIR", nargs=folders, help="the folder of the chain")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _add_key_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keys", metavar="DIR", help="where keys are kept (default: DIR/keys)")
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="its first line is the passphrase (default: SERVANDA_PASSPHRASE, or a prompt)",
    )


def _add_block_options(parser: argparse.ArgumentParser) -> None:
    _add_key_options(parser)
    parser.add_argument("--sealer", metavar="NAME", help="who seals blocks here, if there are many")


def _add_signers(parser: argparse.ArgumentParser, what: str, *, is_needed: bool) -> None:
    parser.add_argument(
        "--as",
        dest="signer",
        action="append",
        default=[],
        required=is_needed,
        metavar="NAME",
        help=what,
    )


def _add_init(chain: Commands) -> None:
    parser = _add(
        chain,
        "init",
        "begin a chain in a folder",
        "  servanda chain init bank --registrar ann --registrar bob\n"
        "  servanda chain init bank --registrar ann=5f0c… --registrar bob=91ab…\n",
    )
    parser.add_argument(
        "--registrar",
        action="append",
        required=True,
        metavar="NAME[=KEY]",
        help="a registrar, two at least; without a public key one is found or made here",
    )
    parser.add_argument(
        "--sealer", action="append", metavar="NAME[=KEY]", help="who seals blocks (default: node)"
    )
    parser.add_argument("--name", metavar="TEXT", help="what the chain is called")
    _add_key_options(parser)


def _add_keys(chain: Commands) -> None:
    parser = add_command(
        chain,
        "keys",
        "make the key of a member, encrypted at rest",
        "  servanda chain keys icbc --keys bank/keys\n",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--keys", metavar="DIR", required=True, help="where keys are kept")
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="its first line is the passphrase"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _add_deploy(chain: Commands) -> None:
    parser = _add(
        chain,
        "deploy",
        "let a contract run on the chain",
        "  servanda chain deploy bank loan_approval.contract --as ann --as bob\n",
    )
    parser.add_argument("file", metavar="FILE", help="the source of the contract")
    _add_signers(parser, "a registrar who signs; two are needed", is_needed=True)
    _add_block_options(parser)


def _add_call(chain: Commands) -> None:
    parser = _add(
        chain,
        "call",
        "sign an action and run it in a block",
        "  servanda chain call bank 'icbc does open(\"6222-01\")'\n"
        '  servanda chain call bank \'icbc does pay("6222-01", "6216-02", 100 CNY)\' --dry-run\n'
        '  servanda chain call bank \'ann and bob does suspend("icbc", "stolen")\' --as ann\n',
    )
    parser.add_argument(
        "statement", metavar="STATEMENT", help="as in a script: `icbc does open(…)`"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would come of it, and stop"
    )
    parser.add_argument("--out", metavar="FILE", help="write the signed transaction, and stop")
    _add_signers(parser, "sign only as this party; the others sign later", is_needed=False)
    _add_block_options(parser)


def _add_pending(chain: Commands) -> None:
    _add(
        chain,
        "pending",
        "list the transactions that wait for signatures",
        "  servanda chain pending bank\n",
    )


def _add_sign(chain: Commands) -> None:
    parser = _add(
        chain,
        "sign",
        "sign a transaction that waits, on the chain or in a file",
        "  servanda chain sign bank 1f3a… --as bob\n"
        "  servanda chain sign bank --file transfer.tx --as bob\n",
    )
    parser.add_argument("transaction", nargs="?", metavar="HASH")
    parser.add_argument("--file", metavar="FILE", help="a transaction written with `--out`")
    _add_signers(parser, "who signs", is_needed=True)
    _add_block_options(parser)


def _add_send(chain: Commands) -> None:
    parser = _add(
        chain,
        "send",
        "run a transaction from a file",
        "  servanda chain send bank transfer.tx\n",
    )
    parser.add_argument("file", metavar="FILE")
    _add_block_options(parser)


def _add_show(chain: Commands) -> None:
    parser = _add(
        chain,
        "show",
        "show records, now or at any height",
        "  servanda chain show bank Account\n"
        "  servanda chain show bank 'Account[\"6222-01\"]' --at 17\n",
    )
    parser.add_argument("record", metavar="RECORD")
    parser.add_argument("--at", type=whole_number, metavar="HEIGHT", help="as it was at this block")


def _add_members(chain: Commands) -> None:
    _add(chain, "members", "list the members", "  servanda chain members bank\n")


def _add_blocks(chain: Commands) -> None:
    parser = _add(
        chain,
        "blocks",
        "list the last blocks, or show one",
        "  servanda chain blocks bank --last 5\n  servanda chain blocks bank 17 --json\n",
    )
    parser.add_argument("block", nargs="?", type=whole_number, metavar="HEIGHT")
    parser.add_argument("--last", type=whole_number, default=20, metavar="N", help="how many")


def _add_events(chain: Commands) -> None:
    parser = _add(
        chain,
        "events",
        "print events, in order and each once, and the notices of a party",
        "  servanda chain events bank --follow\n"
        "  servanda chain events bank --after 17.0.2 --for icbc --json\n",
    )
    parser.add_argument(
        "--after", metavar="CURSOR", help="behind this one (default: from the first)"
    )
    parser.add_argument("--for", dest="party", metavar="NAME", help="with the notices of a member")
    parser.add_argument("--follow", action="store_true", help="go on with what happens")


def _add_audit(chain: Commands) -> None:
    parser = _add(
        chain,
        "audit",
        "execute everything again from the genesis, and compare",
        "  servanda chain audit bank\n  servanda chain audit --from bank.pack\n",
        folders="?",
    )
    parser.add_argument("--from", dest="source", metavar="PACK", help="of an exported file")


def _add_export(chain: Commands) -> None:
    parser = _add(
        chain,
        "export",
        "write a whole chain into one file",
        "  servanda chain export bank bank.pack\n",
    )
    parser.add_argument("file", metavar="PACK")


def _add_import(chain: Commands) -> None:
    parser = _add(
        chain,
        "import",
        "make a chain from such a file, executing every block again",
        "  servanda chain import copy bank.pack\n",
    )
    parser.add_argument("file", metavar="PACK")


def _add_prove(chain: Commands) -> None:
    parser = _add(
        chain,
        "prove",
        "write the proof of a record, of its absence, or of a transaction",
        "  servanda chain prove bank 'Account[\"6222-01\"]' --at 17 --out account.proof\n"
        "  servanda chain prove bank --transaction 1f3a… --out payment.proof\n",
    )
    parser.add_argument("record", nargs="?", metavar="RECORD")
    parser.add_argument("--at", type=whole_number, metavar="HEIGHT", help="as it was at this block")
    parser.add_argument("--transaction", metavar="HASH", help="with what it came to")
    parser.add_argument("--out", required=True, metavar="FILE")


def _add_verify(commands: Commands) -> None:
    parser = add_command(
        commands,
        "verify",
        "check a proof, knowing nothing but the hash of the genesis",
        "  servanda verify account.proof --genesis 8c1d…\n",
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--genesis", required=True, metavar="HASH")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run_chain(options: argparse.Namespace) -> int:
    """Carry out a command; whatever stands in its way is told in one place."""
    from servanda.chain.store import StoreFailed
    from servanda.chain.transaction import TransactionRefused
    from servanda.keys import KeyFailed
    from servanda.on_chain.session import SAID_NO, CannotTry, tell_error
    from servanda.on_chain.statement import WrongStatement
    from servanda.styled_lines import Piece, print_diagnostics, print_lines

    try:
        return _run(options)
    except CannotTry as cannot:
        return tell_error(str(cannot), cannot.advice)
    except (StoreFailed, KeyFailed) as failed:
        return tell_error(str(failed))
    except WrongStatement as wrong:
        print_diagnostics(wrong.diagnostics, {wrong.source.name: wrong.source}, sys.stderr)
        return tell_error("the statement has mistakes")
    except TransactionRefused as refused:
        line = [Piece(f"✘ {refused.code}", "error"), Piece(f": {refused.message}")]
        print_lines([line], sys.stdout)
        return SAID_NO
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        return tell_error(f"`{error.filename}` cannot be read: {error.strerror}")
    except FileExistsError as error:
        return tell_error(f"`{error.filename}` exists already: nothing is written over")


def _run(options: argparse.Namespace) -> int:
    from servanda.on_chain import act, begin, follow, look, prove

    if options.command == "verify":
        return prove.verify_file(options)
    if options.chain_command == "sign" and options.file:
        return act.sign_file(options)
    return {
        "init": begin.chain_init,
        "keys": begin.keys_new,
        "deploy": act.chain_deploy,
        "call": act.chain_call,
        "pending": act.chain_pending,
        "sign": act.chain_sign,
        "send": act.chain_send,
        "show": look.chain_show,
        "members": look.chain_members,
        "blocks": look.chain_blocks,
        "events": follow.chain_events,
        "audit": prove.chain_audit,
        "export": prove.chain_export,
        "import": prove.chain_import,
        "prove": prove.chain_prove,
    }[options.chain_command](options)
