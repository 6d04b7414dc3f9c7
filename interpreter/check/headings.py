"""The headings of a contract on another chain: all that a proof of its records asks for.

In comes the tree of the contract; out come its declarations, or None with diagnostics that say why.
It refuses to look into bodies and at what that contract reads on other chains: the two may speak of
each other, and what a proof shows is a record, whatever rules made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.check.declare import check_header, check_timezone, declare_sets
from servanda.interpreter.check.declare_record import declare_records
from servanda.interpreter.check.names import add_symbol, has_errors, report
from servanda.interpreter.check.scope import Checking
from servanda.interpreter.check.symbols import ContractSymbol, Declarations, DistantSymbol


def headings_of(
    file: tree.File, used: Mapping[str, Declarations], diagnostics: Diagnostics
) -> Declarations | None:
    """Return what a contract declares; `used` are those that it uses on its own chain, by name."""
    header = check_header(file, diagnostics)
    checking = Checking(Declarations(header.name.text if header else ""), diagnostics)
    check_timezone(file, checking)
    for item in file.items:
        if isinstance(item, tree.Use) and item.chain is None:
            _declare_use(item, used, checking)
    declare_sets(file, checking)
    declare_records(file, checking)
    for name in _out_of_reach(file):
        checking.declarations.symbols.setdefault(name.text, DistantSymbol(name.span))
    return None if header is None or has_errors(file, diagnostics) else checking.declarations


def _declare_use(item: tree.Use, used: Mapping[str, Declarations], checking: Checking) -> None:
    found = used.get(item.contract.text)
    name = item.alias or item.contract
    if found is not None:
        add_symbol(name, ContractSymbol(found, name.span), checking)
        return
    report(
        checking.diagnostics,
        "E0257",
        f"unknown contract `{item.contract.text}`",
        item.contract.span,
        "no contract of this name is known of that chain",
        help="what a contract on another chain uses must be known as well",
    )


def _out_of_reach(file: tree.File) -> Iterator[tree.Name]:
    """Yield the names of what can be named from another chain and never be reached."""
    for item in file.items:
        match item:
            case (
                tree.EventDeclaration(name=name)
                | tree.RuleDeclaration(name=name)
                | tree.DecisionDeclaration(name=name)
                | tree.ClauseDeclaration(name=name)
                | tree.ActionDeclaration(name=name)
            ):
                yield name
