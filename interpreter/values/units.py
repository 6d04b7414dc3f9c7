"""Units of money: the currencies of ISO 4217 and the way between whole and smallest units.

In come unit codes, Decimals and text; out come ints counted in the smallest unit (fen, cents), or
a refusal. It refuses to know rates and names of currencies, and whatever unit a contract declares
itself (that is a `Unit` too, made by the checker).
Source: ISO 4217, lists one and three as of January 2026. Units without a minor unit in list one
(gold XAU, special drawing rights XDR, the test code XTS, …) are left out: an Amount is counted in
smallest units, and they have none. A contract that needs one declares it with its own decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from servanda.interpreter.values.numbers import (
    AMOUNT_LIMIT,
    TEXT_LENGTH_MAX,
    Number,
    Rounding,
    Unreadable,
    check_amount,
    round_to_int,
    scale,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

DECIMALS_MAX = 18
"""The most decimals that a declared unit may have; nine digits of whole units then remain."""

AMOUNT_FORM = re.compile(r"([+-]?[0-9]+(?:_[0-9]+)*)(?:\.([0-9]+(?:_[0-9]+)*))?")

CODES_BY_DECIMALS: Mapping[int, str] = MappingProxyType(
    {
        0: """
            BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
        """,
        2: """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN
            BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD
            FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
            KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
            MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
            SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD
            USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
        """,
        3: """
            BHD IQD JOD KWD LYD OMR TND
        """,
        4: """
            CLF UYW
        """,
    }
)
"""The codes in force, each under the number of decimals of its smallest unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What an Amount counts: 10**`decimals` smallest units make one whole unit of `code`."""

    code: str
    decimals: int

    def __post_init__(self) -> None:
        assert 0 <= self.decimals <= DECIMALS_MAX, "the checker bounds the decimals of a unit"


def list_iso_4217() -> Mapping[str, Unit]:
    """Return the units of `CODES_BY_DECIMALS` by code, in the order of the codes."""
    units = [
        Unit(code, decimals)
        for decimals, codes in CODES_BY_DECIMALS.items()
        for code in codes.split()
    ]
    return MappingProxyType({unit.code: unit for unit in sorted(units, key=lambda one: one.code)})


ISO_4217: Mapping[str, Unit] = list_iso_4217()


def round_amount(value: Number, mode: str = Rounding.HALF_EVEN) -> int:
    """Return the Amount that an unrounded amount (in smallest units) rounds to."""
    return check_amount(round_to_int(value, mode))


def amount_from_decimal(value: Number, decimals: int, mode: str = Rounding.HALF_EVEN) -> int:
    """Return the Amount nearest to `value` whole units of a unit that has `decimals`."""
    return round_amount(scale(value, decimals), mode)


def decimal_from_amount(amount: Number, decimals: int) -> Decimal:
    """Return the whole units, with their fraction, that `amount` smallest units make; exact."""
    return scale(amount, -decimals)


def parse_amount(text: str, decimals: int) -> int:
    """Read `184.44` as exact smallest units of a unit that has `decimals`. Raises `Unreadable`.

    More decimals than the unit has are refused even if they are zeros, as ISO 20022 does: such a
    text was written for another unit.
    """
    form = AMOUNT_FORM.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if form is None:
        raise Unreadable("expected an amount such as `184.44`")
    whole, fraction = form[1], (form[2] or "").replace("_", "")
    if len(fraction) > decimals:
        has = f"{len(fraction)} decimal{'s' * (len(fraction) != 1)}"
        may = f"at most {decimals} decimal{'s' * (decimals != 1)}" if decimals else "no decimals"
        raise Unreadable(f"the amount has {has}, its unit has {may}")
    amount = int(whole + fraction.ljust(decimals, "0"))
    if not -AMOUNT_LIMIT < amount < AMOUNT_LIMIT:
        raise Unreadable("the amount has more than 27 digits, counted in the smallest unit")
    return amount
