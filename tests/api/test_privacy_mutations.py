"""A person's data through GraphQL: masked unless revealed with a reason; copied and erased with a record."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from renche.graph.caller import Scope
from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.graph.ids import Kind
from renche.privacy.asked import Asked
from renche.privacy.erase import erase
from renche.privacy.export import export
from renche.vault.audit import Audit, AuditRecord
from renche.vault.erasures import Proof, proofs
from renche.vault.store import Vault
from tests.api.conftest import BRAND_DAY, KEYS, Api, serving, thing, token
from tests.api.test_person_commands import EVERYBODY, LIN, LIN_SAID

LU, ZHAO = (thing(Kind.PERSON, f"crm:{name}") for name in ("lu", "zhao"))
NOBODY = "per_" + "a" * 26
REASON = "calls back, case 2026-7"
REVEAL = """mutation($ids: [ID!]!, $fields: [PersonalField!]!, $reason: String!) {
  personReveal(ids: $ids, fields: $fields, reason: $reason) {
    people { person { id name } values { field value registration { source } } } userErrors { code message field }
  }
}"""
EXPORT = """mutation($id: ID!, $reason: String!) {
  personExport(id: $id, reason: $reason) { export userErrors { code message field } }
}"""
ERASE = """mutation($id: ID!, $reason: String!) {
  personErase(id: $id, reason: $reason) {
    proof { person erasedAt endedAt hash counts { what count } } userErrors { code message field }
  }
}"""
EACH = {"personReveal": REVEAL, "personExport": EXPORT, "personErase": ERASE}


@pytest.fixture
def vault(brand: Api) -> Iterator[Vault]:
    with Vault.open(f"sqlite:///{brand.folder / 'vault.sqlite'}", KEYS) as vault:
        yield vault


def records(vault: Vault) -> list[AuditRecord]:
    return Audit(vault).records(limit=10_000)


def variables(name: str, id_: str, reason: str) -> dict[str, Any]:
    """What each of the mutations is asked with about one person."""
    return (
        {"ids": [id_], "fields": ["NAME"], "reason": reason}
        if name == "personReveal"
        else {"id": id_, "reason": reason}
    )


async def test_everybody_is_masked(brand: Api) -> None:
    """Whoever has all scopes sees masks as long as nothing is revealed."""
    answer = json.dumps(await brand.ask(EVERYBODY), ensure_ascii=False)
    assert "林**" in answer
    assert [value for value in LIN_SAID if value in answer] == []


async def test_values_are_revealed(brand: Api, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fields asked for and no others, in one read of the vault; each person has a record, which has no value."""
    reads = []
    read = Vault.values_of
    monkeypatch.setattr(Vault, "values_of", lambda self, *asked: reads.append(asked) or read(self, *asked))
    caller = token(brand.folder, frozenset({Scope.REVEAL, Scope.PEOPLE}))
    before = len(records(vault))
    response = await brand.client.post(
        f"{brand.url}/graphql",
        json={
            "query": REVEAL,
            "variables": {"ids": [LU, LIN, LU], "fields": ["PHONE", "NAME"], "reason": f" {REASON} "},
        },
        headers={"authorization": f"Bearer {caller}"},
    )
    assert response.headers["cache-control"] == "no-store"
    payload = response.json()["data"]["personReveal"]
    assert payload["userErrors"] == []
    assert [one["person"]["id"] for one in payload["people"]] == [LU, LIN]
    lin = payload["people"][1]
    assert lin["person"]["name"] == "林**"
    assert sorted((one["field"], one["value"]) for one in lin["values"]) == [
        ("NAME", "林若兰"),
        ("PHONE", "+8613800000101"),
    ]
    assert {one["registration"]["source"] for one in lin["values"]} == {"crm"}
    assert len(reads) == 1
    detail = {"fields": ["name", "phone"], "reason": REASON}
    actor = f"token:{caller.split('_')[2]}"
    assert [(one.actor, one.action, one.target, one.detail) for one in records(vault)[before:]] == [
        (actor, "person.reveal", person, detail) for person in sorted([LIN, LU])
    ]
    assert Audit(vault).verify() is None


async def test_revealing_counts_as_looking_up(brand: Api, site: tuple[Endpoint, Database], vault: Vault) -> None:
    """Each person takes one look-up: who has too few left is told when to ask again; nothing is shown or recorded."""
    async with serving(site[0], BRAND_DAY, brand.folder, lookup_rate_limit=2) as limited:
        before = len(records(vault))
        given = {"fields": ["NAME"], "reason": REASON}
        one, two = [
            await limited.client.post(
                f"{limited.url}/graphql", json={"query": REVEAL, "variables": {"ids": ids, **given}}
            )
            for ids in ([LIN], [LIN, LU])
        ]
    assert one.headers["ratelimit"].startswith('"lookups";r=1;t=')
    assert "林若兰" in one.text
    assert two.status_code == 429
    assert two.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert int(two.headers["retry-after"]) > 0
    assert "data" not in two.json()
    assert [record.target for record in records(vault)[before:]] == [LIN]


