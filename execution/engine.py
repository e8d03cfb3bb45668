"""Documents, kept by their text, and the execution of their operations.

An operation is compiled and its plan kept with the document. What is not compiled goes to
graphql-core's executor: subscriptions, operations under `@experimental_disableErrorPropagation`,
and everything where the engine is told so. `Engine.counts` tells how many went which way.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache
from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    specified_rules,
    validate,
    visit,
)
from graphql.execution import Executor
from graphql.execution.executor import SELECTIONS_NESTED_TOO_DEEPLY
from graphql.pyutils import Undefined
from strawberry import Schema
from strawberry.utils.await_maybe import await_maybe

from execution import streams
from execution.compiler import Compiler
from execution.cost import Costs, OperationCost, SizeOf
from execution.limits import Limits, read
from execution.plan import Plan
from execution.straight import straighten

CACHE_BYTES = 32 * 2**20
"""About how much memory documents and their plans take at most, in bytes."""

BYTES_PER_CHARACTER, BYTES_PER_FIELD = 100, 2_000
"""What a document takes for each character of its text, and a plan for each of its fields."""

MAX_ERRORS = 20
"""What is wrong with a document is told up to here: telling takes longer than finding."""

MAX_PLANS = 16
"""Of one document: it has a plan for each operation and each outcome of @skip and @include."""

COMPILED, SUBSCRIPTION = "compiled", "subscription"


class Kept:
    """A plan that is kept, and what it has come to."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.plan: Plan = compiler.plan()
        self.runs = 0
        self.fields = 0
        """How many fields it had when it was made straight."""

    async def run(self, executor: Executor[Any]) -> ExecutionResult:
        """Runs the plan."""
        self.runs += 1
        return await self.plan.run(executor)

    def settle(self) -> bool:
        """Makes straight code of what has been compiled, unless the plan is used only once;
        tells whether it has grown."""
        grown = self.compiler.fields != self.fields
        if grown and self.runs > 1:
            straighten(self.plan.selection)
            self.fields = self.compiler.fields
        return grown


