"""VAT ids: which can be, by their country's rules, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import vat_ids
from services.taxes import Taxation, TaxTreatment

VALID = {
    "DE136695976": "DE136695976",
    "de 136.695.976": "DE136695976",
    "ATU57194903": "ATU57194903",
    "BE 0697.449.992": "BE0697449992",
    "EL 094259216": "EL094259216",
    "ES B-58378431": "ESB58378431",
    "FR 61 954 506 077": "FR61954506077",
    "IE6433435F": "IE6433435F",
    "NL004495445B01": "NL004495445B01",
    "SE123456789701": "SE123456789701",
    "XI 980 7806 84": "XI980780684",
    "GB 980 7806 84": "GB980780684",
    "CHE-107.787.577 MWST": "CHE107787577MWST",
    "NO 995 525 828 MVA": "NO995525828MVA",
    "IS 00621": "IS00621",
    "AU 51 824 753 556": "AU51824753556",
}
INVALID = {
    "one digit is wrong": "DE136695977",
    "a digit is missing": "DE13669597",
    "no country": "136695976",
    "another country's number": "FR136695976",
    "Greece by ISO 3166": "GR094259216",
    "a British number of no one": "GB980780685",
    "not registered for VAT": "CHE-107.787.577",
    "no country's": "ZZ136695976",
    "a shop's number for the whole EU": "EU528003555",
    "an American tax id": "US12-3456789",
    "a digit too many": "DE1366959760",
    "nothing": "",
    "a country alone": "DE",
}


@pytest.mark.parametrize(("written", "normal"), VALID.items())
def test_a_valid_id_is_known_however_it_is_written(written: str, normal: str) -> None:
    assert vat_ids.normal(written) == normal
    assert vat_ids.normal(normal) == normal


@pytest.mark.parametrize("written", INVALID.values(), ids=INVALID)
def test_what_cannot_be_a_vat_id_is_none(written: str) -> None:
    assert vat_ids.normal(written) is None


@given(st.text() | st.from_regex(r"[A-Z]{2}[A-Z0-9 .-]{0,16}", fullmatch=True))
def test_any_text_is_an_id_that_stays_as_it_is_or_none(text: str) -> None:
    normal = vat_ids.normal(text)
    assert normal is None or (normal.isascii() and vat_ids.normal(normal) == normal)


@pytest.mark.parametrize("treatment", TaxTreatment)
def test_the_reverse_charge_alone_needs_an_id(treatment: TaxTreatment) -> None:
    needed = treatment is TaxTreatment.REVERSE_CHARGE
    taxation = Taxation(treatment=treatment)
    assert bool(vat_ids.fault(taxation, None)) is needed
    assert bool(vat_ids.fault(taxation, "US12-3456789")) is needed
    assert vat_ids.fault(taxation, "DE136695976") is None
