"""Filters over HTTP: who of the example brand meets them can be told by eye."""

import pytest

from renche.graph.ids import Kind
from tests.api.conftest import Api, thing

# Of people whom the story names; u-8839 is the app account of whom neither gender nor birth year is known.
SUZHOU = {"crm:he", "crm:tang", "crm:tangyiming", "crm:gu", "crm:bai", "crm:shen", "app:u-8839"}
WOMEN = {"crm:he", "crm:tang", "crm:bai", "crm:shen"}
MEN = {"crm:tangyiming", "crm:gu"}

CASES: list[tuple[str, set[str]]] = [
    ("{}", SUZHOU),
    ("{gender: {eq: FEMALE}}", WOMEN),
    # A missing value is equal to nothing ...
    ("{gender: {ne: FEMALE}}", SUZHOU - WOMEN),
    ("{gender: {in: [FEMALE, MALE]}}", WOMEN | MEN),
    ("{gender: {notIn: [FEMALE, MALE]}}", {"app:u-8839"}),
    ("{gender: {in: []}}", set()),
    ("{gender: {notIn: []}}", SUZHOU),
    ("{gender: {isNull: true}}", {"app:u-8839"}),
    ("{gender: {isNull: false}}", WOMEN | MEN),
    # ... and neither smaller nor larger.
    ("{birthYear: {lt: 1975}}", {"crm:tang", "crm:bai"}),
    ("{birthYear: {lte: 1975}}", {"crm:tang", "crm:bai", "crm:gu"}),
    ("{birthYear: {gte: 1975}}", SUZHOU - {"crm:tang", "crm:bai", "app:u-8839"}),
    ("{not: {birthYear: {gte: 1975}}}", {"crm:tang", "crm:bai", "app:u-8839"}),
    ("{not: {not: {birthYear: {gte: 1975}}}}", SUZHOU - {"crm:tang", "crm:bai", "app:u-8839"}),
    # Both ends are part of it.
    ("{birthYear: {between: {from: 1969, to: 1975}}}", {"crm:bai", "crm:gu"}),
    ("{birthYear: {gt: 1968, lt: 1992}, gender: {eq: FEMALE}}", {"crm:bai", "crm:shen"}),
    ("{or: []}", set()),
    ("{and: []}", SUZHOU),
    ("{not: {}}", set()),
    ("{not: {or: []}}", SUZHOU),
    ("{or: [{birthYear: {eq: 1968}}, {gender: {isNull: true}}]}", {"crm:tang", "app:u-8839"}),
    ("{or: [{birthYear: {eq: 1968}}, {}]}", SUZHOU),
    ("{and: [{birthYear: {gt: 1968}}, {not: {gender: {eq: FEMALE}}}]}", MEN),
    ('{city: {startsWith: "3205", contains: "20", endsWith: "500"}}', SUZHOU),
    # gu recommended once, to u-8839; xu of Hangzhou recommended to he; he, gu, bai and shen are in the club.
    ("{referralsMade: {some: {}}}", {"crm:gu"}),
    ("{referralsMade: {some: {status: {eq: DELIVERED}}}}", {"crm:gu"}),
    ("{referralsMade: {every: {status: {ne: DELIVERED}}}}", SUZHOU - {"crm:gu"}),
    ("{referralsMade: {every: {or: []}}}", SUZHOU - {"crm:gu"}),
    ('{referralsReceived: {some: {referrer: {some: {city: {eq: "330100"}}}}}}', {"crm:he"}),
    ("{clubs: {some: {role: {rank: {eq: MEMBER}}}}}", {"crm:bai", "crm:shen"}),
    ('{clubs: {some: {role: {validFrom: {isNull: true}}, node: {city: {eq: "320500"}}}}}', {"crm:bai"}),
    ("{clubs: {none: {}}}", {"crm:tang", "crm:tangyiming", "app:u-8839"}),
    ("{clubs: {count: {eq: 0}}}", {"crm:tang", "crm:tangyiming", "app:u-8839"}),
]

