"""Hostile documents: nested without end, and small ones that grow when they are run."""

import json

from tests.hostile.wire import post

TOKEN = "@TOKEN@"
"""Stands for a good token."""

Cases = dict[str, bytes]


def asked(query: str, variables: str = "{}") -> bytes:
    """A request with a good token; `variables` is JSON as it is sent."""
    body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
    return post(body.encode(), token=TOKEN)


def body(text: str | bytes) -> bytes:
    """A request with a good token and whatever body."""
    return post(text if isinstance(text, bytes) else text.encode(), token=TOKEN)


def fragments(count: int, spread: str) -> str:
    """A chain of fragments, each of which spreads the next as `spread` says."""
    chain = [
        f"fragment F{n} on User {{ {spread.format(next=n + 1, n=n)} }}" for n in range(count - 1)
    ]
    return f"{{ viewer {{ ...F0 }} }} {' '.join(chain)} fragment F{count - 1} on User {{ id }}"


CYCLE = "users(first: 100) { edges { node { seatGroup { "

NESTING: Cases = {
    "JSON lists": body('{"query": "{a}", "variables": ' + "[" * 100_000),
    "JSON lists, closed": body(
        '{"query": "{a}", "variables": {"a": ' + "[" * 50_000 + "]" * 50_000 + "}}"
    ),
    "JSON objects": body('{"query": "{a}", "variables": ' + '{"a":' * 40_000),
    "JSON objects, closed": body(
        '{"query": "{a}", "extensions": ' + '{"a":' * 30_000 + "1" + "}" * 30_000 + "}"
    ),
    "JSON at the root": body("[" * 200_000),
    "selections": asked("{ viewer " * 10_000),
    "selections, closed": asked("{ a " * 20_000 + "}" * 20_000),
    "selections that exist": asked(f"{{ account {{ {CYCLE * 60} id {'} } } } ' * 60} }} }}"),
    "braces": asked("{" * 100_000),
    "brackets": asked("{ viewer(a: " + "[" * 50_000),
    "list literals": asked("{ nodes(ids: " + "[" * 5_000 + "]" * 5_000 + ") { id } }"),
    "object literals": asked(
        "{ account { users(filter: "
        + "{search: " * 5_000
        + "1"
        + "}" * 5_000
        + ") { totalCount } } }"
    ),
    "list types": asked(f"query($a: {'[' * 5_000}ID{']' * 5_000}) {{ viewer {{ id }} }}"),
    "inline fragments": asked(
        "{ viewer { " + "... on User { " * 5_000 + "id" + " }" * 5_000 + " } }"
    ),
    "conditions": asked(
        "{ viewer { " + "... @include(if: true) { " * 3_000 + "id" + " }" * 3_000 + " } }"
    ),
    "a default": asked(
        "query($a: UserFilter = " + "{search: " * 3_000 + "1" + "}" * 3_000 + ") { viewer { id } }"
    ),
    "comments": asked("#" * 150_000),
    "a block string": asked('{ viewer(a: """' + '\\"""' * 20_000 + '""") { id } }'),
    "introspection": asked(
        "{ __schema { types { fields { type { "
        + "ofType { " * 500
        + "name"
        + " }" * 500
        + " } } } } }"
    ),
    "introspection in circles": asked(
        "{ __schema { types { "
        + "fields { type { fields { type { " * 20
        + "name"
        + " } } } }" * 20
        + " } } }"
    ),
    "a filter of a filter": asked(
        "query($f: UserFilter) { account { users(filter: $f) { totalCount } } }",
        '{"f": ' + '{"search": ' * 2_000 + "1" + "}" * 2_000 + "}",
    ),
}

