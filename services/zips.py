"""ZIP archives that are sent while they are made, by Python's own zipfile."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from io import SEEK_SET, BytesIO
from typing import NamedTuple
from zipfile import ZIP_STORED, ZipFile, ZipInfo

READABLE = 0o100644 << 16
"""An ordinary file, as Unix says it in an archive."""


class Entry(NamedTuple):
    """A file of an archive, and the instant that it is dated, from 1980 on: nothing is issued
    before (services/import_forms.py)."""

    name: str
    at: datetime
    content: bytes


class _Tail(BytesIO):
    """A file of which the beginning is sent already: only what was written since can be gone back
    to. So zipfile writes an entry's size and checksum before its bytes, where every reader of ZIPs
    looks for them; into a file that cannot be gone back in, it would write them behind."""

    sent = 0

    def tell(self) -> int:
        return self.sent + super().tell()

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        assert whence == SEEK_SET
        return self.sent + super().seek(offset - self.sent)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = self.getvalue()
        self.sent += len(taken)
        super().seek(0)
        self.truncate(0)
        return taken


async def zipped(entries: AsyncIterator[Entry]) -> AsyncGenerator[bytes]:
    """The archive, a piece for each entry and the list of them at the end. PDFs are compressed in
    themselves, so the entries are not."""
    file = _Tail()
    with ZipFile(file, "w", ZIP_STORED) as archive:
        async for entry in entries:
            info = ZipInfo(entry.name, entry.at.astimezone(UTC).timetuple()[:6])
            info.create_system, info.external_attr = 3, READABLE
            archive.writestr(info, entry.content)
            yield file.take()
    yield file.take()
