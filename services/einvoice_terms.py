"""An e-invoice's content: the business terms of EN 16931 (BT-1 and so on), in the form that the
library `factur-x` writes both of its syntaxes from. Pure, no I/O.

All of it follows from what was issued. Numbers are texts: a float would lose digits.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stdnum import iban

from services import einvoice_taxes, money, taxes, vat_ids
from services.document_words import IssuedWords
from services.documents import Address, DocumentLine, Issued, Party, Seller
from services.einvoice_taxes import Group
from services.taxes import TaxTreatment

INVOICE = "380"
CREDIT_NOTE = "381"

SEAT = "C62"
"""The unit of a count, in UN/ECE's recommendation 20."""

E_MAIL = "EM"

CREDIT_TRANSFER = "30"
SEPA_CREDIT_TRANSFER = "58"

MOST_DECIMALS = 2
"""How fine an amount may be."""

UNLISTED = frozenset({"STN", "XAD"})
"""Currencies that are newer than a list of codes in the rules."""

Terms = dict[str, Any]


def can_be_made(currency: str, seller_tax_id: str | None, shares: Sequence[Group]) -> bool:
    """Whether there can be an e-invoice of such a document: its currency can stand on one, the
    seller has the tax id that every one has to name, and its taxes are as exact as they must be."""
    if money.decimals(currency) > MOST_DECIMALS or currency in UNLISTED or not seller_tax_id:
        return False
    return einvoice_taxes.are_exact(shares, 10 ** money.decimals(currency))


def exists_for(issued: Issued) -> bool:
    """Whether there can be an e-invoice of the document."""
    return can_be_made(issued.currency, issued.seller.tax_id, _groups(issued))


def terms(issued: Issued) -> Terms:
    """All terms of a document of which there can be an e-invoice."""
    days = _period(issued)
    return {
        "BT-1": issued.number,
        "BT-2": issued.issued_on,
        "BT-3": CREDIT_NOTE if issued.is_credit_note else INVOICE,
        "BT-5": issued.currency,
        "BT-9": issued.due_on,
        "BT-13": issued.purchase_order_number,
        "BT-20": _payment_terms(issued),
        "BT-72": days["BT-74"],
        **days,
        "BG-1": [{"BT-22": note} for note in _notes(issued)],
        "BG-3": _preceding(issued),
        "BG-4": _seller(issued),
        "BG-7": _buyer(issued),
        **_payment_means(issued),
        **_totals(issued),
        "BG-23": [_breakdown(group, issued) for group in _groups(issued)],
        "BG-25": _lines(issued),
    }


def _groups(issued: Issued) -> tuple[Group, ...]:
    return einvoice_taxes.groups(
        issued.taxation, issued.taxes, issued.subtotal_minor, issued.tax_minor
    )


def _written(amount_minor: int, issued: Issued) -> str:
    return money.plain(einvoice_taxes.sign(issued.total_minor) * amount_minor, issued.currency)


def _period(issued: Issued) -> Terms:
    """The days billed for. A service that goes on is supplied when they are over, so the last one
    is the day of delivery too."""
    first = min(line.period_start for line in issued.lines)
    end = max(line.period_end for line in issued.lines)
    return {"BT-73": first, "BT-74": end - timedelta(days=1)}


def _payment_terms(issued: Issued) -> str:
    words = IssuedWords(issued)
    if issued.is_credit_note:
        return words.reader.say("No payment is due.")
    return " ".join(filter(None, (words.terms, issued.seller.payment_note)))


def _notes(issued: Issued) -> list[str]:
    """Why it was credited; and what each tax comes to where they are one to EN 16931."""
    words, factor = IssuedWords(issued), einvoice_taxes.sign(issued.total_minor)
    notes = [words.because(issued.credits.reason)] if issued.credits else []
    if not taxes.are_apportioned(issued.taxes):
        for tax in issued.taxes:
            base, amount = factor * tax.base_minor, words.amount(factor * tax.tax_minor)
            notes.append(f"{words.tax(replace(tax, base_minor=base))}: {amount}")
    return notes


def _preceding(issued: Issued) -> list[Terms]:
    if issued.credits is None:
        return []
    return [{"BT-25": issued.credits.number, "BT-26": issued.credits.issued_on}]


def _seller(issued: Issued) -> Terms:
    seller: Seller = issued.seller
    vat_id = _vat_id(seller, issued)
    # One who has no VAT id is known by the number that a tax office has given, which stands as
    # the seller's identifier too: the rules want one.
    known = (
        {} if vat_id else {"tax_identifier": seller.tax_id, "identifiers": {None: seller.tax_id}}
    )
    return {
        **_party(seller),
        **known,
        "vat_identifier": vat_id,
        "legal_info": seller.registration,
        "contacts": [{"name": seller.legal_name, "email": seller.email}],
    }


