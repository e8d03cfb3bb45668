"""The contract: GraphQL types, inputs and payloads. `root.py` is the table of contents."""