# A price in a currency, and what is wrong with it.
WRONG_AMOUNTS = [
    ('{eq: "12.345"}', "filter.role.price.eq: has more than the 2 decimals of CNY"),
    ('{eq: "-1"}', "filter.role.price.eq: is no amount of money"),
    ('{eq: "1", currency: "XXY"}', "filter.role.price.currency: is no ISO 4217 currency code"),
    ('{in: ["1", "0.5"], currency: "JPY"}', "filter.role.price.in: has more than the 0 decimals of JPY"),
    ('{currency: "HKD"}', "filter.role.price: compare an amount"),
    ("{eq: null}", "filter.role.price.eq: null is no value"),
]


@pytest.mark.parametrize(("wanted", "message"), WRONG_AMOUNTS, ids=[wanted for wanted, _ in WRONG_AMOUNTS])
async def test_an_amount_that_cannot_be_is_refused(brand: Api, wanted: str, message: str) -> None:
    """The error names the place and what is wrong."""
    asked = (
        f"{{ people(first: 1) {{ nodes {{ purchases(filter: {{role: {{price: {wanted}}}}}) {{ totalCount }} }} }} }}"
    )
    error = await brand.refused(asked)
    assert message in error["message"]


@pytest.mark.parametrize(("wanted", "expected"), CASES, ids=[wanted for wanted, _ in CASES])
async def test_a_filter_gives_who_meets_it(brand: Api, wanted: str, expected: set[str]) -> None:
    """The rows and their number are those of the story, whether the filter stands in the document or a variable."""
    city = '{city: {eq: "320500"}}'
    found = await brand.ask(f"{{ people(filter: {{and: [{city}, {wanted}]}}) {{ totalCount nodes {{ id }} }} }}")
    assert {node["id"] for node in found["people"]["nodes"]} == {thing(Kind.PERSON, name) for name in expected}
    assert found["people"]["totalCount"] == len(expected)


async def test_a_filter_may_come_as_a_variable(brand: Api) -> None:
    """Its values never change the statement, its form does."""
    query = "query ($filter: PersonFilter) { people(filter: $filter, first: 100) { totalCount } }"
    for given, total in (
        ({"city": {"eq": "320500"}}, 7),
        ({"city": {"eq": "310000"}}, 22),
        ({"city": {"in": ["310000", "320500"]}}, 29),
        ({}, 41),
        (None, 41),
    ):
        assert await brand.ask(query, filter=given) == {"people": {"totalCount": total}}, given


async def test_a_variable_that_is_not_given_leaves_its_condition_out(brand: Api) -> None:
    """As GraphQL has it for any field of an input; a given null is refused, since it would say nothing."""
    query = """query ($city: String, $year: Int) {
        people(filter: {city: {eq: $city}, birthYear: {lt: $year}}) { totalCount } }"""
    assert await brand.ask(query) == {"people": {"totalCount": 41}}
    assert await brand.ask(query, city="320500") == {"people": {"totalCount": 7}}
    assert await brand.ask(query, city="320500", year=1975) == {"people": {"totalCount": 2}}
    error = await brand.refused(query, city=None)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("filter.city.eq: ")


async def test_the_time_of_the_list_counts_in_its_filter(brand: Api) -> None:
    """Before 2024-06-15 he was in no club, and bai already was: nobody knows since when."""
    query = '{ people(asOf: "2020-01-01", filter: {city: {eq: "320500"}, clubs: {some: {}}}) { nodes { id } } }'
    found = (await brand.ask(query))["people"]["nodes"]
    assert found == [{"id": thing(Kind.PERSON, "crm:bai")}]


async def test_related_rows_are_narrowed_apart(brand: Api) -> None:
    """A filter on a nested list leaves the things above it alone."""
    query = """query ($id: ID!) { club(id: $id) { members(filter: {role: {rank: {in: [LEAD, CORE]}}}) {
        totalCount nodes { id } } } }"""
    found = (await brand.ask(query, id=thing(Kind.CLUB, "club:sz")))["club"]["members"]
    assert found["totalCount"] == 2
    assert {node["id"] for node in found["nodes"]} == {thing(Kind.PERSON, "crm:gu"), thing(Kind.PERSON, "crm:he")}
