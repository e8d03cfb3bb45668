"""Sign-ins in the log: who and why, never a token, and no flood."""

import logging
from collections.abc import Callable

import pytest

from services import sign_ins
from tests import samples
from tests.tokens import assembled, kept_out, let_in, sent, signed
from tests.world import World

Log = Callable[[], list[str]]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    """What sign-ins leave in the log, warnings alone."""
    sign_ins.MINUTES.clear()
    caplog.set_level(logging.DEBUG, logger="services.sign_ins")

    def told() -> list[str]:
        records = [one for one in caplog.records if one.name == "services.sign_ins"]
        return [one.getMessage() for one in records if one.levelno == logging.WARNING]

    return told


def accepted(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "sign_in.accepted" in one.getMessage()]


REFUSED: dict[str, tuple[str, str]] = {
    "expired": (signed(exp=1), "expired"),
    "forged": (signed(key="x" * 64), "signature"),
    "unsigned": (assembled({"alg": "none"}, lambda _: b""), "algorithm"),
    "no token": ("nonsense", "form"),
    "too long": ("x" * 9000, "size"),
    "a header that brings a key": (signed(headers={"jku": "https://evil.example"}), "header"),
    "a line of the attacker's": (
        assembled({"alg": "none\nWARNING forged"}, lambda _: b""),
        "algorithm",
    ),
}


@pytest.mark.parametrize(("token", "reason"), REFUSED.values(), ids=REFUSED)
async def test_a_refused_sign_in_leaves_a_line_with_the_reason_alone(
    sqlite_world: World, log: Log, token: str, reason: str
) -> None:
    await sqlite_world.load()
    assert await kept_out(sqlite_world, f"Bearer {token}")
    assert log() == [f"sign_in.refused reason='{reason}' account='' user=''"]


async def test_of_a_genuine_token_the_account_and_the_user_s_id_are_told(
    sqlite_world: World, log: Log
) -> None:
    dora = {"email": "dora@acme.example", "name": "Dora", "status": "DISABLED"}
    await sqlite_world.load(samples.account(users=[*samples.USERS, dora]))
    await kept_out(sqlite_world, f"Bearer {signed(sub='dora@acme.example')}")
    await kept_out(sqlite_world, f"Bearer {signed(account='no' + chr(10) + 'where' * 50)}")
    disabled, unknown = log()
    assert disabled.startswith("sign_in.refused reason='disabled user' account='")
    assert disabled.count("-") == 8
    assert unknown.startswith(r"sign_in.refused reason='unknown user' account='no\nwherewhere")
    assert len(unknown) < 150


async def test_the_log_holds_no_token_and_no_address(
    sqlite_world: World, caplog: pytest.LogCaptureFixture, log: Log
) -> None:
    await sqlite_world.load()
    tokens = [signed(), *(token for token, _ in REFUSED.values()), signed(sub="x@acme.example")]
    for token in tokens:
        await sent(sqlite_world, f"Bearer {token}")
    said = "\n".join(one.getMessage() for one in caplog.records if "sign_in" in one.getMessage())
    assert said.count("\n") == len(tokens) - 1
    parts = {part for token in tokens for part in token.split(".") if len(part) > 8}
    assert [part for part in parts if part in said] == []
    assert "@" not in said


async def test_whoever_is_let_in_is_told_at_debug(
    sqlite_world: World, caplog: pytest.LogCaptureFixture, log: Log
) -> None:
    await sqlite_world.load()
    await let_in(sqlite_world, signed())
    assert len(accepted(caplog)) == 1
    assert log() == []


async def test_a_request_without_a_token_is_no_attempt(sqlite_world: World, log: Log) -> None:
    await sqlite_world.load()
    await kept_out(sqlite_world, None)
    assert log() == []
    await kept_out(sqlite_world, "Basic YWRhOmFkYQ==")
    assert log() == ["sign_in.refused reason='no bearer token' account='' user=''"]


async def test_refusals_cannot_flood_the_log_nor_hide_one_another(
    sqlite_world: World, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sqlite_world.load()
    now = [1000.0]
    monkeypatch.setattr(sign_ins, "monotonic", lambda: now[0])
    for _ in range(sign_ins.MOST + 15):
        await kept_out(sqlite_world, "Bearer nonsense")
    assert len(log()) == sign_ins.MOST
    await kept_out(sqlite_world, f"Bearer {signed(exp=1)}")
    assert log()[-1] == "sign_in.refused reason='expired' account='' user=''"
    now[0] += sign_ins.MINUTE
    await kept_out(sqlite_world, "Bearer nonsense")
    assert log()[-2:] == [
        "sign_in.refused reason='form' more=15",
        "sign_in.refused reason='form' account='' user=''",
    ]
