"""The settings: their defaults, and how a wrong one stops the start."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from services import settings
from services.errors import OperatorError
from services.proration import Proration
from tests.forked import Ended
from tests.test_manage import anew, run
from tests.world import World

SHORT = "a key of fewer than 32 bytes"
WRONG = [
    ("DATABASE_URL", "mysql://127.0.0.1/seatwise"),
    ("DATABASE_URL", "seatwise.db"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "postgres://seatwise@127.0.0.1:port/seatwise"),
    ("DATABASE_URL", "postgres://seatwise@[::1/seatwise"),
    ("DATABASE_URL", "postgres://seatwise@127.0.0.1:0/seatwise"),
    ("DATABASE_URL", "postgres://seatwise@db1:5432,/seatwise"),
    ("DATABASE_URL", "postgres://seatwise@db1:5432,db2:x/seatwise"),
    ("DATABASE_URL", "postgres://seatwise@db1:5432,db2:5432"),
    ("DATABASE_POOL_SIZE", "1"),
    ("DATABASE_CONNECT_TIMEOUT", "0"),
    ("DATABASE_LOCK_TIMEOUT", "-1"),
    ("DATABASE_STATEMENT_TIMEOUT", "soon"),
    ("BACKGROUND_WORK", "perhaps"),
    ("ENVIRONMENT", "staging"),
    ("ENVIRONMENT", "Production"),
    ("BILLING_NOW", "yesterday"),
    ("BILLING_NOW", "2026-07-01T12:00:00"),
    ("BILLING_NOW", "2026-02-30T12:00:00Z"),
    ("PRORATION", "hour"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "http"),
    ("WORKERS", "0"),
    ("WORKERS", "1.5"),
    ("WORKERS", "-1"),
    ("JWT_JWKS_URL", "nonsense"),
    ("JWT_JWKS_URL", "file:///etc/passwd"),
    ("PUBLIC_URL", "billing.example"),
    ("CORS_ORIGINS", "*"),
    ("CORS_ORIGINS", "https://app.example/"),
    ("CORS_ORIGINS", "https://app.example, app.example"),
    ("CORS_ORIGINS", "https://*.example.com/x"),
    ("CORS_ORIGINS", "https://me@app.example"),
    ("CORS_ORIGINS", "null"),
    ("FORWARDED_ALLOW_IPS", "*"),
    ("FORWARDED_ALLOW_IPS", "proxy"),
    ("GRAPHIQL", "perhaps"),
    ("INTROSPECTION", "perhaps"),
    ("REQUEST_TIMEOUT", "0"),
    ("KEEP_ALIVE_TIMEOUT", "-1"),
    ("MAX_CONNECTIONS", "0"),
    ("SHUTDOWN_TIMEOUT", "0"),
    ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "loud"),
    ("METRICS_PORT", "70000"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
]


def values(monkeypatch: pytest.MonkeyPatch, **environment: str) -> settings.Settings:
    """The settings that an environment makes."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    return settings.current()


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """The one line that refuses an environment."""
    with pytest.raises(OperatorError) as caught:
        values(monkeypatch, **environment)
    (line,) = str(caught.value).splitlines()
    return line


# --- what is read -------------------------------------------------------------------------


def test_the_defaults_are_the_manual_s(monkeypatch: pytest.MonkeyPatch) -> None:
    found = values(monkeypatch)
    assert found.database_url == f"sqlite://{settings.ROOT}/data/seatwise.db"
    assert (found.host, found.port, found.workers) == ("127.0.0.1", 8000, 1)
    assert (found.environment, found.billing_now) == ("development", None)
    assert found.proration is Proration.DAY
    assert (found.jwt_issuer, found.jwt_audience, found.jwt_jwks_url) == (None, None, None)


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("PORT", "BILLING_NOW", "PRORATION", "JWT_AUDIENCE", "JWT_JWKS_URL", "ENVIRONMENT")
    default = values(monkeypatch)
    assert values(monkeypatch, **dict.fromkeys(names, "")) == default


