"""That all contestants give the same answers, before any of them is measured."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import load
from benchmarks.requests import SEED, Allocate, Reading

ACCOUNTS = 50
"""So many, at random, are asked about."""


async def check(ports: Mapping[str, int], readings: Sequence[Reading], allocate: Allocate) -> None:
    """Asks every server about the same accounts. Raises WrongAnswer where two differ.

    An allocation is made and taken back at each server in turn, so that each finds the
    account as the one before did.
    """
    count = len(allocate.accounts.tenants)
    chosen = random.Random(SEED).sample(range(count), min(ACCOUNTS, count))  # noqa: S311
    for place in chosen:
        for reading in readings:
            exchange = reading.about(place)
            answers = {name: await _asked(name, port, exchange) for name, port in ports.items()}
            _require_same(reading.name, answers)
        answers = {}
        for name, port in ports.items():
            answers[name] = [await _asked(name, port, allocate.about(place)) for _ in range(2)]
        _require_same(allocate.name, answers)


async def _asked(name: str, port: int, exchange: load.Exchange) -> Any:
    try:
        return await load.ask(port, exchange)
    except load.WrongAnswer as error:
        raise load.WrongAnswer(f"{name}: {error}") from error


def _require_same(what: str, answers: Mapping[str, Any]) -> None:
    (first, wanted), *others = answers.items()
    for name, answer in others:
        if answer != wanted:
            told = f"{first}: {json.dumps(wanted)}\n{name}: {json.dumps(answer)}"
            raise load.WrongAnswer(f"{what}: {name} and {first} disagree\n{told}")
