"""TLS to PostgreSQL, as the URL says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import certify
from tests.faults.cluster import Cluster, cluster_in, folder, own
from tests.test_manage import run

pytestmark = pytest.mark.xdist_group("load")


@pytest.fixture(scope="module")
def encrypted() -> Iterator[Cluster]:
    """A server that takes no connection without TLS."""
    with folder() as path:
        certify(path)
        for name in ("server.crt", "server.key"):
            own(path / name)
        files = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
        told = {name: str(path / file) for name, file in files.items()}
        hba = path / "hba"
        hba.write_text("hostssl all all 127.0.0.1/32 trust\n")
        with cluster_in(path, ssl="on", hba_file=str(hba), **told) as server:
            yield server


async def test_a_url_that_asks_for_tls_gets_it(encrypted: Cluster) -> None:
    ended = await run("manage.py", "migrate", DATABASE_URL=f"{url(encrypted)}?sslmode=require")
    assert (ended.code, ended.err) == (0, "")
    authority = encrypted.folder / "server.crt"
    verified = f"{url(encrypted)}?sslmode=verify-full&sslrootcert={authority}"
    ended = await run("manage.py", "migrate", DATABASE_URL=verified)
    assert (ended.code, ended.out, ended.err) == (0, '{"applied": []}\n', "")


async def test_a_server_that_another_authority_vouches_for_is_refused(
    encrypted: Cluster, tmp_path: Path
) -> None:
    authority = certify(tmp_path) / "server.crt"
    verified = f"{url(encrypted)}?sslmode=verify-full&sslrootcert={authority}"
    ended = await run("server.py", DATABASE_URL=verified)
    (line,) = ended.err.splitlines()
    assert ended.code == 1
    assert line.startswith("DATABASE_URL: the database cannot be reached (")
    assert "certificate verify failed" in line


async def test_a_server_that_wants_tls_refuses_a_url_without_it(encrypted: Cluster) -> None:
    ended = await run("server.py", DATABASE_URL=f"{url(encrypted)}?sslmode=disable")
    (line,) = ended.err.splitlines()
    assert (ended.code, line.startswith("DATABASE_URL: ")) == (1, True)


def url(server: Cluster) -> str:
    return server.url_of("postgres")
