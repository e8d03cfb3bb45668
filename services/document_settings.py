"""The settings of documents: where they are kept, and how many are made at once."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

DATABASE = "database"
FOLDER = "folder://"
BUCKET = "s3://"

BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*/?")


def _store(store: str) -> str:
    is_folder = store.startswith(FOLDER) and Path(store.removeprefix(FOLDER)).is_absolute()
    if store == DATABASE or is_folder or BUCKET_URL.fullmatch(store):
        return store
    raise ValueError("must be database, folder:///path/to/folder or s3://bucket/prefix")


def _endpoint(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^/?#@\s]+/?", url):
        raise ValueError("must be an address such as https://s3.example")
    return url


class DocumentSettings(BaseSettings):
    """Where documents are kept; AWS's own variables hold for what is not said here."""

    document_store: Annotated[str, AfterValidator(_store)] = DATABASE
    document_store_endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    """The S3-compatible server; by default Amazon's of the region."""
    document_store_region: str = ""
    document_store_access_key_id: str = Field(default="", repr=False)
    document_store_secret_access_key: str = Field(default="", repr=False)
    document_store_timeout: float = Field(default=10, gt=0, le=300)
    """Seconds that the store may take over a document."""
    document_workers: int = Field(default=1, ge=1, le=32)
    """Processes that make documents, of each process that serves or works."""

    @model_validator(mode="after")
    def _key_is_whole(self) -> Self:
        key, secret = self.document_store_access_key_id, self.document_store_secret_access_key
        if bool(key) is not bool(secret):
            missing = "SECRET_ACCESS_KEY" if key else "ACCESS_KEY_ID"
            raise ValueError(f"DOCUMENT_STORE_{missing}: key and secret go together")
        return self

    @property
    def documents_are_outside(self) -> bool:
        """Whether new documents are kept outside the database."""
        return self.document_store != DATABASE
