"""Named queries: how their files are read, and what every shipped one must keep to."""

import re
from importlib.resources import files

import pytest

from renche.graph.named_queries import (
    Definition,
    Predicate,
    QueryFileError,
    condition,
    definition,
    definitions,
    named_query,
    read_definitions,
)
from renche.graph.traversal import Traversal, traversal

SHIPPED = definitions()
SOURCES = {
    entry.name: entry.read_text(encoding="utf-8")
    for entry in files("renche.cypher").iterdir()
    if entry.name.endswith(".cypher")
}
PREDICATES = read_definitions(SOURCES)[1]
CALL = re.compile(r"\b(" + "|".join(PREDICATES) + r")\(([^)]*)\)")
TRAVERSALS = [traversal(name) for name, found in SHIPPED.items() if "to" in found.attributes]
VALUES = [traversal(name) for name, found in SHIPPED.items() if "value" in found.attributes]
RECORDS = [traversal(name) for name, found in SHIPPED.items() if "binds" in found.attributes]
KNOWN = "// predicate: known(fact)\n// Recorded.\nfact.recordedAt <= $asKnownAt\n\n"

# A variable where it is bound: in a node or relationship, by AS, by IN, or by what a subquery returns.
BOUND = re.compile(r"[(\[](\w+)(?=[:)\] ])|\bAS (\w+)|\b(\w+) IN\b")


def read(text: str) -> dict[str, Definition]:
    return read_definitions({"test.cypher": text})[0]


def expanded(predicates: str, text: str) -> str:
    return read(f"{predicates}\n// name: a.b (read)\n// Answers.\n{text}\n")["a.b"].text


def test_a_definition_is_read() -> None:
    """Name, kind, scope, sentence, attributes and text come from their places."""
    found = read(
        "// What this file is for: nothing that matters.\n\n"
        "// name: person.purchases (read) scope: vehicles:read\n"
        "// Vehicles this person bought: each with the purchase.\n"
        "// Note: a second sentence is for the reader of the file.\n"
        "// from: (person:Person)  to: (vehicle:Vehicle)  edge: purchase\n"
        "// indexed: city, brand  order: vehicle.city\n"
        "MATCH (person)-[purchase:PURCHASED]->(vehicle:Vehicle)\n"
        "// a remark within the text stays\n"
        "WHERE true\n\n"
        "// name: person.mood (read)\n// How this person feels.\n// from: (person:Person)  value: mood\n"
        "RETURN person.mood AS mood\n\n"
        "// name: person.chain (read)\n// Who follows this person.\n"
        "// from: (person:Person)  binds: depth, (other:Person), [path:Person]\n"
        "WITH 1 AS depth, person AS other, [person] AS path\n\n"
        "// name: person.remove (write)\n// Removes a person.\nMATCH (p) DELETE p\n"
    )
    assert found == {
        "person.purchases": Definition(
            name="person.purchases",
            write=False,
            scope="vehicles:read",
            sentence="Vehicles this person bought: each with the purchase.",
            attributes={
                "from": "(person:Person)",
                "to": "(vehicle:Vehicle)",
                "edge": "purchase",
                "indexed": "city, brand",
                "order": "vehicle.city",
            },
            text="MATCH (person)-[purchase:PURCHASED]->(vehicle:Vehicle)\n"
            "// a remark within the text stays\nWHERE true",
        ),
        "person.mood": Definition(
            name="person.mood",
            write=False,
            scope=None,
            sentence="How this person feels.",
            attributes={"from": "(person:Person)", "value": "mood"},
            text="RETURN person.mood AS mood",
        ),
        "person.chain": Definition(
            name="person.chain",
            write=False,
            scope=None,
            sentence="Who follows this person.",
            attributes={"from": "(person:Person)", "binds": "depth, (other:Person), [path:Person]"},
            text="WITH 1 AS depth, person AS other, [person] AS path",
        ),
        "person.remove": Definition("person.remove", True, None, "Removes a person.", {}, "MATCH (p) DELETE p"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "// name: a.b\nRETURN 1",
        "// name: a.b read\nRETURN 1",
        "// name: a.b (append)\nRETURN 1",
        "// name: A.b (read)\nRETURN 1",
        "// name: a..b (read)\nRETURN 1",
        "// name: a.b (read) scope: vehicles\nRETURN 1",
        "// name: a.b (read) scope: vehicles:read, people:read\nRETURN 1",
        "// name: a.b (read) scop: vehicles:read\nRETURN 1",
        "// name: \nRETURN 1",
        "// name:a.b (read)\nRETURN 1",
        "//name: a.b (read)\nRETURN 1",
        "// Name: a.b (read)\nRETURN 1",
        "// name : a.b (read)\nRETURN 1",
        " // name: a.b (read)\nRETURN 1",
        "// name: a.b (read)\n// One.\nRETURN 1\n// name:b.c (read)\nRETURN 2",
        "// name: a.b (read)\n// One.\n// fliters: city\nRETURN 1",
        "// predicate: known\nfact.a",
        "// predicate: known()\nfact.a",
        "// predicate: Known(fact)\nfact.a",
        "// predicate: known(fact,)\nfact.a",
        "RETURN 1\n// name: a.b (read)\nRETURN 1",
    ],
)
def test_a_malformed_file_is_refused(text: str) -> None:
    """A header with a slip is an error at start, not a comment of the definition before it."""
    with pytest.raises(QueryFileError):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "// name: a.b (read)\nRETURN 1\n// name: a.b (write)\nRETURN 2",
        KNOWN + KNOWN,
    ],
)
def test_a_double_name_is_refused(text: str) -> None:
    """Two definitions or predicates of one name are refused, in one file or in two."""
    with pytest.raises(QueryFileError, match="twice"):
        read(text)
    first, _, second = text.rpartition("// ")
    if first.startswith("// name"):
        with pytest.raises(QueryFileError, match="twice"):
            read_definitions({"one.cypher": first, "two.cypher": f"// {second}"})


