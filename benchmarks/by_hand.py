"""The rules of `transfers.contract` written by hand, with an undo log and nothing else.

No argument, authority or type is checked and no receipt is made: this is the ceiling.
"""

from __future__ import annotations

from typing import Any


class Account:
    """An account."""

    __slots__ = ("balance", "holder", "number", "status")

    def __init__(self, number: str, holder: str, status: str) -> None:
        self.number = number
        self.holder = holder
        self.status = status
        self.balance = 0


class Refused(Exception):  # noqa: N818 -- as in the project
    """The rules said no."""


class Bank:
    """All accounts, the reviews, the events, and the undo log of the payment under way."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.reviews: list[tuple[Account, Account, int]] = []
        self.events: list[tuple[str, str, str, int]] = []
        self.undo: list[tuple[Any, ...]] = []

    def pay(self, payer_number: str, payee_number: str, amount: int) -> bool:
        """Make a payment; return whether it was not refused."""
        undo: list[tuple[Any, ...]] = []
        self.undo = undo
        try:
            payer = self.accounts[payer_number]
            payee = self.accounts[payee_number]
            if payer.status == "Black" or payee.status == "Black":
                raise Refused("BLACK")
            if payer.status == "Grey" or payee.status == "Grey":
                undo.append((self.reviews,))
                self.reviews.append((payer, payee, amount))
            else:
                if payer.balance < amount:
                    raise Refused("INSUFFICIENT")
                undo.append((payer, payer.balance))
                payer.balance -= amount
                undo.append((payee, payee.balance))
                payee.balance += amount
                self.events.append(("Paid", payer_number, payee_number, amount))
        except Refused:
            for change in reversed(undo):
                if len(change) == 1:
                    change[0].pop()
                else:
                    change[0].balance = change[1]
            return False
        return True
