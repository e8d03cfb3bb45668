"""What PostgreSQL, disks and clocks can do to the product, and what it must not lose by it."""
