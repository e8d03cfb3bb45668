"""Text that people type: what is accepted, how it is normalised, what counts as the same."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.seat_groups import SeatGroup
from models.users import User
from services import text
from services.errors import Problem, Refusal, RefusalCode

quick = settings(deadline=None, max_examples=200, derandomize=True)


def refusal(value: str, limit: int = text.MAX_NAME) -> Problem:
    with pytest.raises(Refusal) as raised:
        text.clean(value, limit, "input", "name")
    return raised.value.problems[0]


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Ada Lovelace",
        "O'Hara-Smith, Jr. (Ops) & Co. #1 + 2",
        "4",
        "Łukasz Żółć",
        "نورا الحسن",
        "דנה כהן",
        "山田 太郎",
        "나래",
        "กมล ใจดี",
        "आरती",
        "می‌خواهم",  # a zero-width non-joiner within a Persian word
        "\N{RIGHT-TO-LEFT MARK}نورا",
        "👩‍🚀 Crew",
        "a" * text.MAX_NAME,
        "𝒜" * text.MAX_NAME,
    ],
)
def test_a_name_of_any_script_is_kept_as_it_is(name: str) -> None:
    assert text.clean(name, text.MAX_NAME) == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada ", "Ada"),
        ("Ada\n", "Ada"),
        ("\tAda\r\n", "Ada"),
        ("\N{NO-BREAK SPACE}Ada\N{IDEOGRAPHIC SPACE}", "Ada"),
        ("Ada  Lovelace", "Ada  Lovelace"),
    ],
)
def test_white_space_around_a_name_is_dropped(typed: str, kept: str) -> None:
    assert text.clean(typed, text.MAX_NAME) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Zoe\u0308", "Zo\u00eb"), ("\u1112\u1161\u11ab", "\ud55c"), ("\u212b", "\u00c5")],
)
def test_a_name_is_kept_in_composed_form(typed: str, kept: str) -> None:
    assert text.clean(typed, text.MAX_NAME) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\n\t",
        "\u200b",  # zero-width space
        "\u200d\u200c",  # joiners
        "\ufeff",  # byte order mark
        "\u00ad",  # soft hyphen
        "\u2028",
        "\u0301",  # an accent on nothing
        "\u3164",  # Hangul filler
        "\u2800",  # Braille blank
        "\u115f\u1160",  # Hangul fillers
        "\U0001f3fb",  # a tone of skin, which documents leave out
    ],
)
def test_a_name_that_shows_nothing_is_refused(name: str) -> None:
    assert refusal(name).message == "This must not be empty."


@pytest.mark.parametrize("length", [201, 300, 100_000])
def test_a_name_of_more_than_200_characters_is_refused(length: int) -> None:
    assert refusal("a" * length).message == "This must not be longer than 200 characters."


def test_the_length_of_a_name_is_counted_after_it_is_composed_and_trimmed() -> None:
    assert text.clean(" e\u0301 ", 1) == "é"


@pytest.mark.parametrize(
    "character",
    [
        "\0",
        "\t",
        "\n",
        "\r",
        "\x1b",
        "\x7f",
        "\x85",
        "\u2028",
        "\u2029",
        "\ud800",  # half of a surrogate pair
        "\uffff",  # no character
        "\u0378",  # not assigned
    ],
)
def test_a_control_character_or_line_break_within_a_name_is_refused(character: str) -> None:
    assert refusal(f"A{character}da").message == "This must not hold control characters."


@pytest.mark.parametrize("override", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_name_that_turns_the_text_around_it_is_refused(override: str) -> None:
    assert refusal(f"A{override}da").message == "This must not hold control characters."


def test_a_refused_name_is_told_apart_by_code_and_field() -> None:
    problem = refusal("")
    assert (problem.code, problem.field) == (RefusalCode.INVALID, ("input", "name"))


@given(st.text(max_size=60))
@quick
def test_a_cleaned_text_is_clean(typed: str) -> None:
    try:
        kept = text.clean(typed, 50)
    except Refusal:
        return
    assert kept == kept.strip() == unicodedata.normalize("NFC", kept) == text.clean(kept, 50)
    assert 0 < len(kept) <= 50


@pytest.mark.parametrize("nothing", [None, "", " ", "\n"])
def test_an_optional_text_of_nothing_is_none(nothing: str | None) -> None:
    assert text.clean_optional(nothing, text.MAX_REFERENCE) is None


def test_an_optional_text_that_is_given_is_cleaned() -> None:
    assert text.clean_optional(" PO-7 ", text.MAX_REFERENCE) == "PO-7"


def test_an_optional_text_that_is_given_is_checked() -> None:
    with pytest.raises(Refusal):
        text.clean_optional("x" * 65, text.MAX_REFERENCE, "purchase_order_number")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a@b.example", "a@b.example"),
        ("ada@acme.test", "ada@acme.test"),
        ("Ada@Acme.Example", "Ada@acme.example"),
        ("o'hara+billing@mail.acme.example", "o'hara+billing@mail.acme.example"),
        ("a@münchen.example", "a@münchen.example"),
        ("a@xn--mnchen-3ya.example", "a@münchen.example"),
        ("почта@пример.example", "почта@пример.example"),
        ("e\u0301@b.example", "é@b.example"),
    ],
)
def test_an_e_mail_address_is_kept_in_its_normal_form(typed: str, kept: str) -> None:
    assert text.email(typed) == kept


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ada",
        "ada@",
        "@b.example",
        "a@b",
        "a@localhost",
        "a b@c.example",
        "a@b..example",
        "a..b@c.example",
        ".a@b.example",
        "a.@b.example",
        "a@-b.example",
        "a@b_c.example",
        "a@b@c.example",
        "a,b@c.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        '"a b"@c.example',
        "Ada <a@b.example>",
        "a@b.example ",
        "a@b.example\n",
        "a@b.example\0",
        "a@b.example\r\nBcc: c@d.example",
        "a\u202e@b.example",
        "a\u200b@b.example",
        "a@" + "b" * 64 + ".example",
        "a" * 250 + "@b.example",
    ],
)
def test_a_malformed_e_mail_address_is_refused(address: str) -> None:
    with pytest.raises(Refusal, match="not an e-mail address") as raised:
        text.email(address, "email")
    assert raised.value.problems[0].field == ("email",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Support", "SUPPORT"),
        ("Straße", "STRASSE"),
        ("ﬁnance", "Finance"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("Zoe\u0308", "ZO\u00cb"),
        ("μαΐου", "ΜΑΪ́ΟΥ"),
    ],
)
def test_names_that_differ_in_case_or_form_only_are_the_same(one: str, other: str) -> None:
    assert text.key(one) == text.key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Support", "Support 2"), ("Zoe", "Zoë"), ("Ops", "0ps"), ("a b", "ab")]
)
def test_names_that_differ_in_more_are_not_the_same(one: str, other: str) -> None:
    assert text.key(one) != text.key(other)


def longest(model: type[User] | type[SeatGroup], column: str) -> int:
    length: int = model._meta.fields_map[column].max_length  # type: ignore[attr-defined]
    return length


@pytest.mark.parametrize("character", ["a", "ß", "ΐ", "ﬃ", "㍿", "ﷺ"])
def test_the_key_of_every_accepted_name_fits_its_column(character: str) -> None:
    name = text.clean(character * text.MAX_NAME, text.MAX_NAME)
    columns = longest(User, "name_key"), longest(SeatGroup, "name_key")
    assert len(text.key(name)) <= min(columns)


@pytest.mark.parametrize("character", ["a", "ß", "ﷺ"])
def test_the_key_of_every_accepted_e_mail_address_fits_its_column(character: str) -> None:
    address = text.email(character * 60 + "@b.example")
    assert len(text.key(address)) <= longest(User, "email_key")
