"""Tests: behaviour through GraphQL as a client would, pure rules as tables and properties."""
