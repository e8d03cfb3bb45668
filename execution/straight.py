"""Straight code for the parts of a plan that wait for nothing.

Where all fields below a value are functions of their object alone, completing it is one Python
function, made from the plan: it calls the functions and puts the answer together, value by
value. It knows nothing but the usual: on anything else (an error, a null that may not be, an
object of another type) it raises, and the plan goes its general way, which calls those
functions once more. What an object is made of alone (`execution.computed`) is read where it
comes from, and the object is not made.

    def show_1(o):
        if type(o) not in c2: raise Unusual
        v3 = c4(o)
        if type(v3) is not str: raise Unusual
        v5 = c6(o.row.total_minor, o.row.currency)
        if type(v5) is not str: raise Unusual
        return {"number": v3, "total": {"amount": v5}}
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from graphql import GraphQLBoolean, GraphQLID, GraphQLInt, GraphQLString
from graphql.pyutils import Undefined

from execution.batching import never
from execution.completion import Shown
from execution.computed import Formula
from execution.leaves import MAX_INT, MIN_INT, Leaf
from execution.lists import Listed
from execution.plan import Completion, Field, Selection
from execution.resolving import Batched, Call, Called, Direct
from execution.sources import Object, Source, Unfit, Unmade


class Unusual(Exception):
    """Straight code has met what it was not made for."""


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
        self.named = 0
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
        name = self.variable("c")
        self.names[name] = value
        return name

    def variable(self, kind: str) -> str:
        """A name that nothing else has."""
        self.named += 1
        return f"{kind}{self.named}"

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
        name = self._item(listed.item)
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

    def _item(self, item: Completion) -> str:
        """The name of a function that completes an item."""
        if isinstance(item, Shown) and not item.nullable:
            return self._object(item)
        name = self.variable("item")
        self.define(name, "v", [*self.complete(item, "v", "    "), "    return v"])
        return name

    def _object(self, shown: Shown) -> str:
        """The name of a function that shows an object."""
        if not shown.by_class or shown.selection is None:
            raise Unfit
        name = self.variable("show")
        self.inside += 1
        lines, row = self._row(shown.selection, Object("o"))
        self.inside -= 1
        check = f"    if type(o) not in {self.constant(shown.known)}: raise Unusual"
        self.define(name, "o", [check, *lines, f"    return {row}"])
        return name

    def _row(self, selection: Selection, source: Source) -> tuple[list[str], str]:
        """Lines that complete the fields of a source, and an expression for what is shown."""
        lines, items = [], []
        for field in selection.fields:
            found, value = self._field(field, source)
            lines += found
            items.append(f"{field.key!r}: {value}")
        return lines, f"{{{', '.join(items)}}}"

    def _field(self, field: Field, source: Source) -> tuple[list[str], str]:
        """The same for one field."""
        resolver = field.resolver
        formula = resolver.formula if isinstance(resolver, Direct) else None
        selection = _kept_apart(formula, field.completion) if formula else None
        if formula and selection:
            parts = {name: source.read(path) for name, path in formula.named.items()}
            with suppress(Unfit):
                return self._row(selection, Unmade(parts))
        value = self.variable("v")
        got = [f"    {value} = {self._resolved(field, formula, source)}"]
        if isinstance(resolver, Batched):
            got.append(f"    if {value} is None: raise Unusual")
        return [*got, *self.complete(field.completion, value, "    ")], value

    def _resolved(self, field: Field, formula: Formula | None, source: Source) -> str:
        """An expression for the value of a field of the source."""
        resolver = field.resolver
        if formula is not None:
            return self._formula(formula, source)
        if isinstance(resolver, Direct):
            return f"{self.constant(resolver.function)}({source.whole()})"
        if isinstance(resolver, Batched) and resolver.batch.ready is not never:
            return f"{self.constant(resolver.batch.ready)}({source.whole()})"
        call = resolver.call if isinstance(resolver, Called) and resolver.quick else None
        if isinstance(call, Call) and call.is_plain and field.given is not None:
            given = self.constant(field.given)
            return f"{self.constant(call.function)}({source.whole()}, **{given})"
        raise Unfit

    def _formula(self, formula: Formula, source: Source) -> str:
        read = [source.read(path) for path in formula.paths]
        if formula.make is None:
            return read[0]
        read += [f"{name}={source.read(path)}" for name, path in formula.named.items()]
        return f"{self.constant(formula.make)}({', '.join(read)})"


def _kept_apart(formula: Formula, completion: Completion) -> Selection | None:
    """What is shown of an object that only keeps what it is made of, if it is such a one."""
    if not isinstance(completion, Shown) or not completion.by_class:
        return None
    return completion.selection if formula.make in completion.known else None
