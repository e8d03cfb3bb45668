"""Documents in several forms, and in other places than the database."""

from tortoise import migrations

from models.ddl import atomically

# SQLite cannot change a constraint, so the table is made anew; nothing refers to it.
SQLITE = """
CREATE TABLE documents_by_form (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    invoice_id {uuid} NOT NULL,
    form VARCHAR(16) NOT NULL,
    content {bytes},
    place VARCHAR(300),
    size {int} NOT NULL CHECK (size > 0),
    sha256 VARCHAR(64) NOT NULL,
    rendered_at {instant} NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, invoice_id, form),
    FOREIGN KEY (account_id, invoice_id) REFERENCES invoices (account_id, id),
    CHECK ((content IS NULL) <> (place IS NULL))
);
INSERT INTO documents_by_form (
    id, account_id, invoice_id, form, content, size, sha256, rendered_at
) SELECT id, account_id, invoice_id, 'PDF', content, length(content), sha256, rendered_at
FROM invoice_documents;
DROP TABLE invoice_documents;
ALTER TABLE documents_by_form RENAME TO invoice_documents
"""

POSTGRES = """
ALTER TABLE invoice_documents
    ADD COLUMN form VARCHAR(16) NOT NULL DEFAULT 'PDF',
    ADD COLUMN place VARCHAR(300),
    ADD COLUMN size {int};
UPDATE invoice_documents SET size = octet_length(content);
ALTER TABLE invoice_documents
    ALTER COLUMN form DROP DEFAULT,
    ALTER COLUMN content DROP NOT NULL,
    ALTER COLUMN size SET NOT NULL,
    ADD CHECK (size > 0),
    ADD CHECK ((content IS NULL) <> (place IS NULL)),
    DROP CONSTRAINT invoice_documents_account_id_invoice_id_key,
    ADD UNIQUE (account_id, invoice_id, form)
"""


class Migration(migrations.Migration):
    """Makes room for both, in one transaction."""

    dependencies = [("models", "0007_mails")]
    operations = [atomically(("invoice_documents", "form"), sqlite=SQLITE, postgres=POSTGRES)]
