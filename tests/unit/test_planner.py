"""What a plan depends on, without a database: shapes choose text, values never do."""

import secrets
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLObjectType, NameNode, get_named_type, is_introspection_type, parse

from renche.graph.clock import Moment
from renche.graph.cursor import Cursors, Position
from renche.graph.errors import InvalidCursor
from renche.graph.ids import Kind, make_id
from renche.graph.keyed import Keyed
from renche.graph.search import search_terms
from renche.planner import plan
from renche.planner.arguments import nodes_within
from renche.planner.bind import Listed
from renche.planner.document import OUTLINES, slimmed
from renche.planner.meaning import Pages, meaning_of
from renche.planner.plan import Asked, Planner, Refused
from renche.resolvers.schema import build_schema

SCHEMA = build_schema()._schema
CURSORS = Cursors(secrets.token_bytes(32))
KEYED = Keyed(CURSORS, lambda kind, value: (f"{kind}:{value}",))
PRESENT = Moment(date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC))
PERSON = make_id(Kind.PERSON, "crm", "lin")
VEHICLE = make_id(Kind.VEHICLE, "dms", "car")


@pytest.fixture
def planner() -> Planner:
    return Planner(SCHEMA)


def ask(planner: Planner, text: str, operation: str | None = None, **variables: Any) -> Asked:
    return planner.ask(planner.document(text, operation), variables, PRESENT, KEYED)


def text_of(asked: Asked) -> str:
    assert asked.plan is not None
    assert asked.plan.statement is not None
    return asked.plan.statement.text


def refusal(planner: Planner, text: str, operation: str | None = None, **variables: Any) -> str:
    with pytest.raises(Refused) as refused:
        ask(planner, text, operation, **variables)
    return " ".join(error.message for error in refused.value.errors)


LIST = "query ($filter: PersonFilter, $order: [PersonOrder!], $first: Int, $after: String) { people(filter: $filter, orderBy: $order, first: $first, after: $after) { nodes { id } } }"  # noqa: E501


def test_a_document_that_is_kept_has_the_places_that_errors_name_and_no_others() -> None:
    """Neither tokens, which all hang together, nor names a second time, which are most of what documents are."""
    text = "query ($v: Int) { people(first: $v) { nodes { id } } }"
    nodes = list(nodes_within(slimmed(parse(text))))
    places = [each.loc for each in nodes if each.loc]
    assert {text[each.start : each.end] for each in places} == {
        "people(first: $v) { nodes { id } }", "nodes { id }", "id", "$v: Int", "$v",
    }  # fmt: skip
    ends = [token for each in places for token in (each.start_token, each.end_token)]
    assert {(token.value, token.prev, token.next) for token in ends} == {(None, None, None)}
    again = nodes_within(slimmed(parse(text)))
    names = [[node.value for node in each if isinstance(node, NameNode)] for each in (nodes, again)]
    assert all(one is other for one, other in zip(*names, strict=True))


def test_another_value_uses_the_same_plan(planner: Planner) -> None:
    """Two requests that differ in values only share one plan, and differ in parameters."""
    one = ask(planner, LIST, filter={"city": {"eq": "310000"}}, first=3)
    other = ask(planner, LIST, filter={"city": {"eq": "`} RETURN 1 //"}}, first=5)
    assert one.plan is other.plan
    assert one.parameters["people_v0"] == "310000"
    assert other.parameters["people_v0"] == "`} RETURN 1 //"
    assert other.parameters["people_limit"] - one.parameters["people_limit"] == 2


SHAPES: list[dict[str, Any]] = [
    {},
    {"filter": {"city": {"eq": "x"}}},
    {"filter": {"city": {"ne": "x"}}},
    {"filter": {"city": {"isNull": True}}},
    {"filter": {"or": [{"city": {"eq": "x"}}, {"kind": {"eq": "LEGAL"}}]}},
    {"filter": {"referralsMade": {"count": {"gte": 3}}}},
    {"filter": {"referralsMade": {"some": {}}}},
    {"order": [{"birthYear": "ASC"}]},
    {"order": [{"birthYear": "DESC"}]},
    {"order": [{"referralsMade": {"count": "DESC"}}]},
]


def test_another_shape_is_another_plan(planner: Planner) -> None:
    """Each filter, operator, order and direction has a statement of its own."""
    texts = {text_of(ask(planner, LIST, **variables)) for variables in SHAPES}
    assert len(texts) == len(SHAPES)


