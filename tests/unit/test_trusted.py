"""Trusted documents: where they come from, how a request names them, and what becomes of others."""

import hashlib
import json
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import structlog

from renche.server.settings import Settings, SettingsError, TrustMode
from renche.server.trusted import TrustedDocuments, trusted_documents
from tests.graphql_door import door, planner

KNOWN = "query Known { kind: __typename }\n"
OTHER = "{ other: __typename }"
HASH = hashlib.sha256(KNOWN.encode()).hexdigest()
ANSWER = {"data": {"kind": "Query"}}


@pytest.fixture(params=["folder", "manifest"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One known document, in a folder and in a manifest."""
    if request.param == "manifest":
        path = tmp_path / "documents.json"
        path.write_text(json.dumps({"known-1": KNOWN}), encoding="utf-8")
        return path
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "known.graphql").write_text(KNOWN, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no document")
    return tmp_path


def client(documents: Path, mode: TrustMode = "off") -> httpx.AsyncClient:
    plans = planner()
    return door(plans, TrustedDocuments.read(documents, mode, plans))


def apollo(sha256: Any) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256}}


@pytest.mark.parametrize("mode", get_args(TrustMode))
@pytest.mark.parametrize(
    "named",
    [{"documentId": HASH}, {"documentId": f"sha256:{HASH}"}, {"extensions": apollo(HASH)}, {"query": KNOWN}],
    ids=["hash", "prefixed hash", "apollo", "text"],
)
async def test_a_known_document_is_answered(documents: Path, mode: TrustMode, named: dict[str, Any]) -> None:
    """By the hash of its text, with the specification's prefix or without, by Apollo's extension, or as it stands."""
    found = client(documents, mode)
    assert (await found.post("/graphql", json=named)).json() == ANSWER
    address = {name: value if isinstance(value, str) else json.dumps(value) for name, value in named.items()}
    assert (await found.get("/graphql", params=address)).json() == ANSWER


async def test_a_manifest_gives_ids_of_its_own(tmp_path: Path) -> None:
    """A document of a manifest is known by its id there, too."""
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"known-1": KNOWN}), encoding="utf-8")
    assert (await client(path).post("/graphql", json={"documentId": "known-1"})).json() == ANSWER


@pytest.mark.parametrize("named", [{"documentId": "nobody"}, {"extensions": apollo("0" * 64)}])
async def test_an_unknown_id_is_refused_with_a_code_of_its_own(documents: Path, named: dict[str, Any]) -> None:
    """A client may send the document's text then."""
    answer = (await client(documents).post("/graphql", json=named)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["PERSISTED_QUERY_NOT_FOUND"]
    assert "data" not in answer


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"documentId": 1}, "must be strings"),
        ({"extensions": apollo(1)}, "must be strings"),
        ({"extensions": []}, "query: give"),
        ({"extensions": [1]}, "extensions: must be an object"),
        ({"extensions": {"persistedQuery": "x"}}, "persistedQuery: must be an object"),
        ({"query": OTHER, "extensions": apollo(HASH)}, "not the hash of the query"),
        ({"query": OTHER, "documentId": HASH}, "either this or a query"),
        ({"query": "", "extensions": apollo(HASH)}, "not the hash"),
    ],
)
async def test_a_name_that_makes_no_sense_is_refused(documents: Path, body: dict[str, Any], says: str) -> None:
    """The request is no GraphQL request: 400, and a sentence with what is wrong."""
    response = await client(documents).post("/graphql", json=body)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert says in error["message"]


async def test_a_hash_may_come_with_its_text(documents: Path) -> None:
    """So do Apollo's clients after an id was unknown; nothing is kept by that."""
    found = client(documents)
    sha256 = hashlib.sha256(OTHER.encode()).hexdigest()
    answered = (await found.post("/graphql", json={"query": OTHER, "extensions": apollo(sha256)})).json()
    assert answered == {"data": {"other": "Query"}}
    again = (await found.post("/graphql", json={"extensions": apollo(sha256)})).json()
    assert again["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(("mode", "answered", "logged"), [("off", True, 0), ("warn", True, 1), ("only", False, 0)])
async def test_another_document(documents: Path, mode: TrustMode, answered: bool, logged: int) -> None:
    """Is answered; is answered and logged by its hash, never its text; is refused."""
    with structlog.testing.capture_logs() as logs:
        answer = (await client(documents, mode).post("/graphql", json={"query": OTHER})).json()
    assert ("data" in answer) is answered
    if not answered:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["DOCUMENT_NOT_TRUSTED"]
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    assert [entry["sha256"] for entry in warnings] == [hashlib.sha256(OTHER.encode()).hexdigest()] * logged
    assert "other" not in str(logs)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{ nothing }", "Cannot query field 'nothing'"),
        ("{ people", "Syntax Error"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(60)) + " }", "Limit of aliases"),
    ],
)
def test_a_known_document_that_is_wrong_keeps_the_server_from_starting(tmp_path: Path, text: str, says: str) -> None:
    """Each is checked against the schema and the limits, and named by its file."""
    (tmp_path / "good.graphql").write_text(KNOWN)
    (tmp_path / "wrong.graphql").write_text(text)
    (tmp_path / "worse.graphql").write_text(text)
    with pytest.raises(SettingsError) as refused:
        TrustedDocuments.read(tmp_path, "off", planner())
    lines = str(refused.value).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["RENCHE_TRUSTED_DOCUMENTS", "worse.graphql"],
        ["RENCHE_TRUSTED_DOCUMENTS", "wrong.graphql"],
    ]
    assert says in lines[0]


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', "{", None])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    """A file that is missing or holds something else is said to."""
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=r"RENCHE_TRUSTED_DOCUMENTS: .*documents\.json"):
        TrustedDocuments.read(path, "off", planner())


async def test_without_the_setting_no_document_is_known(tmp_path: Path) -> None:
    """Ids are unknown, and every document is answered."""
    plans = planner()
    found = door(plans, trusted_documents(Settings(data_dir=tmp_path), plans))
    assert (await found.post("/graphql", json={"query": KNOWN})).json() == ANSWER
    answer = (await found.post("/graphql", json={"documentId": HASH})).json()
    assert answer["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
