"""Documents outside the database: in a folder, and in a bucket of a server that speaks S3."""

import asyncio
import hashlib
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from models.invoices import Form, Invoice, InvoiceDocument
from services import (
    clock,
    document_store,
    documents,
    invoice_documents,
    metrics,
    operator_invoices,
    posting,
    settings,
)
from services.errors import OperatorError
from tests.mailserver import MailServer, send_through, serving
from tests.stores import SECRET, Folder, Store, new_bucket, s3_server, use
from tests.test_http import link
from tests.test_invoice_exports import archive, long_history
from tests.test_manage import done
from tests.test_operator_invoices import pay
from tests.world import World

pytestmark = pytest.mark.xdist_group("documents")


@pytest.fixture(scope="module", autouse=True)
def drawing() -> Iterator[None]:
    yield
    asyncio.run(documents.close())


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Where documents are kept, in the settings as well."""
    if request.param == "folder":
        kept: Store = Folder(tmp_path / "kept/here")
    else:
        kept = new_bucket(request.getfixturevalue("endpoint"))
    use(kept, monkeypatch)
    return kept


async def test_a_document_is_kept_outside_under_its_digest_and_served_as_ever(
    store: Store, world: World
) -> None:
    await world.load()
    first = await world.http.get(await link(world))
    row = await InvoiceDocument.get()
    digest = hashlib.sha256(first.content).hexdigest()
    assert (row.content, row.size, row.sha256) == (None, len(first.content), digest)
    assert row.place == f"{row.account_id}/{row.invoice_id}/PDF/{digest}"
    assert store.places() == [row.place]
    part = await world.http.get(await link(world), headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")
    assert (await world.http.get(await link(world))).content == first.content


async def test_a_paid_invoice_has_a_copy_of_its_own_and_the_first_one_is_left(
    store: Store, sqlite_world: World
) -> None:
    await sqlite_world.load()
    open_ = await sqlite_world.http.get(await link(sqlite_world))
    await pay()
    paid = await sqlite_world.http.get(await link(sqlite_world))
    assert paid.content != open_.content
    row = await InvoiceDocument.get()
    assert row.sha256 == hashlib.sha256(paid.content).hexdigest()
    assert len(store.places()) == 2
    assert row.place in store.places()


@pytest.mark.parametrize("changed", [b"%PDF-1.4 something else", b"", None, "as long"])
async def test_a_copy_that_was_changed_or_taken_away_is_not_served_until_it_is_made_anew(
    store: Store, sqlite_world: World, changed: bytes | str | None
) -> None:
    await sqlite_world.load()
    whole = (await sqlite_world.http.get(await link(sqlite_world))).content
    row = await InvoiceDocument.get()
    assert row.place is not None
    content = whole[::-1] if isinstance(changed, str) else changed
    store.write(row.place, content)
    response = await sqlite_world.http.get(await link(sqlite_world))
    assert response.status_code == 500
    assert "errorId" in response.json()["errors"][0]["extensions"]
    await operator_invoices.redraw("acme", "ACME-00001", clock.now())
    again = await sqlite_world.http.get(await link(sqlite_world))
    assert again.content == whole
    assert store.places() == [row.place]


async def test_two_drawings_at_once_keep_one_copy(store: Store, world: World) -> None:
    await world.load()
    invoice = await Invoice.get()
    # As two processes would, each with a drawing of its own.
    made = b"%PDF- drawn twice"
    await asyncio.gather(*(invoice_documents._keep(invoice, Form.PDF, made) for _ in range(6)))
    row = await InvoiceDocument.get()
    assert store.places() == [row.place]
    assert await invoice_documents.content(row) == made


async def test_an_archive_is_made_of_what_lies_outside(store: Store, sqlite_world: World) -> None:
    await long_history(sqlite_world, 3)
    drawn = await archive(sqlite_world)
    assert len(store.places()) == 3
    kept = await archive(sqlite_world)
    assert kept.namelist() == [f"ACME-0000{number}.pdf" for number in (1, 2, 3)]
    assert [kept.read(name) for name in kept.namelist()] == [
        drawn.read(name) for name in kept.namelist()
    ]


def counted(operation: str, outcome: str) -> float:
    labels = {"operation": operation, "outcome": outcome}
    name = "seatwise_document_store_seconds_count"
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_the_store_was_asked_for_is_counted(sqlite_world: World, tmp_path: Path) -> None:
    use(Folder(tmp_path / "kept"), sqlite_world.monkeypatch)
    sqlite_world.setting("METRICS_PORT", "9")
    asked = [("put", "done"), ("get", "done"), ("get", "missing"), ("put", "failed")]
    before = [counted(*one) for one in asked]
    await document_store.put("a/b", b"bytes")
    assert await document_store.get("a/b", 5) == b"bytes"
    with pytest.raises(document_store.MissingError):
        await document_store.get("a/c", 5)
    (tmp_path / "kept/file").write_text("in the way")
    with pytest.raises(document_store.StoreError):
        await document_store.put("file/d", b"bytes")
    assert [counted(*one) for one in asked] == [count + 1 for count in before]
    metrics.sample(Counter(), 3)
    assert REGISTRY.get_sample_value("seatwise_documents_waiting") == 3


async def test_what_is_in_the_database_is_served_from_there_and_what_is_outside_from_outside(
    sqlite_world: World, tmp_path: Path
) -> None:
    await sqlite_world.load()
    inside = await sqlite_world.http.get(await link(sqlite_world))
    sqlite_world.setting("DOCUMENT_STORE", f"folder://{tmp_path}/kept")
    assert (await sqlite_world.http.get(await link(sqlite_world))).content == inside.content
    await pay()
    outside = await sqlite_world.http.get(await link(sqlite_world))
    assert outside.status_code == 200
    sqlite_world.setting("DOCUMENT_STORE", "database")
    await assert_away(sqlite_world)


async def assert_away(world: World) -> None:
    """That the document is refused for the moment, and everything else goes on."""
    response = await world.http.get(await link(world))
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["errors"][0] == {
        "message": "The document cannot be had for the moment: try again.",
        "extensions": {"code": "SERVICE_UNAVAILABLE"},
    }
    assert (await world.http.get("/readyz")).status_code == 200


@pytest.mark.parametrize("listens", [False, True])
async def test_a_bucket_that_is_away_or_does_not_answer_is_told_and_works_when_it_is_back(
    sqlite_world: World, endpoint: str, caplog: pytest.LogCaptureFixture, listens: bool
) -> None:
    await sqlite_world.load()
    bucket = new_bucket(endpoint)
    use(bucket, sqlite_world.monkeypatch)
    with socket.socket() as away:
        away.bind(("127.0.0.1", 0))
        if listens:
            away.listen()
        sqlite_world.setting("DOCUMENT_STORE_TIMEOUT", "0.3")
        sqlite_world.setting("DOCUMENT_STORE_ENDPOINT", f"http://127.0.0.1:{away.getsockname()[1]}")
        await assert_away(sqlite_world)
    assert await InvoiceDocument.all().count() == 0
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert [line for line in lines if "document store outage" in line]
    assert SECRET not in caplog.text
    sqlite_world.setting("DOCUMENT_STORE_TIMEOUT", "10")
    sqlite_world.setting("DOCUMENT_STORE_ENDPOINT", endpoint)
    assert (await sqlite_world.http.get(await link(sqlite_world))).status_code == 200
    sqlite_world.setting("DOCUMENT_STORE_ENDPOINT", "http://127.0.0.1:9")
    await assert_away(sqlite_world)


async def test_a_bucket_that_is_not_there_is_told(sqlite_world: World, endpoint: str) -> None:
    await sqlite_world.load()
    bucket = new_bucket(endpoint)
    bucket.name += "-x"
    use(bucket, sqlite_world.monkeypatch)
    await assert_away(sqlite_world)
    with pytest.raises(OperatorError, match=r"DOCUMENT_STORE: .*NoSuchBucket|not found"):
        await document_store.try_()


async def test_a_mail_waits_for_the_store(sqlite_world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    async with serving(MailServer()) as server:
        send_through(server, sqlite_world.monkeypatch)
        sqlite_world.at("2026-03-01T12:00:00")
        await sqlite_world.load()
        sqlite_world.setting("DOCUMENT_STORE", f"folder://{tmp_path}/file/kept")
        await posting.send_due(posting.Run())
        assert server.taken == []
        sqlite_world.setting("DOCUMENT_STORE", f"folder://{tmp_path}/kept")
        sqlite_world.at("2026-03-01T12:02:00")
        await posting.send_due(posting.Run())
        assert len(server.taken) == 1


async def test_the_operator_may_try_the_store(store: Store) -> None:
    for _ in range(2):
        assert await document_store.try_() == store.environment["DOCUMENT_STORE"]
    assert len(store.places()) == 1


async def test_the_command_says_what_the_store_is(tmp_path: Path) -> None:
    for store in ("database", f"folder://{tmp_path}/kept"):
        assert await done("document-store", DOCUMENT_STORE=store) == f"{store}\n"


def test_a_folder_that_cannot_be_written_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DOCUMENT_STORE", f"folder://{tmp_path}/file/kept")
    with pytest.raises(OperatorError, match=r"^DOCUMENT_STORE: "):
        document_store.open_()


WRONG: list[tuple[str, Any]] = [
    ("DOCUMENT_STORE", "here"),
    ("DOCUMENT_STORE", "folder://relative"),
    ("DOCUMENT_STORE", "folder://"),
    ("DOCUMENT_STORE", "s3://"),
    ("DOCUMENT_STORE", "s3://UPPER/prefix"),
    ("DOCUMENT_STORE", "s3://bucket/../up?x"),
    ("DOCUMENT_STORE", "gs://bucket"),
    ("DOCUMENT_STORE_ENDPOINT", "s3.example"),
    ("DOCUMENT_STORE_ENDPOINT", "https://key:secret@s3.example"),
    ("DOCUMENT_STORE_TIMEOUT", "0"),
    ("DOCUMENT_STORE_SECRET_ACCESS_KEY", SECRET),
    ("DOCUMENT_STORE_ACCESS_KEY_ID", "AKIA"),
    ("DOCUMENT_WORKERS", "0"),
    ("DOCUMENT_WORKERS", "33"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError, match=r"DOCUMENT_") as refused:
        settings.current()
    assert SECRET not in str(refused.value)


def test_no_secret_is_in_what_settings_print(
    monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    use(new_bucket(endpoint), monkeypatch)
    assert SECRET not in repr(settings.current())
