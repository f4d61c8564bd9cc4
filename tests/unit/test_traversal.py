"""Traversals: how one is taken apart, and how it is put into a statement under other names."""

import re

import pytest

from renche.graph.listing import Names, Times, place
from renche.graph.named_queries import QueryFileError, definition, definitions
from renche.graph.traversal import Bind, Node, traversal, variables_of, with_names

SHIPPED = [name for name, found in definitions().items() if found.attributes.keys() & {"to", "value", "binds"}]

# A variable where it is bound, looked for in another way than renche does: by `(name:`, `[name:`, AS, IN or a path.
BOUND = re.compile(r"(?<!\w)[(\[](\w+):|\bAS (\w+)|\b(\w+) IN \w")


def test_a_traversal_is_taken_apart() -> None:
    """Its ends, its edge with the types, and its condition stand apart; a row is told by its edge."""
    way = traversal("person.owned_vehicles")
    assert (way.start, way.end, way.edge) == (Node("person", "Person"), Node("vehicle", "Vehicle"), "purchase")
    assert way.relationships == ("PURCHASED",)
    assert way.row == "purchase"
    assert way.scope == "vehicles:read"
    assert way.pattern == "MATCH (person)-[purchase:PURCHASED]->(vehicle:Vehicle)"
    assert way.condition is not None
    assert not way.gathers
    assert not way.one
    assert way.parameters == frozenset()


def test_a_row_of_gathered_edges_is_told_by_its_end() -> None:
    """Where edges are gathered there is one row for each thing, with edges of several types."""
    way = traversal("person.vehicles")
    assert way.gathers
    assert way.row == "vehicle"
    assert way.relationships == ("PURCHASED", "DRIVES", "SERVICES")


def test_there_is_one_traversal_of_each_name() -> None:
    """Whoever asks for a name gets the same one, which shows as its name: plans are kept under it."""
    assert traversal("person.purchases") is traversal("person.purchases")
    assert repr(traversal("person.purchases")) == "person.purchases"


def test_what_is_no_traversal_is_refused() -> None:
    """A whole statement cannot be read as a traversal."""
    with pytest.raises(QueryFileError, match="no traversal"):
        traversal("vehicle.by_vin")


def test_a_value_and_several_variables_are_read_from_the_header() -> None:
    """`value:` names the one value, `binds:` says of each variable whether it is a value, a node or a list."""
    status = traversal("referral.status")
    assert status.start == Node("referral", "Referral")
    assert status.end.variable == "status"
    assert status.pattern == definition("referral.status").text
    assert traversal("referral.funnel").start is None
    assert traversal("referral.funnel").parameters == {"city", "dealer", "from", "to"}
    assert traversal("person.referral_chain").binds == (
        Bind("depth"),
        Bind("person", "Person"),
        Bind("referral", "Referral"),
        Bind("path", "Person", many=True),
    )


def test_further_conditions_join_its_own() -> None:
    """Conditions stand beside one another, an OR among them in brackets."""
    assert traversal("person.drives").text() == "MATCH (person)-[drive:DRIVES]->(vehicle:Vehicle)"
    assert traversal("person.drives").text("a = 1", "b = 2 OR c = 3", "(d OR e)") == (
        "MATCH (person)-[drive:DRIVES]->(vehicle:Vehicle)\nWHERE a = 1\n  AND (b = 2 OR c = 3)\n  AND (d OR e)"
    )
    assert traversal("club.leads").text("a = 1") == (
        "MATCH (club)<-[membership:MEMBER_OF]-(person:Person)\nWHERE membership.rank = 'LEAD'\n  AND a = 1"
    )


def test_a_repeated_pattern_is_held_to_fewer_times() -> None:
    """A chain is followed as deep as asked, not deeper; the shipped one stays as it is."""
    way = traversal("person.referral_chain")
    assert "{1,2}" in way.repeated(2).pattern
    assert "{1,6}" not in way.repeated(2).pattern
    assert "{1,6}" in way.pattern


def test_names_are_given_once() -> None:
    """The first one has the name itself, the others a number."""
    names = Names()
    assert [names.fresh("person"), names.fresh("person"), names.fresh("vehicle"), names.fresh("person")] == [
        "person",
        "person_2",
        "vehicle",
        "person_3",
    ]


def test_a_traversal_is_placed_under_other_names() -> None:
    """Variables, parameters and the moment get other names; labels, types, properties and words stay."""
    names = Names()
    for taken in ("person", "made", "of"):
        names.fresh(taken)
    way = place(traversal("owners_who_referred"), names, None, Times("day", "instant"), "first_")
    text = way.text()
    assert way.end == Node("person_2", "Person")
    assert "MATCH (person_2:Person)\nWHERE (person_2.city = $first_city AND " in text
    assert "(person_2)-[made_2:MADE]->(:Referral)-[of_2:OF]->(:Person)" in text
    assert set(re.findall(r"\$(\w+)", text)) == {"first_city", "day", "instant"}


def test_a_traversal_begins_at_the_variable_given() -> None:
    """The start is not named anew: it is the thing of the row above."""
    way = place(traversal("person.drives"), Names(), "owner", Times())
    assert way.text() == "MATCH (owner)-[drive:DRIVES]->(vehicle:Vehicle)"
    assert way.start == Node("owner", "Person")


@pytest.mark.parametrize("name", SHIPPED)
def test_no_variable_keeps_its_name(name: str) -> None:
    """Placed twice in one statement, no variable of the one is seen by the other."""
    original = traversal(name)
    names = Names()
    for taken in original.variables:
        names.fresh(taken)
    way = place(original, names, None, Times("day", "instant"), "other_")
    bound = {name for groups in BOUND.findall(way.text()) for name in groups if name}
    assert {variable for variable in bound if not variable.endswith("_2")} == set()
    assert {variable.removesuffix("_2") for variable in bound} == {
        name for groups in BOUND.findall(original.text()) for name in groups if name
    }
    assert set(re.findall(r"\$(\w+)", way.text())) - {"day", "instant"} == {f"other_{p}" for p in original.parameters}


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("MATCH (b:B)-[a:A|C]->(:D)", ("a", "b")),
        ("MATCH (a)-[:T]->()", ("a",)),
        ("WITH x.y AS z", ("z",)),
        ("WHERE a.b = true AND (true) AND size(ids) > 0", ("ids",)),
        ("[each IN path | each.id]", ("each",)),
        ("coalesce(one.a, 'b')", ()),
    ],
)
def test_variables_are_found_where_they_are_bound(text: str, variables: tuple[str, ...]) -> None:
    """In patterns, in lists and after AS; words of the language are none."""
    assert variables_of(text) == variables


def test_only_what_is_named_gets_another_name() -> None:
    """Texts in quotes, properties and other parameters stay."""
    text = "a.a = 'a' AND $a = $b AND (a:A) AND b.a = a"
    assert with_names(text, {"a": "x"}, {"a": "p"}) == "x.a = 'a' AND $p = $b AND (x:A) AND b.a = x"
