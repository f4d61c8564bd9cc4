"""What the log of a server says of questions, and what it never says."""

from pathlib import Path

import httpx

from renche.graph.caller import Scope
from tests.api.conftest import KEYS, token
from tests.api.serve_process import process

PLANTED = "planted13800138000"


async def test_each_question_leaves_a_line(tmp_path: Path) -> None:
    """With the id of the request, who asked, which operation, its cost, rows, time and errors."""
    KEYS.replace(tmp_path / "keys.json")
    mine = token(tmp_path, frozenset(Scope))
    async with (
        process(tmp_path) as server,
        httpx.AsyncClient(headers={"authorization": f"Bearer {mine}"}, timeout=30) as client,
    ):
        query = "query Types { __schema { queryType { name } types { name } } }"
        answer = await client.post(f"{server.url}/graphql", json={"query": query})
        refused = await client.post(f"{server.url}/graphql", json={"query": "{ nothing }"})
        cypher = await client.post(f"{server.url}/cypher", json={"statement": "CREATE (n) RETURN n"})
    told = [(line["event"], line["request_id"], line["operation"], line["errors"]) for line in server.lines]
    assert told == [
        ("graphql", answer.headers["x-request-id"], "Types", []),
        ("graphql", refused.headers["x-request-id"], None, ["GRAPHQL_REFUSED"]),
        ("cypher", cypher.headers["x-request-id"], None, ["CYPHER_REFUSED"]),
    ]
    assert {line["caller"] for line in server.lines} == {f"token:{mine.split('_')[2]}"}
    assert [line["rows"] for line in server.lines] == [len(answer.json()["data"]["__schema"]["types"]), 0, 0]
    assert all(line["cost"] > 0 and line["milliseconds"] > 0 for line in server.lines)


async def test_no_value_is_logged(tmp_path: Path) -> None:
    """Neither a token, a variable, a text of a document or statement, a parameter nor an address, however it fails."""
    KEYS.replace(tmp_path / "keys.json")
    mine = token(tmp_path, frozenset(Scope))
    search = "query Look($text: String!) { search(text: $text) { complete } }"
    variables = {"text": PLANTED}
    statement = {"statement": f"RETURN '{PLANTED}' AS x, $p AS y", "parameters": {"p": PLANTED}}
    async with (
        process(tmp_path) as server,
        httpx.AsyncClient(headers={"authorization": f"Bearer {mine}"}, timeout=30) as client,
    ):
        graphql, cypher = f"{server.url}/graphql", f"{server.url}/cypher"
        answers = [
            await client.get(graphql, params={"query": search, "variables": f'{{"text": "{PLANTED}"}}'}),
            await client.post(graphql, json={"query": search, "variables": variables}),
            await client.post(graphql, json={"query": search.replace("$text)", f'"{PLANTED}")')}),
            await client.post(graphql, json={"query": search.replace("String", "Int"), "variables": variables}),
            await client.post(graphql, json={"query": search, "operationName": PLANTED}),
            await client.post(graphql, json={"query": f"{{ {PLANTED} }}"}),
            await client.post(graphql, content=f'{{"{PLANTED}', headers={"content-type": "application/json"}),
            await client.post(graphql, json={"query": "{a}"}, headers={"authorization": f"Bearer rch_{PLANTED}"}),
            await client.post(cypher, json=statement),
            await client.post(cypher, json={"statement": f"CALL {PLANTED}()"}),
            await client.get(f"{server.url}/{PLANTED}", params={PLANTED: PLANTED}),
        ]
    assert len(server.lines) == len(answers) - 1  # what is no door leaves nothing
    assert PLANTED not in server.log
    assert "13800138000" not in server.log
    assert mine not in server.log
    assert mine.rpartition("_")[2] not in server.log