def test_an_unknown_name_is_refused() -> None:
    """Asking for what no file defines is an error that tells the name."""
    for ask in (named_query, definition, traversal):
        with pytest.raises(QueryFileError, match="person\\.nothing"):
            ask("person.nothing")


def test_a_statement_carries_its_name_and_parameters() -> None:
    """The database's own logs show which query a statement is."""
    statement = named_query("migration.record")
    assert statement.text.startswith("// migration.record\nMERGE ")
    assert statement.write
    assert statement.parameters == {"number", "name", "checksum", "recordedAt"}
    assert not named_query("migration.recorded").write


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("fact.a = 1", "(x.a = 1)"),
        ("fact.fact = fact", "(x.fact = x)"),
        ("other.fact = $fact", "(other.fact = $fact)"),
        ("fact IN [fact, y.fact]", "(x IN [x, y.fact])"),
        ("{fact: fact.a, b: fact}", "({fact: x.a, b: x})"),
        ("{fact:1, a : 2, fact : fact}", "({fact:1, a : 2, fact : x})"),
        ("EXISTS { (fact:Fact)-[:fact]->(:fact {fact: 1}) }", "(EXISTS { (x:Fact)-[:fact]->(:fact {fact: 1}) })"),
        ("EXISTS { ()-[:a|fact]->(fact) }", "(EXISTS { ()-[:a|fact]->(x) })"),
        ("artifact = factual", "(artifact = factual)"),
        ("fact_ = _fact", "(fact_ = _fact)"),
        ("fact(fact)", "(fact(x))"),
        ("fact.kind = 'fact' OR \"fact\" = fact", "(x.kind = 'fact' OR \"fact\" = x)"),
        ("fact.kind = 'it\\'s a fact' AND fact", "(x.kind = 'it\\'s a fact' AND x)"),
    ],
)
def test_only_variables_take_the_argument(body: str, expected: str) -> None:
    """Properties, parameters, labels, types, keys of maps, functions and quoted words of that name stay."""
    assert Predicate(("fact",), body).applied(["x"]) == expected


def test_arguments_are_put_in_at_once() -> None:
    """Two arguments may bear each other's names."""
    assert Predicate(("one", "two"), "one.a < two.a").applied(["two", "one"]) == "(two.a < one.a)"


def test_predicates_call_predicates() -> None:
    """A condition within a condition gets the variable of the outermost call."""
    valid = KNOWN + "// predicate: valid(fact)\n// Holds.\nfact.validFrom <= $asOf AND known(fact)\n"
    both = valid + "// predicate: both(one, other)\n// Both hold.\nvalid(one) AND valid(other)\n"
    assert expanded(both, "MATCH ()-[x]->()-[y]->() WHERE NOT both(y, x)") == (
        "MATCH ()-[x]->()-[y]->() WHERE NOT "
        "((y.validFrom <= $asOf AND (y.recordedAt <= $asKnownAt)) AND "
        "(x.validFrom <= $asOf AND (x.recordedAt <= $asKnownAt)))"
    )


def test_other_names_are_no_calls() -> None:
    """A function whose name ends in a predicate's is left alone."""
    assert expanded(KNOWN, "RETURN unknown(x), known_(x)") == "RETURN unknown(x), known_(x)"


@pytest.mark.parametrize(
    "text",
    ["RETURN known(x, y)", "RETURN known(x.y)", "RETURN known()", "RETURN known(known(x))"],
)
def test_a_wrong_call_is_refused(text: str) -> None:
    """A predicate wants as many variables as it has names, and nothing but variables."""
    with pytest.raises(QueryFileError):
        expanded(KNOWN, text)


def test_a_circle_is_refused() -> None:
    """Predicates that call one another without end are found."""
    with pytest.raises(QueryFileError, match="circle"):
        expanded("// predicate: a(x)\nb(x)\n// predicate: b(x)\na(x)\n", "RETURN a(y)")


