"""Analyse a finished model: what is right in each declaration and wrong in the whole.

In comes a model that the checker has found right, with the tree it was made from (for places
alone); out come diagnostics and `Findings`, what `check` prints of a contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.analyse.authority import analyse_authority
from servanda.interpreter.analyse.creation import analyse_creation
from servanda.interpreter.analyse.decisions import analyse_decisions
from servanda.interpreter.analyse.lifecycles import analyse_lifecycles
from servanda.interpreter.analyse.loops import analyse_loops
from servanda.interpreter.analyse.money import MoneyPlace, analyse_money
from servanda.interpreter.analyse.places import places_of
from servanda.interpreter.analyse.reading import analyse_reading
from servanda.interpreter.model import ContractModel

__all__ = ["Findings", "MoneyPlace", "analyse"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the analyses found out about a contract."""

    complete_table_count: int
    """Tables proved complete and, if unique, free of overlap."""
    stuck_state_count: int
    """States that a record may never leave: nothing leads out, or one silent party forbids it."""
    money_places: tuple[MoneyPlace, ...]


def analyse(
    model: ContractModel, diagnostics: Diagnostics, file: tree.File | None = None
) -> Findings:
    """Run all analyses over a model; with its tree, diagnostics point at single states."""
    places = None if file is None else places_of(file)
    stuck = analyse_lifecycles(model, diagnostics, places)
    complete_count = analyse_decisions(model, diagnostics)
    analyse_authority(model, diagnostics, places)
    analyse_loops(model, diagnostics)
    analyse_creation(model, diagnostics)
    analyse_reading(model, diagnostics)
    return Findings(complete_count, len(stuck), analyse_money(model))
