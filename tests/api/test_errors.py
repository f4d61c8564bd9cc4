"""What is wrong is said with a code and a sentence; what is missing is null; what is ours is never shown."""

import re
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from renche.graph.ids import Kind, make_id
from renche.planner.plan import Planner
from tests.api.conftest import Api, thing

NOBODY = make_id(Kind.PERSON, "nowhere", "nobody")


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("person", Kind.PERSON),
        ("vehicle", Kind.VEHICLE),
        ("model", Kind.MODEL),
        ("dealer", Kind.DEALER),
        ("club", Kind.CLUB),
        ("household", Kind.HOUSEHOLD),
        ("referral", Kind.REFERRAL),
        ("node", Kind.REGISTRATION),
        ("node", Kind.VISIT),
    ],
)
async def test_a_missing_thing_is_null(brand: Api, field: str, kind: Kind) -> None:
    """An id that names nothing gives null without an error."""
    query = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
    assert await brand.ask(query, id=make_id(kind, "nowhere", "nothing")) == {field: None}


async def test_missing_things_keep_their_places_among_nodes(brand: Api) -> None:
    """nodes answers in the order of the ids, with null where there is nothing."""
    lin = thing(Kind.PERSON, "crm:lin")
    found = await brand.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=[NOBODY, lin, NOBODY])
    assert found["nodes"] == [None, {"id": lin, "__typename": "Person"}, None]


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ('{ person(id: "nonsense") { id } }', {}, "BAD_USER_INPUT", "not an id"),
    ('{ node(id: "") { id } }', {}, "BAD_USER_INPUT", "not an id"),
    ("query ($id: ID!) { vehicle(id: $id) { id } }", {"id": NOBODY}, "BAD_USER_INPUT", "Person"),
    ("{ vehicle { id } }", {}, "BAD_USER_INPUT", "either id or vin"),
    ('{ vehicle(id: "x", vin: "y") { id } }', {}, "BAD_USER_INPUT", "either id or vin"),
    ("{ people(first: 101) { nodes { id } } }", {}, "BAD_USER_INPUT", "first"),
    ("{ people(first: -1) { nodes { id } } }", {}, "BAD_USER_INPUT", "first"),
    ("{ people(last: 101) { nodes { id } } }", {}, "BAD_USER_INPUT", "last"),
    ("{ people(first: 1, last: 1) { nodes { id } } }", {}, "BAD_USER_INPUT", "last: give either"),
    ('{ people(first: 1, before: "abc") { nodes { id } } }', {}, "BAD_USER_INPUT", "before: goes with `last`"),
    ('{ people(last: 1, after: "abc") { nodes { id } } }', {}, "BAD_USER_INPUT", "after: goes with `first`"),
    ('{ people(after: "abc") { nodes { id } } }', {}, "INVALID_CURSOR", "after: "),
    ('{ people(last: 1, before: "abc") { nodes { id } } }', {}, "INVALID_CURSOR", "before: "),
    ("{ people(filter: {city: {eq: null}}) { totalCount } }", {}, "BAD_USER_INPUT", "filter.city.eq"),
    ("{ people(filter: {or: [{}, {city: null}]}) { totalCount } }", {}, "BAD_USER_INPUT", "filter.or[1].city"),
    ("{ people(filter: {drives: {some: null}}) { totalCount } }", {}, "BAD_USER_INPUT", "filter.drives.some"),
    ("{ people(filter: {name: {eq: 1}}) { totalCount } }", {}, "GRAPHQL_REFUSED", "name"),
    ("{ people(orderBy: [{city: ASC, kind: ASC}]) { totalCount } }", {}, "GRAPHQL_REFUSED", "exactly one field"),
    ('{ vehicles(filter: {vinEnding: {eq: "000001"}}) { totalCount } }', {}, "GRAPHQL_REFUSED", "vinEnding"),
    (
        '{ people { nodes { clubs(between: {from: "2026-01-02", to: "2026-01-02"}) { totalCount } } } }',
        {},
        "BAD_USER_INPUT",
        "between: `to` must be later",
    ),
    ('{ lapsedOwners(city: "310000", months: 0) { nodes { id } } }', {}, "BAD_USER_INPUT", "months"),
    ('{ lapsedOwners(city: "310000", months: 241) { nodes { id } } }', {}, "BAD_USER_INPUT", "months"),
    (f'{{ referralChain(person: "{NOBODY}", depth: 7) {{ complete }} }}', {}, "BAD_USER_INPUT", "depth"),
    (f'{{ referralChain(person: "{NOBODY}", first: 1001) {{ complete }} }}', {}, "BAD_USER_INPUT", "first"),
    (f'{{ referralFunnel(dealer: "{NOBODY}") {{ status }} }}', {}, "BAD_USER_INPUT", "dealer"),
    ('{ referralFunnel(from: "2026-01-02", to: "2026-01-02") { status } }', {}, "BAD_USER_INPUT", "to"),
    ("{ persons { id } }", {}, "GRAPHQL_REFUSED", "persons"),
    ("{ people { nodes { nme } } }", {}, "GRAPHQL_REFUSED", "nme"),
    ("query ($id: ID!) { person(id: $id) { id } }", {}, "GRAPHQL_REFUSED", "$id"),
    ('{ people(asOf: "yesterday") { nodes { id } } }', {}, "GRAPHQL_REFUSED", "yesterday"),
    ("{ people", {}, "GRAPHQL_REFUSED", "Syntax Error"),
    ("mutation { x }", {}, "GRAPHQL_REFUSED", "mutation"),
]


