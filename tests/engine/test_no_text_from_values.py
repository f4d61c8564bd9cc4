"""No value of a user becomes the text of a statement, whatever stands in it."""

import json
from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.conftest import empty
from tests.evaluator import sdl_schema
from tests.random_documents import Drawn
from tests.random_graph import NAMES, drawn, write
from tests.witnesses import Court, Trial

GRAPH = drawn(20260701)
SCHEMA = sdl_schema()

PIECES = [
    "`",
    "``",
    "\\u0060",
    "\\",
    "'",
    '"',
    "\n",
    "\r\n",
    "//",
    "/*",
    "*/",
    "$",
    "$asOf",
    "{}",
    "{0}",
    "%s",
    "}) DETACH DELETE (n",
    "' OR true //",
    "\u2028",
    "\x00",
    "\U0001f697",
    "星",
    "RETURN 1",
    "null",
]


def nasty(chance: Random) -> str:
    """Text that would do something if it stood in a statement; often a value that the graph has."""
    if chance.random() < 0.3:
        return chance.choice(NAMES)
    return "".join(chance.choices(PIECES, k=chance.randrange(1, 5)))


# Each document has `$a`, `$b` ... where a string or an id may stand; an id argument of a thing must have the form of
# one, so nothing but an id reaches the graph there.
STRINGS = [
    "{ people(filter: {city: {eq: $a}}) { nodes { id city } totalCount } }",
    "{ people(filter: {city: {in: [$a, $b]}}, orderBy: [{city: DESC}]) { nodes { id } aggregate(by: [CITY])"
    " { key { city } count } } }",
    "{ models(filter: {name: {contains: $a}}) { nodes { name } } }",
    "{ models(filter: {name: {startsWith: $a, ne: $b}}) { nodes { name } } }",
    "{ clubs(filter: {or: [{name: {endsWith: $a}}, {not: {name: {lt: $b}}}]}) { nodes { name } } }",
    "{ dealers(filter: {name: {between: {from: $a, to: $b}}}) { nodes { name } } }",
    "{ vehicles(filter: {vin: {eq: $a}}) { nodes { id } } vehicle(vin: $b) { id vin } }",
    "{ vehicles(filter: {modelId: {ne: $a}, id: {notIn: [$b]}}) { totalCount } }",
    "{ people(filter: {purchases: {some: {node: {brand: {gte: $a}}, role: {source: {ne: $b}}}}}) { totalCount } }",
    "{ ownersWhoReferred(city: $a) { nodes { id } } lapsedOwners(city: $b) { totalCount } }",
    "{ referralFunnel(city: $a) { status reached } search(text: $b) { hits { matched node { id } } } }",
]
HARMLESS = {"a": "Aurora", "b": "310000"}


def in_variables(text: str, values: dict[str, str]) -> Drawn:
    """The document with its values in variables."""
    used = {name: value for name, value in values.items() if f"${name}" in text}
    ids = "modelId" in text
    types = ", ".join(f"${name}: {'ID' if ids else 'String'}!" for name in used)
    return Drawn(f"query({types}) {text}", used)


def in_text(text: str, values: dict[str, str]) -> Drawn:
    """The document with its values as literals."""
    for name, value in values.items():
        text = text.replace(f"${name}", json.dumps(value))
    return Drawn(text, {})


@pytest.fixture(scope="module")
async def trial(court: Court) -> AsyncIterator[Trial]:
    """Each engine in turn, with a random graph."""
    await write(court.database, GRAPH)
    yield Trial(20260701, GRAPH, court, SCHEMA)
    await empty(court.database)


@pytest.mark.parametrize("text", STRINGS)
async def test_no_value_becomes_text(trial: Trial, text: str) -> None:
    """Whatever a value is, in a variable or in the document, the statement is that of a harmless one and the answer
    is right."""
    chance = Random(text)
    for put in (in_variables, in_text):
        expected = trial.court.statement(put(text, HARMLESS))
        for number in range(12):
            # Never less than the two characters that `search` wants.
            asked = put(text, {"a": nasty(chance), "b": f"{nasty(chance)}or"})
            assert trial.court.statement(asked) == expected
            await trial.hear(asked, f"{text} {number}")


@pytest.mark.parametrize(
    "text",
    [
        "{ node(id: $a) { id } }",
        "{ person(id: $a) { id } }",
        "{ nodes(ids: [$a]) { id } }",
        "{ householdFleet(household: $a) { totalCount } }",
        "{ referralChain(person: $a) { complete } }",
        "{ referralFunnel(dealer: $a) { status } }",
        "{ people(after: $a) { totalCount } }",
    ],
)
async def test_what_must_have_a_form_is_refused(trial: Trial, text: str) -> None:
    """Where an id or a cursor must stand, anything else is refused before a statement is made."""
    chance = Random(text)
    for _ in range(20):
        asked = in_text(text, {"a": nasty(chance)})
        assert "GraphQLError" in trial.court.statement(asked)


async def test_names_of_the_document_stay_out(trial: Trial) -> None:
    """Aliases, names of variables, fragments and the operation: the statement differs in its first comment alone."""
    plain = Drawn("query A($v: String) { people(filter: {city: {eq: $v}}) { nodes { id } } }", {"v": "310000"})
    other = Drawn(
        "query MATCH($DETACH: String) { DELETE: people(filter: {city: {eq: $DETACH}}) { ...RETURN } }"
        " fragment RETURN on PersonConnection { n: nodes { __proto: id } }",
        {"DETACH": "310000"},
    )
    one, two = (trial.court.statement(each).splitlines() for each in (plain, other))
    assert one[1:] == two[1:]
    await trial.hear(other, "names")
