"""The story of the fraud-screening example in plain Python, to be held against the contract.

In: the two files of a data folder. Out: the outcome of every payment and the account as it
stands after the last row. It refuses to know Servanda: it imports nothing of it.
"""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

FREEZE_DAYS, WARNING_DAYS = 30, 3


@dataclass(slots=True)
class Account:
    """Money in cents; `frozen_until` is the day at whose start the freeze ends."""

    balance: int
    held: int = 0
    frozen_until: int | None = None
    standing: str = "Normal"


def read_cents(text: str) -> int:
    """Read an amount of at most two decimals, exactly."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def run_story(folder: Path) -> tuple[list[str], Counter[str], dict[str, Account]]:
    """Give the outcome per payment in file order, the count per outcome and the accounts."""
    accounts: dict[str, Account] = {}
    listings: defaultdict[int, list[Account]] = defaultdict(list)
    with (folder / "nodes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            account = Account(balance=100 * read_cents(row["init_balance"]))
            accounts[row["nodeid"]] = account
            if int(row["fraudStep"]) >= 0:
                listings[int(row["fraudStep"])].append(account)
            elif row["isFraud"] == "1":
                account.standing = "Grey"
    payments: defaultdict[int, list[tuple[Account, Account, int]]] = defaultdict(list)
    with (folder / "transactions.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            payer, payee = accounts[row["sourceNodeId"]], accounts[row["targetNodeId"]]
            payments[int(row["time"])].append((payer, payee, read_cents(row["value"])))
    outcomes: list[str] = []
    warned: defaultdict[int, list[tuple[Account, int]]] = defaultdict(list)
    for day in range(max(*payments, *listings) + 1):
        for payer, cents in warned.pop(day, []):
            payer.held -= cents
            payer.balance += cents
        for account in accounts.values():
            if account.frozen_until == day:
                account.frozen_until = None
        for account in listings[day]:
            account.standing = "Black"
        for payer, payee, cents in payments[day]:
            outcomes.append(pay(payer, payee, cents, day))
            if outcomes[-1] == "warned":
                warned[day + WARNING_DAYS].append((payer, cents))
    return outcomes, Counter(outcomes), accounts


def pay(payer: Account, payee: Account, cents: int, day: int) -> str:
    """Screen one payment, change the accounts and give the outcome."""
    if payer.frozen_until is not None:
        return "FROZEN"
    if payer.balance < cents:
        return "INSUFFICIENT"
    if "Black" in (payer.standing, payee.standing):
        for account in (payer, payee):
            if account.standing == "Black":
                account.frozen_until = day + FREEZE_DAYS
        return "stopped"
    payer.balance -= cents
    if "Grey" in (payer.standing, payee.standing):
        payer.held += cents
        return "warned"
    payee.balance += cents
    return "released"


if __name__ == "__main__":
    import sys

    sys.stdout.write(f"{dict(run_story(Path(sys.argv[1]))[1])}\n")
