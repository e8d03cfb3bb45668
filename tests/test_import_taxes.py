"""The import file's `tax`: what may stand in it, and the VAT id that a reverse charge needs."""

import json
from typing import Any

import pytest

from tests import samples
from tests.test_import import account as shown
from tests.test_import import take
from tests.test_import_refusals import malformed, refused
from tests.world import World

TAX = "accounts[0].tax"
TAX_ID = "accounts[0].billing_details.tax_id"
VAT = {"name": "VAT", "rate": "0.19"}
REVERSE_CHARGE = {"treatment": "REVERSE_CHARGE"}
FAULT = 'must be a valid VAT id such as "DE136695976", as the account is reverse-charged'


def taxed(tax: Any = None, tax_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A file of the sample account; `tax` and `tax_id` stand in it where they are given."""
    account = samples.account(**changes)
    if tax is not None:
        account["tax"] = tax
        del account["tax_rate"]
    if tax_id is not None:
        account["billing_details"]["tax_id"] = tax_id
    return samples.file(account)


def rates(*parts: Any) -> dict[str, Any]:
    return {"treatment": "STANDARD", "rates": list(parts)}


def half(**more: str) -> dict[str, str]:
    return VAT | {"share": "0.5"} | more


FORMS: dict[str, tuple[Any, str]] = {
    "an unknown treatment": ({"treatment": "FREE"}, "treatment"),
    "no treatment": ({"rates": [VAT]}, "treatment"),
    "an unknown key": ({"treatment": "OUTSIDE_SCOPE", "why": "x"}, "why"),
    "standard without rates": ({"treatment": "STANDARD"}, "rates"),
    "no rates at all": (rates(), "rates"),
    "six rates": (rates(*[VAT | {"name": f"Tax {n}"} for n in range(6)]), "rates"),
    "a rate without a name": (rates({"rate": "0.19"}), "rates[0].name"),
    "an empty name": (rates(VAT | {"name": " "}), "rates[0].name"),
    "a long name": (rates(VAT | {"name": "x" * 61}), "rates[0].name"),
    "a name of two lines": (rates(VAT | {"name": "VAT\n19 %"}), "rates[0].name"),
    "a rate in percent": (rates(VAT | {"rate": "19"}), "rates[0].rate"),
    "a rate that is a number": (rates(VAT | {"rate": 0.19}), "rates[0].rate"),
    "a negative rate": (rates(VAT | {"rate": "-0.19"}), "rates[0].rate"),
    "a share of nothing": (rates(half(), half(share="0")), "rates[1].share"),
    "a share of more than all": (rates(half(share="1.5")), "rates[0].share"),
    "a share of one rate alone": (rates(half(), VAT | {"rate": "0.07"}), "rates"),
    "shares that leave something": (rates(half(), half(name="GST", share="0.4")), "rates"),
    "shares that add up to more": (rates(half(), half(name="GST", share="0.6")), "rates"),
    "the same tax twice": (rates(half(), half(name="vat", rate="0.190")), "rates"),
    "a rate of the reverse charge": (REVERSE_CHARGE | {"rates": [VAT]}, "rates"),
    "a rate outside the scope": ({"treatment": "OUTSIDE_SCOPE", "rates": [VAT]}, "rates"),
    "exempt without a reason": ({"treatment": "EXEMPT"}, "exemption_reason"),
    "exempt for an empty reason": (
        {"treatment": "EXEMPT", "exemption_reason": ""},
        "exemption_reason",
    ),
    "a long reason": ({"treatment": "EXEMPT", "exemption_reason": "x" * 301}, "exemption_reason"),
    "a reason of the reverse charge": (
        REVERSE_CHARGE | {"exemption_reason": "Article 196"},
        "exemption_reason",
    ),
    "a reason of the standard": (rates(VAT) | {"exemption_reason": "none"}, "exemption_reason"),
}


@pytest.mark.parametrize(("tax", "where"), FORMS.values(), ids=FORMS)
def test_what_does_not_belong_to_the_treatment_is_refused_at_its_place(
    tax: Any, where: str
) -> None:
    (line,) = malformed(json.dumps(taxed(tax)).encode())
    assert line.startswith(f"{TAX}.{where}: ")


async def test_the_old_rate_and_the_new_tax_are_not_both_given(sqlite_world: World) -> None:
    document = taxed(rates(VAT))
    document["accounts"][0]["tax_rate"] = "0.19"
    assert await refused(document) == [f"{TAX}: stands beside tax_rate: one of them is enough"]


@pytest.mark.parametrize("tax_id", [None, "US12-3456789", "DE136695977"])
async def test_a_reverse_charge_needs_a_valid_vat_id(
    sqlite_world: World, tax_id: str | None
) -> None:
    assert await refused(taxed(REVERSE_CHARGE, tax_id)) == [f"{TAX_ID}: {FAULT}"]


async def test_a_valid_vat_id_stays_as_it_is_written(sqlite_world: World) -> None:
    await take(taxed(REVERSE_CHARGE, "de 136.695.976"))
    acme = await shown(sqlite_world.client("ada"))
    assert acme["billingDetails"]["taxId"] == "de 136.695.976"


async def test_a_later_file_cannot_give_a_reverse_charge_to_a_buyer_without_a_vat_id(
    world: World,
) -> None:
    await take(taxed(rates(VAT)))
    assert await refused(taxed(REVERSE_CHARGE)) == [f"{TAX_ID}: {FAULT}"]
    await take(taxed(tax_id="DE136695976"))
    assert await take(taxed(REVERSE_CHARGE)) == {"accounts_updated": 1}


async def test_a_later_file_cannot_take_the_vat_id_from_a_reverse_charge(world: World) -> None:
    await take(taxed(REVERSE_CHARGE, "DE136695976"))
    bare = taxed(tax_id="DE1")
    del bare["accounts"][0]["tax_rate"]
    assert await refused(bare) == [f"{TAX_ID}: {FAULT}"]
    assert await take(taxed(rates(VAT), "DE1")) == {"accounts_updated": 1}


@pytest.mark.parametrize("tax_id", [None, "", "US12-3456789"])
async def test_a_reverse_charged_account_keeps_a_valid_vat_id(
    world: World, tax_id: str | None
) -> None:
    await take(taxed(REVERSE_CHARGE, "DE136695976"))
    ada = world.client("ada")
    refusal = await ada.refusal("updateBillingDetails", taxId=tax_id, legalName="Acme Holding")
    assert refusal == ("INVALID", ["input", "taxId"])
    details = (await shown(ada))["billingDetails"]
    assert (details["taxId"], details["legalName"]) == ("DE136695976", "Acme Incorporated")


async def test_a_reverse_charged_account_may_have_another_vat_id(sqlite_world: World) -> None:
    await take(taxed(REVERSE_CHARGE, "DE136695976"))
    await sqlite_world.client("ada").do("updateBillingDetails", taxId="ATU57194903")


async def test_importing_the_same_taxes_again_changes_nothing(sqlite_world: World) -> None:
    await take(taxed(rates(half(), half(rate="0.07"))))
    assert await take(taxed(rates(half(), half(rate="0.070")))) == {}


async def test_a_file_that_leaves_the_taxes_out_leaves_them_as_they_are(
    sqlite_world: World,
) -> None:
    await take(taxed(rates(VAT)))
    silent = taxed(rates(VAT))
    del silent["accounts"][0]["tax"]
    assert await take(silent) == {}
