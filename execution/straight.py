"""Straight code for the parts of a plan that wait for nothing.

Where all fields below a value are functions of their object alone, completing it is one Python
function, made from the plan: it calls the functions and puts the answer together, value by
value. It knows nothing but the usual: on anything else (an error, a null that may not be, an
object of another type) it raises, and the plan goes its general way, which calls those
functions once more.

    def show_1(o):
        if type(o) not in c1: raise Unusual
        v0 = c2(o)
        if type(v0) is not str: raise Unusual
        v1 = show_2(c3(o))
        return {"number": v0, "total": v1}
"""

import keyword
from collections.abc import Callable, Coroutine
from typing import Any

from graphql import GraphQLBoolean, GraphQLID, GraphQLInt, GraphQLString
from graphql.pyutils import Undefined

from execution.completion import Shown
from execution.leaves import MAX_INT, MIN_INT, Leaf
from execution.lists import Listed
from execution.plan import Completion, Field, Selection
from execution.resolving import Call, Called, Direct


class Unusual(Exception):
    """Straight code has met what it was not made for."""


class Unfit(Exception):
    """No straight code can be made: something may have to be waited for, or is not known yet."""


def straighten(selection: Selection) -> None:
    """Gives straight code to the fields of a selection that are fit for it, and to those below
    the others."""
    for field in selection.fields:
        try:
            field.completion.straight = made(field.completion)
        except Unfit:
            field.completion.straight = None
            for below in _selections(field.completion):
                straighten(below)


def made(completion: Completion) -> Callable[[Any], Any]:
    """A function that completes one value. Raises Unfit."""
    if isinstance(completion, Leaf):
        raise Unfit
    code = Code()
    code.define("complete", "v", [*code.complete(completion, "v", "    "), "    return v"])
    return code.function("complete")


def _selections(completion: Completion) -> list[Selection]:
    if isinstance(completion, Listed):
        return _selections(completion.item)
    if isinstance(completion, Shown) and completion.selection is not None:
        return [completion.selection]
    return []


def discard(items: list[Any]) -> None:
    """Closes the coroutines of a list that will be asked for anew."""
    for item in items:
        if isinstance(item, list):
            discard(item)
        elif isinstance(item, Coroutine):
            item.close()


class Code:
    """The text of some functions, and the constants that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.inside = 0
        """How many objects are around what is being made."""
        self.names: dict[str, Any] = {
            "Unusual": Unusual,
            "Undefined": Undefined,
            "discard": discard,
        }

    def function(self, name: str) -> Callable[[Any], Any]:
        """One of the functions, ready to be called."""
        exec("\n".join(self.lines), self.names)  # noqa: S102 (made here, of names that were parsed)
        found: Callable[[Any], Any] = self.names[name]
        return found

    def constant(self, value: Any) -> str:
        """The name of a value."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def define(self, name: str, argument: str, body: list[str]) -> None:
        """Adds a function."""
        self.lines += [f"def {name}({argument}):", *body]

    def complete(self, completion: Completion, value: str, indent: str) -> list[str]:
        """Lines that make of a variable's value what the answer shows. Raises Unfit."""
        inner = indent + "    " if completion.nullable else indent
        if isinstance(completion, Leaf):
            lines = self._leaf(completion, value)
        elif isinstance(completion, Listed):
            lines = self._list(completion, value)
        elif isinstance(completion, Shown):
            lines = [f"{value} = {self._object(completion)}({value})"]
        else:
            raise Unfit
        lines = [inner + line for line in lines]
        return [f"{indent}if {value} is not None:", *lines] if completion.nullable else lines

    def _leaf(self, leaf: Leaf, value: str) -> list[str]:
        if leaf.type in (GraphQLString, GraphQLID):
            return [f"if type({value}) is not str: raise Unusual"]
        if leaf.type is GraphQLBoolean:
            return [f"if type({value}) is not bool: raise Unusual"]
        if leaf.type is GraphQLInt:
            fits = f"type({value}) is int and {MIN_INT} <= {value} <= {MAX_INT}"
            return [f"if not ({fits}): raise Unusual"]
        if leaf.names is not None:
            return [f"{value} = {self.constant(leaf.names)}[{value}]"]
        known, coerce = self.constant(leaf.known), self.constant(leaf.coerce)
        return [
            f"if type({value}) not in {known}: raise Unusual",
            f"{value} = {coerce}({value})",
            f"if {value} is None or {value} is Undefined: raise Unusual",
        ]

    def _list(self, listed: Listed, value: str) -> list[str]:
        if not listed.plain:
            raise Unfit
        lines = [f"if type({value}) is not list: raise Unusual"]
        if isinstance(listed.item, Shown) and listed.item.selection is None:
            # No list has had an item yet.
            return [*lines, f"if {value}: raise Unusual", f"{value} = []"]
        name = f"item_{len(self.names)}"
        self.names[name] = None
        self.define(name, "v", [*self.complete(listed.item, "v", "    "), "    return v"])
        if not self.inside:
            # The general way goes on with this list: it is not asked for anew.
            return [*lines, f"{value} = [{name}(i) for i in {value}]"]
        return [
            *lines,
            "try:",
            f"    {value} = [{name}(i) for i in {value}]",
            "except Exception:",
            f"    discard({value})",
            "    raise",
        ]

    def _object(self, shown: Shown) -> str:
        """The name of a function that shows an object."""
        if not shown.by_class or shown.selection is None:
            raise Unfit
        name = f"show_{len(self.names)}"
        self.names[name] = None
        body = [f"    if type(o) not in {self.constant(shown.known)}: raise Unusual"]
        items = []
        self.inside += 1
        for number, field in enumerate(shown.selection.fields):
            body.append(f"    v{number} = {self._resolved(field)}")
            body += self.complete(field.completion, f"v{number}", "    ")
            items.append(f"{field.key!r}: v{number}")
        self.inside -= 1
        self.define(name, "o", [*body, f"    return {{{', '.join(items)}}}"])
        return name

    def _resolved(self, field: Field) -> str:
        """An expression for the value of a field of `o`."""
        resolver = field.resolver
        if isinstance(resolver, Direct):
            attribute = resolver.attribute
            if attribute and attribute.isidentifier() and not keyword.iskeyword(attribute):
                return f"o.{attribute}"
            return f"{self.constant(resolver.function)}(o)"
        call = resolver.call if isinstance(resolver, Called) and resolver.quick else None
        if isinstance(call, Call) and call.is_plain and field.given is not None:
            return f"{self.constant(call.function)}(o, **{self.constant(field.given)})"
        raise Unfit
