"""The words of `servanda chain`: a table of its commands, each with examples.

A new command is an entry here, a function for its words, and the function that carries it out.
"""

from __future__ import annotations

import argparse

from servanda.command_words import Command, add_commands, add_json, whole_number
from servanda.on_chain.words import (
    block_words,
    chain_words,
    height_words,
    key_words,
    later_words,
    reader_words,
    signer_words,
    time_words,
)
from servanda.on_chain.words_of_two import bind_words, introduce_words, relay_words

TOLD = "servanda.on_chain.told:run_and_tell"
"""Through this every command here is carried out."""


def add_chain_words(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `chain`."""
    chain = parser.add_subparsers(dest="chain_command", metavar="COMMAND", required=True)
    add_commands(chain, CHAIN_COMMANDS, TOLD)


def add_chain_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option with which scripts and tests are run on a stored chain."""
    parser.add_argument("--chain", metavar="DIR", help=what)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what a script needs to make blocks on a stored chain."""
    block_words(parser)
    parser.add_argument(
        "--anew",
        action="store_true",
        help="begin again, though a run on the chain was interrupted",
    )


def _init_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
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
    time_words(parser)
    key_words(parser)


def _keys_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--sealing", action="store_true", help="make a new sealing key alone, beside the old ones"
    )
    key_words(parser, default="")
    add_json(parser)


def _open_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument("path", metavar="VALUE", help="a field, or what an event told")
    parser.add_argument(
        "--out", metavar="FILE", help="also write a proof of what was inside, for `servanda verify`"
    )
    parser.add_argument("--as", dest="reader", required=True, metavar="NAME", help="who reads it")
    height_words(parser)
    key_words(parser)


def _deploy_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument("file", metavar="FILE", help="the source of the contract")
    signer_words(parser, "a registrar who signs here; two are needed", is_needed=True)
    later_words(parser)


def _upgrade_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument("file", metavar="FILE", help="the source of the later version")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would change and whether it would be done, and stop",
    )
    signer_words(parser, "a registrar who signs here; two are needed", is_needed=False)
    later_words(parser)


def _contracts_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    height_words(parser)


def _call_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument(
        "statement", metavar="STATEMENT", help="as in a script: `icbc does open(…)`"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would come of it and why, and stop"
    )
    parser.add_argument("--out", metavar="FILE", help="write the signed transaction, and stop")
    signer_words(parser, "sign only as this party; the others sign later", is_needed=False)
    block_words(parser)


def _sign_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument("transaction", nargs="?", metavar="HASH")
    parser.add_argument("--file", metavar="FILE", help="a transaction written with `--out`")
    signer_words(parser, "who signs", is_needed=True)
    block_words(parser)


def _send_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument("file", metavar="FILE")
    block_words(parser)


def _query_words(parser: argparse.ArgumentParser) -> None:
    reader_words(parser)
    parser.add_argument(
        "question", metavar="EXPRESSION", help="a record, a field, a rule: `Account[…].balance`"
    )
    height_words(parser)
    parser.add_argument("--proof", metavar="FILE", help="write the proof of the record there")


def _why_words(parser: argparse.ArgumentParser) -> None:
    reader_words(parser)
    parser.add_argument(
        "what", metavar="TRANSACTION", help="its hash, or where it or a timer stands: `17.0`"
    )


def _show_words(parser: argparse.ArgumentParser) -> None:
    reader_words(parser)
    parser.add_argument("record", metavar="RECORD")
    height_words(parser)


def _blocks_words(parser: argparse.ArgumentParser) -> None:
    reader_words(parser)
    parser.add_argument("block", nargs="?", type=whole_number, metavar="HEIGHT")
    parser.add_argument("--last", type=whole_number, default=20, metavar="N", help="how many")


def _events_words(parser: argparse.ArgumentParser) -> None:
    reader_words(parser)
    parser.add_argument(
        "--from", dest="start", metavar="CURSOR", help="behind this one (default: from the first)"
    )
    parser.add_argument("--follow", action="store_true", help="go on with what happens")
    parser.add_argument(
        "--cursor", metavar="FILE", help="go on behind the cursor in this file, and keep it there"
    )


def _audit_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser, folders="?")
    parser.add_argument("--from", dest="source", metavar="PACK", help="of an exported file")
    parser.add_argument(
        "--genesis", metavar="HASH", help="the chain that it must be; else it says which one it is"
    )


def _pack_words(parser: argparse.ArgumentParser) -> None:
    chain_words(parser)
    parser.add_argument("file", metavar="PACK")


def _prove_words(parser: argparse.ArgumentParser) -> None:
    reader_words(parser)
    parser.add_argument("record", nargs="?", metavar="RECORD")
    height_words(parser)
    parser.add_argument("--transaction", metavar="HASH", help="with what it came to")
    parser.add_argument("--out", required=True, metavar="FILE")


def _verify_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--genesis", required=True, metavar="HASH")
    add_json(parser)


CHAIN_COMMANDS = (
    Command(
        "init",
        "begin a chain in a folder",
        (
            "servanda chain init bank --registrar ann --registrar bob",
            "servanda chain init bank --registrar ann=5f0c… --registrar bob=91ab…",
        ),
        _init_words,
        "servanda.on_chain.begin:chain_init",
    ),
    Command(
        "keys",
        "make the keys of a member, one to sign and one to seal to, encrypted at rest",
        (
            "servanda chain keys icbc --keys bank/keys",
            "servanda chain keys icbc --keys bank/keys --sealing",
        ),
        _keys_words,
        "servanda.on_chain.begin:keys_new",
    ),
    Command(
        "deploy",
        "let a contract run on the chain",
        (
            "servanda chain deploy bank loan_approval.contract --as ann --as bob",
            "servanda chain deploy bank loan_approval.contract --as ann --later bob",
        ),
        _deploy_words,
        "servanda.on_chain.deploy:chain_deploy",
    ),
    Command(
        "upgrade",
        "let a later version of a contract take the place of the one that runs",
        (
            "servanda chain upgrade bank loan_approval.contract --dry-run",
            "servanda chain upgrade bank loan_approval.contract --as ann --as bob",
            "servanda chain upgrade bank loan_approval.contract --as ann --later bob",
        ),
        _upgrade_words,
        "servanda.on_chain.deploy:chain_upgrade",
    ),
    Command(
        "contracts",
        "list the contracts that run, with their versions",
        (
            "servanda chain contracts bank",
            "servanda chain contracts bank --at 17 --json",
        ),
        _contracts_words,
        "servanda.on_chain.deploy:chain_contracts",
    ),
    Command(
        "bind",
        "let another chain be known by its genesis, under a name",
        ("servanda chain bind bank Trade trade/genesis.json --as ann --as bob",),
        bind_words,
        "servanda.on_chain.relate:chain_bind",
    ),
    Command(
        "introduce",
        "let the records of a contract on another chain be read by proof",
        ("servanda chain introduce bank Trade warehouse.contract --as ann --as bob",),
        introduce_words,
        "servanda.on_chain.relate:chain_introduce",
    ),
    Command(
        "relay",
        "carry the proofs of one chain to the actions of another that wait for them",
        (
            "servanda chain relay trade bank --as carrier",
            "servanda chain relay trade bank --as carrier --action receive --follow --every 10",
        ),
        relay_words,
        "servanda.on_chain.relay:chain_relay",
    ),
    Command(
        "call",
        "sign an action and run it in a block",
        (
            "servanda chain call bank 'icbc does open(\"6222-01\")'",
            'servanda chain call bank \'icbc does pay("6222-01", "6216-02", 100 CNY)\' --dry-run',
            'servanda chain call bank \'ann and bob does suspend("icbc", "stolen")\' --as ann',
        ),
        _call_words,
        "servanda.on_chain.act:chain_call",
    ),
    Command(
        "pending",
        "list the transactions that wait for signatures",
        ("servanda chain pending bank", "servanda chain pending bank --as icbc"),
        reader_words,
        "servanda.on_chain.act:chain_pending",
    ),
    Command(
        "sign",
        "sign a transaction that waits, on the chain or in a file",
        (
            "servanda chain sign bank 1f3a… --as bob",
            "servanda chain sign bank --file transfer.tx --as bob",
        ),
        _sign_words,
        "servanda.on_chain.act:chain_sign",
    ),
    Command(
        "send",
        "run a transaction from a file",
        ("servanda chain send bank transfer.tx",),
        _send_words,
        "servanda.on_chain.act:chain_send",
    ),
    Command(
        "query",
        "ask for a record, a field or a rule, now or at any height",
        (
            "servanda chain query bank 'Account[\"6222-01\"].balance'",
            "servanda chain query bank 'Account[\"6222-01\"]' --at 17 --proof account.proof",
            "servanda chain query bank 'may_pay(Account[\"6222-01\"], 100 CNY)' --as icbc --json",
        ),
        _query_words,
        "servanda.on_chain.ask:chain_query",
    ),
    Command(
        "why",
        "explain a transaction or timer of the past: what decided it",
        (
            "servanda chain why bank 1f3a…",
            "servanda chain why bank 17.0",
            "servanda chain why bank 1f3a… --as icbc --json",
        ),
        _why_words,
        "servanda.on_chain.explain:chain_why",
    ),
    Command(
        "show",
        "show records, now or at any height",
        (
            "servanda chain show bank Account",
            "servanda chain show bank 'Account[\"6222-01\"]' --at 17",
            "servanda chain show bank Account --as icbc",
        ),
        _show_words,
        "servanda.on_chain.look:chain_show",
    ),
    Command(
        "members",
        "list the members",
        ("servanda chain members bank",),
        reader_words,
        "servanda.on_chain.look:chain_members",
    ),
    Command(
        "blocks",
        "list the last blocks, or show one",
        ("servanda chain blocks bank --last 5", "servanda chain blocks bank 17 --json"),
        _blocks_words,
        "servanda.on_chain.blocks:chain_blocks",
    ),
    Command(
        "events",
        "print events, in order and each once, and the notices of a party",
        (
            "servanda chain events bank --follow",
            "servanda chain events bank --from 17.0.2 --as icbc --json",
            "servanda chain events bank --follow --as icbc --cursor icbc.cursor",
        ),
        _events_words,
        "servanda.on_chain.follow:chain_events",
    ),
    Command(
        "audit",
        "execute everything again from the genesis, and compare",
        (
            "servanda chain audit bank",
            "servanda chain audit bank --genesis 8c1d…",
            "servanda chain audit --from bank.pack --genesis 8c1d…",
        ),
        _audit_words,
        "servanda.on_chain.prove:chain_audit",
    ),
    Command(
        "prove",
        "write the proof of a record, of its absence, or of a transaction",
        (
            "servanda chain prove bank 'Account[\"6222-01\"]' --at 17 --out account.proof",
            "servanda chain prove bank --transaction 1f3a… --out payment.proof",
        ),
        _prove_words,
        "servanda.on_chain.prove:chain_prove",
    ),
    Command(
        "export",
        "write a whole chain into one file",
        ("servanda chain export bank bank.pack",),
        _pack_words,
        "servanda.on_chain.prove:chain_export",
    ),
    Command(
        "import",
        "make a chain from such a file, executing every block again",
        ("servanda chain import copy bank.pack",),
        _pack_words,
        "servanda.on_chain.prove:chain_import",
    ),
)

FILE_COMMANDS = (
    Command(
        "open",
        "show what is inside a sealed value, to one of its readers",
        (
            "servanda open bank 'Filing[\"2026-1\"].report' --as nfra",
            "servanda open bank 17.0.2.report --as nfra --json",
            "servanda open bank 'Filing[\"2026-1\"].report' --as nfra --out report.opened",
        ),
        _open_words,
        "servanda.on_chain.open_sealed:open_value",
    ),
    Command(
        "verify",
        "check a proof, knowing nothing but the hash of the genesis",
        ("servanda verify account.proof --genesis 8c1d…",),
        _verify_words,
        "servanda.on_chain.verify:verify_file",
    ),
)
"""Commands on what a chain has written, beside `chain` itself."""
