"""What becomes of a GraphQL document: its statement, the parameters, and what the database does for it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from renche.graph.clock import Moment
from renche.graph.errors import InvalidArgument
from renche.planner.plan import Planner, Refused
from renche.resolvers.schema import build_schema
from renche.server.opening import current_keys, keyed_by, open_migrated_graph
from renche.server.settings import Settings


async def explain(settings: Settings, file: Path, variables: str, operation: str | None) -> str:
    """The document's statement, its parameters, the database's plan, rows and db hits, as text for people.

    `variables` is a JSON object. Raises InvalidArgument for a document or variables that are wrong, and for a document
    that is answered without a statement.
    """
    planner = Planner(build_schema()._schema)
    keyed = keyed_by(current_keys(settings))
    try:
        document = planner.document(_text(file), operation)
        asked = planner.ask(document, _object(variables), Moment.present(settings.clock), keyed)
    except Refused as refused:
        raise InvalidArgument("\n".join(str(error) for error in refused.errors)) from None
    if asked.plan is None or asked.plan.statement is None:
        raise InvalidArgument(f"{file.name} reads nothing by a statement of its own; there is none to explain.")
    async with open_migrated_graph(settings) as database:
        profile = await database.profile(asked.plan.statement, asked.parameters)
    hits = "not counted by this engine" if profile.db_hits is None else f"{profile.db_hits:,}"
    parts = [
        asked.plan.statement.text,
        "\n".join(_parameters(asked.parameters, asked.plan.statement.parameters)),
        profile.text.strip(),
        f"Rows: {profile.rows}\nDb hits: {hits}",
    ]
    return "\n\n".join(parts)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{file} cannot be read as a GraphQL document: {error}.") from None


def _object(variables: str) -> dict[str, Any]:
    try:
        found = json.loads(variables)
    except json.JSONDecodeError as error:
        raise InvalidArgument(f"--variables: this is not valid JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidArgument('--variables: give a JSON object, as {"city": "310000"}.')
    return found


def _parameters(parameters: Mapping[str, Any], used: frozenset[str]) -> Iterator[str]:
    for name in sorted(used):
        value = parameters[name]
        yield f"${name} = {json.dumps(value, ensure_ascii=False, default=str)}"
