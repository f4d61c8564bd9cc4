"""Money: a decimal amount and its currency become whole minor units."""

import re
from decimal import Decimal
from typing import Any, Final

# ISO 4217, by the number of decimals of the minor unit.
_TWO = """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP
MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS
VED VES WST XCD YER ZAR ZMW ZWG"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

DECIMALS: Final[dict[str, int]] = {
    code: decimals for decimals, codes in ((2, _TWO), (0, _NONE), (3, _THREE)) for code in codes.split()
}
"""Currency code → decimals of its minor unit."""

_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,18}))?")


def currency(value: Any) -> str:
    """The currency's ISO 4217 code in capitals. Raises ValueError, as all checks do, with the reason."""
    code = value.upper() if isinstance(value, str) else ""
    if code not in DECIMALS:
        raise ValueError("is no ISO 4217 currency code; write it as CNY, HKD or USD.")
    return code


def minor_units(value: Any, currency_code: str) -> int:
    """`128800.00` CNY → 12880000.

    Takes text, int, float or Decimal. Raises ValueError for anything else, a negative amount, and more
    decimals than the currency has (zeros at the end do not count).
    """
    match = _AMOUNT.fullmatch(value if value.__class__ is str else _written(value))
    if match is None:
        raise ValueError("is no amount of money; write it as 128800.00, without sign, separators or currency.")
    whole, fraction = match.groups()
    decimals = DECIMALS[currency_code]
    kept = (fraction or "").rstrip("0")
    if len(kept) > decimals:
        raise ValueError(f"has more than the {decimals} decimals of {currency_code}; round it.")
    return int(whole + kept.ljust(decimals, "0"))


def _written(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return str(value) if isinstance(value, int) else f"{Decimal(repr(value)) if isinstance(value, float) else value:f}"
