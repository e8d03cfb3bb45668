"""Hostile HTTP: messages that two servers would cut differently, floods of headers, odd targets."""

from tests.hostile.documents import TOKEN, Cases
from tests.hostile.wire import post, request

BODY = b'{"query": "{ account { name } }"}'
HIDDEN = post(BODY, token=TOKEN)
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
WHO = f"Authorization: Bearer {TOKEN}"


def raw(*lines: str, body: bytes = b"", line: str = "POST /graphql HTTP/1.1") -> bytes:
    """A head of lines as they are given, CRLF between them, and a body."""
    return "\r\n".join([line, "Host: localhost", JSON, *lines, "", ""]).encode("latin-1") + body


def chunks(*parts: bytes, size: str = "{:x}") -> bytes:
    """A chunked body."""
    sent = [size.format(len(part)).encode() + b"\r\n" + part + b"\r\n" for part in parts]
    return b"".join(sent) + b"0\r\n\r\n"


SMUGGLING: Cases = {
    "CL.TE": raw("Content-Length: 6", CHUNKED, body=b"0\r\n\r\nG"),
    "CL.TE with a request": raw(
        f"Content-Length: {5 + len(HIDDEN)}", CHUNKED, body=b"0\r\n\r\n" + HIDDEN
    ),
    "TE.CL": raw(CHUNKED, "Content-Length: 4", body=chunks(HIDDEN)),
    "TE.TE": raw(CHUNKED, "Transfer-Encoding: x", body=chunks(BODY)),
    "TE twice": raw("Transfer-Encoding: chunked, chunked", body=chunks(BODY)),
    "TE that is not last": raw("Transfer-Encoding: chunked, identity", body=chunks(BODY)),
    "TE xchunked": raw("Transfer-Encoding: xchunked", body=chunks(BODY)),
    "TE in quotes": raw('Transfer-Encoding: "chunked"', body=chunks(BODY)),
    "TE with a tab": raw("Transfer-Encoding:\tchunked", "Content-Length: 4", body=chunks(BODY)),
    "TE with white space before the colon": raw("Transfer-Encoding : chunked", body=chunks(BODY)),
    "TE behind a vertical tab": raw("Transfer-Encoding:\x0bchunked", body=chunks(BODY)),
    "TE folded": raw("Transfer-Encoding:\r\n chunked", "Content-Length: 4", body=chunks(BODY)),
    "TE in HTTP/1.0": raw(
        CHUNKED, "Content-Length: 3", body=chunks(BODY), line="POST /graphql HTTP/1.0"
    ),
    "two lengths": raw("Content-Length: 4", f"Content-Length: {len(BODY)}", body=BODY),
    "two lengths in one": raw(f"Content-Length: {len(BODY)}, 4", body=BODY),
    "a negative length": raw("Content-Length: -1", body=BODY),
    "a length with a plus": raw(f"Content-Length: +{len(BODY)}", body=BODY),
    "a hexadecimal length": raw("Content-Length: 0x21", body=BODY),
    "a length with a blank inside": raw("Content-Length: 3 3", body=BODY),
    "a length with an underscore": raw("Content-Length: 3_3", body=BODY),
    "a length of other digits": raw("Content-Length: \xb2", body=BODY),
    "a length of text": raw("Content-Length: many", body=BODY),
    "an empty length": raw("Content-Length:", body=BODY),
    "a length beyond all": raw("Content-Length: 99999999999999999999999", body=BODY),
    "white space before the colon": raw("Content-Length : 33", body=BODY),
    "a header folded": raw("X-A: 1\r\n 2", f"Content-Length: {len(BODY)}", body=BODY),
    "a header that begins with a blank": raw(" X-A: 1", f"Content-Length: {len(BODY)}", body=BODY),
    "a header without a colon": raw("X-A", f"Content-Length: {len(BODY)}", body=BODY),
    "a header without a name": raw(": 1", f"Content-Length: {len(BODY)}", body=BODY),
    "a header of control characters": raw(
        "X-A: a\x01b\x7f", f"Content-Length: {len(BODY)}", body=BODY
    ),
    "NUL in a header": raw("X-A: a\x00b", f"Content-Length: {len(BODY)}", body=BODY),
    "NUL in a header's name": raw("X-\x00A: b", f"Content-Length: {len(BODY)}", body=BODY),
    "bare LF": HIDDEN.replace(b"\r\n", b"\n"),
    "bare CR": HIDDEN.replace(b"\r\n", b"\r"),
    "bare LF in a header": raw("X-A: 1\nX-B: 2", f"Content-Length: {len(BODY)}", body=BODY),
    "bare CR in a header": raw("X-A: 1\rX-B: 2", f"Content-Length: {len(BODY)}", body=BODY),
    "a chunk's size that is none": raw(CHUNKED, body=chunks(BODY, size="zz")),
    "a chunk's size with a minus": raw(CHUNKED, body=chunks(BODY, size="-{:x}")),
    "a chunk's size with a plus": raw(CHUNKED, body=chunks(BODY, size="+{:x}")),
    "a chunk's size with 0x": raw(CHUNKED, body=chunks(BODY, size="0x{:x}")),
    "a chunk's size beyond all": raw(CHUNKED, body=b"f" * 17 + b"\r\n" + BODY),
    "a chunk's size of 100,000 digits": raw(CHUNKED, body=b"0" * 100_000 + b"21\r\n" + BODY),
    "a chunk's size with white space": raw(CHUNKED, body=chunks(BODY, size=" {:x}")),
    "a chunk without its end": raw(CHUNKED, body=b"21\r\n" + BODY + b"XX0\r\n\r\n"),
    "a chunk shorter than it says": raw(CHUNKED, body=b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk's extension of 1 MB": raw(
        CHUNKED, body=b"21;" + b"a" * 1_000_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"
    ),
    "a chunk's extension with a bare LF": raw(
        CHUNKED, body=b"21;a\nb\r\n" + BODY + b"\r\n0\r\n\r\n"
    ),
    "300 kB in chunks": raw(WHO, CHUNKED, body=chunks(*[b" " * 1_000] * 300)),
    "300 kB in chunks of a byte": raw(WHO, CHUNKED, body=chunks(*[b" "] * 300_000)),
    "100,000 empty extensions": raw(
        CHUNKED, body=b"21" + b";" * 100_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"
    ),
    "trailers without end": raw(
        WHO, CHUNKED, body=b"1\r\n \r\n0\r\n" + b"X-A: 1\r\n" * 100_000 + b"\r\n"
    ),
    "two hosts": b"GET /graphql?query={viewer{id}} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET /graphql?query={viewer{id}} HTTP/1.1\r\n\r\n",
    "a token twice": request(
        "GET", "/graphql?query={viewer{id}}", "Authorization: Bearer a", "Authorization: Bearer b"
    ),
}