def test_a_cursor_chooses_text_by_what_is_missing_in_it(planner: Planner) -> None:
    """A cursor whose row has no value for a key goes on differently from one that has."""
    document = "query ($after: String) { people(orderBy: [{birthYear: ASC}], after: $after) { nodes { id } } }"
    listed = next(iter(ask(planner, document).bounds.values()))
    texts = [text_of(ask(planner, document))]
    for year in (1980, None):
        mark = CURSORS.seal(Position((year, PERSON), PRESENT), listed.binding)  # type: ignore[union-attr]
        texts.append(text_of(ask(planner, document, after=mark)))
    assert len(set(texts)) == 3


def test_a_cursor_in_the_document_is_opened_for_each_caller(planner: Planner) -> None:
    """That one caller could ask a document with a cursor in it is nothing to who sees otherwise."""
    listed = next(iter(ask(planner, "{ people { nodes { id } } }").bounds.values()))
    mark = CURSORS.seal(Position((PERSON,), PRESENT), listed.binding)  # type: ignore[union-attr]
    document = planner.document(f'{{ people(after: "{mark}") {{ nodes {{ id }} }} }}', None)
    assert "people_k0" in planner.ask(document, {}, PRESENT, KEYED).parameters
    with pytest.raises(Refused) as refused:
        planner.ask(document, {}, PRESENT, KEYED.within("another"))
    assert isinstance(refused.value.errors[0].original_error, InvalidCursor)


def test_the_kind_that_an_id_names_chooses_text(planner: Planner) -> None:
    """node(id) is a look-up in the index of the label that the id names."""
    document = "query ($id: ID!) { node(id: $id) { id ... on Person { name } } }"
    assert "MATCH (person:Person {id: $node_id})" in text_of(ask(planner, document, id=PERSON))
    assert "MATCH (vehicle:Vehicle {id: $node_id})" in text_of(ask(planner, document, id=VEHICLE))


def test_skipped_fields_are_not_read(planner: Planner) -> None:
    """What @skip and @include leave out is neither in the statement nor checked."""
    document = """query ($clubs: Boolean!, $id: ID!) {
      people { nodes { name clubs @include(if: $clubs) { nodes { name } } } }
      person(id: $id) @skip(if: true) { id }
    }"""
    assert "MEMBER_OF" in text_of(ask(planner, document, clubs=True, id="no id at all"))
    assert "MEMBER_OF" not in text_of(ask(planner, document, clubs=False, id="no id at all"))


def test_an_operation_without_data_needs_no_statement(planner: Planner) -> None:
    """__typename of the root is answered without the database."""
    asked = ask(planner, "{ __typename a: __typename }")
    assert asked.plan is not None
    assert asked.plan.statement is None
    assert asked.plan.shaper(None, {}, lambda *_: "") == {"__typename": "Query", "a": "Query"}


def test_introspection_is_left_to_graphql_core(planner: Planner) -> None:
    """A look into the schema, even beside data, has no plan."""
    assert ask(planner, "{ __schema { queryType { name } } people { totalCount } }").plan is None


def test_names_of_the_document_are_text_in_the_shaper(planner: Planner) -> None:
    """An alias that is a name of Python's is a key of the answer and nothing else."""
    asked = ask(planner, "{ __import__: __typename len: __typename given: __typename }")
    assert asked.plan is not None
    answer = asked.plan.shaper(None, {}, lambda *_: "")
    assert answer == {"__import__": "Query", "len": "Query", "given": "Query"}


def test_every_field_is_planned() -> None:
    """Each field that the graph answers has a meaning; the parts of a connection and such are planned with it."""
    wrappers = ("Connection", "Edge", "Group", "Chain", "Timeline", "Path", "Hits", "Payload")
    mutations = ("Mutation", "UserError", "RevealedPerson", "RevealedValue", "ErasureProof", "ErasedCount")
    vault = ("ApiToken", "Consent", "TokenRestriction", *mutations)
    unplanned = []
    for name, type_ in SCHEMA.type_map.items():
        if not isinstance(type_, GraphQLObjectType) or is_introspection_type(type_) or name in ("PageInfo", "Money"):
            continue
        if name.endswith(wrappers) or name in vault:
            continue
        unplanned += [f"{name}.{field}" for field, each in type_.fields.items() if meaning_of(each) is None]
    assert unplanned == ["Query.token", "Query.tokens", "Query.consents"]


