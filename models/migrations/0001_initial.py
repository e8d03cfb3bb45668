"""The first schema: catalogue tables, then the tenants' tables."""

from tortoise import migrations

from models.ddl import statements

CATALOGUE = """
CREATE TABLE IF NOT EXISTS plans (
    id {uuid} NOT NULL PRIMARY KEY,
    code VARCHAR(64) NOT NULL UNIQUE,
    name VARCHAR(200) NOT NULL,
    features {json} NOT NULL
);
CREATE TABLE IF NOT EXISTS plan_prices (
    id {uuid} NOT NULL PRIMARY KEY,
    plan_id {uuid} NOT NULL REFERENCES plans (id),
    interval VARCHAR(8) NOT NULL CHECK (interval IN ('MONTH', 'YEAR')),
    currency VARCHAR(3) NOT NULL,
    unit_price_minor BIGINT NOT NULL CHECK (unit_price_minor >= 0),
    UNIQUE (plan_id, interval, currency)
);
"""

ACCOUNTS = """
CREATE TABLE IF NOT EXISTS accounts (
    id {uuid} NOT NULL PRIMARY KEY,
    code VARCHAR(64) NOT NULL UNIQUE,
    name VARCHAR(200) NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    tax_rate_ppm {int} NOT NULL CHECK (tax_rate_ppm BETWEEN 0 AND 1000000),
    invoice_prefix VARCHAR(20) NOT NULL,
    payment_terms_days {int} NOT NULL CHECK (payment_terms_days >= 0),
    billing_email VARCHAR(254) NOT NULL,
    legal_name VARCHAR(200) NOT NULL,
    address {json} NOT NULL,
    tax_id VARCHAR(64),
    purchase_order_number VARCHAR(64),
    only_billing_administrators_manage_users {boolean} NOT NULL,
    seat_group_required {boolean} NOT NULL,
    invoice_count {int} NOT NULL CHECK (invoice_count >= 0),
    activity_count {int} NOT NULL CHECK (activity_count >= 0)
);
CREATE TABLE IF NOT EXISTS idempotency_records (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    key VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    result {json} NOT NULL,
    created_at {instant} NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, key)
);
"""

USERS = """
CREATE TABLE IF NOT EXISTS seat_groups (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    name VARCHAR(200) NOT NULL,
    name_key VARCHAR(600) NOT NULL,
    seats {int} NOT NULL CHECK (seats >= 0),
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, name_key)
);
CREATE TABLE IF NOT EXISTS users (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    email VARCHAR(254) NOT NULL,
    email_key VARCHAR(762) NOT NULL,
    name VARCHAR(200) NOT NULL,
    name_key VARCHAR(600) NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('INVITED', 'ACTIVE', 'DISABLED')),
    is_administrator {boolean} NOT NULL,
    is_billing_administrator {boolean} NOT NULL,
    joined {boolean} NOT NULL,
    takes_seat {boolean} NOT NULL,
    seat_group_id {uuid},
    last_active_at {instant},
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, email_key),
    FOREIGN KEY (account_id, seat_group_id) REFERENCES seat_groups (account_id, id)
);
CREATE INDEX IF NOT EXISTS users_by_name ON users (account_id, name_key, id);
CREATE INDEX IF NOT EXISTS users_by_seat ON users (account_id, takes_seat, seat_group_id);
CREATE TABLE IF NOT EXISTS seat_group_administrators (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    seat_group_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, seat_group_id, user_id),
    FOREIGN KEY (account_id, seat_group_id) REFERENCES seat_groups (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX IF NOT EXISTS seat_group_administrators_by_user
    ON seat_group_administrators (account_id, user_id);
CREATE TABLE IF NOT EXISTS products (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    code VARCHAR(64) NOT NULL,
    name VARCHAR(200) NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, code)
);
CREATE TABLE IF NOT EXISTS product_permissions (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    user_id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    role VARCHAR(16) NOT NULL CHECK (role IN ('OWNER', 'CONTRIBUTOR', 'REVIEWER', 'VIEWER')),
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, user_id, product_id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, product_id) REFERENCES products (account_id, id)
);
"""

