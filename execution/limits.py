"""How large a document may be: counted before it is validated, as validating is what can be
made to take long (fields that may overlap are compared in pairs).

The text and its tokens are bounded first. Then every definition is counted with its fragments
in their places, each fragment once: what it adds up to is kept, so that a chain of fragments
that doubles at each link is counted in as many steps as it has links.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

TOO_COMPLEX = "QUERY_TOO_COMPLEX"
"""The code of what exceeds a limit, in an error's extensions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a document, or an operation or fragment in it, may have."""

    characters: int
    tokens: int
    definitions: int
    depth: int
    fields: int
    root_fields: int
    aliases: int
    directives: int
    repeated: int


@dataclass(slots=True)
class Counts:
    """What a selection adds up to, with its fragments in their places."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    again: int = 0
    """Fields whose key had been asked for before at their place, with all that is below them."""
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    """The keys of the first level: how many fields are at and below each, and how many of those
    are repeated."""
    root_fields: int = 0

    @property
    def repeated(self) -> int:
        """Fields that are asked for more than once, at this level and below."""
        return self.again + sum(repeated for _, repeated in self.keys.values())

    def add_field(self, node: FieldNode, below: "Counts") -> None:
        """Adds a field of the first level."""
        key = node.alias or node.name
        self.root_fields += 1
        self.fields += 1 + below.fields
        self.depth = max(self.depth, 1 + below.depth)
        self.aliases += below.aliases + (node.alias is not None)
        self.directives += below.directives
        self._add_key(key.value, 1 + below.fields, below.repeated)

    def add(self, other: "Counts", *, keys: bool) -> None:
        """Adds a fragment's, with or without comparing its keys with those that are there."""
        self.root_fields += other.root_fields
        self.fields += other.fields
        self.depth = max(self.depth, other.depth)
        self.aliases += other.aliases
        self.directives += other.directives
        if not keys:
            return
        self.again += other.again
        for key, (size, repeated) in other.keys.items():
            self._add_key(key, size, repeated)

    def _add_key(self, key: str, size: int, repeated: int) -> None:
        if key in self.keys:
            self.again += size
        else:
            self.keys[key] = (size, repeated)


def read(text: str, limits: Limits | None) -> DocumentNode:
    """The document of a text. Raises GraphQLError where it cannot be read or exceeds a limit."""
    if limits is None:
        return parse(text)
    if len(text) > limits.characters:
        raise _error("characters", len(text), limits.characters)
    try:
        document = parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        if error.description.startswith("Document contains more than"):
            raise _error("tokens", f"more than {limits.tokens}", limits.tokens) from None
        raise
    check(document, limits)
    return document


def check(document: DocumentNode, limits: Limits) -> None:
    """Raises GraphQLError where a definition exceeds a limit, or a fragment contains itself."""
    size = len(document.definitions)
    if size > limits.definitions:
        raise _error("operations and fragments", size, limits.definitions)
    for node, counts in counted(document, limits.fields):
        names = FOR_OPERATIONS if isinstance(node, OperationDefinitionNode) else FOR_FRAGMENTS
        _compare(counts, limits, names)


def counted(
    document: DocumentNode, most_fields: int
) -> Iterator[tuple[ExecutableDefinitionNode, Counts]]:
    """What each operation and fragment adds up to. Once one has more fields than are allowed,
    nobody looks any more for those that are repeated. Raises GraphQLError where a fragment
    contains itself."""
    definitions = [
        node for node in document.definitions if isinstance(node, ExecutableDefinitionNode)
    ]
    # Of two with the same name the first counts; validation refuses them.
    fragments = {
        node.name.value: node
        for node in reversed(definitions)
        if isinstance(node, FragmentDefinitionNode)
    }
    counting = Counting(most_fields)
    for name in _innermost_first(fragments):
        counting.known[name] = counting.definition(fragments[name])
        yield fragments[name], counting.known[name]
    for node in definitions:
        if not any(node is one for one in fragments.values()):
            yield node, counting.definition(node)


class Counting:
    """Counts the definitions of a document, a fragment after those that it contains."""

    def __init__(self, most_fields: int) -> None:
        self.most_fields = most_fields
        self.known: dict[str, Counts] = {}
        """The fragments."""
        self.exceeded = False
        """Whether something had too many fields."""

    def definition(self, node: ExecutableDefinitionNode) -> Counts:
        """What an operation or a fragment adds up to."""
        counts = self._selected(node.selection_set)
        counts.directives += len(node.directives or ())
        for variable in node.variable_definitions or ():
            counts.directives += len(variable.directives or ())
        return counts

    def _selected(self, selections: SelectionSetNode | None) -> Counts:
        """What is selected. It goes down within a definition alone, and so less deep than the
        parser has gone."""
        counts = Counts()
        for node in selections.selections if selections else ():
            counts.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                counts.add_field(node, self._selected(node.selection_set))
            elif isinstance(node, FragmentSpreadNode):
                found = self.known.get(node.name.value, NOTHING)
                counts.add(found, keys=not self.exceeded)
            elif isinstance(node, InlineFragmentNode):
                counts.add(self._selected(node.selection_set), keys=not self.exceeded)
            self.exceeded = self.exceeded or counts.fields > self.most_fields
        return counts


FOR_FRAGMENTS = {
    "fields": "fields",
    "depth": "levels of fields",
    "aliases": "aliases",
    "directives": "directives",
    "repeated": "fields that are asked for again",
}
"""What is compared with the limit of the name, and what it is called."""

FOR_OPERATIONS = {**FOR_FRAGMENTS, "root_fields": "root fields"}


def _compare(counts: Counts, limits: Limits, names: Mapping[str, str]) -> None:
    for name, what in names.items():
        found, most = getattr(counts, name), getattr(limits, name)
        if found > most:
            raise _error(what, found, most)


def _error(what: str, found: object, most: int) -> GraphQLError:
    message = f"The document has {found} {what}; at most {most} are allowed."
    return GraphQLError(message, extensions={"code": TOO_COMPLEX})


NOTHING = Counts()


def _innermost_first(fragments: dict[str, FragmentDefinitionNode]) -> Iterable[str]:
    """The names of the fragments, each after those that it contains. Raises GraphQLError where
    one contains itself."""
    graph = {
        name: [inner for inner in _spread(node.selection_set) if inner in fragments]
        for name, node in fragments.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        name = error.args[1][0]
        message = f"Cannot spread fragment '{name}' within itself."
        raise GraphQLError(message, fragments[name]) from None


def _spread(selections: SelectionSetNode) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            yield node.name.value
        elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
            yield from _spread(node.selection_set)
