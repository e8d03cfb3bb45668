"""An e-invoice's taxes: EN 16931's VAT categories, and each line's part of them. Pure, no I/O.

EN 16931 gives a line one category and rate, and adds up what lines have of each. So a line is cut
where rates share the subtotal between them, and taxes that are charged side by side on the whole
subtotal are one rate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from services import money, taxes
from services.money import PPM
from services.taxes import TaxAmount, Taxation, TaxTreatment


@dataclass(frozen=True, slots=True)
class Group:
    """What one category and rate come to, as positive amounts on a credit note too. `code` is
    UNTDID 5305's; a rate is in millionths, and None where the category has none."""

    code: str
    rate_ppm: int | None
    base_minor: int
    tax_minor: int


UNTAXED = {
    TaxTreatment.REVERSE_CHARGE: ("AE", 0),
    TaxTreatment.EXEMPT: ("E", 0),
    TaxTreatment.OUTSIDE_SCOPE: ("O", None),
}
"""The category of each treatment without tax, and its rate."""

EXEMPTION_CODES = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O"}
"""What says why no tax is charged, for programs."""


def groups(
    taxation: Taxation, charged: Sequence[TaxAmount], subtotal_minor: int, tax_minor: int
) -> tuple[Group, ...]:
    """The taxes of such a document by category and rate: their bases and taxes add up to its
    own."""
    factor = sign(subtotal_minor + tax_minor)
    subtotal, tax = factor * subtotal_minor, factor * tax_minor
    if taxation.treatment is not TaxTreatment.STANDARD:
        return (Group(*UNTAXED[taxation.treatment], subtotal, 0),)
    if not taxes.are_apportioned(charged):
        return (_group(sum(amount.rate_ppm for amount in charged), subtotal, tax),)
    return tuple(
        _group(rate, *(factor * sum(column) for column in zip(*_of(charged, rate), strict=True)))
        for rate in dict.fromkeys(amount.rate_ppm for amount in charged)
    )


def sign(total_minor: int) -> int:
    """What amounts are multiplied by: EN 16931 writes a credit note's as positive."""
    return -1 if total_minor < 0 else 1


def are_exact(shares: Iterable[Group], unit_minor: int) -> bool:
    """Whether each tax is less than a whole unit of the currency from its rate on its base, which
    is how exact the rules want it. Currencies without decimals may miss that: where several taxes
    or several credit notes are rounded, each to the unit."""
    most = (100 * unit_minor - 1) * PPM
    return all(
        100 * abs(it.base_minor * (it.rate_ppm or 0) - it.tax_minor * PPM) < most for it in shares
    )


def parts(amounts: Sequence[int], shared_by: Sequence[Group]) -> list[list[int]]:
    """Each line's part of each group, all of them positive: a line's parts add up to the line, and
    a group's to its base."""
    bases = [group.base_minor for group in shared_by]
    reached = [money.divided(end, bases) for end in accumulate(amounts, initial=0)]
    return [
        [after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(reached)
    ]


def _group(rate_ppm: int, base_minor: int, tax_minor: int) -> Group:
    return Group("S" if rate_ppm else "Z", rate_ppm, base_minor, tax_minor)


def _of(charged: Iterable[TaxAmount], rate_ppm: int) -> list[tuple[int, int]]:
    return [(it.base_minor, it.tax_minor) for it in charged if it.rate_ppm == rate_ppm]
