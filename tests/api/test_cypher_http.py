"""Analysts' Cypher over HTTP: who has a token may ask, and what was asked is recorded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from renche.graph.caller import Scope
from renche.graph.database import Database, Transaction
from renche.graph.endpoint import Endpoint
from renche.graph.named_queries import Statement
from renche.vault.audit import Audit
from renche.vault.store import Vault
from tests.api.conftest import BRAND_DAY, KEYS, Api, serving, token
from tests.conftest import empty

PEOPLE = Statement(
    "test.people",
    "UNWIND range(1, 19) AS i CREATE (:Person {city: CASE WHEN i < 11 THEN '310000' ELSE '330100' END})",
    write=True,
)


@dataclass
class Site:
    """A running application on Neo4j, and its vault."""

    api: Api
    vault: Vault

    def token(self, *scopes: Scope) -> str:
        return token(self.api.folder, frozenset(scopes))

    async def ask(self, statement: str, token: str | None) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}" if token else ""}
        return await self.api.client.post(f"{self.api.url}/cypher", json={"statement": statement}, headers=headers)


@pytest.fixture
async def site(neo4j_endpoint: Endpoint, neo4j_database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """The application with an empty graph."""
    await empty(neo4j_database)
    async with serving(neo4j_endpoint, BRAND_DAY, tmp_path) as api:
        url = f"sqlite:///{(tmp_path / 'vault.sqlite').absolute()}"
        with Vault.open(url, KEYS) as vault:
            yield Site(api, vault)


async def test_a_statement_needs_a_token_with_its_scope(site: Site) -> None:
    """Without a token it is 401, with one that may not ask Cypher 403, and neither reaches the database."""
    nobody = await site.ask("RETURN 1 AS one", None)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert nobody.json()["error"]["code"] == "UNAUTHENTICATED"
    assert (await site.ask("RETURN 1 AS one", site.token(Scope.PEOPLE))).status_code == 403


async def test_a_statement_is_answered_and_recorded(site: Site) -> None:
    """The audit record says who asked what, and what came of it."""
    token = site.token(Scope.CYPHER)
    answer = await site.ask("MATCH (m:Migration) RETURN count(m) > 0 AS migrated", token)
    assert answer.json() == {"columns": ["migrated"], "rows": [[True]], "truncated": False}
    refused = await site.ask("CREATE (n:Hostile) RETURN n", token)
    assert refused.json()["error"]["rule"] == "clauses"
    told = [record for record in Audit(site.vault).records() if record.action == "cypher.ask"]
    assert [record.detail["outcome"] for record in told] == ["ok", "CYPHER_REFUSED clauses"]
    assert {record.actor for record in told} == {f"token:{token.split('_')[2]}"}
    assert Audit(site.vault).verify() is None


async def test_a_token_for_aggregates_shows_groups_of_enough_people(site: Site) -> None:
    """Nine people of a city are left out, ten of another shown; what else it asks is refused, and all is recorded."""

    async def create(transaction: Transaction) -> None:
        await transaction.run(PEOPLE)

    await site.api.database.write("test.people", create)
    token = site.token(Scope.AGGREGATES)
    answer = await site.ask("MATCH (p:Person) RETURN p.city AS city, count(*) AS people", token)
    assert answer.json() == {
        "columns": ["city", "people"],
        "rows": [["310000", 10]],
        "truncated": False,
        "suppressedBelow": 10,
    }
    assert answer.headers["x-renche-suppressed-below"] == "10"
    refused = await site.ask("MATCH (p:Person) RETURN p.city AS city", token)
    assert (refused.status_code, refused.json()["error"]["rule"]) == (400, "aggregate")
    told = [record.detail["outcome"] for record in Audit(site.vault).records() if record.action == "cypher.ask"]
    assert told == ["ok", "CYPHER_REFUSED aggregate"]
