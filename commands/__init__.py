"""The operator's commands, in groups; `manage.py` puts them together."""
