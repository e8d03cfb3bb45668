"""Languages: no document or mail lacks a word in any of them, and a reader's customs are kept."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from services import languages
from services.phrases import Reader
from services.settings import ROOT

DOMAINS = {
    "mails": ("services/invoice_letters.py", "services/reminder_letters.py"),
    "documents": ("services/document_words.py", "pdf_templates/invoice.html"),
}
"""Where each domain's messages are said."""

CASES = [(domain, language) for domain in DOMAINS for language in languages.LANGUAGES[1:]]

Key = tuple[str, ...]
"""A message, or its singular and its plural."""


def said(file: Path) -> Iterator[Key]:
    """Every message that a module or a template says."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        yield from ((message,) for message in re.findall(r'say\("([^"]+)"\)', source))
        return
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
        if name in ("say", "say_count"):
            wanted = call.args[: 2 if name == "say_count" else 1]
            yield tuple(str(ast.literal_eval(argument)) for argument in wanted)


def messages(domain: str) -> set[Key]:
    return {key for file in DOMAINS[domain] for key in said(ROOT / file)}


def catalogue(domain: str, language: str) -> Catalog:
    file = languages.CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po"
    with file.open("rb") as source:
        return read_po(source, locale=language)


def listed(value: str | tuple[str, ...] | list[str]) -> Key:
    return (value,) if isinstance(value, str) else tuple(value)


def places(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def is_whole(message: Message, forms: int) -> bool:
    """Whether it has every form, each with the places of the message, and nobody doubts it."""
    wanted = places(listed(message.id)[0])
    translated = listed(message.string or "")
    counts = forms if isinstance(message.id, tuple) else 1
    return (
        not message.fuzzy
        and len(translated) == counts
        and all(form and places(form) == wanted for form in translated)
    )


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_a_language_has_every_message_and_no_other(domain: str, language: str) -> None:
    found = catalogue(domain, language)
    translated = {listed(message.id): message for message in found if message.id}
    assert len(messages(domain)) > 12
    assert set(translated) == messages(domain)
    assert [key for key, it in translated.items() if not is_whole(it, found.num_plurals)] == []


def test_every_language_has_its_catalogues() -> None:
    found = {path.parts[-3:] for path in languages.CATALOGUES.glob("*/*/*.po")}
    assert found == {(it, "LC_MESSAGES", f"{domain}.po") for domain, it in CASES}


# A line for each locale: a day, a count, a rate, an amount, a total, a country.
CUSTOMS = {
    "en_US": "Dec 2, 2026|1,250|8.875%|−$1,249.50|$1,249.50 USD|Germany",
    "en-GB": "2 Dec 2026|1,250|8.875%|−US$1,249.50|US$1,249.50|Germany",
    "de-DE": "02.12.2026|1.250|8,875 %|−1.249,50 $|1.249,50 $ USD|Deutschland",
    "fr": "2 déc. 2026|1 250|8,875 %|−1 249,50 $US|1 249,50 $US|Allemagne",
    "es": "2 dic 2026|1.250|8,875 %|−1.249,50 US$|1.249,50 US$|Alemania",
    "ja-JP": "2026/12/02|1,250|8.875%|−$1,249.50|$1,249.50 USD|ドイツ",
    # Whoever is served in English is served wholly in English.
    "pt-BR": "Dec 2, 2026|1,250|8.875%|−$1,249.50|$1,249.50 USD|Germany",
}


@pytest.mark.parametrize("locale", CUSTOMS)
def test_a_reader_has_days_and_numbers_as_they_are_written_there(locale: str) -> None:
    reader = Reader("documents", locale)
    shown = (
        reader.day(date(2026, 12, 2)),
        reader.count(1_250),
        reader.percent(88_750),
        reader.amount(-124_950, "USD"),
        reader.amount_with_code(124_950, "USD"),
        reader.country("DE"),
    )
    assert re.sub(r"\s", " ", "|".join(shown)) == CUSTOMS[locale]


def test_a_sign_that_one_currency_has_alone_needs_no_code() -> None:
    assert Reader("documents", "en").amount_with_code(124_950, "EUR") == "€1,249.50"
    assert Reader("documents", "en").amount_with_code(1_250, "KWD") == "KWD\xa01.250"
    assert Reader("documents", "ja").amount_with_code(1_250, "JPY") == "￥1,250"
    assert Reader("documents", "en").amount_with_code(1_250, "JPY") == "¥1,250\xa0JPY"
    assert Reader("documents", "fr_CA").amount_with_code(124_950, "USD") == "1\xa0249,50\xa0$\xa0US"
    assert Reader("documents", "fr_CA").amount_with_code(124_950, "CAD").endswith("$\xa0CAD")


@pytest.mark.parametrize(("count", "words"), [(1, "1 seat added"), (1_250, "1,250 seats added")])
def test_a_count_has_its_own_words(count: int, words: str) -> None:
    reader = Reader("documents", "en")
    assert reader.say_count("{count} seat added", "{count} seats added", count) == words
