"""Languages: the words of documents and mails, from gettext catalogues. No work at import.

A catalogue is `locales/<language>/LC_MESSAGES/<domain>.po`, read as it is when it is first asked
for. The messages are written in English, which therefore needs none.
"""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from services import money

CATALOGUES = Path(__file__).resolve().parent.parent / "locales"

LANGUAGES = ("en", "de", "fr", "es", "ja")
"""The languages that documents and mails are written in; others are served in English."""


def language_of(locale: str) -> str:
    """The language of LANGUAGES that a reader of the locale is served in."""
    wanted: str = money.parse_locale(locale).language
    return wanted if wanted in LANGUAGES else "en"


def reader_of(locale: str) -> Locale:
    """The locale whose dates and numbers go with that language: the reader's own where it is in
    the language, else "en_US", so that no document mixes two."""
    reader = money.parse_locale(locale)
    return reader if reader.language in LANGUAGES else money.parse_locale(None)


@cache
def words(domain: str, language: str) -> NullTranslations:
    """The messages of a domain ("documents", "mails") in a language, with gettext's own methods."""
    file = CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po"
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, domain=domain))
    compiled.seek(0)
    return Translations(compiled, domain=domain)
