"""Requests that would cost much to read, to check or to answer, by what they have too much of."""

from typing import Any, Final

from renche.graph.ids import Kind, make_id
from tests.graphql_corpus import Asked

FILTER: Final = "query ($f: PersonFilter) { people(filter: $f) { totalCount } }"
PERSON: Final = make_id(Kind.PERSON, "crm", "nobody")


def many(times: int, part: str) -> str:
    """The part again and again, `#` each time another number."""
    return " ".join(part.replace("#", str(number)) for number in range(times))


def within(times: int, opening: str, inside: str, closing: str) -> str:
    """Something so many times within itself."""
    return opening * times + inside + closing * times


def chained(times: int, type_: str, body: str, last: str) -> str:
    """Fragments of which each holds the body, with the name of the next one in the place of `@`."""
    middle = (f"fragment A{n} on {type_} {{ {body.replace('@', f'...A{n + 1}')} }}" for n in range(times))
    return f"{' '.join(middle)} fragment A{times} on {type_} {{ {last} }}"


def later(first: int, end: int) -> str:
    """Spreads of all fragments after the first one."""
    return " ".join(f"...A{n}" for n in range(first + 1, end))


def filtered(by: str) -> str:
    """Who meets a filter."""
    return f"{{ people(filter: {by}) {{ totalCount }} }}"


def nested(times: int, *path: str) -> Any:
    """Objects along this path of names within one another; `[]` is a list of one."""
    found: Any = {}
    for name in reversed(path * times):
        found = [found] if name == "[]" else {name: found}
    return found


def each_person(selected: str) -> str:
    """Something of each of many people."""
    return f"{{ people(first: 100) {{ nodes {{ {selected} }} }} }}"


LISTS: Final = "people(first: 100) { nodes { clubs(first: 100) { nodes { members(first: 100) { nodes { id } } } } } }"

