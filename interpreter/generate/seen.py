"""What an explanation shows of an expression: the values that were looked up, asked for or counted.

In comes a value of the model; out comes whether a probe reports it.
"""

from __future__ import annotations

from servanda.interpreter import model
from servanda.interpreter.types import OptionalType, ProofType, ShownType

SEEN = frozenset(
    {
        model.LocalValue,
        model.FieldValue,
        model.BlockTime,
        model.RecordLookup,
        model.RuleCall,
        model.DecisionCall,
        model.AggregateValue,
        model.TotalValue,
        model.BuiltinCall,
    }
)


def is_seen(value: model.Value) -> bool:
    """Whether an explanation shows a value.

    A proof and the record that it shows have many parts: what is read of them is shown instead.
    """
    held = value.type.base if isinstance(value.type, OptionalType) else value.type
    if isinstance(held, ProofType | ShownType):
        return False
    if isinstance(value, model.OutputValue):
        return isinstance(value.object.type, ProofType | ShownType)
    return type(value) in SEEN
