"""The walks ask for more than a client would: limits of amount are tested elsewhere."""

import pytest

from services import settings


@pytest.fixture(autouse=True)
def unlimited(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit of rate, and none of cost that a walk could reach."""
    for name, value in {
        "RATE_LIMIT": "0",
        "MUTATION_RATE_LIMIT": "0",
        "QUERY_MAX_COST": "1000000",
    }.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
