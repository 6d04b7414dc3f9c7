"""An explanation as one JSON value: what ran, what came of it, and the tree of what decided it.

The shape: `kind` ("call" or "timer"), `time`, `contract`, and what names it (its `number` in a run,
its `place` on a chain); of a call `action`, `signers`
and `arguments`; of a timer `timer`, `record` and `due`; `outcome` ("done" or "refused") with
`code`, `message` and `clause` (a place, or null), `value`, `events`, `notices` and `cost`;
`left_out`, how much is too long to be told, and `tree`: nodes of `kind`, `text` (as in the
source), `value`, a place (`file`, `line`, `column`, `end`) and `parts`. Values are text, as the
language writes them.
"""

from __future__ import annotations

from servanda.diagnostic_json import JsonValue, place_to_json
from servanda.interpreter.receipts import Firing, Receipt
from servanda.interpreter.values.show import show_time
from servanda.sent_values import show_sent
from servanda.traced_run import Explained
from servanda.value_text import show_named
from servanda.why import Branch, Setting, branches_of, event_values, shown_outcome, shown_text


def explained_to_json(setting: Setting, explained: Explained) -> dict[str, JsonValue]:
    """Return an explanation."""
    return {
        "kind": "timer" if isinstance(explained.what, Firing) else "call",
        "time": show_time(explained.time_ms),
        **_what_to_json(setting, explained),
        **_receipt_to_json(setting, explained.receipt, shown_outcome(setting, explained)),
        "left_out": explained.trace.left_out_count,
        "tree": [_branch_to_json(one, setting) for one in branches_of(explained.trace)],
    }


def _what_to_json(setting: Setting, explained: Explained) -> dict[str, JsonValue]:
    what = explained.what
    if isinstance(what, Firing):
        return {
            "contract": what.contract,
            "timer": what.title,
            "record": show_named(what.record, what.key, setting.contracts),
            "due": show_time(what.due_ms),
        }
    action = setting.contracts[what.contract].actions.get(what.action)
    types = [one.local.type for one in action.parameters] if action is not None else []
    known = [*types, *[None] * len(what.arguments)]
    return {
        "contract": what.contract,
        "action": what.action,
        "signers": list(what.parties),
        "arguments": [
            show_sent(value, known[place], setting.decimals)
            for place, value in enumerate(what.arguments)
        ],
    }


def _receipt_to_json(setting: Setting, receipt: Receipt, value: str | None) -> dict[str, JsonValue]:
    return {
        "outcome": "done" if receipt.code is None else "refused",
        "code": receipt.code,
        "message": receipt.message,
        "clause": None if receipt.span is None else place_to_json(receipt.span, setting.sources),
        "value": value,
        "events": [
            {
                "contract": one.contract,
                "event": one.name,
                "values": dict(event_values(setting, one)),
            }
            for one in receipt.events
        ],
        "notices": [
            {"contract": one.contract, "party": one.party, "text": one.text}
            for one in receipt.notices
        ],
        "cost": receipt.cost,
    }


def _branch_to_json(branch: Branch, setting: Setting) -> dict[str, JsonValue]:
    seen = branch.seen
    text, value = shown_text(seen, setting)
    return {
        "kind": seen.kind,
        "text": text,
        "value": value,
        **place_to_json(seen.span, setting.sources),
        "parts": [_branch_to_json(one, setting) for one in branch.parts],
    }
