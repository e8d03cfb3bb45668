"""Texts that are programs to somebody: SQL, HTML, templates, sheets, terminals, logs."""

from collections.abc import Iterator

from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type

from tests.isolation import shape

FORGED = '{"event": "forged", "level": "critical"}'

TEXTS = {
    "SQL": "'; DROP TABLE users; --",
    "SQL, a condition": "x' OR '1'='1",
    "SQL, a pattern": "%_\\%'",
    "HTML": "<script>alert(1)</script>",
    "HTML, an entity": "&lt;b&gt;&amp;&#39;",
    "an image": '<img src="http://127.0.0.1:@PORT/a.png"/>',
    "a style": "<link href=http://127.0.0.1:@PORT/a.css>",
    "a file": '<img src="/etc/passwd"/>',
    "PDF's own tags": "<pdf:nextpage/><para>x</para>",
    "Jinja": "{{7*7}}",
    "Jinja, a statement": "{% for a in [1] %}x{% endfor %}",
    "Jinja, an object": "{{''.__class__.__mro__}}",
    "a format": "%s %n {0.__class__} ${7*7}",
    "a sheet's formula": "=cmd|' /C calc'!A0",
    "a sheet's plus": "+SUM(1)*cmd",
    "a look-up": "${jndi:ldap://127.0.0.1/a}",
    "a command": "$(id) `id` | id && id",
    "a path": "../../../../etc/passwd",
    "JSON": '", "status": "PAID", "a": "',
}
"""Of printable characters: where a text may be any, each is taken as it is."""

CONTROLS = {
    "a line for the log": f"x\n{FORGED}",
    "a header": "x\r\nSet-Cookie: a=b",
    "a terminal's colours": "\x1b[31mx\x1b[2J",
    "a NUL": "x\x00y",
    "a line separator": f"x\u2028{FORGED}",
    "an override": "x\u202egpj.exe",
}
"""Of control characters: refused wherever a text is kept."""

Path = tuple[str, ...]


def text_paths(name: str, type_: object) -> Iterator[Path]:
    """The paths of all texts in an argument or an input's field, first items for lists."""
    listed = isinstance(get_nullable_type(type_), GraphQLList)  # type: ignore[call-overload]
    here = (name, "0") if listed else (name,)
    inner = get_named_type(type_)  # type: ignore[call-overload]
    if isinstance(inner, GraphQLInputObjectType):
        for below, field in inner.fields.items():
            yield from ((*here, *path) for path in text_paths(below, field.type))
    elif inner.name == "String":
        yield here


def written() -> list[tuple[str, Path]]:
    """Each text of each mutation's input."""
    return [
        (name, path[1:])
        for name, field in shape.object_type("Mutation").fields.items()
        for path in text_paths("input", field.args["input"].type)
    ]
