"""Money: minor units, reading and writing decimals, the one rounding, tax, locales."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import money

quick = settings(deadline=None, max_examples=150, derandomize=True)

currencies = st.sampled_from(sorted(money.CURRENCIES))
stored_amounts = st.integers(-(2**63), 2**63 - 1)
fractions = st.fractions(min_value=-(10**12), max_value=10**12)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("TND", 3),
        ("HUF", 2),
        ("IRR", 2),
        ("CLF", 4),
    ],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert money.decimals(currency) == decimals


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "XDR", "BTC", "usd", "US", "USDX", ""])
def test_a_code_without_a_minor_unit_is_no_currency(code: str) -> None:
    assert not money.is_currency(code)


@pytest.mark.parametrize(
    ("minor", "currency", "decimal"),
    [
        (124950, "USD", "1249.50"),
        (124950, "JPY", "124950"),
        (124950, "KWD", "124.950"),
        (0, "USD", "0.00"),
        (5, "KWD", "0.005"),
        (-5, "USD", "-0.05"),
        (10**18, "USD", "10000000000000000.00"),
    ],
)
def test_an_amount_shows_all_decimals_of_its_currency(
    minor: int, currency: str, decimal: str
) -> None:
    assert money.plain(minor, currency) == decimal
    assert str(money.to_decimal(minor, currency)) == decimal


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1788.00", "USD", 178800),
        ("1788", "USD", 178800),
        ("1788.5", "USD", 178850),
        ("149.000", "USD", 14900),
        ("0", "USD", 0),
        ("-12.34", "USD", -1234),
        ("1250", "JPY", 1250),
        ("1250.0", "JPY", 1250),
        ("12.345", "KWD", 12345),
    ],
)
def test_a_plain_decimal_is_read_as_minor_units(text: str, currency: str, minor: int) -> None:
    assert money.parse(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1e3",
        "1E3",
        "1e-1",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1,000.00",
        "1 000",
        "1.2.3",
        "$5",
        "0x10",
        "--1",
        "free",
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal number"):
        money.parse(text, "USD")


@pytest.mark.parametrize("text", [" 149.00", "149.00 ", "149.00\n", "1_000.00", "１４９", "٣"])
def test_a_decimal_with_spaces_underscores_or_foreign_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal number"):
        money.parse(text, "USD")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("149.001", "USD"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("149.00" + "0" * 30 + "1", "USD"),
        ("9" * 30 + ".999", "USD"),
    ],
)
def test_a_decimal_finer_than_the_minor_unit_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="finer than"):
        money.parse(text, currency)


@given(stored_amounts, currencies)
@quick
def test_every_amount_written_as_a_decimal_is_read_back_unchanged(
    minor: int, currency: str
) -> None:
    assert money.parse(money.plain(minor, currency), currency) == minor


@given(st.text(alphabet="00123459.-+_eEN, ٣", max_size=8), currencies)
@quick
def test_reading_any_text_gives_minor_units_or_a_value_error(text: str, currency: str) -> None:
    try:
        minor = money.parse(text, currency)
    except ValueError:
        return
    assert money.to_decimal(minor, currency) == Decimal(text)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0", 0),
        ("1/2", 1),
        ("-1/2", -1),
        ("3/2", 2),
        ("5/2", 3),
        ("-5/2", -3),
        ("49/100", 0),
        ("51/100", 1),
        ("-49/100", 0),
        ("-51/100", -1),
        ("1/3", 0),
        ("2/3", 1),
        ("7", 7),
        ("-7", -7),
        ("49999999999999999999/100000000000000000000", 0),
    ],
)
def test_halves_round_away_from_zero(amount: str, rounded: int) -> None:
    assert money.round_half_up(Fraction(amount)) == rounded


@given(fractions)
@quick
def test_rounding_moves_an_amount_by_half_a_minor_unit_at_most(amount: Fraction) -> None:
    assert abs(money.round_half_up(amount) - amount) <= Fraction(1, 2)


@given(st.integers(-(10**9), 10**9))
@quick
def test_rounding_agrees_with_the_decimal_module(thousandths: int) -> None:
    expected = Decimal(thousandths).scaleb(-3).quantize(Decimal(1), ROUND_HALF_UP)
    assert money.round_half_up(Fraction(thousandths, 1000)) == int(expected)


@given(fractions)
@quick
def test_a_credit_rounds_as_the_charge_it_takes_back(amount: Fraction) -> None:
    assert money.round_half_up(-amount) == -money.round_half_up(amount)


@pytest.mark.parametrize(
    ("subtotal", "rate_ppm", "tax"),
    [
        (10_000, 190_000, 1_900),
        (333, 190_000, 63),  # 63.27
        (50, 190_000, 10),  # 9.5
        (1, 500_000, 1),  # 0.5
        (1, 499_999, 0),
        (1_234, 80_000, 99),  # 98.72
        (100_000, 88_750, 8_875),
        (100, 1_000_000, 100),
        (100, 0, 0),
        (0, 190_000, 0),
        (10**18, 190_000, 19 * 10**16),
    ],
)
def test_tax_is_rounded_once_half_up(subtotal: int, rate_ppm: int, tax: int) -> None:
    assert money.tax(subtotal, rate_ppm) == tax


@given(st.integers(0, 10**18), st.integers(0, money.PPM))
@quick
def test_tax_is_within_half_a_minor_unit_of_the_exact_rate(subtotal: int, rate_ppm: int) -> None:
    exact = Fraction(subtotal * rate_ppm, 1_000_000)
    assert abs(money.tax(subtotal, rate_ppm) - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "shown"),
    [
        (124950, "USD", None, "$1,249.50"),
        (124950, "USD", "", "$1,249.50"),
        (124950, "USD", "en_US", "$1,249.50"),
        (124950, "EUR", "de-DE", "1.249,50\N{NO-BREAK SPACE}€"),
        (124950, "EUR", "de_DE", "1.249,50\N{NO-BREAK SPACE}€"),
        (124950, "USD", "zh-Hant-TW", "US$1,249.50"),
        (1250, "JPY", "ja", "￥1,250"),
        (1250, "JPY", "de-DE", "1.250\N{NO-BREAK SPACE}¥"),
        (124950, "KWD", "en_US", "KWD\N{NO-BREAK SPACE}124.950"),
        (5, "KWD", "en_US", "KWD\N{NO-BREAK SPACE}0.005"),
        (124950, "IRR", "en_US", "IRR\N{NO-BREAK SPACE}1,249.50"),
        (0, "USD", "en_US", "$0.00"),
        (-5, "USD", "en_US", "-$0.05"),
        (-5, "KWD", "en_US", "-KWD\N{NO-BREAK SPACE}0.005"),
        (10**18, "USD", "en_US", "$10,000,000,000,000,000.00"),
    ],
)
def test_an_amount_is_shown_as_its_reader_writes_it(
    minor: int, currency: str, locale: str | None, shown: str
) -> None:
    assert money.formatted(minor, currency, locale) == shown


@given(stored_amounts, currencies, st.sampled_from(["en_US", "de-DE", "fr", "hi", "ja", "ar-EG"]))
@quick
def test_every_digit_of_an_amount_is_shown_in_every_locale(
    minor: int, currency: str, locale: str
) -> None:
    digits = "".join(filter(str.isdecimal, money.formatted(minor, currency, locale)))
    whole = str(abs(minor)).zfill(money.decimals(currency) + 1)
    assert digits == whole


@pytest.mark.parametrize(
    "locale",
    ["xx", "english", "de-DE-DE-DE", "en US", "-", "../../etc/passwd", "en\0", "1", "C", "日本"],
)
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(ValueError, match="unknown locale"):
        money.formatted(100, "USD", locale)


@pytest.mark.parametrize("locale", ["sr-Latn ", "sr-Latn\n", "zh_Hans\n"])
def test_a_locale_with_white_space_after_its_script_is_refused(locale: str) -> None:
    with pytest.raises(ValueError, match="unknown locale"):
        money.formatted(100, "USD", locale)


@given(st.text(alphabet="adenshrzUSDTW019_-.@/ ", max_size=10))
@quick
def test_any_locale_tag_is_either_read_or_refused_with_a_value_error(tag: str) -> None:
    try:
        shown = money.formatted(124950, "USD", tag)
    except ValueError:
        return
    assert "249" in shown