async def test_a_copy_is_given(brand: Api, vault: Vault) -> None:
    """The same document as at the command line, and a record of who asked and why."""
    before = len(records(vault))
    payload = (await brand.ask(EXPORT, id=LIN, reason=REASON))["personExport"]
    assert payload["userErrors"] == []
    assert [value for value in LIN_SAID if value not in json.dumps(payload, ensure_ascii=False)] == []
    (record,) = records(vault)[before:]
    assert (record.action, record.target, record.detail) == ("person.export", LIN, {"reason": REASON})
    assert record.actor.startswith("token:")
    copy = await export(brand.database, vault, BRAND_DAY, LIN, Asked("cli:0"))
    assert payload["export"].keys() == copy.keys()
    assert [one["id"] for one in payload["export"]["roles"]] == [one["id"] for one in copy["roles"]]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize(
    "reason", ["", "why?", "x" * 301, "calls 13800000101 back", "of 沪AD10101", "of LSVAM4187C2184847"]
)
async def test_a_reason_is_needed(brand: Api, vault: Vault, name: str, reason: str) -> None:
    """Without one that says something and names nobody, nothing is done and nothing recorded."""
    before = len(records(vault))
    payload = (await brand.ask(EACH[name], **variables(name, LIN, reason)))[name]
    (error,) = payload.pop("userErrors")
    assert (error["code"], error["field"]) == ("BAD_REASON", ["reason"])
    assert not any(payload.values())
    assert len(records(vault)) == before


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("id_", [NOBODY, thing(Kind.VEHICLE, "dms:v1"), "13800000101"])
async def test_who_is_not_there_is_told(brand: Api, vault: Vault, name: str, id_: str) -> None:
    """An id of nobody, of another thing, or no id at all, is a user error, and leaves no record."""
    before = len(records(vault))
    payload = (await brand.ask(EACH[name], **variables(name, id_, REASON)))[name]
    (error,) = payload.pop("userErrors")
    assert (error["code"], error["field"]) == ("UNKNOWN_PERSON", ["ids" if name == "personReveal" else "id"])
    assert not any(payload.values())
    assert len(records(vault)) == before


@pytest.mark.parametrize("name", EACH)
async def test_one_who_is_hidden_is_like_one_who_is_not_there(brand: Api, vault: Vault, name: str) -> None:
    """A caller restricted to another city gets the answer of an unknown id, to the letter, and leaves no record."""
    elsewhere = token(brand.folder, frozenset(Scope), cities=frozenset({"110000"}))
    headers = {"authorization": f"Bearer {elsewhere}"}
    before, found = len(records(vault)), []
    for id_ in (LIN, NOBODY):
        request = {"query": EACH[name], "variables": variables(name, id_, REASON)}
        answer = (await brand.client.post(f"{brand.url}/graphql", json=request, headers=headers)).json()
        found.append(json.dumps(answer["data"]).replace(id_, "ID"))
    assert found[0] == found[1]
    assert "UNKNOWN_PERSON" in found[0]
    assert len(records(vault)) == before


async def test_who_is_restricted_reveals_within_that(brand: Api) -> None:
    """A caller restricted to the person's city sees the values that one without restriction does."""
    here = token(brand.folder, frozenset(Scope), cities=frozenset({"310000"}))
    request = {"query": REVEAL, "variables": variables("personReveal", LIN, REASON)}
    answer = (
        await brand.client.post(f"{brand.url}/graphql", json=request, headers={"authorization": f"Bearer {here}"})
    ).json()
    (person,) = answer["data"]["personReveal"]["people"]
    assert [one["value"] for one in person["values"]] == ["林若兰"]


async def test_one_who_is_not_there_hides_all(brand: Api, vault: Vault) -> None:
    """Nobody's values are shown when one of the people is unknown; wrong numbers of people or fields are refused."""
    before = len(records(vault))
    payload = (await brand.ask(REVEAL, ids=[LIN, NOBODY], fields=["NAME"], reason=REASON))["personReveal"]
    assert (payload["people"], len(payload["userErrors"])) == ([], 1)
    for ids, fields in (([], ["NAME"]), ([LIN] * 101, ["NAME"]), ([LIN], [])):
        error = await brand.refused(REVEAL, ids=ids, fields=fields, reason=REASON)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert len(records(vault)) == before


