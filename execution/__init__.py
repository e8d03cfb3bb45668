"""Compiled execution of GraphQL operations, for any Strawberry schema.

A validated operation is compiled once: its fragments are merged, its directives decided, its
resolvers and types looked up. The plan is then run breadth first: a field is resolved for all
objects of its level before the next field is looked at, so that what GraphQL's own executor
does for every value (building an info, wrapping, checking types) is done once for a column of
values. A column can be loaded as a whole (`batched`).

    limits.py      how large a document may be, counted before it is validated
    cost.py        how many objects an operation asks for at most
    engine.py      documents, kept by their text; which executor an operation goes to
    compiler.py    from the operation to a plan, part by part when it is first needed
    plan.py        the selections and fields of a plan, and one run of it
    resolving.py   how a field gets the values of its column
    completion.py  how the objects of a column become what the answer shows
    lists.py       the same for lists
    leaves.py      the same for scalars and enums
    straight.py    straight code for what waits for nothing
    sources.py     what straight code reads fields from
    frames.py      where a value of a column lies in the answer
    batching.py    fields that are resolved for many objects at once
    lookahead.py   what is asked for below a field
    streams.py     subscriptions
    computed.py    fields that say by their declaration what they are made of

What it answers is what graphql-core's executor answers, which stays in use for what is not
compiled. What the specification leaves to the implementation: of several errors that null the
same position the first in the document's order is told, not the first in time.
"""

from execution.batching import Load, batched
from execution.computed import attribute, computed
from execution.cost import Size
from execution.engine import Document, Engine
from execution.limits import Limits
from execution.lookahead import asks_for

__all__ = [
    "Document",
    "Engine",
    "Limits",
    "Load",
    "Size",
    "asks_for",
    "attribute",
    "batched",
    "computed",
]
