"""Counts of seats are kept on the rows that they bound, so that no read scans the users and the
database itself refuses an oversold seat; failed renewals are kept, to be tried again."""

from tortoise import migrations

from models.ddl import add_column, statements

COUNT = """
UPDATE accounts SET user_count = (
    SELECT COUNT(*) FROM users WHERE users.account_id = accounts.id
);
UPDATE seat_groups SET seats_used = (
    SELECT COUNT(*) FROM users
    WHERE users.account_id = seat_groups.account_id
        AND users.seat_group_id = seat_groups.id AND users.takes_seat
);
UPDATE subscriptions SET
    seats_used = (
        SELECT COUNT(*) FROM users
        WHERE users.account_id = subscriptions.account_id AND users.takes_seat
    ),
    seats_ungrouped = (
        SELECT COUNT(*) FROM users
        WHERE users.account_id = subscriptions.account_id
            AND users.takes_seat AND users.seat_group_id IS NULL
    ),
    seats_allocated = (
        SELECT COALESCE(SUM(seat_groups.seats), 0) FROM seat_groups
        WHERE seat_groups.account_id = subscriptions.account_id
    );
"""

INDEXES = """
DROP INDEX IF EXISTS users_by_seat;
CREATE INDEX IF NOT EXISTS users_by_activity
    ON users (account_id, takes_seat, seat_group_id, last_active_at, id);
CREATE INDEX IF NOT EXISTS users_by_group ON users (account_id, seat_group_id, name_key, id);
DROP INDEX IF EXISTS subscriptions_due;
CREATE INDEX IF NOT EXISTS subscriptions_due
    ON subscriptions (renews_at, account_id) WHERE status = 'ACTIVE';
"""

FAILURES = """
CREATE TABLE IF NOT EXISTS renewal_failures (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL UNIQUE REFERENCES accounts (id),
    renews_at {instant} NOT NULL,
    attempts {int} NOT NULL CHECK (attempts > 0),
    error VARCHAR(500) NOT NULL,
    failed_at {instant} NOT NULL,
    retry_at {instant} NOT NULL,
    PRIMARY KEY (account_id, id)
);
"""

NUMBER = "{int} NOT NULL DEFAULT 0"


class Migration(migrations.Migration):
    """Adds the counters, counts, and bounds them."""

    dependencies = [("models", "0001_initial")]
    operations = [
        add_column("accounts", "user_count", f"{NUMBER} CHECK (user_count >= 0)"),
        add_column("seat_groups", "seats_used", f"{NUMBER} CHECK (seats_used BETWEEN 0 AND seats)"),
        add_column("subscriptions", "seats_allocated", f"{NUMBER} CHECK (seats_allocated >= 0)"),
        add_column(
            "subscriptions",
            "seats_ungrouped",
            f"{NUMBER} CHECK (seats_ungrouped BETWEEN 0 AND seats - seats_allocated)",
        ),
        add_column(
            "subscriptions", "seats_used", f"{NUMBER} CHECK (seats_used BETWEEN 0 AND seats)"
        ),
        statements(COUNT),
        statements(INDEXES),
        statements(FAILURES),
    ]