def _buyer(issued: Issued) -> Terms:
    vat_id = _vat_id(issued.buyer, issued)
    known = {} if vat_id else {"identifiers": {None: issued.buyer.tax_id}}
    return {
        **_party(issued.buyer),
        **(known if issued.buyer.tax_id else {}),
        "vat_identifier": vat_id,
    }


def _vat_id(party: Party, issued: Issued) -> str | None:
    """The party's VAT id, which may not stand on what is outside the scope of VAT."""
    if party.tax_id is None or issued.taxation.treatment is TaxTreatment.OUTSIDE_SCOPE:
        return None
    return vat_ids.normal(party.tax_id)


def _party(party: Party) -> Terms:
    return {
        "name": party.legal_name,
        "einvoicing_addr": party.email,
        "einvoicing_addr_schemeid": E_MAIL,
        **_address(party.address),
    }


def _address(address: Address) -> Terms:
    return {
        "addr_l1": address.line1,
        "addr_l2": address.line2,
        "postcode": address.postal_code,
        "city": address.city,
        "country_subdivision": address.region,
        "country_code": address.country_code,
    }


def _payment_means(issued: Issued) -> Terms:
    bank = issued.seller.bank
    if bank is None or issued.is_credit_note:
        return {}
    return {
        "BT-81": SEPA_CREDIT_TRANSFER if issued.currency == "EUR" else CREDIT_TRANSFER,
        "BT-83": issued.number,
        "BT-84": iban.compact(bank.iban),
        "BT-85": bank.holder,
        "BT-86": bank.bic,
    }


def _totals(issued: Issued) -> Terms:
    subtotal, total = (_written(it, issued) for it in (issued.subtotal_minor, issued.total_minor))
    return {
        "BT-106": subtotal,
        "BT-109": subtotal,
        "BT-110": _written(issued.tax_minor, issued),
        "BT-112": total,
        "BT-115": total,
    }


def _breakdown(group: Group, issued: Issued) -> Terms:
    return {
        "BT-116": money.plain(group.base_minor, issued.currency),
        "BT-117": money.plain(group.tax_minor, issued.currency),
        "BT-118": group.code,
        "BT-119": _rate(group),
        "BT-120": IssuedWords(issued).tax_note,
        "BT-121": einvoice_taxes.EXEMPTION_CODES.get(group.code),
    }


def _lines(issued: Issued) -> list[Terms]:
    groups = _groups(issued)
    factor = einvoice_taxes.sign(issued.total_minor)
    amounts = [factor * line.amount_minor for line in issued.lines]
    cut = einvoice_taxes.parts(amounts, groups)
    pieces = [
        (line, group, part)
        for line, own in zip(issued.lines, cut, strict=True)
        for group, part in zip(groups, own, strict=True)
    ]
    words = IssuedWords(issued)
    return [
        {"BT-126": str(position), **_line(*piece, words)}
        for position, piece in enumerate(pieces, 1)
    ]


def _line(line: DocumentLine, group: Group, amount_minor: int, words: IssuedWords) -> Terms:
    return {
        "BT-129": str(line.quantity),
        "BT-130": SEAT,
        "BT-131": money.plain(amount_minor, words.document.currency),
        "BT-134": line.period_start,
        "BT-135": line.period_end - timedelta(days=1),
        **_price(line, amount_minor, words),
        "BT-151": group.code,
        "BT-152": _rate(group),
        "BT-153": words.item(line),
    }


def _price(line: DocumentLine, amount_minor: int, words: IssuedWords) -> Terms:
    """What one seat costs; where that times the quantity is not the amount (part of a period, of
    what is credited, or of rates), what all of them cost: nothing is rounded."""
    currency = words.document.currency
    if line.quantity * line.unit_price_minor == amount_minor:
        return {"BT-146": money.plain(line.unit_price_minor, currency)}
    price = f"{words.reader.say('Unit price')}: {words.amount(line.unit_price_minor)}"
    return {
        "BT-146": money.plain(amount_minor, currency),
        "BT-149": str(line.quantity),
        "BT-154": "; ".join(filter(None, (price, words.working(line)))),
    }


def _rate(group: Group) -> str | None:
    return None if group.rate_ppm is None else _percent(group.rate_ppm)


def _percent(rate_ppm: int) -> str:
    return f"{(Decimal(rate_ppm) / 10_000).normalize():f}"