@pytest.mark.parametrize(("query", "variables", "code", "says"), BAD)
async def test_a_wrong_question_is_refused_with_code_and_sentence(
    brand: Api, query: str, variables: dict[str, Any], code: str, says: str
) -> None:
    """Each wrong argument or document gets its code and a message that names what is wrong."""
    error = await brand.refused(query, **variables)
    assert error["extensions"]["code"] == code
    assert says.lower() in error["message"].lower()


async def test_more_than_a_hundred_ids_are_refused(brand: Api) -> None:
    """nodes takes at most 100 ids."""
    error = await brand.refused("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[NOBODY] * 101)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_cursor_of_another_list_is_refused(brand: Api) -> None:
    """A cursor is bound to its list, its filters and its time."""
    shanghai = 'filter: {city: {eq: "310000"}}, '
    found = (await brand.ask(f"{{ people({shanghai}first: 2) {{ pageInfo {{ endCursor }} }} }}"))["people"]
    cursor = found["pageInfo"]["endCursor"]
    others = (
        "",
        'filter: {city: {eq: "330100"}}, ',
        'filter: {city: {ne: "310000"}}, ',
        'filter: {city: {in: ["310000"]}}, ',
        f"{shanghai}orderBy: [{{city: ASC}}], ",
        f'{shanghai}asOf: "2020-01-01", ',
        f'{shanghai}asKnownAt: "2020-01-01T00:00:00Z", ',
    )
    for arguments in others:
        error = await brand.refused(f'{{ people({arguments}after: "{cursor}") {{ nodes {{ id }} }} }}')
        assert error["extensions"]["code"] == "INVALID_CURSOR", arguments
    error = await brand.refused(f'{{ clubs(after: "{cursor}") {{ nodes {{ id }} }} }}')
    assert error["extensions"]["code"] == "INVALID_CURSOR"
    assert await brand.ask(f'{{ people({shanghai}after: "{cursor}") {{ pageInfo {{ hasPreviousPage }} }} }}') == {
        "people": {"pageInfo": {"hasPreviousPage": True}}
    }


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ('{ good: clubs { totalCount } bad: person(id: "x") { id } }', 1, 30),
        ("{ clubs {\n nodes { members(first: 1000) { totalCount } } } }", 2, 10),
        # Where nothing would ever come to be answered, too:
        (f'{{ person(id: "{NOBODY}") {{\n drives(last: -1) {{ totalCount }} }} }}', 2, 2),
        ("{ ...All }\nfragment All on Query { clubs(first: 101) { totalCount } }", 2, 25),
        # Beside introspection, which goes another way:
        ('{ __schema { queryType { name } } clubs(after: "x") { totalCount } }', 1, 35),
    ],
)
async def test_a_wrong_argument_anywhere_refuses_the_whole_request(
    brand: Api, query: str, line: int, column: int
) -> None:
    """Nothing is run: there is no data, not even null, and the error says where the field stands."""
    before = brand.database.calls
    answer = await brand.post(query)
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "INVALID_CURSOR")
    assert error["locations"] == [{"line": line, "column": column}]
    assert "path" not in error
    assert brand.database.calls == before


async def test_what_is_skipped_is_not_checked(brand: Api) -> None:
    """An argument of a field that `@skip` leaves out refuses nothing."""
    query = "query ($no: Boolean!) { clubs { totalCount } people(first: 1000) @skip(if: $no) { totalCount } }"
    assert await brand.ask(query, no=True) == {"clubs": {"totalCount": 3}}
    assert (await brand.refused(query, no=False))["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("part", ["planner", "database"])
async def test_an_error_of_ours_is_not_shown(brand: Api, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """An unforeseen failure is one of the whole request, and shows a code and the request id; the log has the same
    id, and neither has a value."""

    def fails(*_: object) -> None:
        raise RuntimeError("secret 13812341234")

    async def fails_later(*_: object) -> None:
        fails()

    if part == "planner":
        monkeypatch.setattr(Planner, "ask", fails)
    else:
        monkeypatch.setattr(brand.database, "read", fails_later)
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await brand.post("{ people { nodes { id } } clubs { totalCount } }")
    monkeypatch.undo()
    assert "data" not in answer
    (error,) = answer["errors"]
    assert "path" not in error
    assert error["extensions"]["code"] == "INTERNAL"
    logged = str(lines)
    assert error["extensions"]["requestId"] in logged
    assert "RuntimeError" in logged
    assert not re.search("secret|13812341234", str(error) + logged)
