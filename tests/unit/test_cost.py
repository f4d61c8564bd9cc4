"""What a query costs, before it is asked and after: figures by hand from the weights that the schema shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_directive_values,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    graphql_sync,
    parse,
)
from graphql import build_schema as from_text

from renche.graph.ids import Kind, make_id
from renche.planner.cost import ListSize, is_list, size_of
from renche.planner.limits import DEFAULT, Limits
from renche.planner.plan import Asked, Planner, Refused
from renche.planner.size import LimitExceeded
from renche.resolvers.schema import build_schema
from tests.unit.test_planner import KEYED, PERSON, PRESENT, SCHEMA, VEHICLE

ROOT = Path(__file__).parents[2]

# A value for each variable of our documents that must have one, or is compared.
GIVEN: dict[str, Any] = {
    **{name: make_id(Kind[name.upper()], "a", "b") for name in ("person", "referral", "household", "club", "dealer")},
    **{"friend": PERSON, "from": PERSON, "to": make_id(Kind.PERSON, "crm", "other"), "vehicle": VEHICLE, "id": PERSON},
    **{"city": "310000", "vin": "LSVAA4182E2184847", "text": "184847", "day": "2026-07-01", "since": 1980},
    "ids": [PERSON, VEHICLE],
}

# A document, its variables and its cost: 1 for the query, 1 for each object, and the weights at fields.
COSTS: list[tuple[str, dict[str, Any], int]] = [
    ("{ __typename }", {}, 1),
    (f'{{ person(id: "{PERSON}") {{ id name }} }}', {}, 2),
    ("{ people { pageInfo { hasNextPage } } }", {}, 3),
    ("{ people { nodes { id } } }", {}, 1 + 1 + 20),
    ("{ people(first: 7) { nodes { id } } }", {}, 1 + 1 + 7),
    ("{ people(last: 7) { nodes { id } } }", {}, 1 + 1 + 7),
    ("{ people(first: null) { nodes { id } } }", {}, 1 + 1 + 20),
    ("{ people(first: 0) { nodes { id } } }", {}, 1 + 1),
    ("{ people(first: 7) { edges { node { id } } } }", {}, 1 + 1 + 7 * 2),
    ("{ people(first: 7) { nodes { id } edges { node { id } } } }", {}, 1 + 1 + 7 + 7 * 2),
    ("{ people(first: 3) { totalCount nodes { clubs(first: 5) { totalCount } } } }", {}, 1 + 1 + 10 + 3 * (1 + 1 + 10)),
    ("query ($n: Int) { people(first: $n) { nodes { id } } }", {"n": 4}, 1 + 1 + 4),
    ("query ($n: Int) { people(first: $n) { nodes { id } } }", {}, 1 + 1 + 20),
    ("query ($n: Int = 9) { people(first: $n) { nodes { id } } }", {}, 1 + 1 + 9),
    ("{ people { aggregate { count } } }", {}, 1 + 1 + 50 + 100),
    ("{ people { aggregate(first: 2) { count key { city } } } }", {}, 1 + 1 + 50 + 2 * 2),
    ('{ search(text: "ab", first: 3) { hits { node { id } } } }', {}, 1 + 10 + 1 + 3 * 2),
    (f'{{ referralChain(person: "{PERSON}", first: 2) {{ links {{ path {{ id }} }} }} }}', {}, 1 + 50 + 1 + 2 * 8),
    (f'{{ nodes(ids: ["{PERSON}", "{PERSON}"]) {{ id }} }}', {}, 1 + 2),
    ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [PERSON] * 3}, 1 + 3),
    # A mutation weighs 10; what it shows has as many people as it was asked about, up to ten values each.
    (
        f'mutation {{ personReveal(ids: ["{PERSON}", "{PERSON}"], fields: [NAME], reason: "case 7")'
        " { people { person { id } values { value registration { id } } } userErrors { code } } }",
        {},
        1 + 10 + 1 + 2 * (1 + 1 + 10 * 2) + 10,
    ),
    (f'mutation {{ personErase(id: "{PERSON}", reason: "case 7") {{ proof {{ hash }} }} }}', {}, 1 + 10 + 1 + 1),
    # What looks at related rows costs 10 in a filter, each time that it stands there; what looks at the row nothing.
    ('{ people(first: 7, filter: {city: {eq: "310000"}}) { nodes { id } } }', {}, 1 + 1 + 7),
    ("{ people(first: 7, filter: {clubs: {some: {}}}) { nodes { id } } }", {}, 1 + 1 + 7 + 10),
    ("{ people(first: 7, filter: {clubs: {count: {gt: 1, lt: 5}, none: {}}}) { nodes { id } } }", {}, 1 + 1 + 7 + 30),
    # Each comparison counts the rows anew, and `between` is two.
    (
        "{ people(first: 7, filter: {clubs: {count: {between: {from: 1, to: 5}}}}) { nodes { id } } }",
        {},
        1 + 1 + 7 + 20,
    ),
    (
        "{ referrals(first: 7, filter: {status: {ne: ORDERED, in: [INVITED, DELIVERED]}}) { nodes { id } } }",
        {},
        1 + 1 + 7 + 20,
    ),
    (
        "{ people(first: 7, filter: {or: ["
        "{clubs: {every: {}}}, {not: {clubs: {some: {node: {members: {some: {}}}}}}}]}) { nodes { id } } }",
        {},
        1 + 1 + 7 + 30,
    ),
    ("{ referrals(first: 7, filter: {status: {eq: DELIVERED}}) { nodes { id } } }", {}, 1 + 1 + 7 + 10),
    # An order by related rows has to look at all of them.
    ("{ people(first: 7, orderBy: [{clubs: {count: DESC}}, {city: ASC}]) { nodes { id } } }", {}, 1 + 1 + 7 + 50),
    ("{ referrals(first: 7, orderBy: [{status: ASC}]) { nodes { id } } }", {}, 1 + 1 + 7 + 50),
    # A nested list has its filter for each thing it stands at.
    (
        "{ people(first: 7) { nodes { clubs(first: 2, filter: {node: {members: {some: {}}}}) { nodes { id } } } } }",
        {},
        1 + 1 + 7 * (1 + 10 + 1 + 2),
    ),
    # A field that is selected twice is read once.
    ("{ people(first: 3) { nodes { id } } people(first: 3) { nodes { name } } }", {}, 1 + 1 + 3),
    ("{ people(first: 3) { ...F ...F } } fragment F on PersonConnection { nodes { id } }", {}, 1 + 1 + 3),
    ("{ a: people(first: 3) { nodes { id } } b: people(first: 4) { nodes { id } } }", {}, 1 + (1 + 3) + (1 + 4)),
    # A thing is of one type only: the dearest counts.
    (
        f'{{ node(id: "{PERSON}") {{ ... on Person {{ clubs(first: 2) {{ nodes {{ id }} }} }}'
        " ... on Club { members(first: 5) { nodes { id } } } } }",
        {},
        1 + 1 + 1 + 5,
    ),
    ("query ($b: Boolean!) { people @skip(if: $b) { totalCount } clubs { totalCount } }", {"b": True}, 1 + 1 + 10),
    ("query ($b: Boolean!) { people @skip(if: $b) { totalCount } clubs { totalCount } }", {"b": False}, 1 + 11 + 11),
]


def ask(text: str, variables: dict[str, Any], limits: Limits = DEFAULT) -> Asked:
    planner = Planner(SCHEMA, limits)
    return planner.ask(planner.document(text, None), variables, PRESENT, KEYED)


@pytest.mark.parametrize(("text", "variables", "cost"), COSTS)
def test_a_query_costs_what_its_answer_may_hold(text: str, variables: dict[str, Any], cost: int) -> None:
    """The requested cost is that of the longest answer."""
    assert ask(text, variables).cost == cost


def test_a_document_that_is_known_costs_what_each_request_asks_for() -> None:
    """Variables that say how long lists are change the cost of the same document; others do not."""
    planner = Planner(SCHEMA)
    text = "query ($n: Int, $city: String) { people(first: $n, filter: {city: {eq: $city}}) { nodes { id } } }"
    document = planner.document(text, None)
    costs = [planner.ask(document, {"n": n, "city": str(n)}, PRESENT, KEYED).cost for n in (3, 50, 3)]
    assert costs == [5, 52, 5]


def test_a_document_that_is_known_costs_what_its_filter_says() -> None:
    """A filter that comes in a variable weighs as one that stands in the document."""
    planner = Planner(SCHEMA)
    document = planner.document("query ($f: PersonFilter) { people(first: 7, filter: $f) { nodes { id } } }", None)
    some = {"clubs": {"some": {}}}
    costs = [planner.ask(document, {"f": f}, PRESENT, KEYED).cost for f in (some, {}, {"and": [some, some]}, some)]
    assert costs == [19, 9, 29, 19]


def test_a_query_above_the_maximum_is_refused_with_both_figures() -> None:
    """It may cost as much as the limit, and not more."""
    text = "{ people(first: 7) { nodes { id } } }"
    assert ask(text, {}, Limits(cost=9)).cost == 9
    with pytest.raises(Refused) as refused:
        ask(text, {}, Limits(cost=8))
    (error,) = refused.value.errors
    assert isinstance(error, LimitExceeded)
    assert "may cost 9, 8 are allowed" in error.message


def test_a_request_that_takes_more_look_ups_than_a_minute_has_is_refused() -> None:
    """However its people are spread over the fields of the document, and without a limit whatever it takes."""
    reveal = (
        f'personReveal(ids: ["{PERSON}", "{PERSON}"], fields: [NAME], reason: "case 7") {{ userErrors {{ code }} }}'
    )
    text = f"mutation {{ a: {reveal} b: {reveal} }}"
    assert ask(text, {}, Limits(lookups=4)).lookups == 4
    assert ask(text, {}, Limits(lookups=None)).lookups == 4
    with pytest.raises(Refused) as refused:
        ask(text, {}, Limits(lookups=3))
    (error,) = refused.value.errors
    assert isinstance(error, LimitExceeded)
    assert error.message == "Limit of lookups: this request has 4, 3 are allowed."


@pytest.mark.parametrize(
    ("text", "data", "cost"),
    [
        ("{ people { nodes { id } } }", {"people": {"nodes": [{"id": "1"}, {"id": "2"}]}}, 1 + 1 + 2),
        ("{ people { nodes { id } } }", {"people": {"nodes": []}}, 1 + 1),
        (f'{{ person(id: "{PERSON}") {{ id }} }}', {"person": None}, 1),
        ("{ all: people { totalCount } }", {"all": {"totalCount": 3}}, 1 + 1 + 10),
        (
            "{ people { nodes { clubs { aggregate { count } } } } }",
            {"people": {"nodes": [{"clubs": {"aggregate": [{"count": 1}]}}, {"clubs": {"aggregate": []}}]}},
            1 + 1 + 2 * (1 + 1 + 50) + 1,
        ),
        (
            f'{{ node(id: "{PERSON}") {{ ... on Person {{ clubs {{ totalCount }} }} ... on Club {{ name }} }} }}',
            {"node": {"clubs": {"totalCount": 1}}},
            1 + 1 + 1 + 10,
        ),
        (f'{{ nodes(ids: ["{PERSON}", "{PERSON}"]) {{ id }} }}', {"nodes": [None, {"id": PERSON}]}, 1 + 1),
        (
            "{ people(filter: {clubs: {some: {}}}) { nodes { clubs(orderBy: [{node: {members: {count: ASC}}}])"
            " { totalCount } } } }",
            {"people": {"nodes": [{"clubs": {"totalCount": 1}}, {"clubs": {"totalCount": 2}}]}},
            1 + 10 + 1 + 2 * (1 + 50 + 1 + 10),
        ),
        (
            f'mutation {{ personExport(id: "{PERSON}", reason: "case 7") {{ export }} }}',
            {"personExport": {"export": {"person": {"id": PERSON}}}},
            1 + 10 + 1,
        ),
        ("{ people { nodes { id } } }", None, 0),
    ],
)
def test_an_answer_costs_what_it_holds(text: str, data: dict[str, Any] | None, cost: int) -> None:
    """The actual cost counts the objects that are there, and the fields they were asked for."""
    asked = ask(text, {})
    assert asked.cost_of(data) == cost
    assert cost <= asked.cost


def fields() -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    """Each field of the schema with its type."""
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            yield from ((type_, name, field) for name, field in type_.fields.items())


def test_every_list_says_how_long_it_may_be() -> None:
    """Each list of objects has a size of its own, or the field that leads to its object gives it one."""
    given = {
        (get_named_type(field.type).name, name)
        for _, _, field in fields()
        for name in (size_of(field) or ListSize()).sized
    }
    lists = {(type_.name, name) for type_, name, field in fields() if is_list(field) and size_of(field) is None}
    assert lists == given


def test_the_schema_shows_sizes_as_the_specification_wants_them() -> None:
    """Slicing arguments are numbers; beside an assumed size none has a default, and none is required."""
    schema = from_text(build_schema().as_str())
    list_size = schema.get_directive("listSize")
    assert list_size is not None
    shown = 0
    for type_ in schema.type_map.values():
        for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            size = get_directive_values(list_size, field.ast_node) if field.ast_node else None
            if size is not None:
                shown += 1
                slicing = [field.args[name] for name in size.get("slicingArguments", ())]
                assert all(get_nullable_type(argument.type) is GraphQLInt for argument in slicing)
                if "assumedSize" in size and slicing:
                    assert not size["requireOneSlicingArgument"]
                    assert all(argument.default is None for argument in slicing)
    assert shown > 50


@pytest.mark.parametrize("folder", ["examples/queries", "benchmarks/documents"])
def test_documents_that_people_write_are_allowed(folder: str) -> None:
    """Each operation of ours costs no more than the maximum, with lists of the lengths that it has by default."""
    planner = Planner(SCHEMA)
    for file in sorted((ROOT / folder).glob("*.graphql")):
        text = file.read_text(encoding="utf-8")
        for operation in parse(text).definitions:
            assert isinstance(operation, OperationDefinitionNode)
            document = planner.document(text, operation.name.value if operation.name else None)
            names = {each.variable.name.value for each in operation.variable_definitions or ()}
            given = {name: value for name, value in GIVEN.items() if name in names}
            assert 1 < planner.ask(document, given, PRESENT, KEYED).cost <= DEFAULT.cost


def test_tools_may_ask_for_the_schema_once() -> None:
    """Lists of introspection have the lengths that they have in this schema, on the average."""
    asked = ask(get_introspection_query(), {})
    answer = graphql_sync(SCHEMA, get_introspection_query()).data
    assert len(SCHEMA.type_map) < asked.cost_of(answer) < asked.cost
    assert DEFAULT.cost / 2 < asked.cost < DEFAULT.cost
