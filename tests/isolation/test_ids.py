"""An id of another account answers as one that nobody has: every argument, every caller.

What is compared is the whole answer, and the statements that the database was sent.
"""

from typing import Any

import pytest

from schema import ids
from tests.isolation import shape
from tests.isolation.inputs import INPUTS, KINDS, at, doubled, replaced, resolved
from tests.isolation.shape import Argument
from tests.isolation.twins import (
    CALLERS,
    MARK,
    Secrets,
    client,
    counting,
    ids_of,
    rivals,
    rows,
    secrets,
    unknown,
)
from tests.world import Client, World

MUTATIONS = shape.arguments("Mutation")
READS = shape.read_arguments()
Asked = tuple[str, dict[str, Any]]
NONE: frozenset[str] = frozenset()


def mutation(name: str, given: dict[str, Any]) -> Asked:
    """A mutation that asks for all that its payload has, and its input."""
    payload = shape.leads_to(shape.object_type("Mutation").fields[name])
    assert payload is not None
    kind = f"{name[0].upper()}{name[1:]}Input!"
    shown = shape.selection(payload, 3)
    return f"mutation($input: {kind}) {{ {name}(input: $input) {shown} }}", {"input": given}


class Walk:
    """One caller, the ids of both accounts, and what was not alike."""

    def __init__(
        self, caller: Client, own: dict[str, str], foreign: dict[str, str], secrets: Secrets
    ) -> None:
        self.caller = caller
        self.own = own
        self.foreign = foreign
        self.secrets = secrets
        self.wrong: list[str] = []
        self.told: list[Any] = []

    def tried(self, kind: str) -> dict[str, str]:
        """What is no id of one's own object of the kind."""
        name = kind.removeprefix("@").partition(" ")[0]
        another = next(key for key in self.own if not key.startswith(f"@{name}"))
        _, key = ids.split(self.own[another])
        found = {
            "another unknown one": unknown(kind, 2),
            "another type's": self.own[another],
            "another's with this type's name": ids.encode(name, key),
            "malformed": "nonsense",
            "empty": "",
            "zero": ids.encode(name, ids.NOBODY),
        }
        return found | ({"the rival's": self.foreign[kind]} if kind in self.foreign else {})

    async def answer(self, asked: Asked) -> tuple[Any, list[str]]:
        """The whole answer, and the statements sent meanwhile."""
        query, variables = asked
        with counting() as said:
            told = await self.caller.send(query, **variables)
        return told, said

    async def compare(
        self,
        what: str,
        unlike: dict[str, Asked],
        expected: Asked,
        unsearched: frozenset[str] = NONE,
    ) -> None:
        """Notes each way of asking that is answered unlike the expected one, or takes other
        statements; but for those that may be answered without a search."""
        told, said = await self.answer(expected)
        assert "GRAPHQL" not in str(told), told
        self.told.append(told)
        for how, asked in unlike.items():
            found, statements = await self.answer(asked)
            if found != told:
                self.wrong.append(f"{what}, {how}: {found}\n    unknown: {told}")
            elif statements != said and how not in unsearched:
                self.wrong.append(f"{what}, {how}: {_difference(statements, said)}")
            self.wrong += [f"{what}, {how}: told {one}" for one in self.secrets.in_answer(found)]

    async def mutate(self, argument: Argument) -> None:
        """Hands a mutation what is no id of one's own: in its place, and beside one's own."""
        name, path = argument.field, argument.path[1:]
        kind = at(INPUTS[name], path)
        given = resolved(INPUTS[name], self.own)
        for change in (replaced, doubled):
            if change is doubled and "0" not in path:
                continue
            tried = self.tried(kind).items()
            asked = {how: mutation(name, change(given, path, one)) for how, one in tried}
            what = f"{name}.{'.'.join(path)}, {change.__name__}"
            await self.compare(what, asked, mutation(name, change(given, path, unknown(kind))))

    async def read(self, argument: Argument) -> None:
        """Hands a field what is no id of one's own, of each type where any will do."""
        last = argument.path[-1 - (argument.path[-1] == "0")]
        for name in [KINDS[last]] if last in KINDS else shape.node_types():
            query, kind = shape.asking(argument, name), f"@{name}"
            tried = self.tried(kind)
            # Of whatever type an id is, what is no id at all needs no table to look in.
            unsearched = NONE if last in KINDS else frozenset({"malformed", "empty"})
            if last not in KINDS:
                del tried["another type's"]
            if kind == "@Plan":
                del tried["the rival's"]
            asked: dict[str, Asked] = {how: (query, {"id": one}) for how, one in tried.items()}
            what = f"{argument.owner}.{argument.field}, {kind}"
            await self.compare(what, asked, (query, {"id": unknown(kind)}), unsearched)