@pytest.mark.parametrize(
    "url",
    [
        "postgres://seatwise@db1.example:5432,db2.example:5433/seatwise",
        "postgres://seatwise:p%40ss@[::1]:5432,[::2]/seatwise?target_session_attrs=any",
        "postgres://db/seatwise?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem",
    ],
)
def test_a_database_may_have_several_hosts_and_options_of_its_driver(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert values(monkeypatch, DATABASE_URL=url).database_url == url


def test_both_spellings_of_postgres_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = values(monkeypatch, DATABASE_URL="postgresql://user:secret@host:5432/name")
    assert found.database_url == "postgres://user:secret@host:5432/name"


def test_the_secret_key_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.environ["SECRET_KEY"] not in repr(values(monkeypatch))


# --- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_in_a_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert refusal(monkeypatch, **{name: value}).startswith(f"{name}: ")


def test_the_log_is_for_machines_in_production_unless_it_is_asked_to_be_readable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert values(monkeypatch).log_format == "console"
    assert values(monkeypatch, ENVIRONMENT="production").log_format == "json"
    assert values(monkeypatch, LOG_FORMAT="console").log_format == "console"


async def test_every_address_is_not_served_in_production_without_a_public_one(
    sqlite_world: World,
) -> None:
    sqlite_world.monkeypatch.delenv("BILLING_NOW")
    for host in ("0.0.0.0", "::"):
        stopped(await run("server.py", ENVIRONMENT="production", HOST=host), "PUBLIC_URL: ")


def test_the_clock_cannot_be_stopped_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refusal(monkeypatch, BILLING_NOW="2026-07-01T12:00:00Z", ENVIRONMENT="production")
    assert line.startswith("BILLING_NOW: ")


def test_production_offers_no_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refusal(monkeypatch, DEMO_SIGN_IN="true", ENVIRONMENT="production")
    assert line.startswith("DEMO_SIGN_IN: ")


def test_production_goes_by_the_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert values(monkeypatch, ENVIRONMENT="production").billing_now is None


def test_a_seller_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refusal(monkeypatch, SELLER_LEGAL_NAME="Northwind Software, Inc.")
    assert line.startswith("SELLER_ADDRESS_LINE1: ")


SELLER = {
    "SELLER_LEGAL_NAME": "Northwind GmbH",
    "SELLER_ADDRESS_LINE1": "Leopoldstraße 21",
    "SELLER_CITY": "München",
    "SELLER_COUNTRY_CODE": "DE",
    "SELLER_EMAIL": "billing@northwind.example",
}


def test_a_bank_account_is_kept_in_its_compact_form(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = {"SELLER_BANK_IBAN": "de89 3704 0044 0532 0130 00", "SELLER_BANK_BIC": "cobadeffxxx"}
    found = values(monkeypatch, **SELLER, **bank)
    assert found.seller_bank_iban == "DE89370400440532013000"
    assert found.seller_bank_bic == "COBADEFFXXX"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (SELLER | {"SELLER_BANK_IBAN": "DE89370400440532013001"}, "SELLER_BANK_IBAN"),
        (SELLER | {"SELLER_BANK_IBAN": "nonsense"}, "SELLER_BANK_IBAN"),
        (SELLER | {"SELLER_BANK_BIC": "COBADEFFXXX"}, "SELLER_BANK_IBAN"),
        (SELLER | {"SELLER_BANK_NAME": "Commerzbank"}, "SELLER_BANK_IBAN"),
        (
            SELLER | {"SELLER_BANK_IBAN": "DE89370400440532013000", "SELLER_BANK_BIC": "X"},
            "SELLER_BANK_BIC",
        ),
        ({"SELLER_BANK_IBAN": "DE89370400440532013000"}, "SELLER_LEGAL_NAME"),
        (SELLER | {"SELLER_REGISTRATION": "x" * 201}, "SELLER_REGISTRATION"),
    ],
)
def test_a_bank_account_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], name: str
) -> None:
    assert refusal(monkeypatch, **given).startswith(f"{name}: ")


