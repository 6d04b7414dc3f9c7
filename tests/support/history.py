"""One history of a chain, the same in every process: run as a program it prints its last hashes."""

from __future__ import annotations

import sys

import chains
import small_bank as bank

from servanda.interpreter.receipts import Amount


def make() -> chains.Chain:
    """Return a chain on which all kinds of things have happened."""
    chain = chains.Chain(bank.MEMBERS)
    chain.deploy(bank.BANK, "Bank")
    for number in range(12):
        chain.does("icbc" if number % 2 else "boc", "Bank.open", f"账户-{number}")
    chain.does("pboc", "Bank.deposit", "账户-1", Amount(100_000, "CNY"))
    for number in range(12):
        amount = Amount(7_919 * number, "CNY")
        chain.run("icbc", "Bank.pay", "账户-1", f"账户-{number}", amount)
    chain.does("icbc pboc", "Bank.put_by", "账户-1", Amount(500, "CNY"))
    transaction = chain.transaction("icbc pboc", "Bank.put_by", "账户-3", Amount(9, "CNY"))
    chain.block(chain.signed(transaction, ["pboc"]))
    chain.does("ann", "Membership.enrol", "cy", chains.public_key_of("cy"))
    chain.does("ann bob", "Membership.suspend", "boc", "its key was stolen")
    chain.block(wait_ms=60 * chains.HOUR_MS)
    return chain


if __name__ == "__main__":
    info = make().ledger.info
    sys.stdout.write(f"{info.height} {info.head.hex()} {info.state.hex()}\n")
