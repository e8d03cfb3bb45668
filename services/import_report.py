"""What an import did and what it refuses, place by place. Pure, no I/O."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from services import money
from services.import_file import place

COUNTED = (
    "plans_created",
    "plans_updated",
    "accounts_created",
    "accounts_updated",
    "users_created",
    "users_updated",
    "invoices",
)


@dataclass(slots=True)
class Report:
    """Counts for the summary, and a line for each place at fault."""

    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTED, 0)))
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the file, where problems are noted."""

    report: Report
    location: tuple[str | int, ...]

    def at(self, *steps: str | int) -> "Place":
        """A place further down."""
        return Place(self.report, (*self.location, *steps))

    def refuse(self, message: str) -> None:
        """Notes that something is wrong here."""
        self.report.problems.append(f"{place(self.location)}: {message}")

    @property
    def is_refused(self) -> bool:
        """Whether anything is wrong here or further down."""
        here = place(self.location)
        return any(problem.startswith(here) for problem in self.report.problems)

    def refuse_twins(self, part: str, keys: Sequence[str]) -> None:
        """Notes each entry of a list whose key an earlier one has."""
        for index, key in enumerate(keys):
            if key in keys[:index]:
                self.at(part, index).refuse(f"{key} stands twice")

    def unit_price(self, value: str, currency: str) -> int | None:
        """The price in minor units; None, and a problem noted, where it cannot be."""
        try:
            minor = money.parse(value, currency)
        except ValueError as error:
            self.refuse(str(error))
            return None
        if not 0 <= minor <= money.MAX_UNIT_PRICE_MINOR:
            self.refuse(f"must be between 0 and {money.MAX_UNIT_PRICE_MINOR} minor units")
            return None
        return minor