def test_every_list_has_the_same_arguments() -> None:
    """At the root and nested, a connection takes filter, order, page and times."""
    wanted = {"filter", "orderBy", "first", "after", "last", "before", "asOf", "asKnownAt"}
    lists = [
        (f"{name}.{field}", set(each.args))
        for name, type_ in SCHEMA.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_)
        for field, each in type_.fields.items()
        if isinstance(meaning_of(each), Pages)
    ]
    assert len(lists) > 30
    assert [(name, wanted - given) for name, given in lists if not wanted <= given] == []
    kinds = {name: get_named_type(SCHEMA.query_type.fields[name].type).name for name in ("people", "vehicles")}  # type: ignore[union-attr]
    assert kinds == {"people": "PersonConnection", "vehicles": "VehicleConnection"}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("{ people(last: 3, first: 2) { nodes { id } } }", {}, "last: give either"),
    ('{ people(last: 3, after: "x") { nodes { id } } }', {}, "after: goes with `first`"),
    ('{ people(before: "x") { nodes { id } } }', {}, "before: goes with `last`"),
    ("{ people(last: 101) { nodes { id } } }", {}, "last: ask for 0 to 100"),
    ("{ people(filter: {city: {eq: null}}) { nodes { id } } }", {}, "filter.city.eq: null is no value"),
    ("{ people(filter: {city: null}) { nodes { id } } }", {}, "filter.city: null is no condition"),
    ("{ people(filter: {or: [{}, {kind: null}]}) { nodes { id } } }", {}, "filter.or[1].kind: null"),
    ("{ people(orderBy: [{city: ASC, kind: ASC}]) { nodes { id } } }", {}, "exactly one"),
    ("{ people { aggregate(first: 1001) { count } } }", {}, "first: ask for 0 to 1000 groups"),
    ('{ search(text: " x ") { complete } }', {}, "text: give at least 2"),
    (f'{{ connection(from: "{PERSON}", to: "{PERSON}") {{ length }} }}', {}, "to: must be another thing"),
    (f'{{ connection(from: "{PERSON}", to: "{VEHICLE}", maxHops: 7) {{ length }} }}', {}, "maxHops: ask for 1 to 6"),
    (f'{{ householdFleet(household: "{PERSON}") {{ totalCount }} }}', {}, "household: this is the id of a Person"),
    (
        "query ($id: ID!, $on: Date) { person(id: $id) { drives(between: {from: $on, to: $on}) { __typename } } }",
        {"id": PERSON, "on": "2026-01-02"},
        "between: `to` must be later",
    ),
]


@pytest.mark.parametrize(("document", "variables", "says"), WRONG)
def test_a_wrong_argument_is_named(planner: Planner, document: str, variables: dict[str, Any], says: str) -> None:
    """A wrong argument is refused before anything runs, by a sentence that begins with its name."""
    assert says.lower() in refusal(planner, document, **variables).lower()


def test_a_document_that_is_too_deep_is_refused(planner: Planner) -> None:
    """Fifteen lists within lists are planned; what goes on and on is refused."""

    def nested(times: int) -> str:
        lists = "clubs(first: 1) { nodes { members(first: 1) { nodes {"
        return f"{{ people(first: 1) {{ nodes {{ {lists * times} id {'} } } }' * times} }} }} }}"

    assert text_of(ask(planner, nested(7))).count("MEMBER_OF") == 14
    assert "Limit of depth" in refusal(planner, nested(8))


def test_a_fragment_is_no_way_around_the_depth(planner: Planner) -> None:
    """What a fragment brings counts where it stands deepest, even when it was seen at a shallow place."""
    deep = "clubs { nodes { members { nodes { " * 5 + "id" + " } } } }" * 5
    deeper = "clubs { nodes { members { nodes { " * 5 + "...F" + " } } } }" * 5
    text = f"{{ people {{ nodes {{ ...F {deeper} }} }} }} fragment F on Person {{ {deep} }}"
    assert "Limit of depth" in refusal(planner, text)


