"""Access tokens for scripts."""

from tortoise import migrations

from models.ddl import statements

TOKENS = """
CREATE TABLE IF NOT EXISTS access_tokens (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    user_id {uuid} NOT NULL,
    name VARCHAR(200) NOT NULL,
    scopes {json} NOT NULL,
    digest VARCHAR(64) NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    last_used_at {instant},
    revoked_at {instant},
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, digest),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX IF NOT EXISTS access_tokens_by_user ON access_tokens (account_id, user_id, id);
"""


class Migration(migrations.Migration):
    """Creates their table."""

    dependencies = [("models", "0003_account_codes")]
    operations = [statements(TOKENS)]
