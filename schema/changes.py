"""What clients are told as it happens."""

import strawberry

from services.changes import AccountPart

strawberry.enum(
    AccountPart,
    description="What a client may have to read again.",
)


@strawberry.type(
    description="That something was done to the account. It says what to read again, not what it "
    "has become: several changes may be told as one."
)
class AccountChange:
    version: int = strawberry.field(
        description="Counts everything that was ever done to the account."
    )
    parts: list[AccountPart] = strawberry.field(
        description="What has changed, of what the caller may read."
    )