@pytest.mark.parametrize(
    ("name", "scope"),
    [("personReveal", Scope.REVEAL), ("personExport", Scope.EXPORT), ("personErase", Scope.ERASE)],
)
async def test_the_scope_is_needed(brand: Api, vault: Vault, name: str, scope: Scope) -> None:
    """With all scopes but one nothing is done, and a link does nothing either."""
    without = token(brand.folder, frozenset(Scope) - {scope})
    before = len(records(vault))
    request = {"query": EACH[name], "variables": variables(name, LIN, REASON)}
    answer = await brand.client.post(
        f"{brand.url}/graphql", json=request, headers={"authorization": f"Bearer {without}"}
    )
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], scope in error["message"]) == ("FORBIDDEN", True)
    link = {"query": EACH[name], "variables": json.dumps(request["variables"])}
    assert "data" not in (await brand.client.get(f"{brand.url}/graphql", params=link)).json()
    assert len(records(vault)) == before


@pytest.mark.parametrize("name", EACH)
async def test_without_a_record_nothing_is_done(brand: Api, vault: Vault, name: str) -> None:
    """When the record cannot be written, nothing is shown or erased."""
    with vault.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_records RENAME TO away"))
    try:
        error = await brand.refused(EACH[name], **variables(name, LIN, REASON))
    finally:
        with vault.engine.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO audit_records"))
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "林若兰" in json.dumps(await brand.ask(EXPORT, id=LIN, reason=REASON), ensure_ascii=False)


async def test_nothing_kept_shows_the_erased(brand: Api, vault: Vault) -> None:
    """After an erasure neither a known document, nor a cursor, nor the same request's loaders show the person."""
    asked = """query($after: String, $ids: [ID!]!) { people(first: 1, after: $after, filter: {id: {in: $ids}}) {
      nodes { id name phone registrations { name } clubs { nodes { id } } } pageInfo { endCursor }
    } }"""
    two = [LIN, LU]
    cursor = (await brand.ask(asked, ids=two))["people"]["pageInfo"]["endCursor"]
    second = (await brand.ask(asked, ids=two, after=cursor))["people"]["nodes"][0]
    assert second["name"]
    erased = second["id"]
    document = """mutation($ids: [ID!]!, $id: ID!, $reason: String!) {
      before: personReveal(ids: $ids, fields: [NAME], reason: $reason) { people { person { name } values { value } } }
      personErase(id: $id, reason: $reason) { proof { person endedAt hash counts { what count } } }
      after: personReveal(ids: $ids, fields: [NAME], reason: $reason) {
        people { person { name } } userErrors { code }
      }
    }"""
    before = len(records(vault))
    data = await brand.ask(document, ids=[erased], id=erased, reason=REASON)
    assert data["before"]["people"][0]["person"]["name"] == second["name"]
    assert data["personErase"]["proof"]["person"] == erased
    assert data["personErase"]["proof"]["endedAt"]
    assert data["after"] == {"people": [], "userErrors": [{"code": "ERASED"}]}
    assert [(one.action, one.target) for one in records(vault)[before:]] == [
        ("person.reveal", erased),
        ("person.erase", erased),
    ]
    gone = {"id": erased, "name": None, "phone": None, "registrations": [{"name": None}], "clubs": {"nodes": []}}
    assert (await brand.ask(asked, ids=two, after=cursor))["people"]["nodes"] == [gone]
    first = (await brand.ask(ERASE, id=erased, reason=REASON))["personErase"]
    assert (await brand.ask(ERASE, id=erased, reason="asked once more"))["personErase"] == first
    assert first["proof"]["hash"] == data["personErase"]["proof"]["hash"]
    refused = (await brand.ask(EXPORT, id=erased, reason=REASON))["personExport"]
    assert [error["code"] for error in refused["userErrors"]] == ["ERASED"]


async def test_what_was_begun_is_done_whole(brand: Api, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that goes away amid an erasure does not leave it half done."""
    gone = asyncio.Event()

    async def slowly(*asked: Any) -> Proof:
        await asyncio.wait_for(gone.wait(), 30)
        await asyncio.sleep(0.3)  # the server has noticed by then
        return await erase(*asked)

    monkeypatch.setattr("renche.resolvers.privacy.erase", slowly)
    request = {"query": ERASE, "variables": {"id": ZHAO, "reason": REASON}}
    with pytest.raises(httpx.ReadTimeout):
        await brand.client.post(f"{brand.url}/graphql", json=request, timeout=0.5)
    gone.set()
    async with asyncio.timeout(30):
        while ZHAO not in {proof.person for proof in proofs(vault) if proof.ended_at}:  # noqa: ASYNC110 - in the vault
            await asyncio.sleep(0.05)
    data = await brand.ask("query($id: ID!) { person(id: $id) { name phone } }", id=ZHAO)
    assert data["person"] == {"name": None, "phone": None}
