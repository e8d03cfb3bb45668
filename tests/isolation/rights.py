"""Which right shows which field: a row for each field of each type that a query can reach.

How far a role has a right is the product's one table, `services.permissions.GRANTS`; what is
here is only which of its rows a field is under. A new field fails a test until it has its row.
"""

from typing import NamedTuple

from services.permissions import GRANTS, Right, Role, Scope

BILLING, SELF = Right.BILLING, Right.READ_SELF
GROUPS, USERS = Right.READ_SEAT_GROUPS, Right.READ_USERS
TOKENS = Right.ACCESS_TOKENS

FIELDS: dict[str, dict[Right, str]] = {
    "Query": {SELF: "node nodes viewer account plans"},
    "Account": {
        SELF: "id name timeZone currency products licenseManagement",
        BILLING: "subscription billingDetails invoices invoiceExport activity",
        GROUPS: "seatGroups",
        USERS: "users",
        TOKENS: "accessTokens",
    },
    "LicenseManagement": {SELF: "onlyBillingAdministratorsManageUsers seatGroupRequired"},
    "Product": {SELF: "id name"},
    "ProductPermission": {SELF: "product role"},
    "Plan": {SELF: "id code name features prices"},
    "PlanPrice": {SELF: "interval unitPrice"},
    "Money": {SELF: "amount currency formatted"},
    "PageInfo": {SELF: "hasNextPage hasPreviousPage startCursor endCursor"},
    "User": {
        USERS: "id email name status isAdministrator isBillingAdministrator takesSeat lastActiveAt "
        "administeredSeatGroups productPermissions",
        GROUPS: "seatGroup",
        TOKENS: "accessTokens",
    },
    "UserConnection": {USERS: "edges pageInfo totalCount"},
    "UserEdge": {USERS: "node cursor"},
    "AccessToken": {
        TOKENS: "id name user scopes createdAt lastUsedAt expiresAt revokedAt",
    },
    "AccessTokenConnection": {TOKENS: "edges pageInfo totalCount"},
    "AccessTokenEdge": {TOKENS: "node cursor"},
    "SeatGroup": {GROUPS: "id name administrators seats seatsUsed seatsAvailable", USERS: "users"},
    "SeatGroupConnection": {GROUPS: "edges pageInfo totalCount"},
    "SeatGroupEdge": {GROUPS: "node cursor"},
    "BillingDetails": {
        BILLING: "billingEmail legalName address taxId purchaseOrderNumber locale taxTreatment"
    },
    "Address": {BILLING: "line1 line2 postalCode city region countryCode"},
    "Subscription": {
        BILLING: "id plan interval status seats seatsUsed seatsAvailable seatsAllocated unitPrice "
        "currentPeriod pendingSeats cancelAtPeriodEnd endsOn version seatChangePreview "
        "upcomingInvoice"
    },
    "Period": {BILLING: "start end"},
    "SeatChangePreview": {
        BILLING: "kind seats effectiveOn invoice upcomingInvoice usersToDisable userErrors"
    },
    "UserError": {BILLING: "code message field"},
    "InvoicePreview": {BILLING: "lines subtotal tax total taxes taxTreatment taxNote"},
    "Invoice": {
        BILLING: "id lines number kind status issuedOn dueOn purchaseOrderNumber subtotal tax "
        "total pdfUrl facturXUrl ublUrl taxes taxTreatment taxNote amountDue credited settledOn "
        "reason credits creditNotes"
    },
    "InvoiceExport": {BILLING: "invoiceCount zipUrl csvUrl expiresAt"},
    "TaxLine": {BILLING: "name rate base amount"},
    "InvoiceLine": {BILLING: "description quantity unitPrice period amount"},
    "InvoiceConnection": {BILLING: "edges pageInfo totalCount"},
    "InvoiceEdge": {BILLING: "node cursor"},
    "ActivityEntry": {BILLING: "id at actor action summary"},
    "ActivityConnection": {BILLING: "edges pageInfo totalCount"},
    "ActivityEdge": {BILLING: "node cursor"},
}
"""By type and right; the first right of a type is what it takes to be shown such an object."""


class Caller(NamedTuple):
    """Who calls, the caller's one role, and the groups that it administers."""

    name: str
    role: Role
    groups: frozenset[str] = frozenset()


CALLERS = (
    Caller("ada", Role.BILLING_ADMINISTRATOR),
    Caller("adam", Role.ADMINISTRATOR),
    Caller("olga", Role.PRODUCT_OWNER),
    Caller("grace", Role.GROUP_ADMINISTRATOR, frozenset({"Marketing"})),
    Caller("paul", Role.USER),
)

MEMBERS = {"grace": "Marketing", "mia": "Marketing", "sam": "Sales", "olaf": "Sales"}
"""Who sits in a group; the others sit in none."""

FELLOWS = {"grace": {"olaf"}}
"""Who administers a group with the caller, wherever they sit."""


def right_of(kind: str) -> Right:
    """What it takes to be shown an object of the type."""
    return next(iter(FIELDS[kind]))


def right_for(kind: str, field: str) -> Right:
    """What it takes to be shown a field of such an object."""
    return next(right for right, names in FIELDS[kind].items() if field in names.split())


def reaches(caller: Caller, right: Right, group: str | None, owner: str = "") -> bool:
    """Whether the caller has the right over what is of the group, or of the owner."""
    grants = [grant for role, grant in GRANTS[right].items() if role in (caller.role, Role.USER)]
    scopes = {grant.scope for grant in grants}
    own = Scope.OWN in scopes and owner == caller.name
    return Scope.ALL in scopes or own or (Scope.OWN_GROUPS in scopes and group in caller.groups)


def has(caller: Caller, right: Right) -> bool:
    """Whether the caller has the right over anything of the account's, beside what is its own."""
    return any(reaches(caller, right, group) for group in (None, *caller.groups))


def meets(caller: Caller, right: Right) -> bool:
    """Whether the caller has the right over anything at all."""
    return has(caller, right) or reaches(caller, right, None, caller.name)


def may_see(caller: Caller, kind: str, name: str) -> bool:
    """Whether the caller may be shown the object of the name: a user or a group, or any other."""
    if kind == "User":
        known = name == caller.name or name in FELLOWS.get(caller.name, ())
        return known or reaches(caller, right_of(kind), MEMBERS.get(name))
    return reaches(caller, right_of(kind), name)


def shows(caller: Caller, kind: str, name: str, field: str) -> bool:
    """Whether the caller is shown the field of an object that it may see."""
    right = right_for(kind, field)
    if kind == "Account":
        return has(caller, right)
    if right is right_of(kind):
        return True
    group = MEMBERS.get(name) if kind == "User" else name
    if right is TOKENS:
        return reaches(caller, right, group, name)
    return group is None or reaches(caller, right, group)
