"""Money: integers of a currency's minor unit, exact fractions in between, one rounding.

The minor unit is ISO 4217's: 2 decimals for USD, 0 for JPY, 3 for KWD. Pure, no I/O.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise

from babel import Locale, UnknownLocaleError
from babel.numbers import parse_pattern
from iso4217 import Currency

MAX_UNIT_PRICE_MINOR = 10**12
"""The highest price of a seat, in minor units: with a million seats it still fits 64 bits."""

PPM = 1_000_000
"""Tax rates are whole millionths: 190000 is 19 %."""

DEFAULT_LOCALE = "en_US"

CURRENCIES = {unit.code: int(unit.exponent) for unit in Currency if unit.exponent is not None}
"""ISO 4217's currencies with their decimals; gold, test codes and the like have none."""


def is_currency(code: str) -> bool:
    """Whether ISO 4217 knows the code and gives it a minor unit."""
    return code in CURRENCIES


def decimals(currency: str) -> int:
    """How many decimals ISO 4217 gives the currency."""
    return CURRENCIES[currency]


@lru_cache(maxsize=4_096)
def plain(amount_minor: int, currency: str) -> str:
    """The amount in the currency's major unit, with all its decimals: 124950 USD is "1249.50"."""
    places = decimals(currency)
    digits = str(abs(amount_minor)).zfill(places + 1)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def to_decimal(amount_minor: int, currency: str) -> Decimal:
    """The same as a number."""
    return Decimal(plain(amount_minor, currency))


def parse(text: str, currency: str) -> int:
    """The minor units that a plain decimal such as "1788.00" names.

    Raises ValueError when it is no such number, or is finer than the currency's minor unit.
    """
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise ValueError('not a decimal number such as "149.00"')
    whole, _, fraction = text.partition(".")
    places = decimals(currency)
    if fraction[places:].strip("0"):
        raise ValueError(f"finer than {currency}'s {places} decimals")
    return int(whole + fraction[:places].ljust(places, "0"))


def round_half_up(amount: Fraction) -> int:
    """The one rounding of this product: to the nearest minor unit, halves away from zero."""
    magnitude = (2 * abs(amount.numerator) + amount.denominator) // (2 * amount.denominator)
    return magnitude if amount >= 0 else -magnitude


def shared(amount_minor: int, shares: Sequence[int]) -> list[int]:
    """The amount divided in proportion to the shares, of which one at least is more than 0.

    The parts add up to the amount, have its sign or are 0, and are at most one minor unit from
    what would be exact: what is rounded is where each part ends.
    """
    whole = sum(shares)
    ends = [round_half_up(Fraction(amount_minor * end, whole)) for end in accumulate(shares)]
    return [end - begin for begin, end in pairwise([0, *ends])]


def divided(amount: int, parts: Sequence[int]) -> list[int]:
    """The amount in proportion to the parts, whose sum it does not exceed. No result is more than
    its part, and none shrinks while the amount grows: what is left after each is divided among
    those that follow."""
    left, whole, found = amount, sum(parts), []
    for part in parts:
        own = round_half_up(Fraction(left * part, whole)) if whole else 0
        found.append(own)
        left, whole = left - own, whole - part
    return found


def tax(subtotal_minor: int, rate_ppm: int) -> int:
    """The tax on a subtotal at a rate in millionths (190000 is 19 %), rounded once."""
    return round_half_up(Fraction(subtotal_minor * rate_ppm, PPM))


def formatted(amount_minor: int, currency: str, locale: str | None = None) -> str:
    """The amount as a reader of the locale writes it: "$1,249.50", "1.249,50 €", "￥1,250".

    The decimals are ISO 4217's, whatever the locale's custom.
    Raises ValueError for a locale that is malformed or unknown.
    """
    reader = parse_locale(locale)
    pattern = parse_pattern(reader.currency_formats["standard"].pattern)
    pattern.frac_prec = (decimals(currency), decimals(currency))
    amount = to_decimal(amount_minor, currency)
    shown: str = pattern.apply(amount, reader, currency=currency, currency_digits=False)
    # CLDR sets a code apart from the digits, where a sign stands close: "KWD 1.500", "$1.50".
    return re.sub(f"{currency}(?=[0-9])", f"{currency}\N{NO-BREAK SPACE}", shown)


def parse_locale(tag: str | None) -> Locale:
    """The locale of a tag such as "de-DE" or "de_DE"; en_US where there is none.

    Raises ValueError for a tag that is malformed or unknown.
    """
    tag = tag or DEFAULT_LOCALE
    # The pattern comes first: Babel looks a tag up as the name of a file.
    if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", tag):
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse(tag.replace("-", "_"))
    raise ValueError(f"unknown locale {tag!r}")