TARGETS: Cases = {
    "HTTP/0.9": b"GET /graphql\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "HTTP/2 by its number": b"GET /graphql HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/3": b"GET /graphql HTTP/3.0\r\nHost: a\r\n\r\n",
    "HTTP/9.9": b"GET /graphql HTTP/9.9\r\nHost: a\r\n\r\n",
    "no version": b"GET /graphql HTTP/\r\nHost: a\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    "RTSP": b"OPTIONS * RTSP/1.0\r\nHost: a\r\n\r\n",
    "SMTP": b"EHLO localhost\r\nMAIL FROM:<a@b.example>\r\n\r\n",
    "nothing but line ends and a word": b"\r\n" * 1_000 + b"x\r\n\r\n",
    "bytes": bytes(range(256)) * 20,
    "a proxy's target": b"GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: a\r\n\r\n",
    "a proxy's target with a login": b"GET http://a:b@c.example/nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
    "another scheme": b"GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority": b"CONNECT 127.0.0.1:5432 HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority for GET": b"GET localhost:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": request("GET", "/nowhere#/graphql"),
    "no slash": b"GET graphql HTTP/1.1\r\nHost: a\r\n\r\n",
    "a blank in the target": b"GET /graphql x HTTP/1.1\r\nHost: a\r\n\r\n",
    "an upgrade to WebSocket where there is none": request(
        "GET",
        "/",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
    "an upgrade to HTTP/2": request(
        "GET",
        "/nowhere",
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    ),
    "an upgrade to nothing": request("GET", "/nowhere", "Connection: Upgrade", "Upgrade: \x01"),
    "an expectation": post(BODY, "Expect: 200-ok"),
    "an expectation and too much": raw("Expect: 100-continue", "Content-Length: 999999999"),
}

METHODS: Cases = {
    f"{method} {path}": request(method, path, "Content-Length: 0")
    for path in (
        "/graphql",
        "/",
        "/healthz",
        "/static/billing/index.html",
        "/invoices/ACME-00001.pdf",
    )
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND")
} | {
    "a method in small letters": request("get", "/graphql"),
    "a method of its own": request("HACK", "/graphql"),
    "a method of 100,000 letters": request("A" * 100_000, "/graphql"),
    "a method with a NUL": request("G\x00ET", "/graphql"),
    "an overridden method": request(
        "GET",
        "/graphql?query=mutation{cancelSubscription(input:{}){userErrors{code}}}",
        WHO,
        "X-HTTP-Method-Override: POST",
    ),
    "a page by POST": request("POST", "/", "Content-Length: 0"),
    "HEAD of the API": request("HEAD", "/graphql", "Connection: close"),
}

FLOODS: Cases = {
    "5,000 headers": request("GET", "/healthz", *[f"X-{n}: {n}" for n in range(5_000)]),
    "50,000 headers": request("GET", "/healthz", *["X-A: 1"] * 50_000),
    "the same header 5,000 times": request("GET", "/healthz", *["Cookie: a=b"] * 5_000),
    "a header of 1 MB": request("GET", "/healthz", "X-A: " + "a" * 1_000_000),
    "a header's name of 1 MB": request("GET", "/healthz", "X" * 1_000_000 + ": 1"),
    "a header without an end": request("GET", "/healthz").rstrip() + b"\r\nX-A: " + b"a" * 500_000,
    "a target of 100 kB": request("GET", "/" + "a" * 100_000),
    "a target of 1 MB": request("GET", "/graphql?query=" + "a" * 1_000_000),
    "20,000 parameters": request("GET", "/graphql?" + "a=1&" * 20_000),
    "20,000 folders": request("GET", "/static" + "/a" * 20_000),
    "a cookie of 200 kB": request("GET", "/healthz", "Cookie: " + "a=b; " * 40_000),
    "an accept of 200 kB": post(BODY, "Accept: " + "application/json;q=0.1," * 10_000),
    "a content type of 200 kB": request(
        "POST", "/graphql", "Content-Length: 2", "Content-Type: application/json" + ";a=b" * 50_000
    )
    + b"{}",
    "20,000 ranges": request(
        "GET",
        "/static/billing/index.html",
        "Range: bytes=" + ",".join(f"{n}-" for n in range(20_000)),
    ),
}

PATHS: Cases = {
    path: request("GET", path)
    for path in (
        "/static/../server.py",
        "/static/../../etc/passwd",
        "/static/%2e%2e/server.py",
        "/static/%2e%2e%2fserver.py",
        "/static/..%2fserver.py",
        "/static/..%5cserver.py",
        "/static/..\\server.py",
        "/static/....//server.py",
        "/static/%252e%252e%252fserver.py",
        "/static/%c0%ae%c0%ae/server.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/billing/..%00/index.html",
        "/static/billing/index.html%00.js",
        "/static/%00",
        "/static/%ff",
        "/static/C:/Windows/win.ini",
        "/static/~root",
        "/static/.",
        "/static/" + "a" * 5_000,
        "/static/" + "%2e%2e/" * 1_000 + "etc/passwd",
        "/../server.py",
        "/server.py",
        "/.env",
        "/.git/config",
        "/data/seatwise.db",
        "/graphql/../data/secret.key",
        "/invoices/../server.py",
        "/invoices/%2e%2e%2fserver.py.pdf",
        "/invoices/..%5c..%5cserver.py.pdf",
        "/invoices/ACME-00001%00.pdf",
        "/invoices/ACME-00001.pdf%00",
        "/invoices/%0d%0aX-A:%201.pdf",
        "/invoices/a%2fb.pdf",
        "/invoices/' OR 1=1 --.pdf".replace(" ", "%20"),
        "/invoices/" + "9" * 20_000 + ".pdf",
        "/invoices/%ff%fe.pdf",
        "/invoices/{{7*7}}.pdf",
        "/invoices/ACME-00001.pdf?token=" + "a." * 5_000,
        "/invoices/ACME-00001.pdf?token=%00",
        "/invoices/ACME-00001.pdf?token=a&token=b",
        "/exports/invoices.zip?token=" + "a." * 5_000,
        "/exports/invoices.csv?token=%00",
        "/exports/..%2finvoices.zip",
    )
}

KINDS = {
    "smuggling": SMUGGLING,
    "targets": TARGETS,
    "methods": METHODS,
    "floods": FLOODS,
    "paths": PATHS,
}