def _difference(statements: list[str], expected: list[str]) -> str:
    more = [one for one in statements if one not in expected]
    fewer = [one for one in expected if one not in statements]
    return f"{len(statements)} statements, not {len(expected)}: more {more}, fewer {fewer}"


async def walk(twins: World, caller: str) -> Walk:
    """The walk of a caller, in a twins of two accounts."""
    own = await ids_of(twins.client("ada"))
    foreign = await ids_of(rivals(twins), f"{MARK} ")
    if caller == "rival's billing administrator":
        # The other way round; what it is told of itself is no secret.
        return Walk(client(twins, caller), foreign, own, Secrets(set()))
    return Walk(client(twins, caller), own, foreign, await secrets())


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_mutation_answers_the_rival_s_id_as_an_unknown_one(
    twins: World, caller: str
) -> None:
    this = await walk(twins, caller)
    before = await rows("acme"), await rows(MARK)
    for argument in MUTATIONS:
        await this.mutate(argument)
    if caller == "rival's billing administrator":
        this.secrets.told.clear()
    assert not this.wrong, "\n".join(this.wrong[:10])
    assert (await rows("acme"), await rows(MARK)) == before
    if caller == "billing administrator":
        refusals = [next(iter(told["data"].values()))["userErrors"] for told in this.told]
        assert {tuple(error["code"] for error in errors) for errors in refusals} == {("NOT_FOUND",)}


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_query_answers_the_rival_s_id_as_an_unknown_one(twins: World, caller: str) -> None:
    this = await walk(twins, caller)
    for argument in READS:
        await this.read(argument)
    assert not this.wrong, "\n".join(this.wrong[:10])
    signed_in = client(twins, caller).token is not None and caller not in (
        "disabled user",
        "unknown user",
    )
    assert any("UNAUTHENTICATED" in str(told) for told in this.told) is not signed_in


@pytest.mark.parametrize("argument", READS, ids=lambda argument: argument.field)
async def test_a_query_answers_one_s_own_ids_with_something_else(
    sqlite_twins: World, argument: Argument
) -> None:
    this = await walk(sqlite_twins, "billing administrator")
    for kind in shape.node_types():
        query = shape.asking(argument, kind)
        own, _ = await this.answer((query, {"id": this.own[f"@{kind}"]}))
        nobody_s, _ = await this.answer((query, {"id": unknown(kind)}))
        filters = argument.field not in ("node", "nodes")
        assert "errors" not in own
        assert own != nobody_s or (filters and kind != "SeatGroup")


@pytest.mark.parametrize("name", INPUTS)
async def test_a_mutation_with_one_s_own_ids_changes_nothing_of_the_rival_s(
    twins: World, name: str
) -> None:
    own = await ids_of(twins.client("ada"))
    mine, theirs = await rows("acme"), await rows(MARK)
    query, variables = mutation(name, resolved(INPUTS[name], own))
    told = await twins.client("ada").send(query, **variables)
    assert told["data"][name]["userErrors"] == []
    assert (await secrets()).in_answer(told) == []
    assert await rows(MARK) == theirs
    assert (await rows("acme") != mine) is (name != "resumeSubscription")
