"""Requests that nobody sends by mistake, against a real server that others use meanwhile."""
