"""Every hostile request is refused in time, while everybody else is answered."""

import pytest

from tests.hostile import bodies, documents, framing, tokens
from tests.hostile.served import Served
from tests.hostile.wire import exchange, is_refusal, statuses

pytestmark = pytest.mark.xdist_group("hostile")

KINDS = documents.KINDS | bodies.KINDS | framing.KINDS | tokens.KINDS

NOT_YET: dict[tuple[str, str], str] = {}
"""Cases that the server does not refuse as it promises yet, and why."""

CASES = [
    pytest.param(
        sent,
        id=f"{kind}: {name[:60]}",
        marks=[pytest.mark.xfail(reason=NOT_YET[kind, name])] if (kind, name) in NOT_YET else [],
    )
    for kind, cases in KINDS.items()
    for name, sent in cases.items()
]


def test_there_are_at_least_150_of_them() -> None:
    assert len(CASES) >= 150
    assert NOT_YET.keys() <= {(kind, name) for kind, cases in KINDS.items() for name in cases}


@pytest.mark.parametrize("sent", CASES)
def test_a_hostile_request_is_refused_or_the_connection_closed(server: Served, sent: bytes) -> None:
    raw = sent.replace(b"@TOKEN@", server.token.encode())
    got = server.during(lambda: exchange(server.port, raw))
    assert is_refusal(got), got[:600]
    assert statuses(got).count(200) <= 1