DOCUMENTS: Final[dict[str, str]] = {
    # Deep
    "deep fields": within(60, "{ a ", "", "}"),
    "very deep fields": within(2_000, "{a", "", "}"),
    "deep lists": "{ people { nodes { "
    + within(9, "clubs(first: 1) { nodes { leads(first: 1) { nodes { ", "id", "} } } } ")
    + "} } }",
    "deep inline fragments": "{" + within(250, "... on Query {", "__typename", "}") + "}",
    "deep chain of fragments": "{ ...A0 } " + chained(60, "Query", "people { totalCount } @", "__typename"),
    "deep fragments in lists": "{ people { nodes { ...A0 } } } "
    + chained(9, "Person", "clubs(first: 1) { nodes { leads(first: 1) { nodes { @ } } } }", "id"),
    "deep filter": filtered(within(40, "{ not: ", "{}", "}")),
    "deep filter of relations": filtered(
        within(20, "{ clubs: { some: { node: { members: { some: { node: ", "{}", "} } } } } }")
    ),
    "deep filter of lists": filtered(within(30, "{ and: [", "{}", "] }")),
    "deep list of values": filtered("[" * 2_000 + "]" * 2_000),
    "deep default value": "query ($f: PersonFilter = "
    + within(100, "{and: [", "", "]}")
    + ") { people(filter: $f) { totalCount } }",
    "deep type of a variable": "query ($f: " + within(900, "[", "Int", "]") + ") { people(first: $f) { totalCount } }",
    # Aliases
    "aliases of a word": "{ " + many(300, "a#: __typename") + " }",
    "aliases of a list": "{ " + many(120, "a#: people { totalCount }") + " }",
    "aliases of aggregates": "{ people { " + many(70, "a#: aggregate(by: [CITY]) { count }") + " } }",
    "aliases of a search": "{ " + many(60, 's#: search(text: "138#") { complete }') + " }",
    "aliases of paths": "{ " + many(60, f'p#: connection(from: "{PERSON}", to: "{PERSON}") {{ length }}') + " }",
    "aliases in a doubled fragment": "{ a: people { nodes { ...F } } b: people { nodes { ...F } } } "
    "fragment F on Person { " + many(40, "a#: id") + " }",
    # Fragments
    "doubling fragments": "{ ...A0 } " + chained(20, "Query", "@ @", "__typename"),
    "doubling fragments of nothing": "{ ...A0 } " + chained(45, "Query", "@ @", ""),
    "doubling inline fragments": "{ ...A0 } " + chained(30, "Query", "... { @ } ... { @ }", "__typename"),
    "doubling fields": "{ people { nodes { ...A0 } } } "
    + chained(
        12, "Person", "a: clubs { nodes { leads { nodes { @ } } } } b: clubs { nodes { leads { nodes { @ } } } }", "id"
    ),
    "every fragment spreads all later ones": "{ ...A0 } "
    + " ".join(f"fragment A{n} on Query {{ {later(n, 14)} }}" for n in range(13))
    + " fragment A13 on Query { __typename }",
    "a fragment that spreads itself": "{ ...A } fragment A on Query { __typename ...A }",
    "a circle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "a long circle of fragments": "{ ...A0 } " + chained(40, "Query", "@", "...A0"),
    "a circle that nothing spreads": "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }",
    "many fragments": "{ __typename } " + many(300, "fragment F# on Query { __typename }"),
    "many spreads": "{ " + "...F " * 1_000 + "} fragment F on Query { __typename }",
    "many unknown fragments": "{ " + many(900, "...F#") + " }",
    "many inline fragments": "{ " + "... on Query { __typename } " * 150 + "}",
    "many unknown types": "{ " + many(130, "... on Person# { id }") + " }",
    # Directives
    "directives on a field": "{ __typename " + "@skip(if: false) " * 500 + "}",
    "directives on an operation": "query " + "@a " * 1_000 + "{ __typename }",
    "unknown directives": "{ __typename " + many(900, "@skpi#") + " }",
    "directives on many fields": "{ " + many(90, "a: __typename @include(if: true)") + " }",
    "directives on a fragment": "{ ...F } fragment F on Query " + "@a " * 900 + "{ __typename }",
    "directives on a variable": "query ($a: Int " + "@a " * 900 + ") { people(first: $a) { totalCount } }",
    "directives on spreads": "{ " + "...F @skip(if: true) " * 99 + "} fragment F on Query { __typename }",
    # Conflicts
    "conflicting fields": "{ people { nodes { " + "x: id x: name " * 165 + "} } }",
    "conflicts below": "{ " + "people { nodes { id name } } " * 100 + "}",
    "conflicts of arguments": "{ " + many(105, "people(first: #) { totalCount }") + " }",
    "conflicts between fragments": "{ people { nodes { "
    + many(45, "...F#")
    + " } } } "
    + many(45, "fragment F# on Person { x: id y: name z: city w: kind }"),
    "conflicts between types": f'{{ node(id: "{PERSON}") {{ '
    + "... on Person { x: name } ... on Vehicle { x: id } " * 55
    + "} }",
    "one field many hundred times": "{ people { nodes { " + "id " * 900 + "} } }",
    # Lists in lists
    "lists in lists in lists": f"{{ {LISTS} }}",
    "lists in lists behind fragments": "{ people(first: 100) { ...P } }"
    " fragment P on PersonConnection { nodes { clubs(first: 100) { ...C } } }"
    " fragment C on ClubMembershipConnection { nodes { members(first: 100) { totalCount nodes { id } } } }",
    "many long lists": "{ "
    + many(38, "a#: people(first: 100) { nodes { clubs(first: 100) { nodes { id } } } }")
    + " }",
    "long lists from the end": LISTS.replace("first", "last").join(("{", "}")),
    "long lists of edges": each_person(
        "clubs(first: 100) { edges { node { members(first: 100) { edges { cursor } } } } }"
    ),
    "lists of the length by default": "{ people { "
    + within(3, "nodes { clubs { nodes { leads { ", "totalCount", "} } } } ")
    + "} }",
    "aggregates of every row": each_person("clubs(first: 100) { aggregate(first: 1000) { count } }"),
    "counts of every row": each_person("clubs(first: 100) { nodes { members { totalCount } } }"),
    "timelines of every row": each_person("timeline(first: 1000) { events { day thing { id } } }"),
    "a list of a million": "{ people(first: 1000000) { nodes { id } } }",
    # Values
    "many ids": f"{{ nodes(ids: [{many(400, chr(34) + PERSON + chr(34))}]) {{ id }} }}",
    "more ids than a page": f"{{ nodes(ids: [{many(101, chr(34) + PERSON + chr(34))}]) {{ id }} }}",
    "a list of numbers": filtered("{ birthYear: { in: [" + "1 " * 7_000 + "] } }"),
    "a list of words": filtered("{ city: { in: [" + '"1" ' * 1_200 + "] } }"),
    "a list of empty objects": filtered("{ or: [" + "{} " * 400 + "] }"),
    "a list of conditions": filtered("{ or: [" + '{ city: { eq: "1" } } ' * 105 + "] }"),
    "a list of relations": filtered("{ and: [" + "{ clubs: { some: {} } } " * 150 + "] }"),
    "a list of orders": "{ people(orderBy: [" + "{ city: ASC } " * 300 + "]) { totalCount } }",
    "unknown fields of a filter": filtered("{ " + many(900, "city#: {}") + " }"),
    "one field of a filter again and again": filtered("{ " + "city: {} " * 900 + "}"),
    "a long text": filtered('{ city: { eq: "' + "x" * 14_000 + '" } }'),
    "a long text to search": '{ search(text: "' + "x" * 14_000 + '") { complete } }',
    "a long block of text": filtered('{ city: { eq: """' + "\n x" * 4_000 + '""" } }'),
    "a long text of escapes": '{ search(text: "' + "\\u0041" * 2_200 + '") { complete } }',
    "a long number": "{ people(first: " + "9" * 14_000 + ") { totalCount } }",
    "a long fraction": filtered("{ birthYear: { eq: 1." + "0" * 14_000 + "1 } }"),
    "a huge exponent": "{ people(first: 1e999999999) { totalCount } }",
    "a negative length": "{ people(first: -2147483648) { totalCount } }",
    # Variables and operations
    "many variables": "query (" + many(900, "$v#: Int") + ") { __typename }",
    "many undefined variables": "{ people(" + many(480, "a#: $v#") + ") { totalCount } }",
    "many operations": many(500, "query Q# { __typename }"),
    "many operations with one fragment": many(30, "query Q# { ...F }")
    + " fragment F on Query { "
    + many(40, "a#: people { totalCount }")
    + " }",
    "many anonymous operations": "{ __typename } " * 300,
    "mutations": "mutation { " + many(300, "a#: personErase") + " }",
    "subscriptions": "subscription { " + "a " * 700 + "}",
    # Names
    "unknown fields": "{ people { nodes { " + many(800, "vehicels#") + " } } }",
    "a few unknown fields": "{ people { nodes { " + many(40, "vehicels#") + " } } }",
    "unknown arguments": "{ people(" + many(300, "frist#: 1") + ") { totalCount } }",
    "a long name": "{ " + "a" * 14_000 + " }",
    "long names": "{ people { nodes { " + many(15, "v" + "e" * 900 + "#") + " } } }",
    # Introspection
    "introspection in circles": "{ __schema { types { " + within(9, "fields { type { ", "name", "} } ") + "} } }",
    "introspection of a type in circles": '{ __type(name: "Person") { '
    + within(9, "fields { type { ", "name", "} } ")
    + "} }",
    "deep introspection": "{ __schema { types { fields { type { " + within(30, "ofType { ", "name", "} ") + "} } } } }",
    "the schema many times": "{ " + many(45, "a#: __schema { types { fields { args { name } } } }") + " }",
    "the types many times": "{ __schema { " + many(45, "a#: types { fields { name args { name } } }") + " } }",
    "introspection in fragments": "{ __schema { types { ...T } } } fragment T on __Type { "
    + many(20, "a#: fields { args { type { name } } type { name } }")
    + " }",
    # No GraphQL
    "comments": "{ __typename }" + "#\n" * 7_000,
    "open braces": "{" * 14_000,
    "open parentheses": "{ a" + "(" * 14_000,
    "open brackets": "{ people(first: " + "[" * 14_000,
    "spreads of nothing": "{" + "..." * 4_000 + "}",
    "punctuation": "!$&()...:=@[]{|}" * 900,
    "an open text": '{ search(text: "' + "x" * 14_000,
    "an open block of text": '{ search(text: """' + '\\"""' * 3_000,
    "descriptions": '"""x""" ' * 1_500 + "query { __typename }",
    "definitions of types": "type Query { a: Int } " * 400,
    "a definition of a type": "{ __typename } type Query { a: Int }",
    "a null byte": "{ __typename \x00 }",
    "a letter that looks like another": "{ p\u0435ople { totalCount } }",
    "a space of no width": "{ people\u200b { totalCount } }",
    "an override of direction": "{ \u202epeople { totalCount } }",
    "half of a character": '{ search(text: "\\ud83d") { complete } }',
    "a character beyond the last": '{ search(text: "\\u{110000}") { complete } }',
    "lines without end": "{" + "\r" * 14_000 + "x }",
    "white space": " \t\n" * 4_900,
    "defer": "{ ... @defer { people { totalCount } } }",
    "stream": "{ people { nodes @stream(initialCount: 0) { id } } }",
}

