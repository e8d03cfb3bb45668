"""The Python peer's SQL: one plain statement a resolver; the account comes with the look-up."""

CALLER = """
SELECT u.account_id, a.name AS account_name, u.id, u.status, u.is_billing_administrator,
    u.is_administrator,
    a.only_billing_administrators_manage_users AS restricted,
    EXISTS (
        SELECT FROM subscriptions s
        WHERE s.account_id = a.id AND s.status = 'ACTIVE' AND s.renews_at <= $1
    ) AS overdue,
    ARRAY(
        SELECT p.product_id FROM product_permissions p
        WHERE p.account_id = a.id AND p.user_id = u.id AND p.role = 'OWNER'
    ) AS products,
    ARRAY(
        SELECT g.seat_group_id FROM seat_group_administrators g
        WHERE g.account_id = a.id AND g.user_id = u.id
    ) AS seat_groups
FROM accounts a JOIN users u ON u.account_id = a.id
WHERE a.code = $2 AND u.email_key = $3
"""
SUBSCRIPTION = """
SELECT p.name AS plan_name, s.seats, s.seats_used, s.seats_allocated, s.seats_ungrouped,
    s.pending_seats, s.period_start, s.period_end, s.version
FROM subscriptions s JOIN plans p ON p.id = s.plan_id
WHERE s.account_id = $1
"""
SEAT_GROUPS = """
SELECT id, name, name_key, seats, seats_used FROM seat_groups
WHERE account_id = $1 ORDER BY name_key, id LIMIT $2
"""
INVOICES = """
SELECT id, sequence, number, issued_on, status, total_minor, currency FROM invoices
WHERE account_id = $1 ORDER BY sequence DESC LIMIT $2
"""
LINES = """
SELECT invoice_id, description, quantity, unit_price_minor, period_start, period_end, amount_minor
FROM invoice_lines
WHERE account_id = $1 AND invoice_id = ANY($2::uuid[]) ORDER BY invoice_id, position
"""
LOCK = "SELECT activity_count FROM accounts WHERE id = $1 FOR UPDATE"
READ = """
SELECT u.status AS user_status, s.status, s.seats, s.pending_seats, s.seats_allocated,
    s.seats_ungrouped, p.features, g.id AS group_id, g.name, g.seats AS group_seats,
    g.seats_used AS group_seats_used
FROM subscriptions s
JOIN plans p ON p.id = s.plan_id
JOIN users u ON u.account_id = s.account_id AND u.id = $2
LEFT JOIN seat_groups g ON g.account_id = s.account_id AND g.id = ANY($3::uuid[])
WHERE s.account_id = $1
"""
WRITE = """
WITH subscription AS (
    UPDATE subscriptions SET seats_allocated = $2 WHERE account_id = $1
), seat_group AS (
    UPDATE seat_groups g SET seats = wanted.seats
    FROM unnest($3::uuid[], $4::int[]) AS wanted (id, seats)
    WHERE g.account_id = $1 AND g.id = wanted.id
), entry AS (
    INSERT INTO activity (id, account_id, sequence, at, actor_kind, actor_id, action, summary,
        before, after)
    VALUES ($5, $1, $6, $7, 'USER', $8, 'seat_group.allocated', $9, $10, $11)
)
UPDATE accounts SET activity_count = $6 WHERE id = $1
"""