BOMBS: Cases = {
    "5,000 aliases": asked("{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(5_000)) + " }"),
    "aliases of lists": asked(
        "{ account { "
        + " ".join(f"a{n}: users(first: 100) {{ edges {{ node {{ id }} }} }}" for n in range(500))
        + " } }"
    ),
    "aliases of previews": asked(
        "{ account { subscription { "
        + " ".join(f"a{n}: seatChangePreview(seats: {n}) {{ kind }}" for n in range(1_000))
        + " } } }"
    ),
    "mutations by the thousand": asked(
        "mutation { "
        + " ".join(
            f"a{n}: cancelSubscription(input: {{}}) {{ userErrors {{ code }} }}"
            for n in range(2_000)
        )
        + " }"
    ),
    "a chain of fragments that doubles": asked(fragments(50, "...F{next} ...F{next}")),
    "a chain of fragments that doubles by aliases": asked(
        fragments(
            49,
            "a{n}: seatGroup {{ administrators {{ ...F{next} }} }} b{n}: seatGroup {{ administrators {{ ...F{next} }} }}",
        )
    ),
    "a long chain of fragments": asked(fragments(4_000, "...F{next}")),
    "a fragment of itself": asked("{ viewer { ...F } } fragment F on User { ...F }"),
    "fragments of each other": asked(
        "{ viewer { ...A } } fragment A on User { ...B } fragment B on User { seatGroup { administrators { ...A } } }"
    ),
    "3,000 unused fragments": asked(
        "{ viewer { id } } " + " ".join(f"fragment F{n} on User {{ id }}" for n in range(3_000))
    ),
    "5,000 unknown spreads": asked(
        "{ viewer { " + " ".join(f"...F{n}" for n in range(5_000)) + " } }"
    ),
    "5,000 directives": asked("{ viewer { id " + "@include(if: true) " * 5_000 + "} }"),
    "5,000 unknown directives": asked("{ viewer { id " + "@a " * 5_000 + "} }"),
    "directives on the operation": asked("query " + "@a " * 8_000 + "{ viewer { id } }"),
    "overlapping fields": asked("{ viewer { " + "id " * 20_000 + "} }"),
    "overlapping fields that differ": asked(
        "{ " + " ".join(f'node(id: "{n}") {{ id }}' for n in range(2_000)) + " }"
    ),
    "overlapping objects": asked("{ account { " + "products { id } " * 4_000 + "} }"),
    "overlapping in fragments": asked(
        "{ viewer { " + "...F " * 2_000 + "} } fragment F on User { " + "id " * 2_000 + "}"
    ),
    "5,000 variables": asked(
        "query(" + " ".join(f"$a{n}: ID" for n in range(5_000)) + ") { viewer { id } }"
    ),
    "a variable 5,000 times": asked("query(" + "$a: ID " * 5_000 + ") { viewer { id } }"),
    "3,000 operations": asked(" ".join(f"query Q{n} {{ viewer {{ id }} }}" for n in range(3_000))),
    "the same operation 3,000 times": asked("query Q { viewer { id } } " * 3_000),
    "a circle of pages": asked(
        "{ account { "
        "seatGroups(first: 100) { edges { node { users(first: 100) { edges { node { administeredSeatGroups { users(first: 100) { edges { node { id } } } } } } } } } }"
        " } }"
    ),
    "a circle of administrators": asked(
        "{ account { seatGroups { edges { node { "
        + "administrators { administeredSeatGroups { " * 12
        + "id"
        + " } }" * 12
        + " } } } } }"
    ),
    "10,000 ids": asked(
        "query($i: [ID!]!) { nodes(ids: $i) { id } }", json.dumps({"i": ["x"] * 10_000})
    ),
    "10,000 arguments": asked("{ account { users(" + "first: 1 " * 10_000 + ") { totalCount } } }"),
    "10,000 fields of an input": asked(
        "{ account { users(filter: {" + 'search: "a" ' * 10_000 + "}) { totalCount } } }"
    ),
    "unknown fields with suggestions": asked(
        "{ account { " + " ".join(f"user{n}" for n in range(5_000)) + " } }"
    ),
    "unknown arguments with suggestions": asked(
        "{ account { users("
        + " ".join(f"firs{n}: 1" for n in range(3_000))
        + ") { totalCount } } }"
    ),
    "a batch": body(
        '[{"query": "{ viewer { id } }"}' + ',{"query": "{ viewer { id } }"}' * 1_000 + "]"
    ),
    "a name of 200,000 letters": asked("{ " + "a" * 200_000 + " }"),
    "introspection by aliases": asked(
        "{ "
        + " ".join(
            f"a{n}: __schema {{ types {{ fields {{ name type {{ name }} }} }} }}"
            for n in range(300)
        )
        + " }"
    ),
}

NUMBERS: Cases = {
    "5,000 digits in JSON": body('{"query": "{a}", "variables": {"a": ' + "1" * 5_000 + "}}"),
    "200,000 digits in JSON": body('{"query": "{a}", "variables": {"a": ' + "1" * 200_000 + "}}"),
    "an exponent in JSON": body('{"query": "{a}", "variables": {"a": 1e999999999}}'),
    "NaN": body('{"query": "{ viewer { id } }", "variables": {"a": NaN}}'),
    "Infinity": body('{"query": "{ viewer { id } }", "variables": {"a": -Infinity}}'),
    "a fraction of 100,000 digits": asked(
        "query($s: Int!) { account { subscription { seatChangePreview(seats: $s) { kind } } } }",
        '{"s": 1.' + "0" * 100_000 + "1}",
    ),
    "an integer of 100,000 digits in a document": asked(
        "{ account { users(first: " + "9" * 100_000 + ") { totalCount } } }"
    ),
    "a float of 100,000 digits in a document": asked(
        "{ account { users(first: 1." + "9" * 100_000 + ") { totalCount } } }"
    ),
    "an exponent in a document": asked("{ account { users(first: 1e400) { totalCount } } }"),
    "2 to the 31": asked("{ account { users(first: 2147483648) { totalCount } } }"),
    "2 to the 63": asked(
        "query($s: Int!) { account { users(first: $s) { totalCount } } }",
        '{"s": 9223372036854775808}',
    ),
    "less than nothing": asked("{ account { users(first: -1) { totalCount } } }"),
    "most of all": asked("{ account { users(first: 2147483647) { totalCount } } }"),
    "a boolean for a number": asked(
        "query($s: Int!) { account { users(first: $s) { totalCount } } }", '{"s": true}'
    ),
    "text for a number": asked(
        "query($s: Int!) { account { users(first: $s) { totalCount } } }", '{"s": "1"}'
    ),
    "a cursor of digits": asked(
        "query($c: String) { account { invoices(first: 1, after: $c) { totalCount } } }",
        '{"c": "WzE' + "5OTk5" * 20_000 + '"}',
    ),
}

KINDS = {"nesting": NESTING, "bombs": BOMBS, "numbers": NUMBERS}
