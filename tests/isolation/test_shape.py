"""The walks leave nothing out: what the schema has and they do not know fails here."""

import pytest

from tests.isolation import shape
from tests.isolation.inputs import INPUTS, KINDS, at
from tests.isolation.twins import SIGNED_IN, client, ids_of, objects, survey
from tests.world import World

UNSEEN = {
    ("Subscription", "endsOn"),
    ("SeatChangePreview", "invoice"),
    ("SeatChangePreview", "userErrors"),
    ("InvoicePreview", "taxNote"),
    ("UserError", "code"),
    ("UserError", "message"),
    ("UserError", "field"),
}
"""Fields that show nothing in the sample: it does not end, and the change previewed is a decrease
that is not refused; what would be billed is taxed."""


def test_every_mutation_has_an_input_that_gives_each_of_its_ids() -> None:
    assert set(shape.object_type("Mutation").fields) == set(INPUTS)
    arguments = shape.arguments("Mutation")
    assert len(arguments) == str(INPUTS).count("'@")
    for argument in arguments:
        name, kind = (
            argument.path[-1 - (argument.path[-1] == "0")],
            at(INPUTS[argument.field], argument.path[1:]),
        )
        assert kind.split()[0] == f"@{KINDS[name]}", argument


def test_every_id_that_a_query_takes_is_of_a_known_kind() -> None:
    found = {argument.path[-1 - (argument.path[-1] == "0")] for argument in shape.read_arguments()}
    assert found <= KINDS.keys() | {"id", "ids"}


async def test_the_sample_has_something_to_show_in_every_field_of_the_schema(
    sqlite_twins: World,
) -> None:
    answers = await survey(client(sqlite_twins, "billing administrator"))
    seen = {
        (value.get("__typename", "Query"), name)
        for answer in answers
        for value in objects(answer["data"])
        for name in value.keys() - {"__typename"}
        if value[name] not in (None, [])
    }
    by_id = {("Query", "node"), ("Query", "nodes")}
    assert shape.fields() - by_id - seen == UNSEEN
    assert set(shape.node_types()) <= {kind for kind, name in seen if name == "id"}


async def test_every_type_with_a_global_id_has_one_to_try(sqlite_twins: World) -> None:
    own = await ids_of(client(sqlite_twins, "billing administrator"))
    assert {f"@{kind}" for kind in shape.node_types()} <= own.keys()


@pytest.mark.parametrize("caller", SIGNED_IN[1:])
async def test_whoever_is_signed_in_sees_something(sqlite_twins: World, caller: str) -> None:
    answers = await survey(client(sqlite_twins, caller))
    assert any(answer["data"] for answer in answers)