@pytest.mark.parametrize("key", [SHORT, "", "x" * 31, "ä" * 15])
def test_a_secret_key_that_is_missing_or_short_signs_nothing(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    found = values(monkeypatch, SECRET_KEY=key, ENVIRONMENT="production")
    with pytest.raises(OperatorError, match=r"^SECRET_KEY: "):
        assert found.signing_key


def test_a_secret_key_of_32_bytes_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert values(monkeypatch, SECRET_KEY="ä" * 16).signing_key == "ä" * 16


# --- how the start is stopped -------------------------------------------------------------


def stopped(ended: Ended, name: str) -> None:
    """That a process ended with code 1 and one line that names the setting."""
    assert (ended.code, ended.out) == (1, ""), ended
    (line,) = ended.err.splitlines()
    assert name in line


@pytest.mark.parametrize("command", ["server.py", "manage.py migrate"])
async def test_wrong_values_stop_the_start_in_one_line_that_names_them_all(
    sqlite_url: str, command: str
) -> None:
    wrong = {"PORT": "0", "WORKERS": "none", "PRORATION": "hour", "ENVIRONMENT": "staging"}
    wrong |= {"DATABASE_URL": f"x{sqlite_url}", "BILLING_NOW": "now"}
    ended = await anew(*command.split(), **wrong)
    for name in wrong:
        stopped(ended, f"{name}: ")


async def test_without_a_long_secret_key_the_server_does_not_start(sqlite_world: World) -> None:
    stopped(await run("server.py", SECRET_KEY=SHORT), "SECRET_KEY: ")


async def test_without_a_current_schema_the_server_does_not_start(sqlite_url: str) -> None:
    ended = await run("server.py", DATABASE_URL=sqlite_url)
    stopped(ended, "manage.py migrate")


@pytest.mark.parametrize("command", ["server.py", "manage.py migrate"])
async def test_a_database_that_does_not_answer_stops_the_start(command: str) -> None:
    url = "postgres://nobody:secret@127.0.0.1:1/nowhere"
    ended = await run(*command.split(), DATABASE_URL=url)
    stopped(ended, "DATABASE_URL: ")
    assert "secret" not in ended.err


@pytest.mark.parametrize("command", ["server.py", "manage.py migrate"])
async def test_a_database_that_is_a_folder_stops_the_start(tmp_path: Path, command: str) -> None:
    ended = await run(*command.split(), DATABASE_URL=f"sqlite://{tmp_path}")
    stopped(ended, "DATABASE_URL: ")


@pytest.mark.parametrize("command", ["server.py", "manage.py migrate"])
async def test_a_file_that_is_no_database_stops_the_start_and_stays(
    tmp_path: Path, command: str
) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    ended = await run(*command.split(), DATABASE_URL=f"sqlite://{path}")
    stopped(ended, "DATABASE_URL: ")
    assert path.read_text() == "Dear Sir or Madam, " * 100


async def test_a_host_that_is_not_this_machine_s_stops_the_start(sqlite_world: World) -> None:
    stopped(await run("server.py", HOST="192.0.2.1"), "HOST")


async def test_a_port_that_is_taken_stops_the_start(sqlite_world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        stopped(await run("server.py", PORT=port), "PORT")


async def test_a_start_that_is_stopped_leaves_no_database_behind(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    await run("manage.py", "migrate", DATABASE_URL=f"sqlite://{path}", PORT="0")
    assert not path.exists()


async def test_migrate_makes_the_folder_of_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "new.db"
    ended = await run("manage.py", "migrate", DATABASE_URL=f"sqlite://{path}")
    assert ended.code == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    connection.close()
