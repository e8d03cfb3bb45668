"""Documents that are named instead of sent."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from server import create_app
from services.errors import OperatorError
from tests.world import World

WHO = "query Who { viewer { email } }"
NAME = "query Name { account { name } }"
EMAIL = {"viewer": {"email": "ada@acme.example"}}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apollo(text: str) -> dict[str, Any]:
    """What Apollo's link sends along."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}}


class Sender:
    """Sends bodies as Ada."""

    def __init__(self, world: World) -> None:
        self.http = world.http
        self.headers = {"Authorization": f"Bearer {world.client('ada@acme.example').token}"}

    async def post(self, **body: Any) -> httpx.Response:
        return await self.http.post("/graphql", json=body, headers=self.headers)

    async def data(self, **body: Any) -> Any:
        answer = (await self.post(**body)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def error(self, **body: Any) -> tuple[str, str]:
        """Message and code of the one error."""
        (error,) = (await self.post(**body)).json()["errors"]
        return error["message"], error["extensions"]["code"]


@pytest.fixture
async def ada(sqlite_world: World) -> Sender:
    await sqlite_world.load()
    return Sender(sqlite_world)


@pytest.fixture
def trusted(sqlite_world: World, tmp_path: Path) -> Any:
    """Registers documents, and starts the application anew with them."""

    def register(listed: Any, *, only: bool = False) -> None:
        path = tmp_path / "documents.json"
        path.write_text(listed if isinstance(listed, str) else json.dumps(listed))
        sqlite_world.setting("TRUSTED_DOCUMENTS", str(path))
        sqlite_world.setting("TRUSTED_DOCUMENTS_ONLY", str(only))
        transport: Any = sqlite_world.http._transport
        transport.app = create_app()

    return register


async def test_a_document_is_sent_once_and_named_from_then_on(ada: Sender) -> None:
    unknown = "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"
    assert await ada.error(**apollo(WHO)) == unknown
    assert await ada.data(query=WHO, **apollo(WHO)) == EMAIL
    assert await ada.data(**apollo(WHO)) == EMAIL
    assert await ada.data(documentId=f"sha256:{digest(WHO)}") == EMAIL
    assert await ada.error(documentId=f"sha256:{digest(NAME)}") == unknown


async def test_a_named_query_can_be_got(ada: Sender) -> None:
    await ada.data(query=WHO, **apollo(WHO))
    named = {"extensions": json.dumps(apollo(WHO)["extensions"])}
    answer = await ada.http.get("/graphql", params=named, headers=ada.headers)
    assert answer.json()["data"] == EMAIL
    by_id = {"documentId": digest(WHO)}
    answer = await ada.http.get("/graphql", params=by_id, headers=ada.headers)
    assert answer.json()["data"] == EMAIL


async def test_a_text_that_is_not_the_one_its_hash_names_is_refused(ada: Sender) -> None:
    message = "The document is not the one that its hash names."
    assert await ada.error(query=NAME, **apollo(WHO)) == (message, "BAD_REQUEST")
    assert (await ada.error(**apollo(WHO)))[1] == "PERSISTED_QUERY_NOT_FOUND"


async def test_nothing_is_kept_for_strangers_or_of_what_is_wrong(ada: Sender) -> None:
    answer = await ada.http.post("/graphql", json={"query": WHO, **apollo(WHO)})
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    wrong = "{ nothing }"
    assert (await ada.error(query=wrong, **apollo(wrong)))[1] == "GRAPHQL_VALIDATION_FAILED"
    for text in (WHO, wrong):
        assert (await ada.error(**apollo(text)))[1] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": None},
        {"query": ""},
        {"documentId": 1},
        {"extensions": {"persistedQuery": 1}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": digest(WHO)}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 1}}},
    ],
)
async def test_what_names_no_document_is_refused(ada: Sender, body: dict[str, Any]) -> None:
    response = await ada.post(**body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "listed",
    [
        {"who": WHO},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "who", "name": "Who", "type": "query", "body": WHO}],
        },
    ],
)
async def test_a_registered_document_has_its_id_and_its_hash(
    ada: Sender, trusted: Any, listed: Any
) -> None:
    trusted(listed)
    assert await ada.data(documentId="who") == EMAIL
    assert await ada.data(documentId=f"sha256:{digest(WHO)}") == EMAIL
    assert await ada.data(**apollo(WHO)) == EMAIL
    assert await ada.data(query=WHO, documentId="who") == EMAIL
    assert await ada.data(query=NAME) == {"account": {"name": "Acme Inc."}}


async def test_only_registered_documents_are_run_where_the_vendor_says_so(
    ada: Sender, trusted: Any
) -> None:
    trusted({"who": WHO}, only=True)
    refusal = "Only documents that the vendor has registered are run.", "DOCUMENT_NOT_TRUSTED"
    assert await ada.data(documentId="who") == EMAIL
    assert await ada.data(query=WHO) == EMAIL
    assert await ada.error(query=NAME) == refusal
    assert await ada.error(query=NAME, **apollo(NAME)) == refusal
    assert await ada.error(**apollo(NAME)) == refusal
    assert await ada.error(query="{ __typename }") == refusal


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "must have a document's text for each id"),
        ('{"a": 1}', "must have a document's text for each id"),
        ({"bad": "{ nothing }"}, "bad: Cannot query field 'nothing'"),
        ({"bad": "{ viewer"}, "bad: Syntax Error"),
        ('{"format": "apollo-persisted-query-manifest", "operations": [{"id": "a"}]}', "text"),
    ],
)
async def test_a_list_that_cannot_be_is_refused_at_the_start(
    sqlite_world: World, trusted: Any, listed: Any, why: str
) -> None:
    with pytest.raises(OperatorError, match="TRUSTED_DOCUMENTS: ") as refused:
        trusted(listed)
    assert why in str(refused.value)


async def test_larger_answers_are_compressed_for_those_who_accept_it(ada: Sender) -> None:
    query = "{ account { users(first: 100) { edges { cursor node { id name email } } } } }"
    for accepted, encoding in (("gzip, br", "gzip"), ("identity", None)):
        headers = ada.headers | {"Accept-Encoding": accepted}
        answer = await ada.http.post("/graphql", json={"query": query}, headers=headers)
        assert answer.headers.get("content-encoding") == encoding
        assert len(answer.json()["data"]["account"]["users"]["edges"]) > 5
    headers = ada.headers | {"Accept-Encoding": "gzip"}
    small = await ada.http.post("/graphql", json={"query": WHO}, headers=headers)
    assert "content-encoding" not in small.headers


async def test_files_are_compressed_and_kept_by_browsers_until_they_change(ada: Sender) -> None:
    path, gzip = "/static/billing/app.js", {"Accept-Encoding": "gzip"}
    first = await ada.http.get(path, headers=gzip)
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"] == "no-cache"
    assert "Accept-Encoding" in first.headers["vary"]
    again = await ada.http.get(path, headers=gzip | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["vary"] == "Accept-Encoding"
