"""The store of documents outside the database, where DOCUMENT_STORE names one.

What is kept there is named by what it is and never deleted by us, so whoever puts it there a second
time puts nothing, unless the copy is damaged. A row of the database says where each document lies.
"""

import asyncio
import hashlib
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from time import perf_counter
from typing import Protocol

from services import metrics, settings
from services.document_settings import DocumentSettings
from services.errors import OperatorError

log = logging.getLogger(__name__)

OPENER = "services.object_stores"
"""Loaded where there is a store outside alone: its library takes memory and time."""

TRIAL = b"Seatwise was here, to see whether documents can be kept."


class StoreError(Exception):
    """The store was away, too slow, or refused; the message says why, for the log alone."""


class MissingError(Exception):
    """There is nothing in the place, or something of another size."""


class Store(Protocol):
    """Something that keeps bytes by name."""

    async def put(self, place: str, content: bytes) -> None:
        """Keeps the content durably, unless it is in the place already. Raises StoreError."""

    async def get(self, place: str, size: int) -> bytes:
        """The content, of that size. Raises StoreError, MissingError."""


async def put(place: str, content: bytes) -> None:
    """Keeps a document in a place that is named by it. Raises StoreError."""
    async with _asking("put") as store:
        await store.put(place, content)


async def get(place: str, size: int) -> bytes:
    """What is kept in a place. Raises StoreError, MissingError."""
    async with _asking("get") as store:
        return await store.get(place, size)


def open_() -> None:
    """Looks whether the store could be opened, as far as that can be told without it: raises
    OperatorError."""
    if not settings.current().documents_are_outside:
        return
    try:
        _store(settings.current())
    except StoreError as error:
        raise OperatorError(f"DOCUMENT_STORE: {error}") from None


async def try_() -> str:
    """Keeps something in the store and reads it again; what the store is. Raises OperatorError."""
    if not settings.current().documents_are_outside:
        return settings.current().document_store
    place = f"trial/{hashlib.sha256(TRIAL).hexdigest()}"
    try:
        await put(place, TRIAL)
        if await get(place, len(TRIAL)) != TRIAL:
            raise OperatorError("DOCUMENT_STORE: what was kept came back as something else")
    except (StoreError, MissingError) as error:
        raise OperatorError(f"DOCUMENT_STORE: {error}") from None
    return settings.current().document_store


@asynccontextmanager
async def _asking(what: str) -> AsyncIterator[Store]:
    """The store, for as long as it may take."""
    begin, outcome = perf_counter(), "failed"
    configured = settings.current()
    try:
        async with asyncio.timeout(configured.document_store_timeout):
            yield _store(configured)
        outcome = "done"
    except TimeoutError:
        limit = f"{configured.document_store_timeout:g} s"
        raise StoreError(f"the store of documents did not answer within {limit}") from None
    except MissingError:
        outcome = "missing"
        raise
    finally:
        metrics.kept_outside(what, outcome, perf_counter() - begin)


@lru_cache(maxsize=1)
def _store(configured: DocumentSettings) -> Store:
    if not configured.documents_are_outside:
        raise StoreError("the document lies outside the database, and no store is set")
    opened: Store = importlib.import_module(OPENER).opened(configured)
    return opened
