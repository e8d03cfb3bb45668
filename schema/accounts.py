"""The account: the root of everything that a token opens."""

from datetime import date
from typing import Annotated

import strawberry

from execution import asks_for, attribute
from schema.activity import ActivityConnection, ActivityEntry
from schema.connections import connection, request
from schema.context import Info
from schema.errors import UserError
from schema.invoices import Invoice, InvoiceConnection, InvoiceExport, export
from schema.scalars import Node
from schema.subscriptions import Subscription
from schema.users import (
    AccessTokenConnection,
    Product,
    SeatGroup,
    SeatGroupConnection,
    User,
    UserConnection,
    UserFilter,
    tokens_page,
)
from services import (
    accounts,
    activity,
    invoices,
    products,
    seat_groups,
    subscriptions,
    taxes,
    users,
)
from services.taxes import TaxTreatment


@strawberry.type(description="A postal address.")
class Address:
    line1: str
    line2: str | None
    postal_code: str = strawberry.field(description="Empty where a country has none.")
    city: str
    region: str | None
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2.")


@strawberry.type(description="What later invoices will say about the buyer.")
class BillingDetails:
    billing_email: str
    legal_name: str
    address: Address
    tax_id: str | None
    purchase_order_number: str | None
    locale: str = strawberry.field(
        description="The language, and the way of writing dates and numbers, of later invoices and "
        'mails: a tag such as "de-DE". They are written in German, French, Spanish, Japanese, and '
        "for all other languages in English."
    )
    tax_treatment: TaxTreatment = strawberry.field(
        description="How invoices are taxed; REVERSE_CHARGE needs a taxId that is a valid VAT id."
    )


@strawberry.type(
    description="Enterprise+ only: who may manage users and where new paid users may go."
)
class LicenseManagement:
    only_billing_administrators_manage_users: bool
    seat_group_required: bool = strawberry.field(
        description="Every paid user must sit in a seat group, and whoever is no billing "
        "administrator may use only groups that they administer."
    )


@strawberry.type(
    description="One customer of the vendor. Fields for billing administrators are null for anyone "
    "else, with a FORBIDDEN error at their path."
)
class Account(Node):
    row: strawberry.Private[accounts.Profile | accounts.Account]

    name: str = attribute("row.name", description="What the account is called.")
    time_zone: str = attribute(
        "row.time_zone", description="IANA zone in which days begin and periods renew."
    )
    currency: str = attribute(
        "row.currency", description="ISO 4217 code of the currency that the account pays in."
    )

    @strawberry.field(description="For billing administrators.")
    async def subscription(self, info: Info) -> Subscription | None:
        return Subscription(row=await subscriptions.get(info.context.actor))

    @strawberry.field(description="For billing administrators.")
    async def billing_details(self, info: Info) -> BillingDetails | None:
        row = await accounts.get(info.context.actor)
        return BillingDetails(
            billing_email=row.billing_email,
            legal_name=row.legal_name,
            address=Address(**row.address),
            tax_id=row.tax_id,
            purchase_order_number=row.purchase_order_number,
            locale=row.locale.replace("_", "-"),
            tax_treatment=taxes.restored(row.tax).treatment,
        )

    @strawberry.field(description="For billing administrators; newest first.")
    async def invoices(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> InvoiceConnection | None:
        actor, wanted = info.context.actor, request(first, after, last, before)
        lines: invoices.Lines = {}
        if asks_for(info, "edges", "node", "lines"):
            page, lines = await invoices.page_with_lines(actor, wanted)
        else:
            page = await invoices.page(actor, wanted)

        def shown(row: invoices.Invoice) -> Invoice:
            return Invoice(row=row, line_rows=lines.get(row.id))

        return connection(page, shown, lambda: invoices.count(actor))

    @strawberry.field(
        description="For billing administrators: links to the invoices and credit notes that were "
        "issued on the days from `from` to `to`, both included; to all where neither is given."
    )
    async def invoice_export(
        self,
        info: Info,
        from_: Annotated[date | None, strawberry.argument(name="from")] = strawberry.UNSET,
        to: date | None = strawberry.UNSET,
    ) -> InvoiceExport | None:
        return await export(from_ or None, to or None, info)

    @strawberry.field(description="For billing administrators; newest first.")
    async def activity(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> ActivityConnection | None:
        actor = info.context.actor
        page = await activity.page(actor, request(first, after))
        return connection(page, lambda row: ActivityEntry(row=row), lambda: activity.count(actor))

    @strawberry.field(
        description="By name. All groups for whoever may invite users; for a group's administrator "
        "those it administers."
    )
    async def seat_groups(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> SeatGroupConnection | None:
        actor = info.context.actor
        page = await seat_groups.page(actor, request(first, after))
        return connection(page, lambda row: SeatGroup(row=row), lambda: seat_groups.count(actor))

    @strawberry.field(
        description="By name. For whoever may manage users; a group's administrator sees its "
        "groups' members."
    )
    async def users(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        filter: UserFilter | None = strawberry.UNSET,
    ) -> UserConnection | None:
        actor = info.context.actor
        wanted = filter.value() if filter else users.NO_FILTER
        page = await users.page(actor, request(first, after), wanted)
        return connection(page, lambda row: User(row=row), lambda: users.count(actor, wanted))

    @strawberry.field(
        description="For billing administrators; the access tokens of all users, newest first."
    )
    async def access_tokens(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
    ) -> AccessTokenConnection | None:
        return await tokens_page(info, request(first, after))

    @strawberry.field(description="By name.")
    async def products(self, info: Info) -> list[Product]:
        return [Product(row=row) for row in await products.listed(info.context.actor)]

    @strawberry.field(description="Who may manage users and where new paid users may go.")
    def license_management(self) -> LicenseManagement:
        return LicenseManagement(
            only_billing_administrators_manage_users=(
                self.row.only_billing_administrators_manage_users
            ),
            seat_group_required=self.row.seat_group_required,
        )


@strawberry.input(description="The settings to change; null leaves one as it is.")
class UpdateLicenseManagementInput:
    only_billing_administrators_manage_users: bool | None = strawberry.UNSET
    seat_group_required: bool | None = strawberry.UNSET


@strawberry.type(description="The outcome of updateLicenseManagement.")
class UpdateLicenseManagementPayload:
    account: Account | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="A postal address.")
class AddressInput:
    line1: str
    line2: str | None = strawberry.UNSET
    postal_code: str = strawberry.field(description="Empty where a country has none.")
    city: str
    region: str | None = strawberry.UNSET
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2.")


@strawberry.input(
    description="The details to change; what is left out stays, and null clears taxId and "
    "purchaseOrderNumber. Later invoices carry them; issued ones never change."
)
class UpdateBillingDetailsInput:
    billing_email: str | None = strawberry.UNSET
    legal_name: str | None = strawberry.UNSET
    address: AddressInput | None = strawberry.UNSET
    tax_id: str | None = strawberry.UNSET
    purchase_order_number: str | None = strawberry.UNSET
    locale: str | None = strawberry.field(
        default=strawberry.UNSET, description='A tag such as "de-DE".'
    )


@strawberry.type(description="The outcome of updateBillingDetails.")
class UpdateBillingDetailsPayload:
    account: Account | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)
