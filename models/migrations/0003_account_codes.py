"""Codes of accounts move to a catalogue of their own, so that on PostgreSQL every unique index of
a tenant's table contains the account, as sharding by account needs it."""

from tortoise import migrations

from models.ddl import postgres_statements, statements

CODES = """
CREATE TABLE IF NOT EXISTS account_codes (
    code VARCHAR(64) NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL UNIQUE
);
INSERT INTO account_codes (code, account_id)
SELECT code, id FROM accounts WHERE id NOT IN (SELECT account_id FROM account_codes);
CREATE INDEX IF NOT EXISTS accounts_by_code ON accounts (code);
"""

# SQLite cannot drop it, and nobody shards SQLite.
NO_LONGER_UNIQUE = "ALTER TABLE accounts DROP CONSTRAINT IF EXISTS accounts_code_key"


class Migration(migrations.Migration):
    """Creates the catalogue and fills it."""

    dependencies = [("models", "0002_counters_and_renewal_failures")]
    operations = [statements(CODES), postgres_statements(NO_LONGER_UNIQUE)]