BILLING = """
CREATE TABLE IF NOT EXISTS subscriptions (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL UNIQUE REFERENCES accounts (id),
    plan_id {uuid} NOT NULL REFERENCES plans (id),
    interval VARCHAR(8) NOT NULL CHECK (interval IN ('MONTH', 'YEAR')),
    unit_price_minor BIGINT NOT NULL CHECK (unit_price_minor >= 0),
    status VARCHAR(16) NOT NULL CHECK (status IN ('ACTIVE', 'CANCELED')),
    seats {int} NOT NULL CHECK (seats BETWEEN 0 AND 1000000),
    pending_seats {int} CHECK (pending_seats >= 0 AND pending_seats < seats),
    started_on DATE NOT NULL,
    period_index {int} NOT NULL CHECK (period_index >= 0),
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    renews_at {instant} NOT NULL,
    cancel_at_period_end {boolean} NOT NULL,
    version {int} NOT NULL,
    PRIMARY KEY (account_id, id),
    CHECK (period_start < period_end)
);
CREATE INDEX IF NOT EXISTS subscriptions_due ON subscriptions (status, renews_at);
CREATE INDEX IF NOT EXISTS subscriptions_by_plan ON subscriptions (plan_id);
CREATE TABLE IF NOT EXISTS invoices (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    subscription_id {uuid} NOT NULL,
    sequence {int} NOT NULL CHECK (sequence > 0),
    number VARCHAR(40) NOT NULL,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('INITIAL', 'SEAT_INCREASE', 'RENEWAL')),
    status VARCHAR(16) NOT NULL CHECK (status IN ('OPEN', 'PAID', 'VOID')),
    period_start DATE NOT NULL,
    issued_on DATE NOT NULL,
    issued_at {instant} NOT NULL,
    due_on DATE NOT NULL,
    payment_terms_days {int} NOT NULL,
    currency VARCHAR(3) NOT NULL,
    subtotal_minor BIGINT NOT NULL CHECK (subtotal_minor > 0),
    tax_rate_ppm {int} NOT NULL,
    tax_minor BIGINT NOT NULL CHECK (tax_minor >= 0),
    total_minor BIGINT NOT NULL,
    seller {json} NOT NULL,
    buyer {json} NOT NULL,
    purchase_order_number VARCHAR(64),
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, sequence),
    UNIQUE (account_id, number),
    FOREIGN KEY (account_id, subscription_id) REFERENCES subscriptions (account_id, id),
    CHECK (total_minor = subtotal_minor + tax_minor)
);
CREATE UNIQUE INDEX IF NOT EXISTS invoices_once_a_period
    ON invoices (account_id, subscription_id, period_start) WHERE kind <> 'SEAT_INCREASE';
CREATE TABLE IF NOT EXISTS invoice_lines (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    invoice_id {uuid} NOT NULL,
    position {int} NOT NULL,
    description VARCHAR(300) NOT NULL,
    quantity {int} NOT NULL CHECK (quantity > 0),
    unit_price_minor BIGINT NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, invoice_id, position),
    FOREIGN KEY (account_id, invoice_id) REFERENCES invoices (account_id, id),
    CHECK (period_start < period_end)
);
CREATE TABLE IF NOT EXISTS invoice_documents (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    invoice_id {uuid} NOT NULL,
    content {bytes} NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    rendered_at {instant} NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, invoice_id),
    FOREIGN KEY (account_id, invoice_id) REFERENCES invoices (account_id, id)
);
CREATE TABLE IF NOT EXISTS activity (
    id {uuid} NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    sequence {int} NOT NULL CHECK (sequence > 0),
    at {instant} NOT NULL,
    actor_kind VARCHAR(16) NOT NULL CHECK (actor_kind IN ('USER', 'OPERATOR', 'RENEWAL')),
    actor_id {uuid},
    action VARCHAR(64) NOT NULL,
    summary TEXT NOT NULL,
    before {json},
    after {json},
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, sequence),
    FOREIGN KEY (account_id, actor_id) REFERENCES users (account_id, id)
);
"""


class Migration(migrations.Migration):
    """Creates every table."""

    initial = True
    operations = [statements(part) for part in (CATALOGUE, ACCOUNTS, USERS, BILLING)]