def test_a_condition_can_be_had_alone() -> None:
    """Whoever composes a statement asks for a predicate by its name."""
    text = condition("valid", "purchase")
    assert "purchase.validTo" in text
    assert "purchase.recordedAt" in text
    assert "fact" not in text


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_definition_is_well_made(name: str) -> None:
    """Each says in a sentence what it answers, has a text, and keeps its scope to noun and verb."""
    found = SHIPPED[name]
    assert re.fullmatch(r"[A-Z][^$]{5,}\.", found.sentence), found.sentence
    assert found.text
    assert found.scope is None or re.fullmatch(r"[a-z]+:(read|write)", found.scope)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_text_quotes_a_parameter(name: str) -> None:
    """What a user gives is never part of a quoted text; every quoted text is a word or a date of ours, or empty."""
    for single, double in re.findall(r"'([^']*)'|\"([^\"]*)\"", re.sub(r"//.*", "", SHIPPED[name].text)):
        assert "$" not in single + double
        assert re.fullmatch(r"[A-Za-z_]*|P\d+[YMD]|\d{4}-\d\d-\d\d", single or double), single or double


def test_every_predicate_is_expanded() -> None:
    """No shipped text calls what the database does not have."""
    assert {"known", "valid", "owning", "owner"} <= PREDICATES.keys()
    assert [name for name, found in SHIPPED.items() if CALL.search(found.text)] == []


@pytest.mark.parametrize("way", TRAVERSALS, ids=lambda way: way.name)
def test_every_traversal_binds_its_ends(way: Traversal) -> None:
    """The text names the start, and binds the end with its label and the edge with its types."""
    assert way.scope is not None
    if way.start is not None:
        assert re.search(rf"[(\[]{way.start.variable}\b|\b{way.start.variable}\.\w*[iI]d\b", way.text())
    assert re.search(rf"\({way.end.variable}:{way.end.label}\b", way.pattern)
    if way.edge is not None:
        assert re.search(rf"\[{way.edge}:[A-Z_|]+\]", way.pattern)
    assert not re.search(r"\b(RETURN|SKIP|LIMIT \$)", way.text().rpartition("}")[2])


def test_traversals_to_a_value_or_to_several_things_are_shipped() -> None:
    """What stands under `value:` and `binds:` is found, so that the tests of them test something."""
    assert {"referral.status", "person.repurchase_reasons", "referral.funnel"} <= {way.name for way in VALUES}
    assert {"person.referral_chain", "person.referral_chain_up"} <= {way.name for way in RECORDS}


@pytest.mark.parametrize("way", VALUES, ids=lambda way: way.name)
def test_every_value_is_returned_under_its_name(way: Traversal) -> None:
    """The text is a whole one that ends by returning its only value under the name of the header."""
    assert way.scope is not None
    assert way.condition is None
    assert re.search(rf"\nRETURN\s(?s:.)*\bAS {way.end.variable}( ORDER BY [^)]*)?$", way.pattern)
    if way.start is not None:
        assert re.search(rf"[(\s]{way.start.variable}\b", way.pattern)


@pytest.mark.parametrize("way", RECORDS, ids=lambda way: way.name)
def test_every_variable_of_a_row_is_bound(way: Traversal) -> None:
    """The text begins at the start, where it has one, is held to `$limit` rows, and ends by binding what the header
    lists."""
    assert way.scope is not None
    assert way.start is None or f"({way.start.variable})" in way.pattern
    assert "limit" in way.parameters
    last = way.pattern.rpartition("\nWITH ")[2].partition(" ORDER BY ")[0]
    bound = {each.rpartition(" AS ")[2] for each in re.split(r", (?![^(]*\))", last)}
    assert {b.variable for b in way.binds} <= bound


@pytest.mark.parametrize("way", TRAVERSALS, ids=lambda way: way.name)
def test_every_traversal_asks_only_for_known_parameters(way: Traversal) -> None:
    """Beside the two times, only a root list has parameters of its own."""
    own = set(re.findall(r"\$(\w+)", way.text())) - {"asOf", "asKnownAt"}
    assert own == way.parameters
    assert own == set() or (way.start is None and own <= {"city", "months"})


def test_predicates_bind_no_name_of_their_callers() -> None:
    """A variable within a predicate would mean the caller's where that has one of the same name."""
    without = {
        file: re.sub(r"// predicate:.*?(?=\n// (?:name|predicate):|\Z)", "", text, flags=re.S)
        for file, text in SOURCES.items()
    }
    unexpanded = read_definitions(without)[0]

    def bound(text: str) -> set[str]:
        return {name for groups in BOUND.findall(text) for name in groups if name}

    def reached(text: str) -> set[str]:
        called = {match[1] for match in CALL.finditer(text)}
        return called.union(*(reached(PREDICATES[name].text) for name in called))

    assert unexpanded.keys() == SHIPPED.keys()
    callers = {name: found.text for name, found in unexpanded.items()}
    callers |= {name: found.text for name, found in PREDICATES.items()}
    assert [
        (caller, called)
        for caller, text in callers.items()
        for called in reached(text)
        if bound(CALL.sub("", text)) & (bound(PREDICATES[called].text) - set(PREDICATES[called].parameters))
    ] == []
