"""The product against the tests that others wrote for everybody."""
