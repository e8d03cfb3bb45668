"""Tables and relations; no rule, and nothing of ours is imported here.

The constraints stand in `migrations/`, as SQL. Every tenant row carries its account, and
every key, unique index and foreign key of a tenant table begins with it: the database
itself refuses a reference into another account, and accounts can be spread over a cluster
that shards by tenant. Rows are therefore read and written by (account_id, id), never by
id alone (no `save()`, no `delete()` on a row).
"""
