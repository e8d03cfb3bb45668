"""The outbox of mails."""

from tortoise import migrations

from models.ddl import statements

MAILS = """
CREATE TABLE IF NOT EXISTS mails (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    kind VARCHAR(16) NOT NULL,
    invoice_id {uuid},
    subscription_id {uuid},
    period_end DATE,
    recipient VARCHAR(254) NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN (
        'QUEUED', 'CLAIMED', 'SENDING', 'SENT', 'FAILED', 'UNCERTAIN', 'DROPPED'
    )),
    attempts {int} NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at {instant} NOT NULL,
    error VARCHAR(300),
    created_at {instant} NOT NULL,
    sent_at {instant},
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, invoice_id),
    UNIQUE (account_id, subscription_id, period_end),
    FOREIGN KEY (account_id, invoice_id) REFERENCES invoices (account_id, id),
    FOREIGN KEY (account_id, subscription_id) REFERENCES subscriptions (account_id, id),
    CHECK ((status = 'SENT') = (sent_at IS NOT NULL)),
    CHECK (CASE kind
        WHEN 'INVOICE'
            THEN invoice_id IS NOT NULL AND subscription_id IS NULL AND period_end IS NULL
        WHEN 'REMINDER'
            THEN invoice_id IS NULL AND subscription_id IS NOT NULL AND period_end IS NOT NULL
        ELSE FALSE END)
);
CREATE INDEX IF NOT EXISTS mails_due ON mails (due_at, account_id)
    WHERE status IN ('QUEUED', 'CLAIMED', 'SENDING');
"""


class Migration(migrations.Migration):
    """Creates it."""

    dependencies = [("models", "0005_taxes_and_credit_notes")]
    operations = [statements(MAILS)]
