"""Folders and buckets that keep documents, by obstore (Apache Arrow's object_store)."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from services.document_settings import FOLDER, DocumentSettings
from services.document_store import MissingError, StoreError

RETRIES = 2
"""How often the library asks a bucket again that refuses for the moment."""

FAILURES = (BaseError, OSError)
"""What the library raises: errors of its own, and the operating system's for files."""


def opened(configured: DocumentSettings) -> "ObjectStore":
    """The store that the settings name. Raises StoreError."""
    try:
        if configured.document_store.startswith(FOLDER):
            folder = Path(configured.document_store.removeprefix(FOLDER))
            return ObjectStore(LocalStore(folder, mkdir=True), folder)
        return ObjectStore(_bucket(configured), None)
    except FAILURES as error:
        raise StoreError(_line(error)) from None


def _bucket(configured: DocumentSettings) -> S3Store:
    url = urlsplit(configured.document_store)
    given = {
        "endpoint": configured.document_store_endpoint,
        "region": configured.document_store_region,
        "access_key_id": configured.document_store_access_key_id,
        "secret_access_key": configured.document_store_secret_access_key,
    }
    timeout = timedelta(seconds=configured.document_store_timeout)
    return S3Store(
        url.netloc,
        prefix=url.path.strip("/") or None,
        config={name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        client_options={
            "allow_http": configured.document_store_endpoint.startswith("http://"),
            "connect_timeout": timeout,
            "timeout": timeout,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timeout},
    )


class ObjectStore:
    """One of them, as `services.document_store.Store` says."""

    def __init__(self, store: LocalStore | S3Store, folder: Path | None) -> None:
        self.store = store
        self.folder = folder

    async def put(self, place: str, content: bytes) -> None:
        """Keeps the content durably, unless it is in the place already. Raises StoreError."""
        try:
            try:
                await self.store.put_async(place, content, mode="create")
            except (AlreadyExistsError, FileExistsError):
                if await self._holds(place, content):
                    return
                # A copy that is damaged: the place is named by what belongs there.
                await self.store.put_async(place, content, mode="overwrite")
            if self.folder is not None:
                await asyncio.to_thread(_write_through, self.folder / place, self.folder)
        except FAILURES as error:
            raise StoreError(_line(error)) from None

    async def _holds(self, place: str, content: bytes) -> bool:
        found = await self.store.get_async(place)
        return bytes(await found.bytes_async()) == content

    async def get(self, place: str, size: int) -> bytes:
        """The content, of that size. Raises StoreError, MissingError."""
        try:
            found = await self.store.get_async(place)
            if found.meta["size"] != size:
                raise MissingError(f"{place} has {found.meta['size']} bytes instead of {size}")
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise MissingError(f"{place} is not in the store") from None
        except FAILURES as error:
            raise StoreError(_line(error)) from None


def _write_through(path: Path, folder: Path) -> None:
    """Has a file and the folders that lead to it survive a power cut, which the library leaves to
    the operating system."""
    for one in (path, *path.parents):
        number = os.open(one, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
        if one == folder:
            return


def _line(error: Exception) -> str:
    """What went wrong, without what the library adds for its own developers."""
    return str(error).strip().split("\n", 1)[0]
