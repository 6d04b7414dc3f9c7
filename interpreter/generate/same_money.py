"""Generated code of an equality in which each amount brings its unit along (`model.SameMoney`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.interpreter import model

if TYPE_CHECKING:
    from servanda.interpreter.generate.value import Values


def same_money(values: Values, value: model.SameMoney) -> str:
    """Return the expression that compares two amounts with their units."""
    left = _counted(values, value.left, value.left_unit)
    right = _counted(values, value.right, value.right_unit)
    return f"({left} {'!=' if value.is_negated else '=='} {right})"


def _counted(values: Values, amount: model.Value, unit: model.Value) -> str:
    """Return an amount and its unit as a pair; what is explained is the amount in this unit."""
    held = type(values)(values.writer, is_probed=False)
    held.is_balance = values.is_balance
    text, code = held.write(amount), held.write(unit)
    if values.is_probed and not isinstance(amount, model.Constant):
        site = values.writer.site("value", amount.span, amount.type)
        text = f"p.see(p.mark({site}), {text}, {code})"
    return f"({text}, {code})"
