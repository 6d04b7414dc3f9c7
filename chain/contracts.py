"""Contracts on the chain: a source in, a program out, checked against what runs there already.

Everybody who re-executes a chain checks the same source to the same model: a source is named by its
contract and version alone, so that no path of a machine gets into a receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.grammar.tree import File
from servanda.interpreter.check import (
    Declarations,
    Elsewhere,
    check_contract,
    headings_of,
    uses_of,
)
from servanda.interpreter.compile import Program, compile_contract
from servanda.interpreter.model import ContractModel


class BadContract(ValueError):  # noqa: N818 -- what is wrong is the source, not the program
    """A source cannot run on a chain; the message says why."""


Find: TypeAlias = "Callable[[str, str], Declarations | None]"
"""Finds what a contract declares by the name of its chain and its own."""


def nowhere(_chain: str, _contract: str) -> None:
    """Find nothing: no other chain is known."""


def source_name(name: str, version: int) -> str:
    """Return the name of a source on a chain."""
    return f"{name} version {version}"


def read_contract(
    text: str,
    name: str,
    version: int,
    deployed: Mapping[str, ContractModel],
    headings: Find = nowhere,
) -> Program:
    """Return the program of a contract that uses what is deployed, or raise `BadContract`.

    `headings` finds what a contract on another chain declares.
    """
    diagnostics = Diagnostics()
    file = parse(Source(source_name(name, version), text), diagnostics)
    elsewhere = elsewhere_of(file, headings)
    model = (
        None if diagnostics.has_errors else check_contract(file, deployed, diagnostics, elsewhere)
    )
    if model is None or diagnostics.has_errors:
        first = next(one for one in diagnostics if not one.is_warning)
        raise BadContract(f"the source has errors: {_told(first, text)}")
    if (model.name, model.version) != (name, version):
        raise BadContract(
            f"the source is of `{model.name}` version {model.version}, "
            f"not of `{name}` version {version}"
        )
    return compile_contract(model)


def elsewhere_of(file: File, headings: Find) -> Elsewhere:
    """Return what a contract reads on other chains, as far as it has been introduced."""
    return {
        (use.chain.text, use.contract.text): found
        for use in uses_of(file)
        if use.chain is not None
        and (found := headings(use.chain.text, use.contract.text)) is not None
    }


def read_headings(text: str, name: str, chain: str, headings: Find) -> Declarations:
    """Return what a contract on another chain declares, or raise `BadContract`."""
    diagnostics = Diagnostics()
    file = parse(Source(f"{name} on chain {chain}", text), diagnostics)
    used = {
        use.contract.text: below
        for use in uses_of(file)
        if use.chain is None and (below := headings(chain, use.contract.text)) is not None
    }
    found = None if diagnostics.has_errors else headings_of(file, used, diagnostics)
    if found is None:
        first = next(one for one in diagnostics if not one.is_warning)
        raise BadContract(f"the source has errors: {_told(first, text)}")
    if found.contract != name:
        raise BadContract(f"the source is of `{found.contract}`, not of `{name}`")
    return found


def read_source(data: bytes) -> str:
    """Return the text of a source, or raise `BadContract`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadContract("the source is no UTF-8") from None


def _told(diagnostic: Diagnostic, text: str) -> str:
    line = text.count("\n", 0, diagnostic.span.start) + 1
    return f"{diagnostic.code} in line {line}, {diagnostic.message}"
