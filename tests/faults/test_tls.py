"""TLS to PostgreSQL, as the URL says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.faults.cluster import Cluster, cluster_in, folder, own
from tests.test_manage import run

pytestmark = pytest.mark.xdist_group("load")


def certify(path: Path) -> Path:
    """Writes a key and a certificate for 127.0.0.1, signed by itself, into the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "seatwise")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (path / "server.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    private = path / "server.key"
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


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
