"""Taxes by treatment and rate, the language of documents, and credit notes."""

from tortoise import migrations

from models.ddl import atomically

ACCOUNTS = """
ALTER TABLE accounts ADD COLUMN tax {json} NOT NULL DEFAULT '{{}}';
ALTER TABLE accounts ADD COLUMN locale VARCHAR(35) NOT NULL DEFAULT 'en_US';
ALTER TABLE accounts ADD COLUMN credit_note_count {int} NOT NULL DEFAULT 0
    CHECK (credit_note_count >= 0 AND credit_note_count <= invoice_count);
UPDATE accounts SET tax = (
    '{{"treatment": "STANDARD", "exemption_reason": null, "rates": '
    || '[{{"name": "Tax", "rate_ppm": ' || tax_rate_ppm || ', "share_ppm": 1000000}}]}}'
){as_json};
ALTER TABLE accounts DROP COLUMN tax_rate_ppm;
ALTER TABLE invoice_lines ADD COLUMN wording {json};
"""

INVOICES = """
CREATE TABLE invoices (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    subscription_id {uuid} NOT NULL,
    sequence {int} NOT NULL CHECK (sequence > 0),
    number VARCHAR(40) NOT NULL,
    kind VARCHAR(16) NOT NULL
        CHECK (kind IN ('INITIAL', 'SEAT_INCREASE', 'RENEWAL', 'CREDIT_NOTE')),
    status VARCHAR(16) NOT NULL
        CHECK (status IN ('OPEN', 'PAID', 'VOID', 'CREDITED', 'ISSUED')),
    credits_id {uuid},
    period_start DATE NOT NULL,
    issued_on DATE NOT NULL,
    issued_at {instant} NOT NULL,
    due_on DATE NOT NULL,
    payment_terms_days {int} NOT NULL,
    currency VARCHAR(3) NOT NULL,
    subtotal_minor BIGINT NOT NULL,
    taxation {json} NOT NULL,
    tax_minor BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    credited_minor BIGINT NOT NULL DEFAULT 0,
    settled_on DATE,
    locale VARCHAR(35) NOT NULL,
    seller {json} NOT NULL,
    buyer {json} NOT NULL,
    purchase_order_number VARCHAR(64),
    reason VARCHAR(300),
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, sequence),
    UNIQUE (account_id, number),
    FOREIGN KEY (account_id, subscription_id) REFERENCES subscriptions (account_id, id),
    FOREIGN KEY (account_id, credits_id) REFERENCES invoices (account_id, id),
    CHECK (total_minor = subtotal_minor + tax_minor),
    CHECK ((kind = 'CREDIT_NOTE') = (credits_id IS NOT NULL)),
    CHECK ((kind = 'CREDIT_NOTE') = (status = 'ISSUED')),
    CHECK (
        CASE WHEN kind = 'CREDIT_NOTE' THEN total_minor < 0 AND credited_minor = 0
        ELSE subtotal_minor > 0 AND tax_minor >= 0 AND credited_minor BETWEEN 0 AND total_minor END
    )
);
INSERT INTO invoices (
    id, account_id, subscription_id, sequence, number, kind, status, period_start, issued_on,
    issued_at, due_on, payment_terms_days, currency, subtotal_minor, taxation, tax_minor,
    total_minor, locale, seller, buyer, purchase_order_number
) SELECT
    id, account_id, subscription_id, sequence, number, kind, status, period_start, issued_on,
    issued_at, due_on, payment_terms_days, currency, subtotal_minor, (
        '{{"treatment": "STANDARD", "exemption_reason": null, "rates": '
        || '[{{"name": "Tax", "rate_ppm": ' || tax_rate_ppm
        || ', "share_ppm": 1000000, "base_minor": ' || subtotal_minor
        || ', "tax_minor": ' || tax_minor || '}}]}}'
    ){as_json}, tax_minor, total_minor, 'en_US', seller, buyer, purchase_order_number
FROM earlier_invoices;
CREATE UNIQUE INDEX invoices_once_a_period
    ON invoices (account_id, subscription_id, period_start) WHERE kind IN ('INITIAL', 'RENEWAL');
CREATE INDEX invoices_by_credited ON invoices (account_id, credits_id)
    WHERE credits_id IS NOT NULL;
"""

# SQLite cannot change a constraint, so the table is made anew; what refers to it stays as it is,
# and is checked at the transaction's end.
SQLITE = f"""
PRAGMA defer_foreign_keys = ON;
CREATE TEMPORARY TABLE earlier_invoices AS SELECT * FROM invoices;
DROP TABLE invoices;
{INVOICES}
DROP TABLE earlier_invoices;
"""  # noqa: S608 (our own text)

POSTGRES = f"""
ALTER TABLE invoice_lines DROP CONSTRAINT invoice_lines_account_id_invoice_id_fkey;
ALTER TABLE invoice_documents DROP CONSTRAINT invoice_documents_account_id_invoice_id_fkey;
CREATE TEMPORARY TABLE earlier_invoices AS SELECT * FROM invoices;
DROP TABLE invoices;
{INVOICES}
DROP TABLE earlier_invoices;
ALTER TABLE invoice_lines ADD CONSTRAINT invoice_lines_account_id_invoice_id_fkey
    FOREIGN KEY (account_id, invoice_id) REFERENCES invoices (account_id, id);
ALTER TABLE invoice_documents ADD CONSTRAINT invoice_documents_account_id_invoice_id_fkey
    FOREIGN KEY (account_id, invoice_id) REFERENCES invoices (account_id, id);
"""  # noqa: S608


class Migration(migrations.Migration):
    """Makes room for both, in one transaction."""

    dependencies = [("models", "0004_access_tokens")]
    operations = [
        atomically(
            unless=("accounts", "tax"),
            sqlite=ACCOUNTS + SQLITE,
            postgres=ACCOUNTS + POSTGRES,
        )
    ]