def test_a_fragment_may_stand_beside_more_of_the_same_field(planner: Planner) -> None:
    """A field that a fragment selects is another one where the document adds to its selection."""
    text = """
    { a: people(first: 1) { nodes { ...F } }
      b: people(first: 2) { nodes { ...F clubs { nodes { members(first: 1) { totalCount } } } } } }
    fragment F on Person { clubs { totalCount } }
    """
    assert ask(planner, text).plan is not None


def test_conditions_of_another_operation_do_not_count(planner: Planner) -> None:
    """An operation needs values only for the conditions that it reaches itself."""
    text = "query A($x: Boolean!) { people { totalCount @skip(if: $x) } } query B { people { totalCount } }"
    assert ask(planner, text, "B").plan is not None


def test_a_condition_that_is_null_is_refused(planner: Planner) -> None:
    """A variable with a default that is given as null decides nothing."""
    text = "query ($x: Boolean = true) { people { totalCount @include(if: $x) } }"
    assert "$x" in refusal(planner, text, x=None)


def test_outlines_of_a_document_are_bounded(planner: Planner) -> None:
    """However many ways its conditions fall, a document keeps few outlines."""
    names = [f"x{number}" for number in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"a{name}: __typename @skip(if: ${name})" for name in names)
    document = planner.document(f"query ({declared}) {{ people {{ {fields} totalCount }} }}", None)
    for number in range(64):
        planner.ask(document, {name: bool(number >> place & 1) for place, name in enumerate(names)}, PRESENT, KEYED)
    assert len(document._outlines) == OUTLINES


def test_a_cursor_of_all_roles_is_not_one_of_those_of_today(planner: Planner) -> None:
    """An interval that is open at both ends is another list than the roles of the day."""
    ever, today = (
        ask(planner, f'{{ person(id: "{PERSON}") {{ clubs{given} {{ totalCount }} }} }}')
        for given in ("(between: {})", "")
    )
    one, other = (next(each for each in asked.bounds.values() if isinstance(each, Listed)) for asked in (ever, today))
    assert one.binding != other.binding


def test_roles_that_say_their_time_themselves_take_no_interval() -> None:
    """Who owns a vehicle is a question about a day: only lists of plain roles take `between`."""
    vehicle = SCHEMA.type_map["Vehicle"]
    assert isinstance(vehicle, GraphQLObjectType)
    assert "between" in vehicle.fields["purchasers"].args
    assert "between" not in vehicle.fields["owners"].args


def test_an_operation_is_chosen_by_its_name(planner: Planner) -> None:
    """Of several operations the named one is asked; without a name, or with an unknown one, none."""
    document = "query A { people { totalCount } } query B { vehicles { totalCount } }"
    assert ":Vehicle" in text_of(ask(planner, document, "B"))
    assert "operation name" in refusal(planner, document)
    assert "Unknown operation" in refusal(planner, document, "C")


def test_what_is_kept_is_bounded() -> None:
    """The oldest document gives way when there are too many; a document in use stays."""
    recent: plan.Recent[int, object] = plan.Recent(2)
    first = recent.get(1, object)
    recent.get(2, object)
    assert recent.get(1, object) is first
    recent.get(3, object)
    assert recent.get(1, object) is first
    made = recent.get(2, object)
    assert recent.get(2, object) is made


TERMS: list[tuple[str, dict[str, Any]]] = [
    ("LSVAA4182E2184847", {"vin": "LSVAA4182E2184847"}),
    (" lsvaa4182e2184847 ", {"vin": "LSVAA4182E2184847"}),
    ("184847", {"ending": "748481"}),
    ("18484", {}),
    ("138-1234-1234", {"hmacs": ["PHONE:+8613812341234"]}),
    ("13812341234", {"hmacs": ["PHONE:+8613812341234"], "ending": "43214321831"}),
    ("沪a·12345", {"hmacs": ["PLATE:沪A12345"]}),
    ("浦东", {}),
]


@pytest.mark.parametrize(("text", "terms"), TERMS)
def test_a_text_is_looked_for_as_all_that_it_may_be(text: str, terms: dict[str, Any]) -> None:
    """A VIN, the end of one turned round, a phone or plate by its fingerprints, and always a part of a name."""
    found = search_terms(text, lambda kind, value: (f"{kind}:{value}",))
    assert found.pop("name")
    assert found.pop("endingAfter") == (terms["ending"] + "~" if "ending" in terms else None)
    assert found == {"vin": None, "ending": None, "hmacs": []} | terms
