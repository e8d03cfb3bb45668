"""Everything that can be done: use cases, pure rules, doors to the outside, every query.

pure            money periods proration drafts seat_changes permissions errors text
doors           settings clock auth database documents
use cases       accounts users products memberships seat_groups allocations
                subscriptions invoices plans activity renewals imports
shared by them  seating (the guard of every seat) idempotency pagination
"""
