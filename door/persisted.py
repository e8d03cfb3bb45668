"""Documents that clients name instead of sending them: trusted ones, which the vendor registers,
and those that clients have sent before (Apollo's automatic persisted queries).

A document is named by the SHA-256 of its text, or by the id that the vendor's list gives it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from door.refusals import Unacceptable
from door.requests import Operation
from execution import Engine
from services import settings
from services.errors import OperatorError

CACHE_BYTES = 8 * 2**20
"""How many bytes of text that clients have sent are kept in a process."""

MANIFEST = "apollo-persisted-query-manifest"

NOT_FOUND = "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"
"""What Apollo's clients know as: send it with its text."""

UNTRUSTED = "Only documents that the vendor has registered are run.", "DOCUMENT_NOT_TRUSTED"


class PersistedDocuments:
    """The texts that can be named in this process."""

    def __init__(self, trusted: Mapping[str, str], *, only: bool) -> None:
        self.only = only
        self._trusted = {**trusted, **{_hash(text): text for text in trusted.values()}}
        self._sent: LRUCache[str, str] = LRUCache(CACHE_BYTES, len)

    def text(self, operation: Operation) -> str | tuple[str, str]:
        """The text of an operation's document; or why there is none, with a code.

        Raises Unacceptable for a text that is not the one that is named.
        """
        if operation.query is None:
            name = operation.document_id or ""
            found = self._trusted.get(name) or self._sent.get(name)
            return found or (UNTRUSTED if self.only else NOT_FOUND)
        named = operation.document_id
        if named is None and not self.only:
            return operation.query
        actual = _hash(operation.query)
        if named and named != actual and self._trusted.get(named) != operation.query:
            raise Unacceptable(400, "The document is not the one that its hash names.")
        return UNTRUSTED if self.only and actual not in self._trusted else operation.query

    def keep(self, operation: Operation) -> None:
        """Keeps a document that was sent with its hash, and was admitted."""
        text, name = operation.query, operation.document_id
        if text is not None and name is not None and len(text) <= CACHE_BYTES:
            self._sent[name] = text


def registered(engine: Engine) -> PersistedDocuments:
    """The documents that the settings register. Raises OperatorError for those that cannot be."""
    configured = settings.current()
    path = configured.trusted_documents
    trusted = _read(path) if path else {}
    for name, text in trusted.items():
        errors = engine.document(text).errors
        if errors:
            raise OperatorError(f"TRUSTED_DOCUMENTS: {path}: {name}: {errors[0].message}")
    return PersistedDocuments(trusted, only=configured.trusted_documents_only)


def _read(path: Path) -> dict[str, str]:
    """The texts of a list by their ids: Apollo's manifest, or an object as Relay's compiler
    writes it. Raises OperatorError."""
    try:
        listed: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OperatorError(f"TRUSTED_DOCUMENTS: {path} cannot be read ({error})") from None
    if isinstance(listed, dict) and listed.get("format") == MANIFEST:
        operations = listed.get("operations")
        listed = {one.get("id"): one.get("body") for one in operations or ()}
    texts = listed.values() if isinstance(listed, dict) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise OperatorError(f"TRUSTED_DOCUMENTS: {path} must have a document's text for each id")
    return dict(listed)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
