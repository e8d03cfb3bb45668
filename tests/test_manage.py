"""The operator's command line, run as an operator runs it."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from tortoise import Tortoise
from typer.testing import CliRunner

import manage
from services.settings import ROOT
from tests import forked, samples
from tests.forked import Ended
from tests.test_import import EXAMPLE, dump
from tests.world import MIGRATIONS, World

COMMANDS = [
    "migrate",
    "import",
    "token",
    "access-token",
    "invoice",
    "mail",
    "renew",
    "worker",
    "export-schema",
]
VIEWER = "{ viewer { email } }"
SECONDS = 20
"""How long a process may take to end; it takes 1 or 2."""


async def run(*arguments: str, **environment: str) -> Ended:
    """Runs a script of ours to its end, with the test's settings and those given."""
    return await asyncio.to_thread(forked.run, arguments, os.environ | environment)


async def anew(*arguments: str, **environment: str) -> Ended:
    """The same in a new interpreter, which runs code as well (`-c`)."""
    command = (sys.executable, *arguments)
    given = os.environ | environment
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=given, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode())


async def done(*arguments: str, **environment: str) -> str:
    """What a command of manage.py says that is not refused."""
    ended = await run("manage.py", *arguments, **environment)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


async def refused(*arguments: str, **environment: str) -> list[str]:
    """The lines on standard error of a command that is refused."""
    ended = await run("manage.py", *arguments, **environment)
    assert (ended.code, ended.out) == (1, "")
    return ended.err.splitlines()


def used(*arguments: str) -> tuple[int, str]:
    """Exit code and output of what ends before anything is done, without a process."""
    result = CliRunner().invoke(manage.app, arguments)
    return result.exit_code, result.output


# --- migrate ------------------------------------------------------------------------------


@pytest.mark.parametrize("empty", ["sqlite_url", "postgres_url"])
async def test_migrate_may_be_run_twice_and_at_once(
    request: pytest.FixtureRequest, empty: str
) -> None:
    async def applied() -> list[str]:
        out = await done("migrate", DATABASE_URL=request.getfixturevalue(empty))
        names: list[str] = json.loads(out)["applied"]
        return names

    assert sorted(await asyncio.gather(applied(), applied())) == [[], MIGRATIONS]
    assert await applied() == []


async def test_commands_refuse_a_database_that_was_not_migrated(sqlite_url: str) -> None:
    (line,) = await refused("renew", DATABASE_URL=sqlite_url)
    assert "manage.py migrate" in line


# --- import -------------------------------------------------------------------------------


