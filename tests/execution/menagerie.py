"""A schema whose objects have fields of every type, resolved in every way, with faults.

What a field of an object answers follows from the object's seed and the field's name alone:
the same for both executors, and without end.
"""

import enum
import random
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

import strawberry
from strawberry.extensions import FieldExtension

from execution import batched

FAULTS = 12
"""Of a hundred values, those that are not what their field wants."""


@strawberry.enum
class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Fault(Exception):
    pass


class Shape(NamedTuple):
    """A type in Python, and how deep its lists go."""

    text: str
    lists: int


SHAPES = [
    Shape("{}", 0),
    Shape("{} | None", 0),
    Shape("list[{}]", 1),
    Shape("list[{} | None]", 1),
    Shape("list[{}] | None", 1),
    Shape("list[list[{}] | None]", 2),
    Shape("list[list[{} | None]] | None", 2),
]
PLAIN = (0, 1, 3)
"""The shapes of fields that are attributes."""

LEAVES = {"number": "int", "text": "str", "mood": "Mood", "ratio": "float"}
OBJECTS = {"beast": "Beast", "rock": "Rock", "kind": "Kind", "either": "Either"}
TYPES = ("Beast", "Plant", "Rock")


class Meta(NamedTuple):
    """A field as documents see it."""

    name: str
    base: str
    waits: bool


class Plain(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **given: Any) -> Any:
        return next_(source, info, **given)

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **given: Any
    ) -> Any:
        return await next_(source, info, **given)


def value(seed: str, base: str, lists: int) -> Any:
    """What a field answers: mostly what it should."""
    dice = random.Random(seed)
    if dice.randrange(100) < FAULTS:
        return dice.choice([None, None, Fault(seed), "wrong", 2**40, object, [None]])
    if not lists:
        return _one(dice, seed, base)
    items = [value(f"{seed}.{index}", base, lists - 1) for index in range(dice.randrange(4))]
    kinds: list[Callable[[Any], Any]] = [list, list, list, tuple, iter]
    return dice.choice(kinds)(items)


def _one(dice: random.Random, seed: str, base: str) -> Any:
    if base in LEAVES:
        choices: dict[str, list[Any]] = {
            "number": [1, 2, 3, True, 2.0],
            "text": ["a", "b", 1],
            "mood": [Mood.GOOD, Mood.BAD, "good"],
            "ratio": [1.5, 2],
        }
        return dice.choice(choices[base])
    possible: dict[str, list[Any]] = {
        "beast": [Beast],
        "rock": [Rock],
        "kind": [Beast, Plant],
        "either": [Beast, Rock],
    }
    return dice.choice(possible[base])(seed=seed)


def _raised(found: Any) -> Any:
    if isinstance(found, Fault):
        raise found
    return found


def _resolvers(name: str, base: str, lists: int) -> dict[str, Any]:
    """The ways in which a field's value can be had; those that wait end in "later"."""

    def method(self: Any) -> Any:
        return _raised(value(f"{self.seed}/{name}", base, lists))

    def called(root: Any, info: strawberry.Info[Any, None], more: int = 0) -> Any:
        return value(f"{root.seed}/{name}/{more}/{info.field_name}", base, lists)

    async def later(self: Any) -> Any:
        return _raised(value(f"{self.seed}/{name}", base, lists))

    async def load(roots: list[Any], info: Any) -> list[Any]:
        # An object whose type is wrong may have failed elsewhere: it is not asked then by the
        # standard executor, and must not fail the others.
        seeds = [getattr(root, "seed", None) for root in roots]
        return [seed and value(f"{seed}/{name}", base, lists) for seed in seeds]

    return {
        "method": strawberry.field(resolver=method),
        "called": strawberry.field(resolver=called),
        "extended": strawberry.field(resolver=method, extensions=[Plain()]),
        "later": strawberry.field(resolver=later),
        "batch_later": batched(load, description=""),
    }


def _make(title: str, decorate: Any, *bases: type) -> Any:
    annotations: dict[str, Any] = {"seed": strawberry.Private[str]}
    members: dict[str, Any] = {"__annotations__": annotations, "__module__": __name__}
    for base, python in (LEAVES | OBJECTS).items():
        for number, shape in enumerate(SHAPES):
            for way, field in _resolvers(f"{base}{number}", base, shape.lists).items():
                name = f"{base}_{number}_{way}"
                annotations[name] = shape.text.format(python)
                members[name] = field
            if base in LEAVES and number in PLAIN:
                annotations[f"{base}_{number}_plain"] = shape.text.format(python)
                members[f"{base}_{number}_plain"] = None
    members["__post_init__"] = _furnish
    return decorate(type(title, bases, members))


def _furnish(self: Any) -> None:
    """Gives an object the attributes that are fields."""
    for base in LEAVES:
        for number in PLAIN:
            name = f"{base}_{number}_plain"
            found = value(f"{self.seed}/{name}", base, SHAPES[number].lists)
            setattr(self, name, list(found) if hasattr(found, "__next__") else found)


@strawberry.interface
class Kind:
    seed: strawberry.Private[str]

    @strawberry.field
    def label(self) -> str:
        return _raised(value(f"{self.seed}/label", "text", 0))  # type: ignore[no-any-return]


Beast: Any = _make("Beast", strawberry.type, Kind)
Plant: Any = _make("Plant", strawberry.type, Kind)
Rock: Any = _make("Rock", strawberry.type)
Either = Annotated[Beast | Rock, strawberry.union("Either")]


@strawberry.type
class Query:
    @strawberry.field
    def beast(self, seed: str) -> Beast:
        return Beast(seed=seed)

    @strawberry.field
    def kinds(self, seed: str) -> list[Kind | None] | None:
        return value(seed, "kind", 1)  # type: ignore[no-any-return]


SCHEMA = strawberry.Schema(Query, types=[Beast, Plant, Rock])

FIELDS = [
    Meta(f"{base}{number}{way}", base, way.endswith("Later"))
    for base in LEAVES | OBJECTS
    for number in range(len(SHAPES))
    for way in ("Method", "Called", "Extended", "Later", "BatchLater", "Plain")
    if way != "Plain" or (base in LEAVES and number in PLAIN)
]


def document(dice: random.Random, *, waits: bool) -> str:
    """A query; without `waits`, of fields alone that are there at once."""
    fields = [field for field in FIELDS if waits or not field.waits]
    if dice.randrange(2):
        return f"query ($s: String!) {{ beast(seed: $s) {_selection(dice, fields, 'beast', 4)} }}"
    kinds = _selection(dice, fields, "kind", 4)
    return f"query ($s: String!) {{ kinds(seed: $s) {kinds} beast(seed: $s) {{ __typename }} }}"


def _selection(dice: random.Random, fields: list[Meta], base: str, depth: int) -> str:
    if base == "kind":
        parts = [f"... on {name} {_selection(dice, fields, name, depth)}" for name in TYPES[:2]]
        return f"{{ __typename label {' '.join(parts)} }}"
    if base == "either":
        parts = [f"... on {name} {_selection(dice, fields, name, depth)}" for name in TYPES[::2]]
        return f"{{ {' '.join(parts)} }}"
    chosen = []
    for field in dice.choices(fields, k=dice.randrange(1, 6)):
        if field.base in LEAVES:
            chosen.append(field.name)
        elif depth:
            inner = _selection(dice, fields, field.base, depth - 1)
            alias = dice.choice(["", f"a{dice.randrange(10**6)}: "])
            more = "(more: 1)" if "Called" in field.name and alias else ""
            chosen.append(f"{alias}{field.name}{more} {inner}")
    return f"{{ __typename {' '.join(chosen)} }}"
