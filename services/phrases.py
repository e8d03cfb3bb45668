"""Phrases: words, days, numbers and amounts as a reader writes them. No work at import."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from services import languages, money

Say = Callable[[str], str]

MINUS = "\u2212"
"""The sign that is as wide as a plus, where Babel writes a hyphen."""

SHARED_SIGN = re.compile(r"(?<![A-Z])[$£¥](?!\s?[A-Z])|kr|Rs|₨")
"""Signs that several currencies have: "$", but neither "US$" nor "$ US", nor the yen's wide sign,
which Japanese readers have for theirs alone."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a text is for: the domain of its messages ("documents", "mails"), and a locale's tag.

    Messages are written in English, and looked up in the catalogue of the reader's language.
    """

    domain: str
    locale: str

    @property
    def language(self) -> str:
        """The language of the text, as a tag for HTML and PDF."""
        return languages.language_of(self.locale)

    def say(self, message: str) -> str:
        """The words for a message."""
        return languages.words(self.domain, self.language).gettext(message)

    def say_count(self, one: str, many: str, number: int) -> str:
        """The words for a message about so many things, which stand at its {count}."""
        words = languages.words(self.domain, self.language).ngettext(one, many, number)
        return words.replace("{count}", self.count(number))

    def day(self, day: date, length: Literal["medium", "long"] = "medium") -> str:
        """A day: "Jul 1, 2026", or "July 1, 2026" at length."""
        shown: str = format_date(day, length, locale=self._written_for)
        return shown

    def days(self, start: date, end: date, length: Literal["medium", "long"] = "medium") -> str:
        """The days of [start, end) by the first and the last one."""
        return f"{self.day(start, length)} – {self.day(end - timedelta(days=1), length)}"

    def count(self, number: int) -> str:
        """A number of things."""
        return _signed(format_decimal(number, locale=self._written_for))

    def percent(self, rate_ppm: int) -> str:
        """The exact rate: 190000 millionths are "19%", 88750 are "8.875%"."""
        rate = Decimal(rate_ppm) / money.PPM
        return _signed(format_percent(rate, locale=self._written_for, decimal_quantization=False))

    def amount(self, amount_minor: int, currency: str) -> str:
        """An amount with its currency's sign."""
        return _signed(money.formatted(amount_minor, currency, str(self._written_for)))

    def amount_with_code(self, amount_minor: int, currency: str) -> str:
        """The amount with its code where its sign is that of several currencies: "$1,249.50 USD"
        would not tell which dollar without, where "€1,249.50" does."""
        shown = self.amount(amount_minor, currency)
        if currency in shown or not SHARED_SIGN.search(shown):
            return shown
        return f"{shown}\N{NO-BREAK SPACE}{currency}"

    def country(self, code: str) -> str:
        """The name of a country by its ISO 3166-1 code."""
        return str(Locale(self.language).territories.get(code, code))

    @property
    def _written_for(self) -> Locale:
        return languages.reader_of(self.locale)


def _signed(number: str) -> str:
    return number.replace("-", MINUS)