async def test_import_prints_what_it_did_as_json(sqlite_world: World, tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(EXAMPLE)
    assert json.loads(await done("import", str(path))) == {
        "plans_created": 1,
        "plans_updated": 0,
        "accounts_created": 1,
        "accounts_updated": 0,
        "users_created": 2,
        "users_updated": 0,
        "invoices": 1,
    }
    await sqlite_world.client("ada").data(VIEWER)


async def test_import_says_a_line_for_each_place_at_fault(
    sqlite_world: World, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    document = samples.file(samples.account(subscription={"seats": 26}))
    document["accounts"][0]["seat_groups"][0]["seats"] = 19
    document["accounts"].append(samples.account(code="beta", subscription={"plan": "gold"}))
    path.write_text(json.dumps(document))
    assert await refused("import", str(path)) == [
        "accounts[1].subscription.plan: there is no plan gold"
    ]
    assert not any((await dump()).values())


def test_import_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    code, output = used("import", str(path))
    assert (code, output) == (1, f"{path}: cannot be read (No such file or directory)\n")


# --- token --------------------------------------------------------------------------------


async def test_token_prints_one_that_the_api_accepts_as_long_as_it_lives(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    out = await done("token", "--account", "acme", "--user", "Ada@acme.example", "--ttl", "60")
    stranger = sqlite_world.stranger(out.strip())
    assert await stranger.data(VIEWER) == {"viewer": {"email": "ada@acme.example"}}
    sqlite_world.at("2026-07-01T12:02:00")
    assert await stranger.code(VIEWER) == "UNAUTHENTICATED"


async def test_token_is_refused_for_a_user_who_cannot_sign_in(sqlite_world: World) -> None:
    await sqlite_world.load()
    lines = await refused("token", "--account", "acme", "--user", "who@acme.example")
    assert lines == ["account acme has no enabled user who@acme.example"]


# --- access-token -------------------------------------------------------------------------

OF_ADA = ("--account", "acme", "--user", "Ada@acme.example")


async def test_an_access_token_is_created_listed_and_revoked(sqlite_world: World) -> None:
    await sqlite_world.load()
    named = ("--name", "Deploy", "--scope", "READ", "--scope", "USERS", "--days", "7")
    secret = (await done("access-token", "create", *OF_ADA, *named)).strip()
    client = sqlite_world.stranger(secret)
    await client.data(VIEWER)
    (token,) = json.loads(await done("access-token", "list", "--account", "acme"))
    assert secret not in str(token)
    assert token == {
        "id": token["id"],
        "user": "ada@acme.example",
        "name": "Deploy",
        "scopes": ["READ", "USERS"],
        "created_at": "2026-07-01T12:00:00+00:00",
        "expires_at": "2026-07-08T12:00:00+00:00",
        "last_used_at": "2026-07-01T12:00:00+00:00",
        "revoked_at": None,
    }
    for _ in range(2):
        assert await done("access-token", "revoke", "--account", "acme", token["id"]) == ""
    assert await client.code(VIEWER) == "UNAUTHENTICATED"
    (token,) = json.loads(await done("access-token", "list", *OF_ADA))
    assert token["revoked_at"] == "2026-07-01T12:00:00+00:00"
    query = "{ account { activity { edges { node { action actor { id } } } } } }"
    edges = (await sqlite_world.client("ada").data(query))["account"]["activity"]["edges"]
    assert [edge["node"] for edge in edges[:3]] == [
        {"action": "access_token.revoked", "actor": None},
        {"action": "access_token.created", "actor": None},
        {"action": "account.imported", "actor": None},
    ]


REFUSED_TOKENS = {
    "there is no account nowhere": ("list", "--account", "nowhere"),
    "account acme has no user who@acme.example": (
        "list",
        *("--account", "acme", "--user", "who@acme.example"),
    ),
    "account acme has no enabled user who@acme.example": (
        "create",
        *("--account", "acme", "--user", "who@acme.example", "--name", "A", "--scope", "READ"),
    ),
    "A token lives between 1 and 365 days.": (
        "create",
        *(*OF_ADA, "--name", "A", "--scope", "READ", "--days", "400"),
    ),
    "account acme has no access token 00000000-0000-0000-0000-000000000000": (
        "revoke",
        *("--account", "acme", "00000000-0000-0000-0000-000000000000"),
    ),
}


@pytest.mark.parametrize(("line", "arguments"), REFUSED_TOKENS.items())
async def test_what_no_access_token_can_be_is_refused(
    sqlite_world: World, line: str, arguments: tuple[str, ...]
) -> None:
    await sqlite_world.load()
    assert await refused("access-token", *arguments) == [line]


# --- renew and worker ---------------------------------------------------------------------

NOTHING = {"renewed": 0, "ended": 0, "invoices": 0, "failed": 0}


async def load_overdue(world: World) -> None:
    """Two accounts with one period to renew, and one that ends."""
    world.at("2026-06-01T12:00:00")
    begun = {"started_on": "2026-06-01"}
    codes = ("acme", "beta", "gone")
    await world.load(*(samples.premium(code=code, subscription=begun) for code in codes))
    await world.client("ada", "gone").do("cancelSubscription")
    world.at("2026-07-01T12:00:00")


async def test_renew_prints_what_it_did_as_json_and_heeds_its_limit(sqlite_world: World) -> None:
    await load_overdue(sqlite_world)
    first = json.loads(await done("renew", "--limit", "2"))
    second = json.loads(await done("renew"))
    assert first["renewed"] + first["ended"] == 2
    assert second["renewed"] + second["ended"] == 1
    total = {name: first[name] + second[name] for name in NOTHING}
    assert total == {"renewed": 2, "ended": 1, "invoices": 2, "failed": 0}


async def test_renew_goes_on_past_an_account_that_fails_and_ends_with_1(
    sqlite_world: World,
) -> None:
    await load_overdue(sqlite_world)
    connection = Tortoise.get_connection("default")
    await connection.execute_query("UPDATE accounts SET time_zone = 'X/Y' WHERE code = 'acme'")
    ended = await anew("manage.py", "renew")
    assert ended.code == 1
    assert json.loads(ended.out) == {"renewed": 1, "ended": 1, "invoices": 1, "failed": 1}
    assert ended.err.splitlines()[-1].startswith("1 accounts failed")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_the_worker_renews_and_stops_when_it_is_told_to(
    sqlite_world: World, name: str
) -> None:
    await load_overdue(sqlite_world)
    command = (sys.executable, "manage.py", "worker")
    worker = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    assert worker.stderr is not None
    try:
        async with asyncio.timeout(SECONDS):
            said = await worker.stderr.readline()
            worker.send_signal(getattr(signal, name))
            out, err = await worker.communicate()
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.communicate()
    assert b"renewals.run {'renewed': 2, 'ended': 1, 'invoices': 2" in said
    assert (worker.returncode, err) == (0, b"")
    expected = {"renewed": 2, "ended": 1, "invoices": 2, "failed": 0, "mails": 0}
    assert json.loads(out) == expected


# --- the rest -----------------------------------------------------------------------------


async def test_export_schema_prints_the_sdl_that_is_committed() -> None:
    assert await done("export-schema") == (ROOT / "schema.graphql").read_text()


async def test_help_names_every_command() -> None:
    ended = await anew("manage.py", "--help")
    assert (ended.code, ended.err) == (0, "")
    assert all(f" {command} " in ended.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    code, output = used(command, "--help")
    assert code == 0
    assert f"Usage: root {command}" in output


WRONG = [
    [],
    ["nonsense"],
    ["migrate", "--nonsense"],
    ["import"],
    ["import", "a.json", "b.json"],
    ["token"],
    ["token", "--account", "acme"],
    ["token", "--account", "acme", "--user", "ada@acme.example", "--ttl", "0"],
    ["token", "--account", "acme", "--user", "ada@acme.example", "--ttl", "86401"],
    ["access-token"],
    ["access-token", "create", *OF_ADA, "--name", "A"],
    ["access-token", "create", *OF_ADA, "--name", "A", "--scope", "ALL"],
    ["access-token", "revoke", "--account", "acme", "nonsense"],
    ["invoice"],
    ["invoice", "show", "--account", "acme"],
    ["invoice", "show", "ACME-00001"],
    ["invoice", "void", "--account", "acme", "ACME-00001"],
    ["invoice", "credit", "--account", "acme", "ACME-00001"],
    ["invoice", "pay", "--account", "acme", "ACME-00001", "--on", "01.07.2026"],
    ["renew", "--limit", "0"],
    ["renew", "--limit", "many"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert used(*arguments)[0] == 2
