"""Requests that schemathesis makes of the schema: none meets a fault of the server.

For longer: `SCHEMATHESIS_EXAMPLES=500`.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.graphql.checks import GraphQLClientError
from schemathesis.specs.graphql.schemas import GraphQLSchema

from schema.root import schema
from tests.hostile.served import Served

pytestmark = pytest.mark.xdist_group("hostile")

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
"""How many requests for each field of Query and Mutation."""

made: GraphQLSchema = schemathesis.graphql.from_file(schema.as_str())


@made.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_of_the_schema_meets_a_fault(case: Any, server: Served) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    response = case.call(base_url=str(server.client.base_url.join("/graphql")), headers=headers)
    try:
        case.validate_response(response)
    except FailureGroup as found:
        # What the server refuses as it promises, such as `first` and `last` at once.
        _, others = found.split(GraphQLClientError)
        if others is not None:
            raise others from None
    server.is_well()
