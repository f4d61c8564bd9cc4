"""Requests that look like hostile ones and must be answered."""

from typing import Final

from graphql import get_introspection_query

from renche.graph.ids import Kind, make_id
from tests.graphql_corpus import Asked
from tests.graphql_corpus.hostile import FILTER, PERSON, chained, filtered, many, nested, within

HARMLESS: Final[dict[str, Asked]] = {
    "the introspection of tools": Asked(get_introspection_query(descriptions=True)),
    "a type beside data": Asked('{ __type(name: "Person") { fields { name } } people { totalCount } }'),
    "fields as deep as they may be": Asked(
        "{ people(first: 1) { nodes { "
        + within(7, "clubs(first: 1) { nodes { members(first: 1) { nodes { ", "id ", "} } } } ")
        + "} } }"
    ),
    "a list in a list in a list": Asked("{ people { nodes { clubs { nodes { members { nodes { id } } } } } } }"),
    "as many aliases as there may be": Asked("{ " + many(50, "a#: __typename") + " }"),
    "words of the language as aliases": Asked(
        "{ query: __typename fragment: __typename on: __typename null: __typename true: __typename mutation: __typename"
        " type: __typename schema: __typename }"
    ),
    "a name of Python": Asked("{ __class__: __typename self: __typename import: __typename None: __typename }"),
    "fragments spread twice": Asked("{ ...A0 } " + chained(4, "Query", "@ @", "people { totalCount }")),
    "a fragment in every list": Asked(
        "{ people { nodes { ...P clubs { nodes { leads { nodes { ...P } } members { nodes { ...P } } } } } } }"
        " fragment P on Person { id name city }"
    ),
    "many fragments on one thing": Asked(
        "{ people(first: 1) { nodes { "
        + many(20, "...F#")
        + " } } } "
        + many(20, "fragment F# on Person { id name city kind }")
    ),
    "one field again and again": Asked("{ people(first: 1) { nodes { " + "id name " * 20 + "} } }"),
    "a fragment for each type": Asked(
        f'{{ node(id: "{PERSON}") {{ __typename '
        + " ".join(f"... on {name} {{ id }}" for name in ("Person", "Vehicle", "Model", "Dealer", "Club", "Household"))
        + " } }"
    ),
    "directives on every field": Asked("{ " + many(24, "a#: __typename @include(if: true) @skip(if: false)") + " }"),
    "many conditions": Asked(
        "query (" + many(10, "$v#: Boolean!") + ") { " + many(10, "a#: __typename @skip(if: $v#)") + " }",
        {f"v{n}": n % 2 == 0 for n in range(10)},
    ),
    "several operations": Asked(many(9, "query Q# { __typename }")),
    "many variables": Asked(
        "query (" + many(30, "$v#: Int") + ") { " + many(30, "a#: clubs(first: $v#) { totalCount }") + " }",
        {f"v{n}": n for n in range(30)},
    ),
    "variables that nobody asked for": Asked("{ __typename }", {f"v{n}": None for n in range(200)}),
    "a full page of ids": Asked(
        "query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [make_id(Kind.PERSON, "crm", str(n)) for n in range(100)]}
    ),
    "a filter of many conditions": Asked(filtered("{ or: [" + many(30, '{ city: { eq: "#" } }') + "] }")),
    "a deep filter": Asked(filtered(within(10, "{ not: ", "{}", "}"))),
    "a deep filter in a variable": Asked(FILTER, {"f": nested(10, "and", "[]")}),
    "a filter of relations in relations": Asked(
        FILTER, {"f": {"clubs": {"some": {"node": {"members": {"none": {"node": {"kind": {"eq": "LEGAL"}}}}}}}}}
    ),
    "a long list of numbers": Asked(filtered("{ birthYear: { in: [" + "1980 " * 500 + "] } }")),
    "a long list of numbers in a variable": Asked(FILTER, {"f": {"birthYear": {"in": list(range(900))}}}),
    "filters that say nothing": Asked(filtered("{ and: [], not: { or: [] }, city: {} }")),
    "pages of nothing": Asked("{ people(first: 0) { nodes { clubs(first: 0) { nodes { id } } } } }"),
    "a text of braces": Asked(filtered('{ city: { eq: "' + "{[(" * 300 + '" } }')),
    "a text that looks like a document": Asked(filtered('{ city: { eq: "query { __schema { types { name } } }" } }')),
    "a text that looks like a statement": Asked(FILTER, {"f": {"city": {"eq": "' OR 1=1 } RETURN 1 // `"}}}),
    "a text of many comments": Asked(filtered('{ city: { eq: "' + "# " * 500 + '" } }')),
    "a block of text": Asked(filtered('{ city: { eq: """' + "\n line" * 200 + '""" } }')),
    "a text in many scripts": Asked(FILTER, {"f": {"city": {"eq": "上海 \U0001f697 \u202eabc\u202c e\u0301 \u200d"}}}),
    "escapes of characters": Asked(filtered('{ city: { eq: "\\u4e0a\\u{1F697}\\ud83d\\ude97" } }')),
    "a long explanation": Asked("# What this asks, at length.\n" * 400 + "{ __typename }"),
    "white space": Asked("\n" * 6_000 + "{" + "\t" * 3_000 + "__typename" + " " * 3_000 + "}"),
    "commas": Asked("{,,,people(,,first:1,,),{,totalCount,},}" + "," * 5_000),
    "a byte order mark": Asked("\ufeff{ __typename }"),
    "lines of another system": Asked("{\r\n  people {\r\n    totalCount\r\n  }\r\n}\r\n"),
}
