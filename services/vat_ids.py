"""VAT ids: whether one can be, by the rules of its country. Offline: whether it has been given to
somebody, only the tax office knows. Pure, no I/O.

An id begins with its country's letters: ISO 3166's, but EL in Greece, XI in Northern Ireland.
"""

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.util import clean, get_cc_module

from services import text
from services.taxes import Taxation, TaxTreatment

EUROPEAN = frozenset(eu_vat.MEMBER_STATES) - {"gr"} | {"el"}


def normal(tax_id: str) -> str | None:
    """The id without what people write between its parts, "DE136695976"; None where it cannot be
    a VAT id."""
    written = clean(tax_id, " .-/").upper()
    country = written[:2]
    try:
        if country.lower() in EUROPEAN:
            return str(eu_vat.validate(written))
        return written if _is_valid_elsewhere(country, written) else None
    except ValidationError:
        return None


def is_european(tax_id: str) -> bool:
    """Whether it can be a VAT id of a member state of the European Union."""
    return (normal(tax_id) or "")[:2].lower() in EUROPEAN


def fault(taxation: Taxation, tax_id: str | None) -> str | None:
    """Why a buyer with this tax id cannot be taxed so; None where it can."""
    if taxation.treatment is not TaxTreatment.REVERSE_CHARGE:
        return None
    if tax_id is not None and normal(tax_id) is not None:
        return None
    return 'must be a valid VAT id such as "DE136695976", as the account is reverse-charged'


def _is_valid_elsewhere(country: str, written: str) -> bool:
    """Whether it is valid outside the EU. What follows the country's letters is the national
    number, of which the letters are a part in some countries ("CHE-107.787.577 MWST")."""
    if not text.is_country(country) or country == "GR":
        return False
    rules = get_cc_module(country, "vat")
    return rules is not None and (rules.is_valid(written[2:]) or rules.is_valid(written))
