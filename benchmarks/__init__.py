"""The measurements: `python -m benchmarks`. Nothing of the product imports from here."""
