"""Hostile bodies: what is no UTF-8, what unpacks to more, what one parser reads as another."""

import gzip
import zlib

from tests.hostile.documents import TOKEN, Cases, body
from tests.hostile.wire import post, request

PLAIN = b'{"query": "{ viewer { id } }"}'
TEXT = PLAIN.decode()
SMALL_BOMB = gzip.compress(b" " * 2**26)


def headed(*headers: str, content: bytes = PLAIN) -> bytes:
    """The body with other headers than JSON's."""
    given = [f"Authorization: Bearer {TOKEN}", f"Content-Length: {len(content)}", *headers]
    return request("POST", "/graphql", *given) + content


def got(query: str) -> bytes:
    """A GET with a query string as it is written."""
    return request("GET", f"/graphql?{query}", f"Authorization: Bearer {TOKEN}")


ENCODINGS: Cases = {
    "gzip": post(gzip.compress(PLAIN), "Content-Encoding: gzip", token=TOKEN),
    "a gzip bomb": post(SMALL_BOMB, "Content-Encoding: gzip", token=TOKEN),
    "gzip that is none": post(PLAIN, "Content-Encoding: gzip", token=TOKEN),
    "deflate": post(zlib.compress(PLAIN), "Content-Encoding: deflate", token=TOKEN),
    "br": post(PLAIN, "Content-Encoding: br", token=TOKEN),
    "zstd": post(PLAIN, "Content-Encoding: zstd", token=TOKEN),
    "gzip twice": post(
        gzip.compress(gzip.compress(PLAIN)), "Content-Encoding: gzip, gzip", token=TOKEN
    ),
    "identity and gzip": post(PLAIN, "Content-Encoding: identity, gzip", token=TOKEN),
    "an unknown encoding": post(PLAIN, "Content-Encoding: x-nothing", token=TOKEN),
    "gzip as it is": body(gzip.compress(PLAIN)),
    "UTF-16": body(TEXT.encode("utf-16")),
    "UTF-16, big end first": body(TEXT.encode("utf-16-be")),
    "UTF-32": body(TEXT.encode("utf-32")),
    "UTF-7": body(b"+AHsAIg-query+ACI-: +ACI-+AHs- viewer +AHs- id +AH0- +AH0-+ACIAfQ-"),
    "EBCDIC": body(TEXT.encode("cp500")),
    "a byte order mark": body(b"\xef\xbb\xbf" + PLAIN),
    "a byte order mark inside": body(b'\xef\xbb\xbf[{"query": 1}]'),
    "Latin-1": body('{"query": "{ viewer { id } } # é"}'.encode("latin-1")),
    "an overlong slash": body(b'{"query": "{ viewer { id } } # \xc0\xaf"}'),
    "a surrogate in UTF-8": body(b'{"query": "{ viewer { id } } # \xed\xa0\x80"}'),
    "beyond Unicode": body(b'{"query": "{ viewer { id } } # \xf4\x90\x80\x80"}'),
    "a continuation alone": body(b"\x80" + PLAIN),
    "half a character at the end": body(PLAIN + b"\xe2\x82"),
    "0xFF": body(b"\xff" * 1_000),
    "half a surrogate pair in the query": body(r'{"query": "{ viewer { id } } \ud800"}'),
    "half a surrogate pair in a name": body(r'{"query": "{ viewer { id\udfff } }"}'),
    "half a surrogate pair in the operation's name": body(
        r'{"query": "query A { viewer { id } }", "operationName": "\ud800"}'
    ),
    "half a surrogate pair for an enum": body(
        r'{"query": "query($s: UserStatus) { account { users(filter: {status: $s}) { totalCount } } }", "variables": {"s": "\ud800"}}'
    ),
    "NUL in the query": body(r'{"query": "{ viewer { id } }\u0000"}'),
    "NUL in JSON": body(b'{"query": "{ viewer { id } }"}\x00'),
    "NUL first": body(b"\x00" + PLAIN),
    "control characters in JSON": body(b'{"query": "{ viewer\x01 { id } }"}'),
    "a line break in JSON's text": body(b'{"query": "{ viewer { id }\n }"}'),
    "a trailing comma": body('{"query": "{ viewer { id } }",}'),
    "a comment in JSON": body('{"query": "{ viewer { id } }" /* no */}'),
    "single quotes": body("{'query': '{ viewer { id } }'}"),
    "two documents": body(PLAIN + PLAIN),
    "the same key twice": body('{"query": "{ viewer { id } }", "query": "{ account { name } }"}'),
    "the same variable twice": body(
        '{"query": "query($i: ID!) { node(id: $i) { id } }", "variables": {"i": "a", "i": "b"}}'
    ),
    "prototype": body(
        '{"query": "{ viewer { id } }", "variables": {"__proto__": {"a": 1}, "constructor": {}}, "operationName": {"__proto__": 1}}'
    ),
    "nothing": body(""),
    "null": body("null"),
    "true": body("true"),
    "a file": body(b"\x7fELF" + bytes(range(256))),
    "random bytes": body(bytes((n * 7919 + 13) % 256 for n in range(100_000))),
    "300 kB": body('{"query": "{ viewer { id } }", "variables": {"a": "' + "x" * 300_000 + '"}}'),
    "2 MB": body(b" " * 2_000_000 + PLAIN),
    "YAML": headed("Content-Type: application/yaml", content=b"query: '{ viewer { id } }'"),
    "a form": headed(
        "Content-Type: application/x-www-form-urlencoded", content=b"query={viewer{id}}"
    ),
    "a form with files": headed(
        "Content-Type: multipart/form-data; boundary=x",
        content=b"--x\r\nContent-Disposition: form-data; name=query\r\n\r\n{viewer{id}}\r\n--x--\r\n",
    ),
    "text/plain": headed("Content-Type: text/plain"),
    "a document": headed("Content-Type: application/graphql", content=b"{ viewer { id } }"),
    "no content type": headed(),
    "JSON behind a comma": headed("Content-Type: text/plain, application/json"),
    "XML": headed(
        "Content-Type: application/xml",
        content=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ),
    "charset utf-16": headed(
        "Content-Type: application/json; charset=utf-16", content=TEXT.encode("utf-16")
    ),
    "charset utf-7": headed("Content-Type: application/json; charset=utf-7"),
    "charset latin-1": headed("Content-Type: application/json; charset=iso-8859-1"),
    "percent: a query that is none": got("query=%7B%20viewer%20%7B%20id%20%7D%20%7D%00"),
    "percent: invalid UTF-8": got("query=%ff%fe%7Bviewer%7Bid%7D%7D"),
    "percent: overlong": got("query=%c0%bb%c0%a0"),
    "percent: half": got("query=%7"),
    "percent: u": got("query=%u007bviewer%u007bid%u007d%u007d"),
    "percent: twice": got("query=%257Bviewer%257Bid%257D%257D"),
    "percent: surrogate": got("query=%ed%a0%80"),
    "variables that are no JSON": got("query={viewer{id}}&variables={"),
    "a mutation by GET": got("query=mutation{cancelSubscription(input:{}){userErrors{code}}}"),
    "a mutation by GET, hidden": got(
        "query=query+A{viewer{id}}+mutation+B{cancelSubscription(input:{}){userErrors{code}}}&operationName=B"
    ),
}

KINDS = {"encodings": ENCODINGS}
