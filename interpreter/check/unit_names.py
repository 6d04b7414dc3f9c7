"""Units that two contracts declare: the name of a unit stands for one unit on the whole chain.

In come a file and the contracts it uses; out come diagnostics. It refuses to know decimals: equal
ones do not make two units one.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics, Label
from servanda.interpreter.check.names import report
from servanda.interpreter.model import ContractModel
from servanda.interpreter.walk import contracts_below


def check_unit_names(
    file: tree.File, uses: Mapping[str, ContractModel], diagnostics: Diagnostics
) -> None:
    """Report units of one name of two contracts that are used, or of this one and a used one."""
    owners: dict[str, ContractModel] = {}
    for item in file.items:
        used = uses.get((item.alias or item.contract).text) if isinstance(item, tree.Use) else None
        for model in contracts_below(used) if used is not None else ():
            for unit in model.units:
                owner = owners.setdefault(unit, model)
                if owner.name != model.name:
                    report(
                        diagnostics,
                        "E0275",
                        f"`{owner.name}` and `{model.name}` both declare the unit `{unit}`",
                        item.span,
                        f"with this, `{unit}` is the name of two units",
                        Label(owner.span, f"`{owner.name}` declares `{unit}`"),
                        Label(model.span, f"`{model.name}` declares it as well"),
                        help="let one of the two use the other, and count in the unit of that",
                    )
    for item in file.items:
        if isinstance(item, tree.UnitDeclaration) and (found := owners.get(item.name.text)):
            alias = next((one for one, model in uses.items() if model.name == found.name), "")
            report(
                diagnostics,
                "E0275",
                f"`{found.name}` declares the unit `{item.name.text}` already",
                item.name.span,
                "one name would be that of two units",
                Label(found.span, f"`{found.name}` declares it"),
                help=f"write `{alias}.{item.name.text}` for that one, or name this one otherwise"
                if alias
                else "name this one otherwise",
            )
