"""Proof by concurrency: real processes, real databases, 16 clients, and SIGKILL.

processes   start, kill and restart the server's and the worker's processes
tenants     the accounts that are fought over, and the clock of each epoch
operations  what a client can ask for; clients choose at random and send it
history     what was asked and what came back: ok, refused, unknown
snapshots   the database, read from outside in one transaction
invariants  what must hold in every snapshot, while everything runs
replay      the activity told again from the beginning, checked entry by entry
matching    the history against the activity: nothing lost, nothing done twice
ledger      the invoices against the seats: each bought seat in exactly one line
harness     one run of all that; planted: the product with a bug put in
"""
