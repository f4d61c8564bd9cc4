"""Arguments that are put together from prepared parts are those that graphql-core finds."""

from functools import partial
from typing import Any, Final

import pytest
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, get_argument_values, get_variable_values, parse

from renche.planner.arguments import Arguments
from renche.resolvers.schema import build_schema

SCHEMA: Final = build_schema()._schema

# The definitions of a document's variables, the arguments of `people`, and values of the variables.
CASES: Final[list[tuple[str, str, dict[str, Any]]]] = [
    ("$city: String!", "filter: {city: {eq: $city}}", {"city": "310000"}),
    ("$city: String", "filter: {city: {eq: $city}}, first: 5", {"city": "310000"}),
    ("$city: String", "filter: {city: {eq: $city}}", {}),
    ("$city: String", "filter: {city: {eq: $city}}", {"city": None}),
    ("$city: String = 110000", "filter: {city: {eq: $city}}", {}),
    ('$city: String = "110000"', "filter: {city: {eq: $city}}", {}),
    (
        "$year: Int!, $city: String!",
        "first: 2, filter: {city: {ne: $city}, birthYear: {eq: $year}}",
        {"year": 1, "city": "1"},
    ),
    ("$a: String!, $b: String!", "filter: {city: {in: [$a, $b]}, birthYear: {gt: 1980}}", {"a": "1", "b": "2"}),
    ("$a: String!", "filter: {or: [{city: {eq: $a}}, {not: {city: {eq: $a}}}]}", {"a": "310000"}),
    ("$cities: [String!]!", "filter: {city: {in: $cities}}", {"cities": ["310000", "110000"]}),
    ("$cities: [String!]!", "filter: {city: {in: $cities}}", {"cities": "310000"}),
    ("$filter: PersonFilter", "filter: $filter", {"filter": {"city": {"eq": "310000"}}}),
    ("$filter: PersonFilter", "filter: $filter", {}),
    ("$way: Direction!", "orderBy: [{birthYear: $way}, {id: ASC}]", {"way": "DESC"}),
    ("$way: Direction!", "orderBy: {birthYear: $way}", {"way": "DESC"}),
    ("$order: [PersonOrder!]", "orderBy: $order", {"order": [{"city": "ASC"}]}),
    ("$first: Int, $after: String", "first: $first, after: $after", {"first": 3}),
    ("$first: Int", "first: $first", {"first": None}),
    ("$day: Date, $city: String!", "asOf: $day, filter: {city: {eq: $city}}", {"day": "2026-01-01", "city": "1"}),
    ("$missing: Boolean!", "filter: {city: {isNull: $missing}}", {"missing": True}),
]


@pytest.mark.parametrize(("defined", "given", "variables"), CASES)
def test_prepared_arguments_are_those_of_graphql_core(defined: str, given: str, variables: dict[str, Any]) -> None:
    """On the first request, which prepares them, and on later ones with the same and with no values."""
    operation = parse(f"query ({defined}) {{ people({given}) {{ totalCount }} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    assert SCHEMA.query_type is not None
    field = SCHEMA.query_type.fields["people"]
    arguments = Arguments(field, node)
    for values in (variables, variables, {}, variables):
        coerced = get_variable_values(SCHEMA, operation.variable_definitions, values)
        if isinstance(coerced, list):  # a variable that must have a value has none: nothing is asked
            continue
        expected = _outcome(partial(get_argument_values, field, node, coerced))
        assert _outcome(partial(arguments.values, coerced)) == expected


def _outcome(work: Any) -> Any:
    try:
        return repr(work())  # the order counts too
    except GraphQLError as error:
        return error.message