@dataclass(slots=True, eq=False)
class Document:
    """A text that was parsed and validated; `errors` says why it cannot be run, if it cannot."""

    text: str
    errors: list[GraphQLError]
    ast: DocumentNode | None = None
    operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    """The variables that decide what is skipped and included."""
    costs: dict[str | None, OperationCost] = field(default_factory=dict)
    """What each operation costs, by its name."""
    executors: dict[str | None, Executor[Any]] = field(default_factory=dict)
    """Of operations that are compiled and have no variables, to be copied for each request."""
    plans: "dict[Any, Kept]" = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of the name; without a name, the only one there is."""
        if name is not None:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

    @property
    def size(self) -> int:
        """About how much memory it takes, in bytes."""
        fields = sum(kept.compiler.fields for kept in self.plans.values())
        return BYTES_PER_CHARACTER * len(self.text) + BYTES_PER_FIELD * fields


class Engine:
    """Runs the operations of a schema."""

    def __init__(
        self,
        schema: Schema,
        *,
        compiled: bool = True,
        introspection: bool = True,
        limits: Limits | None = None,
        size_of: SizeOf | None = None,
    ) -> None:
        self.schema = schema
        self.compiled = compiled
        self.limits = limits
        self.size_of = size_of
        self.rules = tuple(specified_rules)
        if not introspection:
            self.rules += (NoSchemaIntrospectionCustomRule,)
        self.counts: Counter[str] = Counter()
        """Operations by how they were run: COMPILED, or why they were not."""
        self._documents: LRUCache[str, Document] = LRUCache(CACHE_BYTES, lambda kept: kept.size)

    def knows(self, text: str) -> bool:
        """Whether a text has been read already."""
        return text in self._documents

    def document(self, text: str) -> Document:
        """The document of a text. Raises nothing for what a client can send."""
        kept = self._documents.get(text)
        if kept is None:
            kept = self._read(text)
            self._keep(kept)
        return kept

    def cost(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
    ) -> int:
        """How many objects an operation of a document that has no errors asks for at most."""
        return document.costs[_name(operation)].of(variables)

    async def execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        context: Any,
    ) -> ExecutionResult:
        """Runs a query or a mutation of a document that has no errors."""
        name = _name(operation)
        executor = document.executors.get(name)
        if executor is not None:
            self.counts[COMPILED] += 1
            return await self._run(document, _with_context(executor, context))
        built = self._executor(document, name, variables, context)
        if isinstance(built, list):
            return ExecutionResult(None, built)
        reason = self._unfit(built)
        self.counts[reason or COMPILED] += 1
        if reason:
            result: Any = built.execute_operation()
            return await await_maybe(result)
        if not operation.variable_definitions:
            kept = self._executor(document, name, variables, None)
            assert not isinstance(kept, list)
            document.executors[name] = kept
        return await self._run(document, built)

    async def stream(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        context: Any,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The results of any operation: a subscription's as they come, else the one there is."""
        if operation.operation is not OperationType.SUBSCRIPTION:
            yield await self.execute(document, operation, variables, context)
            return
        self.counts[SUBSCRIPTION] += 1
        built = self._executor(document, _name(operation), variables, context)
        async with aclosing(streams.results(built)) as results:
            async for result in results:
                yield result

    def _executor(
        self,
        document: Document,
        name: str | None,
        variables: Mapping[str, Any] | None,
        context: Any,
    ) -> Executor[Any] | list[GraphQLError]:
        """What runs an operation; errors where the variables do not fit."""
        assert document.ast is not None
        return self.schema.execution_context_class.build(
            self.schema._schema,  # noqa: SLF001 (it has no other name)
            document.ast,
            context_value=context,
            raw_variable_values=dict(variables or {}),
            operation_name=name,
        )

    def _unfit(self, executor: Executor[Any]) -> str | None:
        """Why a query or a mutation is not compiled, if so."""
        if not self.compiled:
            return "switched off"
        return None if executor.error_propagation else "error propagation disabled"

    async def _run(self, document: Document, executor: Executor[Any]) -> ExecutionResult:
        try:
            kept = self._plan(document, executor)
            result = await kept.run(executor)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        except RecursionError:
            deep = GraphQLError(SELECTIONS_NESTED_TOO_DEEPLY, executor.operation)
            return ExecutionResult(None, [deep])
        if kept.settle():
            self._keep(document)
        return result

    def _plan(self, document: Document, executor: Executor[Any]) -> "Kept":
        """The operation's plan. Raises GraphQLError where its own fields cannot be told."""
        values = executor.variable_values.coerced
        decided = (_decided(values.get(name, Undefined)) for name in document.conditions)
        key = (id(executor.operation), *decided)
        if key not in document.plans:
            if len(document.plans) >= MAX_PLANS:
                document.plans.clear()
            document.plans[key] = Kept(Compiler(self.schema, executor))
        return document.plans[key]

    def _keep(self, document: Document) -> None:
        """Keeps a document, where it is not too large, and forgets those not used for long."""
        self._documents.pop(document.text, None)
        if document.size <= CACHE_BYTES:
            self._documents[document.text] = document

    def _read(self, text: str) -> Document:
        schema = self.schema._schema  # noqa: SLF001 (it has no other name)
        try:
            ast = read(text, self.limits)
            errors = validate(schema, ast, self.rules, max_errors=MAX_ERRORS)
        except GraphQLError as error:
            return Document(text, [error])
        except RecursionError as error:
            return Document(text, [GraphQLError(str(error), original_error=error)])
        operations = {
            _name(node): node
            for node in ast.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        found = Document(text, errors, ast, operations, _conditions(ast))
        if self.size_of and not errors:
            costs = Costs(schema, ast, self.size_of)
            found.costs = {name: costs.of(node) for name, node in operations.items()}
        return found


def _with_context(executor: Executor[Any], context: Any) -> Executor[Any]:
    """A copy that runs for another request. A plan asks it for nothing that a run changes."""
    copied: Executor[Any] = object.__new__(type(executor))
    vars(copied).update(vars(executor), context_value=context)
    return copied


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None


def _decided(value: object) -> object:
    """What a variable decides; None where it is another operation's, of another type."""
    return value if value is Undefined or isinstance(value, bool) else None


def _conditions(ast: DocumentNode) -> tuple[str, ...]:
    """The names of the variables in @skip and @include."""
    names: set[str] = set()

    class Conditions(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            if node.name.value in ("skip", "include"):
                given = (argument.value for argument in node.arguments or ())
                names.update(value.name.value for value in given if isinstance(value, VariableNode))

    visit(ast, Conditions())
    return tuple(sorted(names))
