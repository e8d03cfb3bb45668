"""What people type: normalised, bounded, and refused where it cannot be. Pure, no I/O."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email
from pycountry import countries

from services import money
from services.errors import invalid

MAX_NAME = 200
MAX_REFERENCE = 64
MAX_LINE = 200
MAX_KEY = 255
MAX_TAX_NAME = 60
MAX_REASON = 300

FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
BLANKS = frozenset(
    "\u115f\u1160\u2800\u3164\uffa0\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
)
"""Letters and symbols that show nothing, the last five (tones of skin) where they stand alone."""

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the text around them: they make one name look like another."""


def clean(value: str, limit: int, *field: str) -> str:
    """The text in NFC, without white space around it.

    Raises Refusal INVALID when it shows nothing, is longer than `limit` characters, or
    holds line breaks, control characters or direction overrides.
    """
    text = unicodedata.normalize("NFC", value).strip()
    if not any(map(_shows, text)):
        raise invalid("This must not be empty.", *field)
    if len(text) > limit:
        raise invalid(f"This must not be longer than {limit} characters.", *field)
    if any(map(_is_forbidden, text)):
        raise invalid("This must not hold control characters.", *field)
    return text


def clean_optional(value: str | None, limit: int, *field: str) -> str | None:
    """The same for what may be left out: None for None and for nothing but white space."""
    return clean(value, limit, *field) if value and value.strip() else None


def email(value: str, *field: str) -> str:
    """The address in its normal form. Raises Refusal INVALID when it is malformed.

    Only the form counts: nothing is looked up in the network.
    """
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise invalid("This is not an e-mail address.", *field) from None


def locale(value: str, *field: str) -> str:
    """The locale in the form in which it is stored: "de_DE" for "de-DE".

    Raises Refusal INVALID for a tag that is malformed or unknown.
    """
    try:
        return str(money.parse_locale(value.strip() or "-"))
    except ValueError:
        raise invalid('This is no known locale such as "de-DE".', *field) from None


def is_country(code: str) -> bool:
    """Whether ISO 3166-1 knows the alpha-2 code, which is written in capitals."""
    return bool(re.fullmatch("[A-Z]{2}", code)) and countries.get(alpha_2=code) is not None


def is_storable(value: str) -> bool:
    """Whether a database takes the text: no NUL, no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def key(value: str) -> str:
    """The form in which two texts are the same without regard to case and invisible marks.

    At most 3 times as long as the text.
    """
    if value.isascii():
        return value.casefold()
    visible = "".join(filter(lambda character: unicodedata.category(character) != "Cf", value))
    return unicodedata.normalize("NFC", visible.casefold())


def _shows(character: str) -> bool:
    return character not in BLANKS and unicodedata.category(character)[0] in "LNPS"


def _is_forbidden(character: str) -> bool:
    return character in BIDI_CONTROLS or unicodedata.category(character) in FORBIDDEN_CATEGORIES