VARIABLES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a deep variable": (FILTER, {"f": nested(400, "not")}),
    "a deep variable of lists": (FILTER, {"f": nested(200, "and", "[]")}),
    "a deep variable of relations": (FILTER, {"f": nested(10, "clubs", "some", "node", "members", "some", "node")}),
    "a wide variable": (FILTER, {"f": {"and": [{}] * 9_000}}),
    "a variable of conditions": (FILTER, {"f": {"or": [{"city": {"eq": "1"}}] * 150}}),
    "a variable of relations": (FILTER, {"f": {"and": [{"clubs": {"some": {}}}] * 150}}),
    "a variable of numbers": (FILTER, {"f": {"birthYear": {"in": list(range(9_000))}}}),
    "a variable of unknown fields": (FILTER, {"f": {f"city{n}": {} for n in range(150)}}),
    "a long text in a variable": (FILTER, {"f": {"city": {"eq": "x" * 50_000}}}),
    "many values of no variable": ("{ __typename }", {f"v{n}": n for n in range(5_000)}),
    "many ids in a variable": ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [PERSON] * 2_000}),
    "ids beyond a page in a variable": ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [PERSON] * 900}),
    "long lists by a variable": ("query ($n: Int) { " + LISTS.replace("100", "$n") + " }", {"n": 100}),
    "a length beyond the last": ("query ($n: Int) { people(first: $n) { totalCount } }", {"n": 10**12}),
    "a length that is a list": ("query ($n: Int) { people(first: $n) { totalCount } }", {"n": [1] * 50}),
    "a length that is a text": ("query ($n: Int) { people(first: $n) { totalCount } }", {"n": "9" * 1_900}),
    "an order of many keys": (
        "query ($o: [PersonOrder!]) { people(orderBy: $o) { totalCount } }",
        {"o": [{"city": "ASC"}] * 300},
    ),
}

HOSTILE: Final[dict[str, Asked]] = {
    **{name: Asked(query) for name, query in DOCUMENTS.items()},
    **{name: Asked(query, variables) for name, (query, variables) in VARIABLES.items()},
}
