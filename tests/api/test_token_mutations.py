"""API tokens through GraphQL: managed by who may, never beyond what the caller itself may do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from renche.graph.caller import Scope
from renche.graph.ids import Kind
from renche.vault.audit import Audit, AuditRecord
from renche.vault.grants import Grant
from renche.vault.store import Vault
from renche.vault.tokens import Tokens
from tests.api.conftest import KEYS, Api, thing, token

PAYLOAD = """{
  secret token { id scopes restrictions { by values } state } userErrors { code message field }
}"""
ISSUE = f"mutation($input: TokenIssueInput!) {{ tokenIssue(input: $input) {PAYLOAD} }}"
ROTATE = f"mutation($id: ID!, $hours: Int!) {{ tokenRotate(id: $id, overlapHours: $hours) {PAYLOAD} }}"
REVOKE = "mutation($id: ID!) { tokenRevoke(id: $id) { token { state revokedAt } userErrors { code field } } }"
TOKENS = """query($first: Int!, $after: String, $ended: Boolean!) {
  tokens(first: $first, after: $after, ended: $ended, owner: "listed") {
    nodes { id name } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}"""
DEALER, OTHER_DEALER = (thing(Kind.DEALER, f"dms:{name}") for name in ("d1", "d2"))


def days(number: int) -> str:
    return (datetime.now(UTC) + timedelta(days=number)).isoformat()


def wanted(**more: Any) -> dict[str, Any]:
    """The input of a token that reads people, with more or other fields."""
    return {"name": "a test", "owner": "tests", "scopes": ["people:read"], "expiresAt": days(1), **more}


@pytest.fixture
def vault(brand: Api) -> Iterator[Vault]:
    with Vault.open(f"sqlite:///{brand.folder / 'vault.sqlite'}", KEYS) as vault:
        yield vault


def records(vault: Vault) -> list[AuditRecord]:
    return Audit(vault).records(limit=10_000)


async def answer(api: Api, text: str, query: str, **variables: Any) -> httpx.Response:
    """The whole response to who has this token."""
    return await api.client.post(
        f"{api.url}/graphql",
        json={"query": query, "variables": variables},
        headers={"authorization": f"Bearer {text}"},
    )


async def asked(api: Api, text: str, query: str, **variables: Any) -> Any:
    """The only field of the answer to who has this token."""
    found = (await answer(api, text, query, **variables)).json()
    assert "errors" not in found, found["errors"]
    (payload,) = found["data"].values()
    return payload


async def test_an_issued_token_works_and_is_shown_once(brand: Api, vault: Vault) -> None:
    """The payload alone has the secret, and no cache may keep it; the record names the caller."""
    manager = token(brand.folder, frozenset({Scope.TOKENS, Scope.PEOPLE, Scope.CLUBS}))
    response = await answer(brand, manager, ISSUE, input=wanted(scopes=["people:read"], cities=["310000"]))
    assert response.headers["cache-control"] == "no-store"
    issued = response.json()["data"]["tokenIssue"]
    assert issued["userErrors"] == []
    assert issued["token"]["scopes"] == ["people:read"]
    assert issued["token"]["restrictions"] == [{"by": "CITIES", "values": ["310000"]}]
    assert issued["token"]["state"] == "VALID"
    assert (await asked(brand, issued["secret"], "{ people { totalCount } }"))["totalCount"] >= 0
    shown = await answer(
        brand, manager, "query($id: ID!) { token(id: $id) { id name owner } }", id=issued["token"]["id"]
    )
    assert shown.json()["data"]["token"] == {"id": issued["token"]["id"], "name": "a test", "owner": "tests"}
    assert issued["secret"].split("_")[3] not in shown.text
    last = records(vault)[-1]
    assert (last.actor, last.action, last.target) == (
        f"token:{manager.split('_')[2]}",
        "token.issue",
        issued["token"]["id"],
    )
    assert Audit(vault).verify() is None


async def test_a_token_is_rotated_and_revoked(brand: Api, vault: Vault) -> None:
    """Without overlap the old one ends at once and the new one allows the same; what was revoked is refused."""
    old = await brand.ask(ISSUE, input=wanted(dealers=[DEALER]))
    id_, before = old["tokenIssue"]["token"]["id"], len(records(vault))
    new = (await brand.ask(ROTATE, id=id_, hours=0))["tokenRotate"]
    assert new["token"]["restrictions"] == [{"by": "DEALERS", "values": [DEALER]}]
    status = await answer(brand, old["tokenIssue"]["secret"], "{ __typename }")
    assert (status.status_code, "rotated" in status.text) == (401, True)
    revoked = (await brand.ask(REVOKE, id=new["token"]["id"]))["tokenRevoke"]
    assert (revoked["token"]["state"], revoked["userErrors"]) == ("REVOKED", [])
    assert revoked["token"]["revokedAt"]
    assert (await answer(brand, new["secret"], "{ __typename }")).status_code == 401
    assert [(one.action, one.target) for one in records(vault)[before:]] == [
        ("token.rotate", id_),
        ("token.revoke", new["token"]["id"]),
    ]
    again = (await brand.ask(ROTATE, id=id_, hours=0))["tokenRotate"]
    assert (again["token"], again["secret"]) == (None, None)
    (error,) = again["userErrors"]
    assert (error["code"], error["field"]) == ("UNKNOWN_TOKEN", ["id"])
    assert new["token"]["id"] in error["message"]


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"scopes": ["people:raed"]}, ["input", "scopes"], "people:read?"),
    ({"scopes": []}, ["input"], "at least one scope"),
    ({"dealers": ["per_x"]}, ["input", "dealers"], "no id of a dealer"),
    ({"cities": ["Shanghai"]}, ["input", "cities"], "six digits"),
    ({"networks": ["10.0.0.1/8"]}, ["input"], "write 10.0.0.0/8"),
    ({"expiresAt": days(400)}, ["input"], "366 days"),
    ({"expiresAt": "2030-01-01T00:00:00"}, ["input"], "time zone"),
    ({"notBefore": days(2)}, ["input"], "before it begins"),
    ({"name": " "}, ["input"], "name of a token"),
    ({"partner": "insurer"}, ["input"], "both the partner and the purpose"),
]


@pytest.mark.parametrize(("change", "field", "said"), WRONG, ids=[said for *_, said in WRONG])
async def test_what_can_be_mended_is_told(
    brand: Api, vault: Vault, change: dict[str, Any], field: list[str], said: str
) -> None:
    """A wrong input is a user error at its field, and leaves neither token nor record."""
    before = len(records(vault))
    payload = (await brand.ask(ISSUE, input=wanted(**change)))["tokenIssue"]
    assert (payload["token"], payload["secret"]) == (None, None)
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("BAD_GRANT", field)
    assert said in error["message"]
    assert len(records(vault)) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scopes": ["people:read", "people:erase"]}, "people:erase"),
        ({"scopes": ["identifiers:lookup"]}, "identifiers:lookup"),
        ({"dealers": None}, "restricted in dealers"),
        ({"dealers": [DEALER, OTHER_DEALER]}, "restricted in dealers"),
        ({"cities": None}, "restricted in cities"),
        ({"cities": ["110000"]}, "restricted in cities"),
        ({"networks": []}, "bound to networks"),
        ({"networks": ["0.0.0.0/0"]}, "bound to networks"),
    ],
)
async def test_nobody_gives_more_than_he_has(brand: Api, vault: Vault, change: dict[str, Any], said: str) -> None:
    """A scope that the caller lacks, and any restriction wider than its own, are refused without a trace."""
    held: dict[str, Any] = {
        "dealers": frozenset({DEALER}),
        "cities": frozenset({"310000", "320100"}),
        "networks": frozenset({"127.0.0.0/8"}),
    }
    manager = token(brand.folder, frozenset({Scope.TOKENS, Scope.PEOPLE}), **held)
    same = {"dealers": [DEALER], "cities": ["310000"], "networks": ["127.0.0.1"], "scopes": ["people:read"]}
    before = len(records(vault))
    refused = await asked(brand, manager, ISSUE, input=wanted(**same | change))
    assert (refused["token"], refused["secret"]) == (None, None)
    assert [(error["code"], said in error["message"]) for error in refused["userErrors"]] == [("BAD_GRANT", True)]
    assert len(records(vault)) == before
    assert (await asked(brand, manager, ISSUE, input=wanted(**same)))["userErrors"] == []


async def test_a_partner_gives_tokens_of_its_own_purpose_only(brand: Api) -> None:
    """A partner's token cannot make one that is free of consent, or for another partner or purpose."""
    manager = token(brand.folder, frozenset({Scope.TOKENS, Scope.PEOPLE}), partner="insurer", purpose="quotes")
    for change in ({}, {"partner": "charger", "purpose": "quotes"}, {"partner": "insurer", "purpose": "mail"}):
        payload = await asked(brand, manager, ISSUE, input=wanted(**change))
        assert [error["code"] for error in payload["userErrors"]] == ["BAD_GRANT"]
    same = await asked(brand, manager, ISSUE, input=wanted(partner="insurer", purpose="quotes"))
    assert same["userErrors"] == []


async def test_no_rotation_hands_out_more(brand: Api, vault: Vault) -> None:
    """Rotating shows a secret: of a token with more scopes it is refused, and one that sees more is not there."""
    manager = token(brand.folder, frozenset({Scope.TOKENS, Scope.PEOPLE}), cities=frozenset({"310000"}))
    stronger = token(brand.folder, frozenset({Scope.ERASE}), cities=frozenset({"310000"})).split("_")[2]
    wider = token(brand.folder, frozenset({Scope.PEOPLE})).split("_")[2]
    before = len(records(vault))
    refused = await asked(brand, manager, ROTATE, id=stronger, hours=1)
    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [("BAD_GRANT", ["id"])]
    hidden = await asked(brand, manager, ROTATE, id=wider, hours=1)
    missing = await asked(brand, manager, ROTATE, id="a" * 12, hours=1)
    assert [(error["code"], error["field"]) for error in hidden["userErrors"]] == [("UNKNOWN_TOKEN", ["id"])]
    assert str(hidden).replace(wider, "a" * 12) == str(missing)
    assert (refused["secret"], hidden["secret"]) == (None, None)
    revoked = await asked(brand, manager, REVOKE, id=wider)
    assert [error["code"] for error in revoked["userErrors"]] == ["UNKNOWN_TOKEN"]
    assert await asked(brand, manager, "query($id: ID!) { token(id: $id) { id } }", id=wider) is None
    assert len(records(vault)) == before
    # To take rights away needs none of them.
    assert (await asked(brand, manager, REVOKE, id=stronger))["token"]["state"] == "REVOKED"


async def test_tokens_are_listed_in_pages(brand: Api, vault: Vault) -> None:
    """All that are there for the caller, each once, by their ids; ended ones when asked for."""
    grant = Grant("n", "listed", "test", frozenset({"people:read"}), datetime.now(UTC) + timedelta(days=1))
    ids = sorted(Tokens(vault).issue(grant, "cli:0").token.id for _ in range(5))
    first = (await brand.ask(TOKENS, first=3, ended=False))["tokens"]
    assert [node["id"] for node in first["nodes"]] == ids[:3]
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    rest = (await brand.ask(TOKENS, first=3, after=first["pageInfo"]["endCursor"], ended=False))["tokens"]
    assert [edge["node"]["id"] for edge in rest["edges"]] == ids[3:]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    await brand.ask(REVOKE, id=ids[0])
    assert [node["id"] for node in (await brand.ask(TOKENS, first=9, ended=False))["tokens"]["nodes"]] == ids[1:]
    assert [node["id"] for node in (await brand.ask(TOKENS, first=9, ended=True))["tokens"]["nodes"]] == ids
    restricted = token(brand.folder, frozenset({Scope.TOKENS}), brands=frozenset({"b"}))
    assert (await asked(brand, restricted, TOKENS, first=9, ended=True))["nodes"] == []
    assert (await brand.refused(TOKENS, first=101, ended=True))["extensions"]["code"] == "BAD_USER_INPUT"
    for id_ in ids:
        await brand.ask(REVOKE, id=id_)


async def test_the_scope_is_needed(brand: Api, vault: Vault) -> None:
    """With all scopes but one nothing is listed, shown or changed."""
    without = token(brand.folder, frozenset(Scope) - {Scope.TOKENS})
    other = token(brand.folder, frozenset({Scope.PEOPLE})).split("_")[2]
    before = len(records(vault))
    for query, variables in (
        (ISSUE, {"input": wanted()}),
        (ROTATE, {"id": other, "hours": 1}),
        (REVOKE, {"id": other}),
        (TOKENS, {"first": 1, "ended": True}),
        ("query($id: ID!) { token(id: $id) { id } }", {"id": other}),
    ):
        (error,) = (await answer(brand, without, query, **variables)).json()["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "tokens:manage" in error["message"]
    assert len(records(vault)) == before


async def test_nothing_changes_by_get(brand: Api, vault: Vault) -> None:
    """A link, which anybody may make somebody follow, runs no mutation."""
    other = token(brand.folder, frozenset({Scope.PEOPLE})).split("_")[2]
    query = f'mutation {{ tokenRevoke(id: "{other}") {{ token {{ id }} }} }}'
    response = await brand.client.get(f"{brand.url}/graphql", params={"query": query})
    assert "data" not in response.json()
    assert Tokens(vault).find(other).revoked_at is None
