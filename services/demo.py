"""The demo: three accounts from `examples/demo.json`, and a year of what happened to them.

The history is made by the product itself: each step is the use case, called with the
instant at which it would have happened.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from secrets import token_hex

from models.accounts import Account
from models.invoices import Invoice, InvoiceStatus
from models.users import User
from services import auth, callers, imports, operator_invoices, settings, subscriptions, workers
from services.auth import Claims
from services.periods import day_at

FILE = settings.ROOT / "examples" / "demo.json"

ACCOUNT = "acme"

PEOPLE = {
    "billing administrator": "ada@acme.example",
    "administrator": "alan@acme.example",
    "product owner": "olga@acme.example",
    "group administrator": "grace@acme.example",
    "plain user": "paul@acme.example",
}
"""Whom to sign in as, in this account, to see what each role sees."""

OTHERS = {"bruecke": "hanna@bruecke.example", "sakura": "haruka@sakura.example"}
"""The billing administrators of the other accounts."""

SIGNED_IN = timedelta(hours=24)
"""How long the demo's tokens are good."""

NOON = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seats:
    """A user sets the total of seats."""

    email: str
    seats: int

    async def do(self, code: str, at: datetime) -> None:
        """Does it at that instant."""
        actor = await callers.by_claims(Claims(self.email, code), at)
        await subscriptions.change_users(actor, self.seats, at)


@dataclass(frozen=True, slots=True)
class Credit:
    """The vendor's operator takes a part of an invoice back."""

    number: str
    amount: str
    reason: str

    async def do(self, code: str, at: datetime) -> None:
        """Does it at that instant."""
        await operator_invoices.credit(code, self.number, self.amount, self.reason, None, at)


HISTORY = (
    ("2025-06-16T14:05", "acme", Seats("ada@acme.example", 45)),
    ("2025-09-01T16:20", "acme", Seats("ada@acme.example", 60)),
    ("2025-10-06T11:00", "acme", Credit("ACME-00003", "150.00", "Outage on October 2")),
    ("2025-11-17T09:10", "bruecke", Seats("hanna@bruecke.example", 12)),
    ("2026-01-20T18:45", "acme", Seats("ada@acme.example", 55)),
    ("2026-04-08T01:30", "sakura", Seats("haruka@sakura.example", 8)),
    ("2026-04-20T08:00", "bruecke", Seats("hanna@bruecke.example", 9)),
    ("2026-05-11T13:00", "acme", Seats("ada@acme.example", 65)),
    ("2026-09-10T10:15", "bruecke", Seats("hanna@bruecke.example", 11)),
)
"""What was done when (UTC) in which account, oldest first. Before each step the account's open
invoices are booked as paid."""


def ensure_key() -> None:
    """Makes the demo's signing key on the first start, readable by its owner alone."""
    if settings.current().secret_key or settings.KEY_FILE.exists():
        return
    settings.DATA.mkdir(exist_ok=True)
    settings.KEY_FILE.touch(mode=0o600)
    settings.KEY_FILE.write_text(token_hex(32), encoding="ascii")
    settings.current.cache_clear()


async def is_loaded() -> bool:
    """Whether the database holds the demo's accounts."""
    return await Account.filter(code__in=[ACCOUNT, *OTHERS]).count() == 1 + len(OTHERS)


async def load(at: datetime) -> bool:
    """Loads the demo into an empty database, up to this instant; tells whether it did."""
    if await Account.exists():
        return False
    file = imports.read(FILE)
    for account in file.accounts:
        begun = datetime.combine(account.subscription.started_on, NOON)
        if begun <= at:
            alone = file.model_copy(update={"accounts": [account]})
            await imports.import_file(alone, begun)
    for instant, code, step in HISTORY:
        when = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        if when <= at:
            await workers.renew(when)
            await _book_payments(code, when)
            await step.do(code, when)
    await workers.renew(at)
    return True


async def _book_payments(code: str, at: datetime) -> None:
    account = await Account.get(code=code)
    still_open = Invoice.filter(account_id=account.id, status=InvoiceStatus.OPEN)
    today = day_at(at, account.time_zone)
    for invoice in await still_open.order_by("sequence"):
        await operator_invoices.pay(code, invoice.number, min(invoice.due_on, today), at)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo, with a token to come as them."""

    role: str
    name: str
    email: str
    account: str
    token: str


async def people(at: datetime) -> list[Person]:
    """Whom to be in the loaded demo, each with a token that is good from this instant on."""
    whom = [(role, ACCOUNT, email) for role, email in PEOPLE.items()]
    whom += [("billing administrator", code, email) for code, email in OTHERS.items()]
    return [await _person(role, code, email, at) for role, code, email in whom]


async def _person(role: str, code: str, email: str, at: datetime) -> Person:
    account = await Account.get(code=code)
    user = await User.get(account_id=account.id, email=email)
    token = auth.issue_token(code, email, SIGNED_IN, at)
    return Person(role, user.name, email, account.name, token)


def sign_ins(address: str, people: list[Person]) -> str:
    """Where to go and whom to be. Tokens stand behind #, which browsers keep to themselves."""
    links = [
        f"  {who.role} of {who.account}, {who.email}\n    {address}/#token={who.token}\n"
        for who in people
    ]
    return "\n".join(
        [
            f"\nBilling page  {address}/\nGraphiQL      {address}/graphql\n",
            "Sign in by opening one of these links (good for 24 hours), or paste its token:\n",
            *links,
        ]
    )
