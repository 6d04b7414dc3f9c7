"""Make the small data set of this example: the same two files, the same bytes, on every machine.

In: a seed and a folder. Out: `nodes.csv` and `transactions.csv` in the form of IBM's AMLSim sample
(columns, order, ranges, number of decimals, CRLF). Only `random.Random(seed).random()` is drawn
from, because Python promises that sequence for ever; money is counted in whole cents.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")

SEED = 20_260_101
ACCOUNTS_COUNT = 2_000
PAYMENTS_COUNT = 10_000
LAST_DAY = 120
QUIET_DAY = 57
"""A day without payments: what falls due on it must still come to pass."""
SPENDERS_COUNT = 15
"""The first accounts pay more than they have."""
NEVER = -1
ACCOUNT_KINDS = ("grey", "black", *["normal"] * 20)
PAYMENT_KINDS = ("by a spender", "by a listed account", "to a listed account", *["any"] * 7)

KEEPER, GREY_PAYER, GREY_PAYEE, POOR = 1_980, 1_981, 1_982, 1_983
RETURNING, RENEWED, SAME_DAY, POOR_BLACK, QUIET = 1_984, 1_985, 1_986, 1_987, 1_988
BLACK_FROM_START, BLACK_PARTNER, BLACK_SELF, ENDED, RUNNING = 1_989, 1_990, 1_991, 1_992, 1_993


class Account(NamedTuple):
    """A row of `nodes.csv`; `fraud_day` is the day on which it is listed black, or `NEVER`."""

    is_fraud: bool
    cents: int
    fraud_day: int = NEVER


class Payment(NamedTuple):
    """A row of `transactions.csv`."""

    day: int
    payer: int
    payee: int
    cents: int


class Draw:
    """Whole numbers drawn from one seeded sequence."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._source.random() * (high - low + 1))

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of `items`."""
        return items[self.between(0, len(items) - 1)]


CAST = {
    KEEPER: Account(is_fraud=False, cents=59_990),
    GREY_PAYER: Account(is_fraud=True, cents=30_000),
    GREY_PAYEE: Account(is_fraud=True, cents=30_010),
    POOR: Account(is_fraud=False, cents=10_004),
    RETURNING: Account(is_fraud=True, cents=25_000, fraud_day=10),
    RENEWED: Account(is_fraud=True, cents=25_025, fraud_day=10),
    SAME_DAY: Account(is_fraud=True, cents=26_000, fraud_day=20),
    POOR_BLACK: Account(is_fraud=True, cents=10_004, fraud_day=50),
    QUIET: Account(is_fraud=True, cents=27_000, fraud_day=14),
    BLACK_FROM_START: Account(is_fraud=True, cents=28_000, fraud_day=0),
    BLACK_PARTNER: Account(is_fraud=True, cents=28_001, fraud_day=0),
    BLACK_SELF: Account(is_fraud=True, cents=28_002, fraud_day=30),
    ENDED: Account(is_fraud=True, cents=29_000, fraud_day=60),
    RUNNING: Account(is_fraud=True, cents=29_500, fraud_day=60),
}
"""Accounts that no random payment touches, so that what they show is certain."""

SPEND_ALMOST_ALL = 16
SCENES = [
    # A grey payer, a grey payee, both grey: each is warned.
    Payment(5, GREY_PAYER, KEEPER, 12_345),
    Payment(5, KEEPER, GREY_PAYEE, 12_340),
    Payment(5, GREY_PAYER, GREY_PAYEE, 251),
    # Both parties black: both are frozen, so neither can pay the day after.
    Payment(11, BLACK_FROM_START, BLACK_PARTNER, 20_000),
    Payment(12, BLACK_FROM_START, KEEPER, 20_000),
    Payment(12, BLACK_PARTNER, KEEPER, 20_000),
    # A freeze runs for exactly 30 days: day 41 is still refused, day 42 is screened again.
    Payment(12, KEEPER, RETURNING, 10_101),
    Payment(41, RETURNING, KEEPER, 10_102),
    Payment(42, RETURNING, KEEPER, 10_103),
    # Listed on the day of a payment: the listing comes first.
    Payment(19, SAME_DAY, KEEPER, 11_111),
    Payment(20, SAME_DAY, KEEPER, 11_112),
    Payment(20, KEEPER, SAME_DAY, 11_113),
    # A warned payment's money comes back after exactly three days, in time to be spent to a cent.
    *(Payment(25, POOR, KEEPER, 59_999) for _ in range(SPEND_ALMOST_ALL)),
    Payment(26, POOR, GREY_PAYEE, 30_000),
    Payment(28, POOR, KEEPER, 20_000),
    Payment(29, POOR, KEEPER, 20_000),
    Payment(29, POOR, KEEPER, 20_417),
    Payment(29, POOR, KEEPER, 20_416),
    # A payment to a frozen black account begins its 30 days anew.
    Payment(30, KEEPER, RENEWED, 15_000),
    Payment(50, KEEPER, RENEWED, 15_001),
    Payment(60, RENEWED, KEEPER, 15_002),
    Payment(79, RENEWED, KEEPER, 15_003),
    Payment(80, RENEWED, KEEPER, 15_004),
    # Payments to oneself: normal, grey and black.
    Payment(33, KEEPER, KEEPER, 59_900),
    Payment(33, GREY_PAYER, GREY_PAYER, 40_000),
    Payment(33, BLACK_SELF, BLACK_SELF, 41_000),
    Payment(34, BLACK_SELF, KEEPER, 41_001),
    # Too little money is refused before the lists are asked, and a freeze before the money.
    *(Payment(40, POOR_BLACK, KEEPER, 59_999) for _ in range(SPEND_ALMOST_ALL)),
    Payment(50, POOR_BLACK, KEEPER, 40_417),
    Payment(50, POOR_BLACK, KEEPER, 40_416),
    Payment(51, POOR_BLACK, KEEPER, 50_000),
    # A freeze and a warned payment that end on a day without payments.
    Payment(27, KEEPER, QUIET, 22_200),
    Payment(54, GREY_PAYER, KEEPER, 22_201),
    Payment(58, QUIET, KEEPER, 22_202),
    # What ends on the last day, and what still runs after it.
    Payment(90, KEEPER, ENDED, 33_300),
    Payment(91, KEEPER, RUNNING, 33_301),
    Payment(117, KEEPER, GREY_PAYEE, 33_302),
    Payment(118, KEEPER, GREY_PAYEE, 33_303),
    Payment(120, ENDED, KEEPER, 33_304),
    Payment(120, RUNNING, KEEPER, 33_305),
    Payment(120, KEEPER, GREY_PAYEE, 33_306),
]
"""The payments of the cast; within a day they come after the random ones, in this order."""


def make_accounts(draw: Draw) -> list[Account]:
    """Return the accounts by number: one in 22 grey, one in 22 black some day, the rest normal."""
    accounts = []
    for number in range(ACCOUNTS_COUNT):
        is_spender = number < SPENDERS_COUNT
        cents = draw.between(10_004, 12_000) if is_spender else draw.between(10_004, 59_992)
        kind = "normal" if is_spender else draw.one_of(ACCOUNT_KINDS)
        fraud_day = draw.between(6, 90)
        account = Account(is_fraud=False, cents=cents)
        if kind == "grey":
            account = Account(is_fraud=True, cents=cents)
        elif kind == "black":
            account = Account(is_fraud=True, cents=cents, fraud_day=fraud_day)
        accounts.append(CAST.get(number, account))
    return accounts


def make_payments(accounts: list[Account], draw: Draw) -> list[Payment]:
    """Return the payments by day; a tenth come from spenders, a fifth touch a listed account."""
    ordinary = [number for number in range(ACCOUNTS_COUNT) if number not in CAST]
    listed = [number for number in ordinary if accounts[number].is_fraud]
    payments: list[Payment] = []
    while len(payments) < PAYMENTS_COUNT - len(SCENES):
        kind = draw.one_of(PAYMENT_KINDS)
        payer, payee = draw.one_of(ordinary), draw.one_of(ordinary)
        if kind == "by a spender":
            payer = draw.between(0, SPENDERS_COUNT - 1)
        elif kind == "by a listed account":
            payer = draw.one_of(listed)
        elif kind == "to a listed account":
            payee = draw.one_of(listed)
        day = (draw.between(1, LAST_DAY) + draw.between(1, LAST_DAY)) // 2
        cents = draw.between(10_000, 59_999) if draw.between(1, 20) > 1 else draw.between(251, 999)
        if day != QUIET_DAY and payer != payee:
            payments.append(Payment(day, payer, payee, cents))
    return sorted(payments + SCENES, key=lambda payment: payment.day)


def write_value(cents: int) -> str:
    """Write cents as AMLSim writes a value: at least one decimal, no second one that is zero."""
    return f"{cents // 100}.{cents % 100:02}".removesuffix("0")


def write_files(folder: Path, seed: int = SEED) -> None:
    """Write both files of the data set of `seed` into `folder`."""
    draw = Draw(seed)
    accounts = make_accounts(draw)
    nodes = ["nodeid,isFraud,init_balance,fraudStep"]
    for number, account in enumerate(accounts):
        balance = f"{account.cents // 100}.{account.cents % 100:02}"
        nodes.append(f"{number},{account.is_fraud:d},{balance},{account.fraud_day}")
    transactions = ["sourceNodeId,targetNodeId,value,time"]
    for payment in make_payments(accounts, draw):
        value = write_value(payment.cents)
        transactions.append(f"{payment.payer},{payment.payee},{value},{payment.day}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("nodes.csv", nodes), ("transactions.csv", transactions)):
        (folder / name).write_bytes("".join(f"{line}\r\n" for line in lines).encode("ascii"))


def main() -> None:
    """Write the data set into the folder that the command line names."""
    parser = argparse.ArgumentParser(description="Make the data set of this example.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "data")
    arguments = parser.parse_args()
    write_files(arguments.folder, arguments.seed)


if __name__ == "__main__":
    main()
