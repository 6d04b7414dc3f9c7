"""Random later versions of a rich bank: what a hasty author might make of it.

In comes a source of chance and a version; out comes one that the checker finds right. Whether it
may follow, the comparison and the records say.
"""

from __future__ import annotations

import random
import re

import programs
import small_bank

CHANGES = (
    (
        "lifecycle Progress\n  Held -> Freed\n  Freed",
        (
            "enum Kind: Red, Blue, Green\n\n"
            "lifecycle Progress\n  Held -> Freed | Kept\n  Kept -> Freed\n  Freed"
        ),
    ),
    (
        "  rate: Decimal = 0.5%",
        "  rate: Decimal = 0.5%\n  kind: Kind = Red\n  level: Int in 0..9 = 3\n  until: Time?",
    ),
    (
        "action deposit",
        (
            "action tune(account: Account, kind: Kind, level: Int in 0..9, until: Time?)\n"
            "  by account.holder\n"
            "  account.kind = kind\n  account.level = level\n  account.until = until\n\n"
            "action keep(one: Hold in Held)\n  by CentralBank\n  one.progress becomes Kept\n\n"
            "action deposit"
        ),
    ),
    (
        'invariant "nobody',
        (
            "when one: Hold has been Kept for 3 days\n  one.progress becomes Freed\n\n"
            "when account: Account reaches account.until\n  account.level = 0\n\n"
            'every 7 days for account: Account\n  notify account.holder that "weekly"\n\n'
            "rule of_kind(kind: Kind): Int\n  by Institution\n"
            "  give count(a for a in Account where a.kind == kind and a.level >= 2 limit 9)\n\n"
            'invariant "levels"\n'
            "  holds sum(a.level for a in Account where a.kind is Red) <= 100\n\n"
            'invariant "nobody'
        ),
    ),
)
MORE = (
    "  extra: Int = 4",
    "  extra: Balance of USD",
    "  other: Account?",
    "  share: Decimal = 1%",
    "\nevery 2 days for account: Account\n  account.level = 1\n",
    '\nwhen one: Hold has been Held for 1 day\n  notify one.account.holder that "x"\n',
    "\nwhen account: Account reaches account.until\n  account.level = 1\n",
    '\ninvariant "new one"\n  for account in Account\n  holds account.level >= 0\n',
    '\ninvariant "in all"\n  holds sum(a.balance for a in Account) <= 503 CNY\n',
    (
        '\ninvariant "three holds"\n  for account in Account\n'
        "  holds count(h for h in Hold where h.account == account) <= 3\n"
    ),
    (
        "\nrule holders(holder: Institution): Int\n  by Institution\n"
        "  give count(a for a in Account where a.holder == holder limit 9)\n"
    ),
    "\naction more(account: Account)\n  by account.holder\n  account.level = 2\n",
    "\nenum Size: Big, Small\n",
)
OTHERS = (
    *(("Institution", "CentralBank"), ("Red", "Blue"), ("Held", "Kept"), ("Int", "Decimal")),
    *(("<=", ">="), ("0..9", "0..12"), ("0..9", "0..5"), ("?", ""), ("limit 9", "limit 8")),
    *(("2 days", "3 days"), ("= 3", "= 5"), ("Freed", "Held | Freed")),
)
TRIES_MAX = 300


def rich_bank() -> str:
    """Return the first version: a bank with a bit of everything."""
    text = small_bank.BANK
    for old, new in CHANGES:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def write_later(chance: random.Random, text: str, version: int) -> str:
    """Return another version, which is right in itself; `text` is the one before."""
    for _ in range(TRIES_MAX):
        found = text
        for _ in range(chance.choice((1, 1, 2, 3))):
            found = _changed(chance, found)
        found = re.sub(r"^contract Bank version \d+", f"contract Bank version {version}", found)
        if programs.check_text(found, "contract", {}).contract is not None:
            return found
    message = "no change is right"
    raise AssertionError(message)


def _changed(chance: random.Random, text: str) -> str:
    """Return a text with a line or paragraph removed, added, moved, or changed in a word."""
    lines, parts = text.split("\n"), text.split("\n\n")
    place, part = chance.randrange(1, len(lines)), chance.randrange(1, len(parts))
    kind = chance.randrange(6)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines.insert(place, chance.choice(MORE))
    elif kind == 2:
        old, new = chance.choice(OTHERS)
        lines[place] = lines[place].replace(old, new, 1)
    elif kind == 3:
        lines[place] = re.sub(
            r"\d+", lambda found: str(int(found[0]) + chance.choice((1, 2, 10))), lines[place]
        )
    elif kind == 4:
        moved = parts.pop(part)
        parts.insert(chance.randrange(1, len(parts)), moved)
        return "\n\n".join(parts)
    else:
        del parts[part]
        return "\n\n".join(parts)
    return "\n".join(lines)
