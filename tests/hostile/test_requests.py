"""Every hostile request is refused in time, while everybody else is answered."""

import pytest

from tests.hostile import bodies, documents, framing, tokens
from tests.hostile.served import GROWTH, Served
from tests.hostile.wire import exchange, is_refusal, post, statuses

pytestmark = pytest.mark.xdist_group("hostile")

KINDS = documents.KINDS | bodies.KINDS | framing.KINDS | tokens.KINDS

CASES = [
    pytest.param(sent, id=f"{kind}: {name[:60]}")
    for kind, cases in KINDS.items()
    for name, sent in cases.items()
]


def test_there_are_at_least_150_of_them() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("sent", CASES)
def test_a_hostile_request_is_refused_or_the_connection_closed(server: Served, sent: bytes) -> None:
    raw = sent.replace(b"@TOKEN@", server.token.encode())
    got = server.during(lambda: exchange(server.port, raw))
    assert is_refusal(got), got[:600]
    assert statuses(got).count(200) <= 1


def test_all_of_them_together_leave_the_server_s_memory_as_it_was(server: Served) -> None:
    exchange(server.port, post(b'{"query": "{ viewer { id } }"' + b" " * 200_000 + b"}"))
    before = server.memory()
    for sent in (sent for cases in KINDS.values() for sent in cases.values()):
        exchange(server.port, sent.replace(b"@TOKEN@", server.token.encode()))
    assert server.memory() - before < GROWTH
    server.is_well()
