"""Who is compared: the product, the floor, and the peers, each one process."""

import sys
from dataclasses import dataclass, field

from benchmarks import installation

QUERIES = ("Q1", "Q2", "Q3")
COMMON = (*QUERIES, "M1")
"""What everybody answers."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server: the command that starts it, what it needs in its environment, what it answers."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    requests: tuple[str, ...] = COMMON


OURS = Contestant("Seatwise", (sys.executable, "server.py"), requests=(*COMMON, "M2"))
FLOOR = Contestant("floor", (sys.executable, "-m", "benchmarks.floor"))
LIMIT = Contestant("limit", (sys.executable, "-m", "benchmarks.floor", "limit"), requests=QUERIES)
"""The floor with each query in one statement, which no resolver of GraphQL could send."""


def _node(name: str, script: str) -> Contestant:
    return Contestant(name, ("node", f"benchmarks/peers/{script}"), installation.NODE_ENVIRONMENT)


PEERS = (
    _node("mercurius + graphql-jit", "mercurius.js"),
    _node("graphql-yoga", "yoga.js"),
    _node("Apollo Server", "apollo.js"),
    Contestant("Ariadne", (str(installation.PYTHON), "-m", "benchmarks.peers.ariadne_server")),
)

ON_POSTGRES = (OURS, FLOOR, LIMIT, *PEERS)
ON_SQLITE = (OURS, FLOOR)
