"""A chain on which banks file sealed reports, for tests: a contract, keys and sealed values.

In come names and values; out come a chain to act on and what its parties send sealed.
"""

from __future__ import annotations

import hashlib
from typing import Any

import chains
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.encoding import Item
from servanda.chain.sealed import Bound, Opened, open_sealed, seal
from servanda.interpreter.values.sealed import array_of, parts_of

CONTRACT = """\
contract Filings version 1

role Bank, Regulator

record Filing[id: Text]
  bank: Bank
  report: Sealed of Text to bank or Regulator
  extra: Sealed of Amount of CNY to bank?

event Filed(filing: Filing, report: Sealed of Text to filing.bank)

action file(id: Text, bank: Bank, report: Sealed of Text to bank or Regulator): Filing
  by bank
  let filing = create Filing(id: id, bank: bank, report: report)
  emit Filed(filing, filing.report)
  give filing

action amend(filing: Filing, report: Sealed of Text to filing.bank or Regulator)
  by filing.bank
  filing.report = report

action share(filing: Filing, reader: Bank, report: Sealed of Text to filing.report or reader)
  by filing.bank or Regulator
  filing.report = report

action price(filing: Filing, extra: Sealed of Amount of CNY to filing.bank?)
  by filing.bank
  filing.extra = extra

action agree(filing: Filing, report: Sealed of Text to filing.bank or Regulator)
  by filing.bank and Regulator
  filing.report = report
"""

MEMBERS = "ann:Registrar bob:Registrar icbc:Bank boc:Bank nfra:Regulator thief:Bank"
READERS = ("icbc", "nfra")


def private(name: str, number: int = 1) -> X25519PrivateKey:
    """Return a private sealing key of a name."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(f"{name} {number}".encode()).digest())


def public(name: str, number: int = 1) -> bytes:
    """Return a public sealing key of a name."""
    return private(name, number).public_key().public_bytes_raw()


class FilingChain(chains.Chain):
    """A chain with the contract, on which `READERS` and boc have sealing keys."""

    def __init__(self, members: str = MEMBERS) -> None:
        super().__init__(members)
        self.deploy(CONTRACT, "Filings")
        for name in (*READERS, "boc"):
            self.enrol_key(name)

    def enrol_key(self, name: str, number: int = 1) -> None:
        """Let a member say to which key values for it are sealed."""
        self.does(name, "Membership.set_sealing_key", name, public(name, number))

    def bound(self, author: str, type_name: str = "Text") -> Bound:
        """Return to what a value of an author is bound here."""
        return Bound(self.genesis.hash, type_name, author)

    def sealed(
        self,
        author: str,
        value: Item,
        readers: tuple[str, ...] = READERS,
        *,
        keys: dict[str, bytes] | None = None,
        type_name: str = "Text",
    ) -> Any:  # noqa: ANN401 -- the array that is sent
        """Return a value that an author sealed to readers."""
        self.count += 1
        known = {name: public(name) for name in readers} if keys is None else keys
        seed = self.count.to_bytes(32)
        return array_of(seal(self.bound(author, type_name), value, known, seed))

    def opened(self, value: Any, name: str, number: int = 1) -> Opened:  # noqa: ANN401 -- an array
        """Return what a member finds in a sealed text."""
        sealed = parts_of(value)
        return open_sealed(sealed, self.bound(sealed.author), private(name, number))

    def report(self, key: str) -> Any:  # noqa: ANN401 -- the array that is held
        """Return the sealed report of a filing."""
        return self.row("Filings", "Filing", key).f_report
