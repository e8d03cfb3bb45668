"""Accounts are worlds apart: walks of the whole schema, which find a new field by themselves."""
