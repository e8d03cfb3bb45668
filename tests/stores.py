"""Stores of documents to test with: a folder, and a bucket of a real server that speaks S3."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from obstore.store import S3Store

from services import settings
from tests.concurrency.processes import free_port

KEY, SECRET = "AKIATESTTESTTESTTEST", "a-secret-that-is-told-nowhere"


@dataclass
class Bucket:
    """A bucket of its own on the server."""

    endpoint: str
    name: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that have documents kept in it."""
        return {
            "DOCUMENT_STORE": f"s3://{self.name}/billing/documents",
            "DOCUMENT_STORE_ENDPOINT": self.endpoint,
            "DOCUMENT_STORE_REGION": "eu-central-1",
            "DOCUMENT_STORE_ACCESS_KEY_ID": KEY,
            "DOCUMENT_STORE_SECRET_ACCESS_KEY": SECRET,
        }

    def write(self, place: str, content: bytes | None) -> None:
        """What anybody with access could do: another content, or none."""
        if content is None:
            self._opened.delete(place)
        else:
            self._opened.put(place, content)

    def places(self) -> list[str]:
        """What is in it."""
        return sorted(one["path"] for page in self._opened.list() for one in page)

    @property
    def _opened(self) -> S3Store:
        return S3Store(
            self.name,
            prefix="billing/documents",
            config={
                "endpoint": self.endpoint,
                "access_key_id": KEY,
                "secret_access_key": SECRET,
            },
            client_options={"allow_http": True},
        )


@dataclass
class Folder:
    """A folder of its own."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        """The settings that have documents kept in it."""
        return {"DOCUMENT_STORE": f"folder://{self.path}"}

    def write(self, place: str, content: bytes | None) -> None:
        """What anybody with access could do: another content, or none."""
        if content is None:
            (self.path / place).unlink()
        else:
            (self.path / place).write_bytes(content)

    def places(self) -> list[str]:
        """What is in it."""
        files = (path for path in self.path.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.path)) for path in files)


Store = Bucket | Folder


@contextmanager
def s3_server() -> Iterator[str]:
    """Where a server that speaks S3 answers (moto's, which keeps objects in memory)."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(
        command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            deadline = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    httpx.get(f"{endpoint}/moto-api/")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            assert process.poll() is None
            yield endpoint
        finally:
            process.kill()


def new_bucket(endpoint: str) -> Bucket:
    """An empty bucket."""
    bucket = Bucket(endpoint, f"seatwise-{uuid4().hex}")
    httpx.put(f"{endpoint}/{bucket.name}").raise_for_status()
    return bucket


def use(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has documents kept in the store."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
