"""What a contract, test or script uses: other contracts, under the names that they have here.

In comes a `use` with what is known of other contracts; out come symbols for their names, or
diagnostics that say what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.check.declare_used import declarations_of
from servanda.interpreter.check.names import add_symbol, report
from servanda.interpreter.check.provable import Elsewhere, provable_declarations
from servanda.interpreter.check.scope import Checking
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import ContractSymbol
from servanda.interpreter.model import ContractModel


def declare_use(
    item: tree.Use,
    used: Mapping[str, ContractModel],
    checking: Checking,
    uses: dict[str, ContractModel],
) -> None:
    """Declare the name of another contract of this chain, and add its model to `uses`."""
    name = item.alias or item.contract
    model = find_used(item, used, checking.diagnostics)
    if model is None:
        return
    symbol = ContractSymbol(declarations_of(model), name.span)
    if add_symbol(name, symbol, checking):
        uses[name.text] = model


def declare_elsewhere(
    item: tree.Use, chain: tree.Name, elsewhere: Elsewhere, checking: Checking
) -> None:
    """Declare the name under which a contract on another chain is known here."""
    name = item.alias or item.contract
    found = elsewhere.get((chain.text, item.contract.text))
    if found is not None:
        offered = provable_declarations(found, chain.text)
        add_symbol(name, ContractSymbol(offered, name.span, chain.text), checking)
        return
    # What is read of it is unknown too, which is told here once.
    checking.misnamed.add(name.text)
    report(
        checking.diagnostics,
        "E0258",
        f"unknown contract `{item.contract.text}` on the chain `{chain.text}`",
        item.contract.span,
        "nothing is known of such a contract there, or it has errors",
        help="put its file beside this one, named as the contract in snake_case",
    )


def find_used(
    item: tree.Use, used: Mapping[str, ContractModel], diagnostics: Diagnostics
) -> ContractModel | None:
    """Return the model of a used contract, if it is there."""
    if item.chain is not None:
        report(
            diagnostics,
            "E0258",
            "a test or script runs all its contracts on one chain",
            item.chain.span,
            "another chain",
            help=f"write `use {item.contract.text}`, and `proof({item.contract.text}…[…])` for "
            "what a contract here takes a proof of",
        )
        return None
    model = used.get(item.contract.text)
    if model is None:
        report(
            diagnostics,
            "E0257",
            f"unknown contract `{item.contract.text}`",
            item.contract.span,
            "no contract of this name was found, or it has errors",
            help=did_you_mean(item.contract.text, used)
            or "put its file beside this one, named as the contract in snake_case",
        )
    return model
